// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model: walks all states of a world in which baton's own code decides (doc/model.md).
 *
 *   model [--heads N] [--faults N] [--orders N] [--states N] [--guard] [--liar] [--alone]
 *         [--stopped] [--cut] [--no-pacemaker] [--no-operator] [--lag N] [--safety]
 *         [--without claim|free|look|stay] [--expect-two-writers]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "keeper/handover_table.h"
#include "keeper_real.h"

static int report(const struct exploration *found, bool expects)
{
	printf("%u heads, %u faults, %u orders: %zu states, %zu transitions, depth %zu, "
	       "%.1f s, %zu MiB%s\n",
	       rules.heads, rules.faults, rules.orders, found->states, found->transitions,
	       found->depth, found->seconds, found->bytes >> 20,
	       found->complete ? "; all there are" : "");
	if (found->cut)
		printf("%zu transitions not followed: more than %d messages in a queue\n",
		       found->cut, QUEUE_MAX);
	if (expects)
		return !found->two_writers;
	/* It proves nothing if no hand-over ever happens. Without Pacemaker, it is an order to
	 * overrule one, too. */
	if (found->complete && rules.orders > rules.no_pacemaker && rules.faults &&
	    found->phases != (2u << HANDOVER_TAKING) - 1) {
		printf("not every phase of a hand-over was seen: %#x\n", found->phases);
		return 1;
	}
	return found->two_writers || found->left || found->stuck || found->hanging ||
	       found->lost || found->speaking;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "heads", required_argument, NULL, 'h' },
		{ "faults", required_argument, NULL, 'f' },
		{ "orders", required_argument, NULL, 'o' },
		{ "states", required_argument, NULL, 's' },
		{ "liar", no_argument, NULL, 'l' },
		{ "alone", no_argument, NULL, 'a' },
		{ "guard", no_argument, NULL, 'G' },
		{ "stopped", no_argument, NULL, 't' },
		{ "cut", no_argument, NULL, 'c' },
		{ "no-pacemaker", no_argument, NULL, 'p' },
		{ "no-operator", no_argument, NULL, 'O' },
		{ "without", required_argument, NULL, 'w' },
		{ "lag", required_argument, NULL, 'g' },
		{ "safety", no_argument, NULL, 'S' },
		{ "expect-two-writers", no_argument, NULL, 'e' },
		{ 0 },
	};
	size_t max_states = 20000000;
	struct exploration found;
	bool expects = false, live = true;
	int c;

	rules = (struct rules){ .heads = 2, .faults = 1, .orders = 2, .lag = 2 };
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			rules.heads = atoi(optarg);
			break;
		case 'f':
			rules.faults = atoi(optarg);
			break;
		case 'o':
			rules.orders = atoi(optarg);
			break;
		case 'g':
			rules.lag = atoi(optarg);
			break;
		case 's':
			max_states = atoll(optarg);
			break;
		case 'l':
			rules.liar = true;
			break;
		case 'a':
			rules.alone = true;
			break;
		case 'G':
			rules.guard = true;
			break;
		case 'c':
			rules.cut = true;
			break;
		case 't':
			rules.stopped = true;
			break;
		case 'p':
			rules.no_pacemaker = true;
			break;
		case 'O':
			rules.no_operator = true;
			break;
		case 'w':
			rules.no_claim = strcmp(optarg, "claim") == 0;
			rules.no_free = strcmp(optarg, "free") == 0;
			rules.no_look = strcmp(optarg, "look") == 0;
			rules.no_stay = strcmp(optarg, "stay") == 0;
			break;
		case 'S':
			live = false;
			break;
		case 'e':
			expects = true;
			break;
		default:
			return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	keeper_open();
	explore(max_states, live, &found);
	return report(&found, expects);
}

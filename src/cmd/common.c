// SPDX-License-Identifier: GPL-2.0-or-later
/* common: what the subcommands on a service share. */
#include "cmd/common.h"

#include <argp.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "os/conffile.h"
#include "os/served.h"

#define WATCH_S   2
#define TIMEOUT_S 120
/*
 * Moves at once. Pacemaker is said to wait for the actions in flight before it begins
 * others, while the time of each move runs. Not measured.
 */
#define JOBS 1

/* Not a letter: there is no short form. */
#define KEY_NO_REHEARSAL 256
#define KEY_TAKEOVER     257
#define KEY_CLEAR        258
#define KEY_JOBS         259
#define KEY_ORDER        260
#define KEY_TO           261

struct parse {
	struct common_options *options;
	unsigned int takes;
	const char *command;
	bool table;
};

static const struct {
	unsigned int bit; /* 0 = always */
	struct argp_option option;
} known[] = {
	{ 0, { "json", 'j', NULL, 0, "print JSON", 0 } },
	{ COMMON_DRY_RUN,
	  { "dry-run", 'n', NULL, 0, "show what would be done, but change nothing", 0 } },
	{ COMMON_STANDBY,
	  { "standby", 's', NULL, 0,
	    "also take down the standby (namespaces, links, rpc.mountd); the keeper exits",
	    0 } },
	{ COMMON_LAST,
	  { "last", 'l', "N", 0, "show only the last N operations (default 2)", 0 } },
	{ COMMON_TIMEOUT,
	  { "timeout", 't', "S", 0,
	    "give up after S seconds without success (default 120)", 0 } },
	{ COMMON_NO_REHEARSAL,
	  { "no-rehearsal", KEY_NO_REHEARSAL, NULL, 0,
	    "do not simulate the move with Pacemaker's scheduler first", 0 } },
	{ COMMON_TAKEOVER,
	  { "takeover", KEY_TAKEOVER, NULL, 0,
	    "go on although some heads do not answer; you must know that they are dead",
	    0 } },
	{ COMMON_CLEAR,
	  { "clear", KEY_CLEAR, "WHO", 0,
	    "end the registration of a head, by its name or by the key", 0 } },
	{ COMMON_MANY,
	  { "jobs", KEY_JOBS, "N", 0, "at most N moves at once (default 1)", 0 } },
	{ COMMON_MANY,
	  { "order", KEY_ORDER, "NAME,...", 0,
	    "begin with these services; the others follow by name", 0 } },
	{ COMMON_TO,
	  { "to", KEY_TO, "HEAD", 0,
	    "move all to this head (default: each to the one that serves fewest)", 0 } },
	{ COMMON_WATCH,
	  { "watch", 'w', "S", OPTION_ARG_OPTIONAL,
	    "refresh every S seconds (default 2) until Ctrl-C", 0 } },
	{ COMMON_OUTPUT,
	  { "output", 'o', "FILE", 0,
	    "write to FILE instead of standard output, atomically", 0 } },
	{ COMMON_NETNS,
	  { "netns", 'N', "NAME", 0,
	    "work in this network namespace: a name for ip-netns(8), or a path", 0 } },
	{ COMMON_STATE,
	  { "state", 'S', "DIR", 0,
	    "where ocf:baton:sever stores its record: a directory, or the word cluster",
	    0 } },
};

/* Options whose value is a number: above 0; if it is seconds, at most 30 days. */
static const struct {
	int key;
	const char *name;
	unsigned long max;
	size_t offset;
} numbers[] = {
	{ 'l', "last", INT_MAX, offsetof(struct common_options, last) },
	{ 't', "timeout", 30 * 86400, offsetof(struct common_options, timeout) },
	{ 'w', "watch", 30 * 86400, offsetof(struct common_options, watch) },
	{ KEY_JOBS, "jobs", INT_MAX, offsetof(struct common_options, jobs) },
};

static error_t take_number(struct parse *p, int key, const char *arg)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned long value;

		if (numbers[i].key != key)
			continue;
		if (text_parse_number(&value, arg, 1, numbers[i].max) < 0) {
			fprintf(stderr, "baton %s: --%s: '%.20s' is not a number ",
				p->command, numbers[i].name, arg);
			if (numbers[i].max < INT_MAX)
				fprintf(stderr, "from 1 to %lu\n", numbers[i].max);
			else
				fprintf(stderr, "above 0\n");
			return EINVAL;
		}
		*(int *)((char *)p->options + numbers[i].offset) = (int)value;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* What the first word stands for. */
static const char *word_kind(const struct parse *p)
{
	return p->takes & COMMON_ADDRESS ? "address" : "service";
}

static bool takes_head(const struct parse *p)
{
	return p->takes & (COMMON_HEAD | COMMON_OWN_HEAD);
}

static error_t take_word(struct parse *p, const char *arg)
{
	if (p->takes & COMMON_NO_NAME) {
		fprintf(stderr, "baton %s: takes no '%.40s'\n", p->command, arg);
		return EINVAL;
	}
	if (!p->options->name && !(p->takes & COMMON_OWN_HEAD)) {
		p->options->name = arg;
	} else if (takes_head(p) && !p->options->head) {
		p->options->head = arg;
	} else {
		fprintf(stderr, "baton %s: one %s at a time, not also '%.40s'\n",
			p->command, takes_head(p) ? "head" : word_kind(p), arg);
		return EINVAL;
	}
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		if (p->table)
			state->child_inputs[0] = &p->options->table;
		return 0;
	case 'j':
		p->options->json = true;
		return 0;
	case 'n':
		p->options->dry_run = true;
		return 0;
	case 's':
		p->options->standby = true;
		return 0;
	case KEY_TAKEOVER:
		p->options->takeover = true;
		return 0;
	case KEY_CLEAR:
		p->options->clear = arg;
		return 0;
	case KEY_NO_REHEARSAL:
		p->options->no_rehearsal = true;
		return 0;
	case 'w':
		p->options->watch = WATCH_S;
		if (!arg)
			return 0;
		return take_number(p, key, arg);
	case 'l':
	case 't':
	case KEY_JOBS:
		return take_number(p, key, arg);
	case KEY_ORDER:
		p->options->order = arg;
		return 0;
	case KEY_TO:
		p->options->to = arg;
		return 0;
	case 'o':
		p->options->output = arg;
		return 0;
	case 'N':
		p->options->netns = arg;
		return 0;
	case 'S':
		p->options->state = arg;
		return 0;
	case ARGP_KEY_ARG:
		return take_word(p, arg);
	case ARGP_KEY_END:
		if (!p->options->name &&
		    !(p->takes &
		      (COMMON_NAME_OPTIONAL | COMMON_NO_NAME | COMMON_OWN_HEAD))) {
			fprintf(stderr, "baton %s: the %s%s is missing\n", p->command,
				p->takes & COMMON_ADDRESS ? "" : "name of a ",
				word_kind(p));
			return EINVAL;
		}
		if (p->takes & COMMON_HEAD && !p->options->head) {
			fprintf(stderr, "baton %s: the name of a head is missing\n",
				p->command);
			return EINVAL;
		}
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int common_parse_table(int argc, char **argv, const char *doc, unsigned int takes,
		       const struct table_column *columns, struct common_options *options)
{
	static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 },
						      { 0 } };
	struct argp_option list[sizeof(known) / sizeof(known[0]) + 1] = { 0 };
	static char name[32];
	/* Only the address is stored here; the contents are filled in below. */
	// cppcheck-suppress ctuuninitvar
	struct parse p = { options, takes, argv[0], columns != NULL };
	struct argp argp = {
		.options = list,
		.parser = parse_option,
		.args_doc = takes & COMMON_NO_NAME         ? NULL
			    : takes & COMMON_NAME_OPTIONAL ? "[NAME]"
			    : takes & COMMON_HEAD          ? "NAME HEAD"
			    : takes & COMMON_OWN_HEAD      ? "[HEAD]"
			    : takes & COMMON_ADDRESS       ? "ADDRESS[:PORT]"
							   : "NAME",
		.doc = doc,
		.children = columns ? children : NULL,
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].bit ? takes & known[i].bit : !(takes & COMMON_NO_JSON))
			list[n++] = known[i].option;
	memset(options, 0, sizeof(*options));
	if (columns)
		table_init(&options->table, columns);
	options->last = 2;
	options->timeout = TIMEOUT_S;
	options->jobs = JOBS;
	snprintf(name, sizeof(name), "baton %s", argv[0]);
	argv[0] = name;
	program_invocation_name = name;
	argp_err_exit_status = BATON_EXIT_USAGE;
	return argp_parse(&argp, argc, argv, 0, NULL, &p) == 0 ? 0 : -1;
}

int common_parse(int argc, char **argv, const char *doc, unsigned int takes,
		 struct common_options *options)
{
	return common_parse_table(argc, argv, doc, takes, NULL, options);
}

int common_fail(const struct err *err)
{
	fprintf(stderr, "baton: %s\n", err->text);
	return err->code ? err->code : BATON_EXIT_FAILED;
}

int common_load(struct service *svc, const char *name)
{
	struct err err = { 0 };

	return config_load(svc, name, NULL, &err) < 0 ? common_fail(&err) : 0;
}

int common_load_served(struct service *svc, const char *name)
{
	struct err err = { 0 };

	return served_load(svc, name, &err) < 0 ? common_fail(&err) : 0;
}

void common_show_step(struct json_object *entry, void *data)
{
	const char *head = json_member_string(entry, "head");
	const char *slow = json_member_string(entry, "slow");

	if (*slow)
		printf("  %s%s%-11s still going on after %.0f s\n", head,
		       head[0] ? "  " : "", slow, json_member_double(entry, "s"));
	else
		printf("  %s%s%-11s %8.1f ms  %-7s %s\n", head, head[0] ? "  " : "",
		       json_member_string(entry, "step"), json_member_double(entry, "ms"),
		       json_member_string(entry, "outcome"),
		       json_member_string(entry, "note"));
	fflush(stdout);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* common: what the subcommands on a service share. */
#include "cmd/common.h"

#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/member.h"
#include "sys/conffile.h"

struct parse {
	struct common_options *options;
	unsigned int takes;
	const char *command;
};

static const struct {
	unsigned int bit; /* 0 = always */
	struct argp_option option;
} known[] = {
	{ 0, { "json", 'j', NULL, 0, "print JSON", 0 } },
	{ COMMON_DRY_RUN,
	  { "dry-run", 'n', NULL, 0, "print what would be done, do nothing", 0 } },
	{ COMMON_STANDBY,
	  { "standby", 's', NULL, 0,
	    "also take down what standby holds: namespaces, links, rpc.mountd; the keeper ends",
	    0 } },
	{ COMMON_LAST,
	  { "last", 'l', "N", 0, "only the last N operations (default 2)", 0 } },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	unsigned long last;

	switch (key) {
	case 'j':
		p->options->json = true;
		return 0;
	case 'n':
		p->options->dry_run = true;
		return 0;
	case 's':
		p->options->standby = true;
		return 0;
	case 'l':
		if (text_parse_number(&last, arg, 1, INT_MAX) < 0) {
			fprintf(stderr,
				"baton %s: --last: '%.20s' is not a number above 0\n",
				p->command, arg);
			return EINVAL;
		}
		p->options->last = last;
		return 0;
	case ARGP_KEY_ARG:
		if (p->options->name) {
			fprintf(stderr,
				"baton %s: one service at a time, not also '%.40s'\n",
				p->command, arg);
			return EINVAL;
		}
		p->options->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!p->options->name && !(p->takes & COMMON_NAME_OPTIONAL)) {
			fprintf(stderr, "baton %s: the name of a service is missing\n",
				p->command);
			return EINVAL;
		}
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int common_parse(int argc, char **argv, const char *doc, unsigned int takes,
		 struct common_options *options)
{
	struct argp_option list[sizeof(known) / sizeof(known[0]) + 1] = { 0 };
	static char name[32];
	/* Only the address is stored; what is there is filled in below. */
	// cppcheck-suppress ctuuninitvar
	struct parse p = { options, takes, argv[0] };
	struct argp argp = {
		.options = list,
		.parser = parse_option,
		.args_doc = takes & COMMON_NAME_OPTIONAL ? "[NAME]" : "NAME",
		.doc = doc,
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].bit ? takes & known[i].bit : !(takes & COMMON_NO_JSON))
			list[n++] = known[i].option;
	memset(options, 0, sizeof(*options));
	options->last = 2;
	snprintf(name, sizeof(name), "baton %s", argv[0]);
	argv[0] = name;
	program_invocation_name = name;
	argp_err_exit_status = BATON_EXIT_USAGE;
	return argp_parse(&argp, argc, argv, 0, NULL, &p) == 0 ? 0 : -1;
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

void common_show_step(struct json_object *entry, void *data)
{
	printf("  %-11s %8.1f ms  %-7s %s\n", member_string(entry, "step"),
	       member_double(entry, "ms"), member_string(entry, "outcome"),
	       member_string(entry, "note"));
	fflush(stdout);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* check: the command; its checks are in check_service.c and shared_look.c. */
#include <argp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/table.h"
#include "core/output.h"
#include "os/terminal.h"
#include "stock/shared.h"

static const struct table_column columns[] = {
	{ "CHECK", "item", 0, 0, false, "what is checked" },
	{ "VERDICT", "verdict", 0, 0, false, "ok, unsure or wrong" },
	{ "DETAIL", "detail", 0.4, SCOLS_FL_WRAP, false, "what the check found" },
	{ "ADVICE", "advice", 0.3, SCOLS_FL_WRAP, false, "what to do about it" },
	{ 0 },
};

struct arguments {
	struct table table;
	const char *name;
	bool shared;
	bool frames;
	bool json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		return 0;
	case 'j':
		args->json = true;
		return 0;
	case 's':
		args->shared = true;
		return 0;
	case 'f':
		args->frames = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->name)
			argp_error(state, "one service at a time, not also '%s'", arg);
		args->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (args->shared && args->name)
			argp_error(state, "--shared is about the head, not '%s'",
				   args->name);
		if (args->shared && args->frames)
			argp_error(state, "--frames is about a service, not the head");
		if (!args->shared && !args->name)
			argp_error(state, "the name of a service is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print(const struct report *report, const struct arguments *args)
{
	struct json_object *tree;
	struct utsname uts;

	if (!args->json) {
		table_print(stdout, &args->table, report->findings,
			    terminal_get_width(STDOUT_FILENO));
		return;
	}
	uname(&uts);
	tree = report_to_json(report, args->shared ? "head" : "service",
			      args->shared ? uts.nodename : args->name);
	output_json(stdout, tree);
	json_object_put(tree);
}

int cmd_check(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "shared", 's', NULL, 0,
		  "check this head's shared NFS server, used with Filesystem, exportfs "
		  "and IPaddr2 resources",
		  0 },
		{ "frames", 'f', NULL, 0,
		  "also try whether frames with another hardware address than the head's "
		  "pass; a switch with port security may shut the port",
		  0 },
		{ "json", 'j', NULL, 0, "print JSON", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 },
						      { 0 } };
	static const struct argp argp = {
		options,
		parse_option,
		"NAME\n--shared",
		"Check whether service NAME can start on this head. Nothing is changed.\v"
		"The exit status is that of the first wrong finding; baton(8) lists them.",
		children,
		NULL,
		NULL,
	};
	struct arguments args = { 0 };
	struct report report;
	int status;

	argp_err_exit_status = BATON_EXIT_USAGE;
	argv[0] = "baton check";
	table_init(&args.table, columns);
	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return BATON_EXIT_USAGE;

	report_init(&report);
	if (args.shared)
		shared_check(&report);
	else
		check_service(&report, args.name, args.frames);
	print(&report, &args);
	status = report.status;
	report_free(&report);
	return status;
}

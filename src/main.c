// SPDX-License-Identifier: GPL-2.0-or-later
/* main: the table of commands; everything else is in the file of the command's name. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "core/exit.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct command commands[] = {
	{ "check", cmd_check, "check whether a service could start on this head" },
	{ "probe", cmd_probe,
	  "prove from a client that nothing is lost while a service moves" },
	{ "start", cmd_start, "serve a service from this head" },
	{ "stop", cmd_stop, "stop serving it, so that another head can" },
	{ "move", cmd_move, "hand a service over to another head of the cluster" },
	{ "giveback", cmd_giveback, "hand it back to where it is at home" },
	{ "status", cmd_status, "what stands of each service, on every head" },
	{ "sever", cmd_sever, "destroy the TCP sockets of an address, in every state" },
	{ "release", cmd_release, "let go of the NFSv4 state of an address's clients" },
	{ "tickle", cmd_tickle, "have the clients of an address connect anew" },
	{ "import", cmd_import,
	  "make service files of Filesystem, exportfs and IPaddr2" },
	{ "log", cmd_log, "the last moves, starts and stops, step by step" },
	{ "metrics", cmd_metrics, "the state of this head's services, for Prometheus" },
	{ "keep", cmd_keep, "be the keeper of a service (baton@NAME.service)" },
	{ "record", cmd_record,
	  "keep what ocf:baton:sever tells (baton-record.service)" },
	{ "help", cmd_help, "this list" },
	{ "version", cmd_version, "the version of baton" },
	{ NULL, NULL, NULL },
};

static int cmd_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("Usage: baton COMMAND [OPTION...]\n\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->help);
	printf("\n`baton COMMAND --help` tells more of each.\n");
	return BATON_EXIT_OK;
}

static int cmd_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("baton %s\n", BATON_VERSION);
	return BATON_EXIT_OK;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	setlocale(LC_CTYPE, "");
	if (!name) {
		fprintf(stderr, "baton: a command is missing; `baton help` lists them\n");
		return BATON_EXIT_USAGE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		name = "version";
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "baton: unknown command '%.40s'; `baton help` lists them\n",
		name);
	return BATON_EXIT_USAGE;
}

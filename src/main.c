// SPDX-License-Identifier: GPL-2.0-or-later
/* main: the table of commands; each command is in the file of its name. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "core/exit.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct command commands[] = {
	{ "check", cmd_check, "check whether a service can start on this head" },
	{ "probe", cmd_probe, "test from a client that moving a service loses nothing" },
	{ "start", cmd_start, "start serving a service on this head" },
	{ "stop", cmd_stop, "stop serving a service, so that another head can start it" },
	{ "reload", cmd_reload, "apply a service file that was edited, on all heads" },
	{ "move", cmd_move, "move a service to another head of the cluster" },
	{ "giveback", cmd_giveback, "move a service back to its home head" },
	{ "evacuate", cmd_evacuate, "move all services away from a head" },
	{ "return", cmd_return, "move a head's services back to it" },
	{ "status", cmd_status, "show the state of each service on every head" },
	{ "guard", cmd_guard, "show who is registered at a service's disk" },
	{ "sever", cmd_sever, "destroy the TCP sockets of an address, in every state" },
	{ "release", cmd_release, "release the NFSv4 state of an address's clients" },
	{ "tickle", cmd_tickle, "make the clients of an address reconnect at once" },
	{ "import", cmd_import,
	  "print service files for groups of Filesystem, exportfs and IPaddr2" },
	{ "log", cmd_log, "show the last moves, starts and stops, step by step" },
	{ "metrics", cmd_metrics,
	  "print the state of this head's services for Prometheus" },
	{ "keep", cmd_keep, "run the daemon that looks after a service (its keeper)" },
	{ "record", cmd_record,
	  "run the daemon that stores client connections for ocf:baton:sever" },
	{ "help", cmd_help, "list the commands" },
	{ "version", cmd_version, "print the version of baton" },
	{ NULL, NULL, NULL },
};

static int cmd_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("Usage: baton COMMAND [OPTION...]\n\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->help);
	printf("\n`baton COMMAND --help` explains a command and its options.\n");
	return BATON_EXIT_OK;
}

static int cmd_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("baton %s\n", BATON_VERSION);
	return BATON_EXIT_OK;
}

/*
 * What is opened later must not take the place of a missing standard stream. What is
 * written to a missing standard output must fail.
 */
static void fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
			_exit(BATON_EXIT_RESOURCE);
}

/* Room for the metrics of many services; glibc makes none of a given size itself. */
static char output_buffer[1 << 20];

/*
 * At the end of every command, also of --help: what could not be written is not lost in
 * silence. A reader that has gone does not want it; a move ignores SIGPIPE.
 */
static void close_stdout(int status, void *data)
{
	bool failed = ferror(stdout);

	errno = 0;
	if ((fflush(stdout) == 0 && !failed) || errno == EPIPE)
		return;
	fprintf(stderr, "baton: write to standard output: %s\n",
		errno ? strerror(errno) : "it failed");
	_exit(status ? status : BATON_EXIT_RESOURCE);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	fill_standard_streams();
	/* What a command says is written when it ends: then it is known why that fails. */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, output_buffer, _IOFBF, sizeof(output_buffer));
	on_exit(close_stdout, NULL);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exit: the one table of exit statuses, for all commands, the man page and the tests. */
#ifndef BATON_CORE_EXIT_H
#define BATON_CORE_EXIT_H

/* X(NAME, status, help): what an administrator reads in baton(8), EXIT STATUS. */
#define EXIT_TABLE(X)                                                                    \
	X(OK, 0, "done, or nothing had to be done")                                      \
	X(FAILED, 1, "a step failed; what was begun has been undone")                    \
	X(USAGE, 2, "the command line is wrong")                                         \
	X(CONFIG, 3, "the service file is unreadable or wrong")                          \
	X(DEVICE, 4, "the disk or its filesystem is missing, in use, wrong or damaged")  \
	X(NETWORK, 5,                                                                    \
	  "a link or namespace is missing or down, or the address is in use")            \
	X(SOFTWARE, 6, "a program, kernel feature or privilege is missing")              \
	X(TRACKING, 7, "the client recovery database is damaged or not being written")   \
	X(KEEPER, 8, "the keeper is not running or did not answer in time")              \
	X(STANDING, 9, "something is still set up or in use that should be gone")        \
	X(RESOURCE, 10,                                                                  \
	  "out of space or memory on this head, or the output cannot be written")        \
	X(PROBE, 11, "the probe saw an error, a lost lock or a lost write")              \
	X(PEER, 12, "another head refuses, has a different setup or does not answer")    \
	X(CLUSTER, 13, "no cluster here, or Pacemaker does not do what was asked")

enum exit_code {
#define X(name, status, help) BATON_EXIT_##name = status,
	EXIT_TABLE(X)
#undef X
};

struct exit_row {
	enum exit_code code;
	const char *name; /* lower case, as in JSON */
	const char *help;
};

/** exit_rows - the table in ascending order; the last row has the name NULL. */
extern const struct exit_row exit_rows[];

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exit: the agents' exit statuses, as OCF defines them (resource agent API 1.1). */
#ifndef BATON_OCF_EXIT_H
#define BATON_OCF_EXIT_H

#include "core/exit.h"

/*
 * X(NAME, status, help): the man page shows the help. After 2, 4 and 5 Pacemaker does not
 * try again on this head, after 6 on any head.
 */
#define OCF_TABLE(X)                                                                     \
	X(SUCCESS, 0, "done, or nothing had to be done; monitor: it is served here")     \
	X(ERR_GENERIC, 1, "failed, or it cannot be told")                                \
	X(ERR_ARGS, 2,                                                                   \
	  "the service file is wrong on this head, or the action was called wrongly")    \
	X(ERR_UNIMPLEMENTED, 3, "no such action")                                        \
	X(ERR_PERM, 4, "not running as root")                                            \
	X(ERR_INSTALLED, 5,                                                              \
	  "the service file, a program or a kernel feature is missing on this head")     \
	X(ERR_CONFIGURED, 6, "a parameter of the resource is missing or wrong")          \
	X(NOT_RUNNING, 7, "monitor: it is certainly not served here")

enum ocf_exit {
#define X(name, status, help) OCF_##name = status,
	OCF_TABLE(X)
#undef X
};

struct ocf_exit_row {
	enum ocf_exit exit;
	const char *name;
	const char *help;
};

/** ocf_exit_rows - the table in ascending order, ends with a row whose name is NULL. */
extern const struct ocf_exit_row ocf_exit_rows[];

/** ocf_exit_of - what Pacemaker is told of a failure of a keeper or of baton */
enum ocf_exit ocf_exit_of(enum exit_code code);

#endif

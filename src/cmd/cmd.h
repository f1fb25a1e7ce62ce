/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd: the functions of the subcommands, for main's table. */
#ifndef BATON_CMD_CMD_H
#define BATON_CMD_CMD_H

/**
 * struct command - a subcommand
 * @name: its word
 * @run: gets its own argv (argv[0] is the word) and returns an exit status (core/exit.h)
 * @help: one line
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

/** cmd_check - `baton check NAME`: the pre-flight */
int cmd_check(int argc, char **argv);
int cmd_evacuate(int argc, char **argv);
int cmd_giveback(int argc, char **argv);
int cmd_guard(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_keep(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_move(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_return(int argc, char **argv);
int cmd_sever(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_tickle(int argc, char **argv);

/** cmd_probe - `baton probe DIR`: a client's calls during a move, then verification */
int cmd_probe(int argc, char **argv);

#endif

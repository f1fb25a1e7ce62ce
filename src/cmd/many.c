// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * many: several moves, some of them at once, each in a process of its own.
 *
 * Theory of operation
 *
 * Each move is `baton move --json` in a child of this very process, so it is the same
 * program even if another version is installed meanwhile. Its answer goes to a file in
 * memory. One signalfd hears everything: children that end, and whoever interrupts us. A
 * child is in a process group of its own, or Ctrl-C would reach it twice, and that means
 * "do not wait". There is no deadline here: each move has its own.
 */
#include "cmd/many.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "os/child.h"
#include "os/file.h"

/* A record has some 40 steps. */
#define TOLD_MAX (1u << 20)

__attribute__((noreturn)) static void carry_out(const struct many_move *m,
						const struct common_options *options)
{
	char word[] = "move", timeout[32];
	char *argv[8] = { word, (char *)m->plan->service, (char *)m->plan->to };
	int argc = 3;

	snprintf(timeout, sizeof(timeout), "--timeout=%d", options->timeout);
	argv[argc++] = timeout;
	argv[argc++] = "--json";
	if (options->dry_run)
		argv[argc++] = "--dry-run";
	if (options->no_rehearsal)
		argv[argc++] = "--no-rehearsal";
	/* From the background, too, it may write to a terminal that is set to `stty tostop`. */
	signal(SIGTTOU, SIG_IGN);
	if (setpgid(0, 0) < 0 || dup2(m->output, STDOUT_FILENO) < 0)
		_exit(BATON_EXIT_RESOURCE);
	exit(cmd_move(argc, argv));
}

static void fail(struct many_move *m, int code, const char *error)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "service", json_object_new_string(m->plan->service));
	json_object_object_add(o, "from", json_object_new_string(m->plan->from));
	json_object_object_add(o, "to",
			       m->plan->to ? json_object_new_string(m->plan->to) : NULL);
	json_object_object_add(o, "result", json_object_new_int(code));
	json_object_object_add(o, "error", json_object_new_string(error));
	m->told = o;
}

static void say_failed(struct many_move *m, int code, const char *error)
{
	fprintf(stderr, "baton: %s: %s\n", m->plan->service, error);
	fail(m, code, error);
}

/* Returns whether it runs. */
static bool begin(struct many_move *m, const struct common_options *options)
{
	if (!m->plan->to) {
		say_failed(m, BATON_EXIT_PEER, "there is no other head");
		return false;
	}
	m->output = memfd_create("move", MFD_CLOEXEC);
	m->pid = m->output < 0 ? -errno : child_fork(m->output, -1);
	if (m->pid == 0)
		carry_out(m, options);
	if (m->pid > 0)
		return true;
	say_failed(m, BATON_EXIT_RESOURCE, strerror(-m->pid));
	if (m->output >= 0)
		close(m->output);
	m->pid = 0;
	return false;
}

static void end(struct many_move *m, int status)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (lseek(m->output, 0, SEEK_SET) == 0 &&
	    file_read_fd(m->output, TOLD_MAX, &text, &len) == 0)
		m->told = json_tokener_parse(text);
	close(m->output);
	m->pid = 0;
	if (json_object_is_type(m->told, json_type_object))
		return;
	json_object_put(m->told);
	/* What is wrong before the move itself is said on standard error only. */
	if (WIFEXITED(status) && WEXITSTATUS(status))
		fail(m, WEXITSTATUS(status), "not moved, as said on standard error");
	else
		say_failed(m, BATON_EXIT_FAILED, "its process ended without an answer");
}

/* Returns how many of them have ended. */
static size_t reap(struct many_move *moves, size_t n,
		   const struct common_options *options,
		   void (*ended)(const struct many_move *, const struct common_options *))
{
	size_t gone = 0;
	int status;

	/* One signal may stand for several children. */
	for (struct many_move *m = moves; m < moves + n; m++)
		if (m->pid && waitpid(m->pid, &status, WNOHANG) == m->pid) {
			end(m, status);
			ended(m, options);
			gone++;
		}
	return gone;
}

static int open_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	/* The rest shall be moved although the reader of our output has gone. */
	signal(SIGPIPE, SIG_IGN);
	/* Who started us may have it ignored, and then nobody would be told of their end. */
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &mask, SFD_CLOEXEC);
}

int many_run(struct many_move *moves, size_t n, const struct common_options *options,
	     void (*ended)(const struct many_move *, const struct common_options *))
{
	_cleanup_close_ int signals = open_signals();
	struct signalfd_siginfo info;
	size_t next = 0, running = 0;
	int first = 0;

	while (signals >= 0) {
		while (!first && next < n && running < (size_t)options->jobs)
			running += begin(&moves[next++], options);
		if (!running)
			break;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGCHLD) {
			running -= reap(moves, n, options, ended);
			continue;
		}
		first = first ? first : (int)info.ssi_signo;
		for (size_t i = 0; i < n; i++)
			if (moves[i].pid)
				kill(moves[i].pid, (int)info.ssi_signo);
	}
	for (; next < n; next++) {
		moves[next].left = true;
		say_failed(&moves[next], BATON_EXIT_FAILED, "interrupted; not moved");
	}
	return first;
}

int many_code(const struct many_move *move)
{
	int code = (int)json_member_double(move->told, "result");

	return code || !json_member_string(move->told, "error")[0] ? code
								   : BATON_EXIT_FAILED;
}

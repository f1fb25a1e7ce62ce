// SPDX-License-Identifier: GPL-2.0-or-later
/* agent: dispatches actions and reports the exit reason. */
#include "ocf/agent.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "os/child.h"

/* OCF_EXIT_REASON_PREFIX of resource-agents; Pacemaker looks for it. */
#define REASON "ocf-exit-reason:"

/* Written by a signal handler, so formatted in advance. */
static char too_late[160];

static void on_alarm(int number)
{
	if (write(STDERR_FILENO, too_late, strlen(too_late)) < 0)
		_exit(OCF_ERR_GENERIC);
	_exit(OCF_ERR_GENERIC);
}

/* Half of the time kept in reserve: code that knows its deadline gives up before this. */
static void arm_alarm(const struct ocf_request *request, unsigned int spare_ms)
{
	int64_t left = ocf_left_ms(request) + spare_ms / 2 + 1;
	struct itimerval timer = { .it_value = { left / 1000, left % 1000 * 1000 } };
	struct sigaction action = { .sa_handler = on_alarm };

	snprintf(too_late, sizeof(too_late), "%s%s: not finished within the timeout\n",
		 REASON, request->action->name);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void ocf_log(const char *level, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", level);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void print_usage(FILE *out, const struct ocf_agent *agent)
{
	const char *last = "";

	fprintf(out,
		"Usage: %s ACTION\n\n%s. Called by Pacemaker.\nActions:", agent->name,
		agent->help);
	for (const struct ocf_action *a = agent->actions; a->name; last = a++->name)
		if (strcmp(a->name, last) != 0)
			fprintf(out, " %s", a->name);
	fprintf(out, "\nParameters (environment):");
	for (const struct ocf_parameter *p = agent->parameters; p->name; p++)
		fprintf(out, " OCF_RESKEY_%s", p->name);
	fprintf(out, "\n");
}

static int fail(enum ocf_exit code, const struct err *err)
{
	fprintf(stderr, REASON "%s\n", err->text);
	return code;
}

/* The row of a monitor's depth, or the only row of that name. */
static const struct ocf_action *find_action(const struct ocf_agent *agent,
					    const char *name, unsigned int level)
{
	const struct ocf_action *found = NULL;

	for (const struct ocf_action *a = agent->actions; a->name; a++)
		if (strcmp(a->name, name) == 0 && (!found || a->depth <= level))
			found = a;
	return found;
}

/*
 * Nothing can have been started with such parameters. But if a probe reports them as
 * wrong, Pacemaker assumes on each head that the resource runs there; and if a stop
 * fails, it fences the head: all of them, for a typing error.
 */
static enum ocf_exit pardon(const struct err *err)
{
	ocf_log("WARNING", "nothing to stop: %s", err->text);
	return OCF_SUCCESS;
}

int ocf_main(const struct ocf_agent *agent, int argc, char **argv)
{
	struct ocf_request request = { .agent = agent };
	struct err err = { 0 };
	enum ocf_exit code;
	int64_t left;

	if (argc != 2) {
		err_set(&err, 0, 0, "one action, please; `%s usage` lists them",
			agent->name);
		return fail(OCF_ERR_ARGS, &err);
	}
	if (strcmp(argv[1], "usage") == 0 || strcmp(argv[1], "help") == 0 ||
	    strcmp(argv[1], "--help") == 0) {
		print_usage(stdout, agent);
		return OCF_SUCCESS;
	}
	request.action = find_action(agent, argv[1], 0);
	if (!request.action) {
		err_set(&err, 0, 0, "unknown action '%.40s'; `%s usage` lists them",
			argv[1], agent->name);
		return fail(OCF_ERR_UNIMPLEMENTED, &err);
	}
	if (ocf_read_environment(&request, &err) < 0)
		return fail(OCF_ERR_ARGS, &err);
	request.action = find_action(agent, argv[1], request.level);
	left = ocf_left_ms(&request);
	arm_alarm(&request, left / 4 < 2000 ? left / 4 : 2000);
	code = request.action->run(&request, &err);
	if (code == OCF_ERR_CONFIGURED && strcmp(argv[1], "stop") == 0)
		code = pardon(&err);
	fflush(stdout);
	return err.text[0] && code != OCF_SUCCESS ? fail(code, &err) : (int)code;
}

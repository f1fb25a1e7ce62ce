/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent: what all OCF agents of baton share: tables of actions and parameters, dispatch,
 * the environment from Pacemaker, the time budget, the exit reason, the meta-data.
 */
#ifndef BATON_OCF_AGENT_H
#define BATON_OCF_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "ocf/exit.h"

struct ocf_agent;
struct ocf_action;

/**
 * struct ocf_request - one call of an agent
 * @until_ms: CLOCK_MONOTONIC: the operation's timeout less the time it takes to report
 * @level: OCF_CHECK_LEVEL
 * @probe: a monitor that is run once: is the service here at all?
 */
struct ocf_request {
	const struct ocf_agent *agent;
	const struct ocf_action *action;
	int64_t until_ms;
	unsigned int level;
	bool probe;
};

/**
 * struct ocf_action - a row of an agent's table of actions; monitor has one for each depth
 * @name: the word on the command line
 * @timeout_s: seconds; for the meta-data, and the default if Pacemaker sets none
 * @interval_s: seconds, of a monitor; else 0
 * @depth: of a monitor
 * @run: does it; a non-empty @err becomes the exit reason
 * @help: a sentence or more for the man page
 */
struct ocf_action {
	const char *name;
	unsigned int timeout_s;
	unsigned int interval_s;
	unsigned int depth;
	enum ocf_exit (*run)(const struct ocf_request *request, struct err *err);
	const char *help;
};

/**
 * struct ocf_parameter - a parameter, OCF_RESKEY_name
 * @type: for the meta-data: "string", "integer", "boolean"
 * @fallback: the default, or NULL
 * @help: one line
 * @text: plain sentences
 */
struct ocf_parameter {
	const char *name;
	const char *type;
	bool unique;
	bool required;
	const char *fallback;
	const char *help;
	const char *text;
};

/**
 * struct ocf_agent - an agent
 * @name: ocf:baton:NAME
 * @parameters, @actions: each ends with a row whose name is NULL
 */
struct ocf_agent {
	const char *name;
	const char *help; /* one line */
	const char *text; /* plain sentences, paragraphs separated by an empty line */
	const struct ocf_parameter *parameters;
	const struct ocf_action *actions;
};

/**
 * ocf_main - find the action, run it, say why it failed
 *
 * If something blocks in spite of its deadline, SIGALRM ends the agent with an exit
 * reason shortly before Pacemaker would. Children are not killed: they may run to their
 * end.
 *
 * Return: the exit status.
 */
int ocf_main(const struct ocf_agent *agent, int argc, char **argv);

/** ocf_left_ms - what is left of the budget; 0 = nothing. */
int64_t ocf_left_ms(const struct ocf_request *request);

/** ocf_parameter - the value of a parameter; if missing or empty its default, or NULL. */
const char *ocf_parameter(const struct ocf_request *request, const char *name);

/**
 * ocf_parameter_bool - a yes-or-no parameter, in any of the spellings of resource-agents
 * @value: gets it
 *
 * Return: 0, or -EINVAL.
 */
int ocf_parameter_bool(const struct ocf_request *request, const char *name, bool *value,
		       struct err *err);

/** ocf_meta - a meta attribute of the operation ("migrate_target"); NULL if missing. */
const char *ocf_meta(const char *name);

/** ocf_log - a line for Pacemaker's log: "INFO", "WARNING" or "ERROR", then the text. */
__attribute__((format(printf, 2, 3))) void ocf_log(const char *level, const char *fmt,
						   ...);

/** ocf_read_environment - budget, depth and the rest of a request. Return: 0, or -EINVAL. */
int ocf_read_environment(struct ocf_request *request, struct err *err);

/** ocf_hand_on_budget - put it into the environment, for a program that goes on */
void ocf_hand_on_budget(const struct ocf_request *request);

/** ocf_print_metadata - the agent's meta-data as XML (ra-api-1.dtd) */
void ocf_print_metadata(FILE *out, const struct ocf_agent *agent);

/** ocf_action_metadata - the action "meta-data" */
enum ocf_exit ocf_action_metadata(const struct ocf_request *request, struct err *err);

#endif

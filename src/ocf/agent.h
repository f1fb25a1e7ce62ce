/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent: what all OCF agents of baton share: tables of actions and parameters, their
 * dispatch, the environment Pacemaker gives, the budget, the exit reason, the meta-data.
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
 * @until_ms: CLOCK_MONOTONIC: the operation's timeout less what it takes to say so
 * @level: OCF_CHECK_LEVEL
 * @probe: a monitor asked once, not again and again: is it here at all?
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
 * @timeout_s: seconds; for the meta-data, and what counts when Pacemaker names none
 * @interval_s: seconds, of a monitor; else 0
 * @depth: of a monitor
 * @run: does it; @err non-empty becomes the exit reason
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
 * struct ocf_parameter - OCF_RESKEY_name
 * @type: of the meta-data: "string", "integer", "boolean"
 * @fallback: what it is if not given, or NULL
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
 * @parameters, @actions: closed by a row whose name is NULL
 */
struct ocf_agent {
	const char *name;
	const char *help; /* one line */
	const char *text; /* plain sentences, paragraphs separated by an empty line */
	const struct ocf_parameter *parameters;
	const struct ocf_action *actions;
};

/**
 * ocf_main - be an agent: find the action, run it, say why it failed
 *
 * What blocks in spite of its deadline is ended by SIGALRM shortly before Pacemaker would
 * lose patience, with an exit reason. Children are not: they may be left to end.
 *
 * Return: the exit status.
 */
int ocf_main(const struct ocf_agent *agent, int argc, char **argv);

/** ocf_left_ms - what is left of the budget; 0 = nothing. */
int64_t ocf_left_ms(const struct ocf_request *request);

/** ocf_parameter - the value of a parameter, or what it is if missing or empty; or NULL. */
const char *ocf_parameter(const struct ocf_request *request, const char *name);

/**
 * ocf_parameter_bool - a parameter that is yes or no, in any of the ways of resource-agents
 * @value: receives it
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

/** ocf_hand_on_budget - into the environment, for a program that goes on with the action */
void ocf_hand_on_budget(const struct ocf_request *request);

/** ocf_print_metadata - the agent's meta-data as XML (ra-api-1.dtd) */
void ocf_print_metadata(FILE *out, const struct ocf_agent *agent);

/** ocf_action_metadata - the action "meta-data" */
enum ocf_exit ocf_action_metadata(const struct ocf_request *request, struct err *err);

#endif

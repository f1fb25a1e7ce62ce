/* SPDX-License-Identifier: GPL-2.0-or-later */
/* common: what the subcommands on a service share: options, loading, reporting. */
#ifndef BATON_CMD_COMMON_H
#define BATON_CMD_COMMON_H

#include <json-c/json.h>
#include <stdbool.h>

#include "cmd/table.h"
#include "core/err.h"
#include "core/service.h"

/**
 * struct common_options - the command line
 * @name: of the service, NULL = all
 * @head: the word after it; with COMMON_OWN_HEAD the only one, NULL = this head
 * @netns: a network namespace, by name or path, or NULL
 * @state: a directory of ocf:baton:sever, or NULL
 * @clear: whose registration, a head or a key, or NULL
 * @last: how many operations to show
 * @timeout: seconds
 * @no_rehearsal: no rehearsal by Pacemaker's scheduler before a move
 * @takeover: heads that do not answer are known to be dead
 * @order: services that are moved first, or NULL
 * @to: where to, or NULL
 * @jobs: how many moves at once
 * @watch: seconds between two looks, 0 = one look
 * @output: a file instead of standard output, or NULL
 * @table: what a table shows, after common_parse_table()
 *
 * The bits given to common_parse() say which of them a command takes.
 */
struct common_options {
	const char *name;
	const char *head;
	const char *netns;
	const char *output;
	const char *state;
	const char *clear;
	const char *order;
	const char *to;
	bool json;
	bool dry_run;
	bool standby;
	bool no_rehearsal;
	bool takeover;
	int last;
	int timeout;
	int jobs;
	int watch;
	struct table table;
};

#define COMMON_DRY_RUN       (1u << 0)
#define COMMON_STANDBY       (1u << 1)
#define COMMON_LAST          (1u << 2)
#define COMMON_NAME_OPTIONAL (1u << 3)
#define COMMON_NO_JSON       (1u << 4)
#define COMMON_HEAD          (1u << 5)
#define COMMON_TIMEOUT       (1u << 6)
#define COMMON_WATCH         (1u << 7)
#define COMMON_OUTPUT        (1u << 8)
#define COMMON_NO_NAME       (1u << 9)
#define COMMON_ADDRESS       (1u << 10) /* the name is an address */
#define COMMON_NETNS         (1u << 11)
#define COMMON_STATE         (1u << 12)
#define COMMON_NO_REHEARSAL  (1u << 13)
#define COMMON_TAKEOVER      (1u << 14)
#define COMMON_CLEAR         (1u << 15)
#define COMMON_OWN_HEAD      (1u << 16)
#define COMMON_MANY          (1u << 17) /* --jobs and --order */
#define COMMON_TO            (1u << 18)

/**
 * common_parse - the options of a subcommand on a service
 * @doc: what --help says
 * @takes: COMMON_… bits
 *
 * Return: 0, or -1 after one line on stderr (status USAGE). --help exits.
 */
int common_parse(int argc, char **argv, const char *doc, unsigned int takes,
		 struct common_options *options);

/** common_parse_table - common_parse() for a command that can show these columns */
int common_parse_table(int argc, char **argv, const char *doc, unsigned int takes,
		       const struct table_column *columns,
		       struct common_options *options);

/** common_fail - print the reason to stderr, "baton: …"; returns the exit status. */
int common_fail(const struct err *err);

/** common_load - read the service's file. Return: 0, or an exit status after a message */
int common_load(struct service *svc, const char *name);

/** common_load_served - read the service as it is in use (os/served.h); else the same */
int common_load_served(struct service *svc, const char *name);

/**
 * common_show_step - print one step as it ends; for standalone_run() and ipc_request()
 * @entry: from the ledger; its head is shown if it has one
 */
void common_show_step(struct json_object *entry, void *data);

#endif

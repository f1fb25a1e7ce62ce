/* SPDX-License-Identifier: GPL-2.0-or-later */
/* move_run: have Pacemaker move a service, follow the move, and leave no constraint behind. */
#ifndef BATON_CMD_MOVE_RUN_H
#define BATON_CMD_MOVE_RUN_H

#include "cmd/common.h"
#include "core/cluster.h"

/**
 * move_run - move a service to a head
 * @options: --dry-run, --json, --timeout; name; head, NULL = where the service is at home
 *
 * Return: the exit status; 128 plus the number of a signal that ended it.
 */
int move_run(const struct common_options *options);

/**
 * move_find_home - where is a service at home?
 * @name: of the service
 * @state: the cluster
 * @resource: the service there
 * @head: gets the head that location constraints prefer, else the one that the last move
 *        known here took it from, else ""
 */
void move_find_home(const char *name, const struct cluster_state *state,
		    const struct cluster_resource *resource, char head[CLUSTER_NAME]);

/** move_show_success - print the line of a move; @record: of the keepers, or NULL */
void move_show_success(const char *name, const char *from, const char *to,
		       struct json_object *record);

#endif

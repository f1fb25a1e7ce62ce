/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster: parses what Pacemaker's tools say about a service, and judges what it means
 * for a move.
 */
#ifndef BATON_CORE_CLUSTER_H
#define BATON_CORE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "core/err.h"

/* Longer names or ids, and more nodes or actions, are an error: never cut silently. */
#define CLUSTER_NAME    128
#define CLUSTER_NODES   32
#define CLUSTER_ACTIONS 16

/* Pacemaker's INFINITY (include/crm/crm.h) */
#define CLUSTER_INFINITY 1000000
/* How long an action may take where nothing is configured (PCMK_DEFAULT_ACTION_TIMEOUT_MS) */
#define CLUSTER_TIMEOUT_MS 20000

/** struct cluster_node - a node as the cluster sees it */
struct cluster_node {
	char name[CLUSTER_NAME];
	char id[CLUSTER_NAME]; /* corosync's number for it, "" = unknown */
	bool online;
	bool pending; /* joining */
	bool unclean; /* to be fenced */
	bool standby;
	bool maintenance;
};

/** struct cluster_action - what Pacemaker would do next: "migrate", "move", "stop", … */
struct cluster_action {
	char action[CLUSTER_NAME];
	char resource[CLUSTER_NAME];
	char source[CLUSTER_NAME]; /* where it is, "" if nowhere */
	char dest[CLUSTER_NAME];   /* where it would be, "" if nowhere */
};

/**
 * struct cluster_state - the cluster, and in it one resource
 * @has_dc: there is a DC
 * @quorum: the partition has it
 * @maintenance: maintenance-mode is set for the cluster
 * @stonith: fencing is enabled
 * @fencing: the node being fenced, "" if none
 * @found: the resource is known
 * @role: "Started", "Stopped", …
 * @pending: the action in progress on it ("Migrating"), "" if none
 * @heads: where it runs
 * @actions: what would be done next; only from crm_simulate
 * @more_actions: there were more than fit
 */
struct cluster_state {
	bool has_dc;
	bool quorum;
	bool maintenance;
	bool stonith;
	char fencing[CLUSTER_NAME];
	struct cluster_node nodes[CLUSTER_NODES];
	size_t n_nodes;

	bool found;
	char role[CLUSTER_NAME];
	char pending[CLUSTER_NAME];
	bool managed;
	bool failed;
	bool blocked;
	char heads[CLUSTER_NODES][CLUSTER_NAME];
	size_t n_heads;

	struct cluster_action actions[CLUSTER_ACTIONS];
	size_t n_actions;
	size_t more_actions;
};

/**
 * cluster_read_state - parse crm_mon's or crm_simulate's XML
 * @state: filled; with crm_simulate, the cluster as it would be after the simulated
 *         actions, if there were any
 * @text: its output
 * @len: its length
 * @primitive: id of the resource
 * @err: BATON_EXIT_CLUSTER, if this is not such output
 *
 * Return: 0, or -EPROTO.
 */
int cluster_read_state(struct cluster_state *state, const char *text, size_t len,
		       const char *primitive, struct err *err);

/** cluster_parse_score - parse a score or stickiness; limited to ±CLUSTER_INFINITY */
int cluster_parse_score(const char *text);

/** cluster_read_error - why a tool failed, from its XML; "" if it gives no reason. */
void cluster_read_error(const char *text, size_t len, char *buf, size_t size);

/**
 * struct cluster_resource - a service in Pacemaker's configuration
 * @id: what is moved: the primitive, or the group that contains it
 * @primitive: id of the ocf:baton:service itself
 * @inside: "clone", "bundle" … around it, "" if it can be moved
 * @stop_ms: how long a stop may take; -1 = configured in words that are not read here
 * @leftover: id of a constraint left by an earlier `crm_resource --move` or `--ban`
 * @leftover_end: when it expires, as Pacemaker writes it; "" = never
 * @preferred: the nodes that location constraints favour or avoid
 */
struct cluster_resource {
	char id[CLUSTER_NAME];
	char primitive[CLUSTER_NAME];
	char inside[CLUSTER_NAME];
	long stop_ms;
	char leftover[CLUSTER_NAME];
	char leftover_end[CLUSTER_NAME];
	struct {
		char node[CLUSTER_NAME];
		int score;
	} preferred[CLUSTER_NODES];
	size_t n_preferred;
};

/**
 * cluster_read_resource - find a service in the output of `cibadmin --query`
 * @resource: filled
 * @text: the whole CIB
 * @len: its length
 * @service: its name
 * @now: constraints that expired earlier are ignored
 * @err: none, more than one, or not a CIB (BATON_EXIT_CLUSTER)
 *
 * Return: 0, -ENOENT, -EEXIST, or -EPROTO.
 */
int cluster_read_resource(struct cluster_resource *resource, const char *text, size_t len,
			  const char *service, time_t now, struct err *err);

/** cluster_find_node - the node with that name, or NULL. */
const struct cluster_node *cluster_find_node(const struct cluster_state *state,
					     const char *name);

/**
 * cluster_check_head - could a head get services now?
 * @err: the first reason against it, as in cluster_check_move()
 *
 * Return: 0, or -EINVAL.
 */
int cluster_check_head(const struct cluster_state *state, const char *head,
		       struct err *err);

/**
 * cluster_check_move - may a service be moved now?
 * @state: the present state
 * @resource: the service
 * @head: the target
 * @err: the first reason against it: BATON_EXIT_USAGE if there is no such head or the
 *       service is there already, BATON_EXIT_PEER if the head is not ready, else
 *       BATON_EXIT_CLUSTER
 *
 * Return: 0, or -EINVAL.
 */
int cluster_check_move(const struct cluster_state *state,
		       const struct cluster_resource *resource, const char *head,
		       struct err *err);

/**
 * cluster_check_forth - would Pacemaker really move it there?
 * @planned: crm_simulate's answer, with the constraint of the move
 * @resource: the service
 * @head: the target
 * @cold: set if the service would be stopped and started, not handed over
 * @err: BATON_EXIT_CLUSTER
 *
 * Return: 0, or -EINVAL.
 */
int cluster_check_forth(const struct cluster_state *planned,
			const struct cluster_resource *resource, const char *head,
			bool *cold, struct err *err);

/**
 * cluster_check_back - would it stay there without the constraint?
 * @planned: crm_simulate's answer for the time after the move
 * Return: 0, or -EINVAL with advice in @err (BATON_EXIT_CLUSTER).
 */
int cluster_check_back(const struct cluster_state *planned,
		       const struct cluster_resource *resource, const char *head,
		       struct err *err);

/** cluster_is_settled - does it run on @head alone, with no action left to do on it? */
bool cluster_is_settled(const struct cluster_state *state,
			const struct cluster_resource *resource, const char *head);

/** cluster_is_busy - is an action on it in progress? */
bool cluster_is_busy(const struct cluster_state *state);

/** cluster_is_idle - is no action on it in progress or planned? */
bool cluster_is_idle(const struct cluster_state *state,
		     const struct cluster_resource *resource);

/**
 * cluster_pick_home - where does Pacemaker's configuration prefer a service?
 * Return: the online node with the highest score above 0, or NULL.
 */
const char *cluster_pick_home(const struct cluster_state *state,
			      const struct cluster_resource *resource);

/** cluster_describe - "Started on head1, Migrating" into @buf; returns @buf. */
const char *cluster_describe(const struct cluster_state *state, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster: what Pacemaker's tools say about a service, understood; and what follows for
 * a move.
 */
#ifndef BATON_CORE_CLUSTER_H
#define BATON_CORE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "core/err.h"

/* Longer names and ids, more nodes and actions are a failure, never cut in silence. */
#define CLUSTER_NAME    128
#define CLUSTER_NODES   32
#define CLUSTER_ACTIONS 16

/* Pacemaker's INFINITY (include/crm/crm.h) */
#define CLUSTER_INFINITY 1000000

/** struct cluster_node - a node as the cluster sees it */
struct cluster_node {
	char name[CLUSTER_NAME];
	char id[CLUSTER_NAME]; /* corosync's number of it, "" = not told */
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
 * @has_dc: somebody decides
 * @quorum: the partition has it
 * @maintenance: maintenance-mode is set for the cluster
 * @stonith: fencing is enabled
 * @fencing: the node being fenced, "" if none
 * @found: the resource is known
 * @role: "Started", "Stopped", …
 * @pending: what is being done with it ("Migrating"), "" if nothing
 * @heads: where it runs
 * @actions: what would be done next; only crm_simulate tells
 * @more_actions: did not fit
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
 * cluster_read_state - understand crm_mon's or crm_simulate's XML
 * @state: filled; with crm_simulate, the cluster as it would be after the simulated actions,
 *         if any were simulated
 * @text: its output
 * @len: of it
 * @primitive: id of the resource
 * @err: BATON_EXIT_CLUSTER, if this is no such output
 *
 * Return: 0, or -EPROTO.
 */
int cluster_read_state(struct cluster_state *state, const char *text, size_t len,
		       const char *primitive, struct err *err);

/** cluster_parse_score - of a constraint or of stickiness, at most CLUSTER_INFINITY either way */
int cluster_parse_score(const char *text);

/** cluster_read_error - why a tool failed, from its XML; "" if it does not say. */
void cluster_read_error(const char *text, size_t len, char *buf, size_t size);

/**
 * struct cluster_resource - a service in Pacemaker's configuration
 * @id: what is moved: the primitive, or the group it is in
 * @primitive: id of the ocf:baton:service itself
 * @inside: "clone", "bundle" … around it, "" if it can be moved
 * @leftover: id of a constraint that an earlier `crm_resource --move` or `--ban` left
 * @leftover_end: when it ends, as Pacemaker writes it; "" = never
 * @preferred: the nodes that location constraints speak for or against
 */
struct cluster_resource {
	char id[CLUSTER_NAME];
	char primitive[CLUSTER_NAME];
	char inside[CLUSTER_NAME];
	char leftover[CLUSTER_NAME];
	char leftover_end[CLUSTER_NAME];
	struct {
		char node[CLUSTER_NAME];
		int score;
	} preferred[CLUSTER_NODES];
	size_t n_preferred;
};

/**
 * cluster_read_resource - find a service in what `cibadmin --query` prints
 * @resource: filled
 * @text: the whole CIB
 * @len: of it
 * @service: its name
 * @now: constraints that ended before are none
 * @err: none, or more than one, or no CIB (BATON_EXIT_CLUSTER)
 *
 * Return: 0, -ENOENT, -EEXIST, or -EPROTO.
 */
int cluster_read_resource(struct cluster_resource *resource, const char *text, size_t len,
			  const char *service, time_t now, struct err *err);

/** cluster_find_node - a node of that name, or NULL. */
const struct cluster_node *cluster_find_node(const struct cluster_state *state,
					     const char *name);

/**
 * cluster_check_move - may a service be moved now?
 * @state: as it is
 * @resource: the service
 * @head: the target
 * @err: the first reason against it: BATON_EXIT_USAGE for a head that is none or where the
 *       service is already, BATON_EXIT_PEER for one that is not ready, else
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
 * @cold: set if it would be stopped and started, not handed over
 * @err: BATON_EXIT_CLUSTER
 *
 * Return: 0, or -EINVAL.
 */
int cluster_check_forth(const struct cluster_state *planned,
			const struct cluster_resource *resource, const char *head,
			bool *cold, struct err *err);

/**
 * cluster_check_back - would it stay there with the constraint gone?
 * @planned: crm_simulate's answer for the time after the move
 * Return: 0, or -EINVAL with the advice in @err (BATON_EXIT_CLUSTER).
 */
int cluster_check_back(const struct cluster_state *planned,
		       const struct cluster_resource *resource, const char *head,
		       struct err *err);

/** cluster_is_settled - does it run on @head alone, with nothing left to do with it? */
bool cluster_is_settled(const struct cluster_state *state,
			const struct cluster_resource *resource, const char *head);

/** cluster_is_busy - has an action on it been begun and not ended? */
bool cluster_is_busy(const struct cluster_state *state);

/** cluster_is_idle - is nothing being done with it, nor about to be? */
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

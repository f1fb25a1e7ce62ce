/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pacemaker: runs Pacemaker's command-line tools as children. */
#ifndef BATON_OS_PACEMAKER_H
#define BATON_OS_PACEMAKER_H

#include "core/cluster.h"
#include "core/err.h"
#include "os/child.h"

/*
 * All of these fail with BATON_EXIT_CLUSTER, also if the tools are not installed. If
 * $BATON_CIB is set, they use that file instead of the cluster, for tests. The caller
 * says how long to wait for each tool; -ETIMEDOUT and -EINTR are child_capture()'s.
 */

/* For callers without a limit of their own: no answer by then means no cluster. */
#define PACEMAKER_PATIENCE_MS 20000

/**
 * pacemaker_query - the whole CIB
 * @cib: gets the XML; the caller frees it
 * @wait: how long
 * @err: why not; "no cluster here: …" if there is none
 *
 * Return: 0, -EINVAL if there is no cluster here, or -errno.
 */
int pacemaker_query(char **cib, const struct child_wait *wait, struct err *err);

/** pacemaker_look - the present state, from crm_mon. Return: 0, or -errno. */
int pacemaker_look(struct cluster_state *state, const char *primitive,
		   const struct child_wait *wait, struct err *err);

/**
 * pacemaker_look_all - the same of all resources, for cluster_read_state()
 * @text: gets crm_mon's XML; the caller frees it
 *
 * Return: 0, or -errno.
 */
int pacemaker_look_all(char **text, const struct child_wait *wait, struct err *err);

/** pacemaker_expect - the same with the planned actions, from crm_simulate on a copy. */
int pacemaker_expect(struct cluster_state *state, const char *primitive,
		     const struct child_wait *wait, struct err *err);

/**
 * pacemaker_rehearse - ask Pacemaker's own scheduler what it would do for a move
 * @cib: from pacemaker_query(); a copy is used
 * @resource: the service
 * @head: the target
 * @forth: the move, with the constraint that asks for it
 * @back: what would come next, with the constraint gone
 * @wait: how long for each of the two runs of crm_simulate
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int pacemaker_rehearse(const char *cib, const struct cluster_resource *resource,
		       const char *head, struct cluster_state *forth,
		       struct cluster_state *back, const struct child_wait *wait,
		       struct err *err);

/**
 * pacemaker_move - add the constraint that asks for a move
 * @id: of a resource or group
 * @head: the target
 * @lifetime_s: the constraint expires after this time, in case nobody clears it
 * @wait: how long; if the wait was cut short, the outcome is unknown
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int pacemaker_move(const char *id, const char *head, unsigned int lifetime_s,
		   const struct child_wait *wait, struct err *err);

/** pacemaker_clear - remove what pacemaker_move() made. Return: 0, or -errno. */
int pacemaker_clear(const char *id, const struct child_wait *wait, struct err *err);

#endif

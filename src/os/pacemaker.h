/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pacemaker: its command-line tools, run as children. */
#ifndef BATON_OS_PACEMAKER_H
#define BATON_OS_PACEMAKER_H

#include "core/cluster.h"
#include "core/err.h"
#include "os/child.h"

/*
 * All of them fail with BATON_EXIT_CLUSTER, also where the tools are not installed. With
 * $BATON_CIB set they work on that file instead of the cluster, for tests. Each tool is
 * waited for as the caller says: -ETIMEDOUT and -EINTR are child_capture()'s.
 */

/* For who has no time of its own: without an answer in this time the cluster is not there. */
#define PACEMAKER_PATIENCE_MS 20000

/**
 * pacemaker_query - the whole CIB
 * @cib: gets the XML; the caller's
 * @wait: how long
 * @err: why not; "no cluster here: …" where there is none
 *
 * Return: 0, or -errno.
 */
int pacemaker_query(char **cib, const struct child_wait *wait, struct err *err);

/** pacemaker_look - the state now, by crm_mon. Return: 0, or -errno. */
int pacemaker_look(struct cluster_state *state, const char *primitive,
		   const struct child_wait *wait, struct err *err);

/** pacemaker_expect - the same and what is to be done, by crm_simulate on a copy. */
int pacemaker_expect(struct cluster_state *state, const char *primitive,
		     const struct child_wait *wait, struct err *err);

/**
 * pacemaker_rehearse - what Pacemaker would do for a move, asked of its own scheduler
 * @cib: from pacemaker_query(); a copy is worked on
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
 * @lifetime_s: then it ends by itself, should nobody clear it
 * @wait: how long; one that was not waited for may have come to its end or not
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int pacemaker_move(const char *id, const char *head, unsigned int lifetime_s,
		   const struct child_wait *wait, struct err *err);

/** pacemaker_clear - take away what pacemaker_move() made. Return: 0, or -errno. */
int pacemaker_clear(const char *id, const struct child_wait *wait, struct err *err);

#endif

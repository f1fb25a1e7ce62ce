/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pacemaker: its command-line tools, run as children. */
#ifndef BATON_SYS_PACEMAKER_H
#define BATON_SYS_PACEMAKER_H

#include "core/cluster.h"
#include "core/err.h"

/*
 * All of them fail with BATON_EXIT_CLUSTER, also where the tools are not installed. With
 * $BATON_CIB set they work on that file instead of the cluster, for tests.
 */

/**
 * pacemaker_query - the whole CIB
 * @cib: gets the XML; the caller's
 * @err: why not; "no cluster here: …" where there is none
 *
 * Return: 0, or -errno.
 */
int pacemaker_query(char **cib, struct err *err);

/** pacemaker_look - the state now, by crm_mon. Return: 0, or -errno. */
int pacemaker_look(struct cluster_state *state, const char *primitive, struct err *err);

/** pacemaker_expect - the same and what is to be done, by crm_simulate on a copy. */
int pacemaker_expect(struct cluster_state *state, const char *primitive, struct err *err);

/**
 * pacemaker_rehearse - what Pacemaker would do for a move, asked of its own scheduler
 * @cib: from pacemaker_query(); a copy is worked on
 * @resource: the service
 * @head: the target
 * @forth: the move, with the constraint that asks for it
 * @back: what would come next, with the constraint gone
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int pacemaker_rehearse(const char *cib, const struct cluster_resource *resource,
		       const char *head, struct cluster_state *forth,
		       struct cluster_state *back, struct err *err);

/**
 * pacemaker_move - add the constraint that asks for a move
 * @id: of a resource or group
 * @head: the target
 * @lifetime_s: then it ends by itself, should nobody clear it
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int pacemaker_move(const char *id, const char *head, unsigned int lifetime_s,
		   struct err *err);

/** pacemaker_clear - take away what pacemaker_move() made. Return: 0, or -errno. */
int pacemaker_clear(const char *id, struct err *err);

#endif

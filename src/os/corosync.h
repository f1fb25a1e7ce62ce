/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corosync: a closed process group (libcpg) of the heads, and their names (libcmap). */
#ifndef BATON_OS_COROSYNC_H
#define BATON_OS_COROSYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/message.h"

/* corosync's own nodelist limit (totem's PROCESSOR_COUNT_MAX is 384, knet's 64 links). */
#define COROSYNC_HEADS_MAX 32

/**
 * struct corosync_head - a node of the cluster
 * @id: its node id
 * @name: as in corosync.conf, else its number, as Pacemaker would name it
 * @online: it is in our partition of the cluster
 * @joined: one of its processes is in the group
 * @self: it is this head
 * @listed: it is in corosync.conf's nodelist
 */
struct corosync_head {
	uint32_t id;
	char name[MESSAGE_HEAD_MAX + 1];
	bool online;
	bool joined;
	bool self;
	bool listed;
};

/**
 * struct corosync_calls - callbacks of corosync_dispatch()
 * @message: a message to the group, including our own, in the order that all heads see
 * @changed: a head, or a process of one, has come or gone; see corosync_heads()
 * @data: for both
 */
struct corosync_calls {
	void (*message)(const struct corosync_head *from, const char *text, size_t len,
			void *data);
	void (*changed)(void *data);
	void *data;
};

struct corosync;

/**
 * corosync_open - join a group
 * @out: gets the connection
 * @group: its name
 * @calls: copied
 * @err: why not
 *
 * Waits for the local corosync to answer.
 *
 * Return: 0, -ENOTCONN if corosync does not run, or -errno.
 */
int corosync_open(struct corosync **out, const char *group,
		  const struct corosync_calls *calls, struct err *err);

/** corosync_close - leave the group; NULL is allowed. */
void corosync_close(struct corosync *c);

/** corosync_fd - readable when corosync_dispatch() has something to do. */
int corosync_fd(const struct corosync *c);

/** corosync_dispatch - run what is due. Return: 0, or -errno: corosync is gone; close. */
int corosync_dispatch(struct corosync *c);

/**
 * corosync_send - send a message to the whole group
 * Return: 0; -EAGAIN while the cluster is re-forming: try again soon; -errno.
 */
int corosync_send(struct corosync *c, const char *text, size_t len);

/**
 * corosync_heads - all nodes of the cluster, as of the last change
 * @n: gets their number
 */
const struct corosync_head *corosync_heads(const struct corosync *c, size_t *n);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peers: the keepers of the service on the other heads. */
#ifndef BATON_KEEPER_PEERS_H
#define BATON_KEEPER_PEERS_H

#include "core/message.h"
#include "keeper/context.h"
#include "os/corosync.h"

/**
 * struct peer - what a keeper has said about itself
 * @keys: of its service file; none from a keeper of 0.1.0
 * @holds: it has said that it has the service's disk …
 * @released: … or that it has not, and has seen us when it said so
 */
struct peer {
	char head[MESSAGE_HEAD_MAX + 1];
	char version[MESSAGE_VERSION_MAX + 1];
	char digest[SERVICE_DIGEST_TEXT];
	int protocol;
	bool holds;
	bool released;
	struct keydiff_list keys;
};

/**
 * struct peers_calls - callbacks
 * @hello: a keeper has joined: fill in what this one says of itself, with a body
 * @message: a message has come, already checked; may be this head's own
 * @changed: heads have come or gone, or corosync has
 */
struct peers_calls {
	void (*hello)(struct keeper *k, struct message *hello);
	void (*message)(struct keeper *k, const char *from, const struct message *m);
	void (*changed)(struct keeper *k);
};

/** peers_open - @calls must stay valid. Return: 0, or -errno. */
int peers_open(struct keeper *k, const struct peers_calls *calls, struct err *err);
/** peers_join - try to join the group now, if this head is not a member. */
void peers_join(struct keeper *k);
/** peers_introduce - say hello, because what this keeper has said has changed. */
void peers_introduce(struct keeper *k);
/** peers_send - send to all, in one order; without a cluster, to ourselves. */
void peers_send(struct keeper *k, const struct message *message);
/** peers_have_time - would anybody hear a message, and does none wait to be sent? */
bool peers_have_time(const struct keeper *k);
/** peers_are_clustered - is this head in a cluster? */
bool peers_are_clustered(const struct keeper *k);
/** peers_why_alone - why this head is in none. */
const char *peers_why_alone(const struct keeper *k);
/** peers_heads - all heads corosync knows, valid until it reports more; may be none. */
const struct corosync_head *peers_heads(const struct keeper *k, size_t *n);
/** peers_find - what corosync knows of a head; NULL = it knows none of this name. */
const struct corosync_head *peers_find(const struct keeper *k, const char *head);
/** peers_introduced - what a head's keeper has said about itself; NULL = nothing. */
const struct peer *peers_introduced(const struct keeper *k, const char *head);
/** peers_note_stand - a head has said anew whether it has the disk, or may have it in a moment. */
void peers_note_stand(struct keeper *k, const char *head, bool holds, bool lets_go);
/** peers_holder - the name of another head that has said that it has the disk, or NULL. */
const char *peers_holder(const struct keeper *k);
/** peers_have_released - has each other head of the cluster said that it has not got the disk? */
bool peers_have_released(const struct keeper *k);
/** peers_doubt - what they have said of the disk until now proves nothing any more. */
void peers_doubt(struct keeper *k);
/** peers_check - could @head be handed the service? Return: 0, or -errno with why not. */
int peers_check(const struct keeper *k, const char *head, struct err *err);
/**
 * peers_check_sender - do the sender's keeper and this one mean the same service?
 * @m: a message that carries version and digest
 *
 * Return: 0, or -errno with the reason.
 */
int peers_check_sender(const struct keeper *k, const char *from, const struct message *m,
		       struct err *err);
/**
 * peers_check_service - does a keeper that has introduced itself mean the same service?
 *
 * Return: 0, or -errno with the versions, or with the keys that differ.
 */
int peers_check_service(const struct keeper *k, const struct peer *peer, struct err *err);
/** peers_blame - put into @m why something failed, with the name of this head */
void peers_blame(const struct keeper *k, struct message *m, const struct err *why);
void peers_close(struct keeper *k);

#endif

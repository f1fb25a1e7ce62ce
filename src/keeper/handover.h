/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover: this head's part in a hand-over. */
#ifndef BATON_KEEPER_HANDOVER_H
#define BATON_KEEPER_HANDOVER_H

#include <json-c/json.h>

#include "core/asker.h"
#include "core/claim.h"
#include "core/message.h"
#include "keeper/context.h"

int handover_open(struct keeper *k, struct err *err);
/**
 * handover_begin - hand over to @target
 * @asker: the requester, for the ledgers of both heads
 * @until_ms: CLOCK_MONOTONIC, when the requester gives up; 0 = never
 * @fd: the requester's connection, taken over if this returns 0
 *
 * Return: 0, or -errno with the reason.
 */
int handover_begin(struct keeper *k, const char *target, const struct asker *asker,
		   int64_t until_ms, int fd, struct err *err);
/**
 * handover_check_source - would this head take the service from @from, which sent @m?
 * Return: 0, or -errno with the reason.
 */
int handover_check_source(struct keeper *k, const char *from, const struct message *m,
			  struct err *err);
/**
 * handover_check_start - may a start be asked for now?
 * @terms: a start by Pacemaker overrules a hand-over, as Pacemaker decides; a start by an
 *         administrator does so only with --takeover. A service that was granted belongs
 *         to the other head until that head says otherwise
 *
 * Return: 0, or -errno with the reason.
 */
int handover_check_start(const struct keeper *k, const struct claim_terms *terms,
			 struct err *err);
/** handover_overrule - somebody wants a start or a stop on this head. */
void handover_overrule(struct keeper *k);
/** handover_peer - the other head of the hand-over under way; NULL = none is. */
const char *handover_peer(const struct keeper *k);
/** handover_is_resuming - is the service started again after one that was given up? */
bool handover_is_resuming(const struct keeper *k);
/** handover_generation - the highest seen so far. */
uint64_t handover_generation(const struct keeper *k);
/** handover_last - the record of the last one that has ended; not owned, may be NULL. */
struct json_object *handover_last(const struct keeper *k);
void handover_message(struct keeper *k, const char *from, const struct message *message);
/** handover_peers_changed - heads have come or gone. */
void handover_peers_changed(struct keeper *k);
void handover_close(struct keeper *k);

#endif

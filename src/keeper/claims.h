/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims: a service is started on one head only. */
#ifndef BATON_KEEPER_CLAIMS_H
#define BATON_KEEPER_CLAIMS_H

#include "core/asker.h"
#include "core/claim.h"
#include "core/guard.h"
#include "core/message.h"
#include "core/plan.h"
#include "keeper/context.h"

int claims_open(struct keeper *k, struct err *err);
/**
 * claims_begin - start the service here, if the other heads allow it
 * @terms: copied
 * @asker: copied
 * @until_ms: CLOCK_MONOTONIC, when the requester gives up; 0 = never
 * @fd: the requester's connection, taken over if this returns 0
 *
 * Return: 0, or -errno with the reason.
 */
int claims_begin(struct keeper *k, const struct claim_terms *terms,
		 const struct asker *asker, int64_t until_ms, int fd, struct err *err);
/**
 * claims_check_operation - may it begin here, or has another head claimed the service?
 * Return: 0, or -errno; @err names the other head.
 */
int claims_check_operation(const struct keeper *k, enum operation operation,
			   struct err *err);
/**
 * claims_tell_terms - what a claim has found out about the other heads
 * @id: of the start; one that no claim was made for adds nothing
 */
void claims_tell_terms(const struct keeper *k, uint64_t id, struct guard_terms *terms);
/** claims_may_hold - has this head the disk, or may it have it in a moment? For the hello. */
bool claims_may_hold(const struct keeper *k);
/** claims_overrule - somebody wants this head to stop. */
void claims_overrule(struct keeper *k);
void claims_message(struct keeper *k, const char *from, const struct message *message);
void claims_peers_changed(struct keeper *k);
void claims_close(struct keeper *k);

#endif

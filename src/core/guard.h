/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: the keys by which heads register at a disk, and what a start may do about those
 * of others; makes no system call.
 */
#ifndef BATON_CORE_GUARD_H
#define BATON_CORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/message.h"
#include "core/pr.h"

/* "0x" and 16 digits. */
#define GUARD_KEY_TEXT 19
/* Names of all heads, separated by blanks. */
#define GUARD_HEADS_MAX 2048

/**
 * guard_make_key - the key of a head for a service
 * @life: 1 to 127; another one makes it another key of the same head
 * @unproven: see guard_is_unproven()
 *
 * 16 bits say that it is baton's, 24 are the head's, 16 the service's, 1 says unproven, 7 are
 * the life's. A registration that was left behind on a path that no longer exists can only
 * be removed by another key; so each start takes a life that is not in use. What else must
 * outlive this head, and be seen by all others, is in the key, too.
 */
uint64_t guard_make_key(const char *head, const char *service, unsigned int life,
			bool unproven);

/** guard_key_is_unproven - was it made by a start that was? */
bool guard_key_is_unproven(uint64_t key);

/** guard_key_doubt - the same key, of a start that has become so. */
uint64_t guard_key_doubt(uint64_t key);

/** guard_is_batons - has baton made this key, of any service? */
bool guard_is_batons(uint64_t key);

/** guard_is_services - is it a key of this service, of any head? */
bool guard_is_services(uint64_t key, const char *service);

/** guard_is_heads - is it a key of this service and this head, of any life? */
bool guard_is_heads(uint64_t key, const char *head, const char *service);

/** guard_format_key - "0xba70…". Return: @text. */
const char *guard_format_key(uint64_t key, char text[GUARD_KEY_TEXT]);

/**
 * guard_name_head - which of these heads has this key?
 * @heads: names, separated by blanks
 * @name: gets the name; without one "a head with the key 0x…", or "… that is not baton's"
 *
 * Return: was it one of them?
 */
bool guard_name_head(uint64_t key, const char *service, const char *heads, char *name,
		     size_t size);

/**
 * struct guard_terms - what is known of the other heads when an operation begins
 * @self: this head's name
 * @alias: its host name, by which it goes without corosync
 * @heads: the other heads' names, separated by blanks
 * @source: the head that has granted the service, "" = none
 * @asked: a claim was granted: each of @heads has answered that it has not got the disk, or
 *         somebody vouches for it
 * @answered: each of @heads has said itself, by its keeper, that it has not got the disk
 * @takeover: an administrator vouches for those that have not answered
 * @fenced: Pacemaker vouches for them, with fencing: they are off
 */
struct guard_terms {
	char self[MESSAGE_HEAD_MAX + 1];
	char alias[MESSAGE_HEAD_MAX + 1];
	char heads[GUARD_HEADS_MAX];
	char source[MESSAGE_HEAD_MAX + 1];
	bool asked;
	bool answered;
	bool takeover;
	bool fenced;
};

/**
 * struct guard_plan - what a start does at a disk
 * @preempt, @n: these keys are removed, with what they have reserved
 * @others: one of them is another head's
 * @unproven: one of them was made by a start that was unproven
 */
struct guard_plan {
	uint64_t preempt[PR_KEYS_MAX];
	size_t n;
	bool others;
	bool unproven;
};

/**
 * guard_make_plan - may this head take the disk, and from whom?
 * @service: name
 * @own: the key that this head has just registered; 0 = none yet
 * @why: names who is registered (BATON_EXIT_PEER, or _DEVICE for what is not baton's)
 *
 * A key of another head may be removed if that head has granted the service, or after a
 * granted claim; else only with @takeover. Keys that are not baton's, or of another
 * service, never are.
 *
 * Return: 0, or -EBUSY.
 */
int guard_make_plan(struct guard_plan *plan, const struct guard_terms *terms,
		    const char *service, uint64_t own, const struct pr_keys *keys,
		    const struct pr_reservation *reservation, struct err *why);

/** guard_add - add a key to those that a plan preempts, once. */
void guard_add(struct guard_plan *plan, uint64_t key);

/**
 * guard_is_held - is @own registered, alone, and the holder of the right reservation?
 * @paths: by which this head has registered; more registrations are not all its own
 */
bool guard_is_held(uint64_t own, size_t paths, const struct pr_keys *keys,
		   const struct pr_reservation *reservation);

/** guard_has_key - is this key registered? */
bool guard_has_key(const struct pr_keys *keys, uint64_t key);

/**
 * guard_find_intruder - who is registered beside a head that serves, and should not be?
 * @own: that head's key; if it is gone, it is for nobody to remove others
 * @seen: what was found the last time, 0 at first; changed
 *
 * multipathd of a head that was preempted while a path of it came back may have registered it
 * again: between its two looks another registration can hide the one that went. Whoever takes
 * the disk by right is not registered beside another head for so long.
 *
 * Return: a key of this service that was found the last time, too, a second ago; else 0.
 */
uint64_t guard_find_intruder(const struct pr_keys *keys, uint64_t own,
			     const char *service, uint64_t *seen);

/** guard_free_life - a life that no key of this head and service has yet; 0 = none is left. */
unsigned int guard_free_life(const struct pr_keys *keys, const char *head,
			     const char *service);

/**
 * guard_is_unproven - may a head that has not spoken for itself still have it mounted?
 * @terms: of a start
 * @plan: what it does next; asked again before each removal
 */
bool guard_is_unproven(const struct guard_terms *terms, const struct guard_plan *plan);

/**
 * guard_must_wait - may a head that nobody has fenced still answer clients from its cache?
 *
 * Then the addresses are raised only when it must have noticed that it may not.
 */
bool guard_must_wait(const struct guard_terms *terms);

/**
 * guard_must_stay - does the reservation outlive a stop?
 * @unproven: guard_is_unproven() of its start
 * @terms: of the stop
 *
 * Such a head may still have it mounted. Without a reservation it could write again.
 */
bool guard_must_stay(bool unproven, const struct guard_terms *terms);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guard: the keys by which heads register at a disk, and what a start may do about those
 * of others.
 */
#include "core/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* The first 16 bits of every key of baton's. */
#define BATONS 0xba70ull

#define HEAD_BITS    24
#define SERVICE_BITS 16
/* The uppermost says unproven. */
#define LIFE_BITS 8
#define LIFE_MAX  127
#define UNPROVEN  0x80

/* FNV-1a, 32 bits, folded: not a secret, only spread. */
static uint64_t digest(const char *text, unsigned int bits)
{
	uint32_t hash = 2166136261u;

	for (const char *p = text; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return (hash >> bits ^ hash) & ((1u << bits) - 1);
}

uint64_t guard_make_key(const char *head, const char *service, unsigned int life,
			bool unproven)
{
	return BATONS << 48 | digest(head, HEAD_BITS) << (SERVICE_BITS + LIFE_BITS) |
	       digest(service, SERVICE_BITS) << LIFE_BITS | (unproven ? UNPROVEN : 0) |
	       life;
}

bool guard_key_is_unproven(uint64_t key)
{
	return key & UNPROVEN;
}

uint64_t guard_key_doubt(uint64_t key)
{
	return key | UNPROVEN;
}

bool guard_is_batons(uint64_t key)
{
	return key >> 48 == BATONS;
}

bool guard_is_services(uint64_t key, const char *service)
{
	return guard_is_batons(key) && (key >> LIFE_BITS & ((1u << SERVICE_BITS) - 1)) ==
					       digest(service, SERVICE_BITS);
}

bool guard_is_heads(uint64_t key, const char *head, const char *service)
{
	return key >> LIFE_BITS == guard_make_key(head, service, 0, false) >> LIFE_BITS;
}

const char *guard_format_key(uint64_t key, char text[GUARD_KEY_TEXT])
{
	snprintf(text, GUARD_KEY_TEXT, "0x%016llx", (unsigned long long)key);
	return text;
}

bool guard_name_head(uint64_t key, const char *service, const char *heads, char *name,
		     size_t size)
{
	char head[MESSAGE_HEAD_MAX + 1], text[GUARD_KEY_TEXT];

	for (const char *at = heads; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n > 0 && n < sizeof(head)) {
			memcpy(head, at, n);
			head[n] = '\0';
			if (guard_is_heads(key, head, service)) {
				snprintf(name, size, "%s", head);
				return true;
			}
		}
		at += n;
	}
	guard_format_key(key, text);
	if (!guard_is_batons(key))
		snprintf(name, size, "somebody with the key %s, which is not baton's",
			 text);
	else if (!guard_is_services(key, service))
		snprintf(name, size, "another service of baton (key %s)", text);
	else
		snprintf(name, size, "a head that is not known here (key %s)", text);
	return false;
}

bool guard_has_key(const struct pr_keys *keys, uint64_t key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i] == key)
			return true;
	return false;
}

uint64_t guard_find_intruder(const struct pr_keys *keys, uint64_t own,
			     const char *service, uint64_t *seen)
{
	uint64_t before = *seen;

	*seen = 0;
	for (size_t i = 0; i < keys->n && guard_has_key(keys, own); i++)
		if (keys->v[i] != own && guard_is_services(keys->v[i], service))
			*seen = keys->v[i];
	return *seen == before ? before : 0;
}

unsigned int guard_free_life(const struct pr_keys *keys, const char *head,
			     const char *service)
{
	for (unsigned int life = 1; life <= LIFE_MAX; life++)
		if (!guard_has_key(keys, guard_make_key(head, service, life, false)) &&
		    !guard_has_key(keys, guard_make_key(head, service, life, true)))
			return life;
	return 0;
}

/* More often is too often: two heads of one name would take each other for themselves. */
bool guard_is_held(uint64_t own, size_t paths, const struct pr_keys *keys,
		   const struct pr_reservation *reservation)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i] != own)
			return false;
	return keys->n && keys->n <= paths && reservation->key == own &&
	       reservation->type == PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS;
}

/* Another head's: may this start remove it? */
static bool may_preempt(const struct guard_terms *terms, const char *service,
			uint64_t key, struct err *why)
{
	char name[MESSAGE_HEAD_MAX + 64];
	bool known = guard_name_head(key, service, terms->heads, name, sizeof(name));

	if (terms->source[0] && guard_is_heads(key, terms->source, service))
		return true;
	if (terms->takeover || (terms->asked && known))
		return true;
	err_set(why, BATON_EXIT_PEER, 0,
		"the disk is registered by %.200s. If it is known to be dead: "
		"`baton start --takeover %s`. If it is not, it loses the disk at once",
		name, service);
	return false;
}

static int check_key(const struct guard_terms *terms, const char *service, uint64_t key,
		     struct guard_plan *plan, struct err *why)
{
	char name[MESSAGE_HEAD_MAX + 64];

	if (guard_is_heads(key, terms->self, service) ||
	    guard_is_heads(key, terms->alias, service))
		return 0;
	if (!guard_is_services(key, service)) {
		guard_name_head(key, service, "", name, sizeof(name));
		return err_set(why, BATON_EXIT_DEVICE, EBUSY,
			       "the disk is registered by %s: see `baton guard %s`", name,
			       service);
	}
	if (!may_preempt(terms, service, key, why))
		return -EBUSY;
	plan->others = true;
	return 0;
}

void guard_add(struct guard_plan *plan, uint64_t key)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->preempt[i] == key)
			return;
	plan->preempt[plan->n++] = key;
}

int guard_make_plan(struct guard_plan *plan, const struct guard_terms *terms,
		    const char *service, uint64_t own, const struct pr_keys *keys,
		    const struct pr_reservation *reservation, struct err *why)
{
	char text[GUARD_KEY_TEXT];

	memset(plan, 0, sizeof(*plan));
	if (reservation->type && reservation->type != PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS)
		return err_set(why, BATON_EXIT_DEVICE, EBUSY,
			       "the disk is reserved by somebody else (type %u, key %s): "
			       "see `baton guard %s`",
			       reservation->type,
			       guard_format_key(reservation->key, text), service);
	/* The holder first: as long as it has the reservation, it can write. */
	if (reservation->type && reservation->key != own &&
	    guard_has_key(keys, reservation->key))
		guard_add(plan, reservation->key);
	for (size_t i = 0; i < keys->n; i++) {
		int rc = keys->v[i] == own
				 ? 0
				 : check_key(terms, service, keys->v[i], plan, why);

		if (rc < 0)
			return rc;
		if (keys->v[i] == own)
			continue;
		plan->unproven |= guard_key_is_unproven(keys->v[i]);
		guard_add(plan, keys->v[i]);
	}
	return 0;
}

/*
 * After a claim each head should have spoken; but who is registered has started since it
 * spoke, if its network was cut meanwhile. Else there is nobody whom this start has not
 * heard of, but those before it may have had somebody: their keys say so.
 */
bool guard_is_unproven(const struct guard_terms *terms, const struct guard_plan *plan)
{
	if (plan->others)
		return true;
	if (terms->answered)
		return false;
	return terms->asked || terms->takeover || plan->unproven;
}

bool guard_must_wait(const struct guard_terms *terms)
{
	return !terms->answered && (terms->takeover || (terms->asked && !terms->fenced));
}

bool guard_must_stay(bool unproven, const struct guard_terms *terms)
{
	return unproven && !terms->answered;
}

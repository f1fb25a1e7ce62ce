/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger: the last operations on a service, step by step, in /run/baton/NAME/ledger.json,
 * with a copy in /var/lib/baton/NAME that outlives a boot.
 */
#ifndef BATON_KEEPER_LEDGER_H
#define BATON_KEEPER_LEDGER_H

#include <json-c/json.h>

#include "core/err.h"
#include "core/paths.h"

/* Older ones are forgotten; the journal keeps them all. */
#define LEDGER_MAX 50

#define LEDGER_MAX_LEN (4u << 20)

/**
 * ledger_append - add an operation's record, and log it to the journal
 * @paths: of the service
 * @name: of the service
 * @record: from a runner; gets "by" if it lacks it, and "count" and "since" if it repeats
 *          a failure; stays the caller's
 *
 * Best effort: if /run is full, only the journal has the record. Never waits for a disk.
 */
void ledger_append(const struct paths *paths, const char *name,
		   struct json_object *record);

/**
 * ledger_load - all records, the oldest first
 * @paths: of the service
 * @records: gets an array owned by the caller; empty if there is no ledger yet
 * @err: unreadable or damaged
 *
 * Return: 0, or -errno.
 */
int ledger_load(const struct paths *paths, struct json_object **records, struct err *err);

/** ledger_begin - the same for adding to it: a damaged one is worth no more than a new one */
struct json_object *ledger_begin(const struct paths *paths);

/**
 * ledger_add - add a record to others
 * @records: of ledger_load(); the oldest are dropped
 * @record: as in ledger_append()
 *
 * An operation that fails again and again in the same way, numbers apart, is one record:
 * of the last time, with "count", and "since" when it began for the first time. So a mend
 * that is tried every ten seconds does not push out the moves.
 */
void ledger_add(struct json_object *records, struct json_object *record);

/** ledger_keep - have the ledger copied to the head's disk, by a process of its own. */
void ledger_keep(const struct paths *paths);

/**
 * ledger_find_last - the newest record
 * @paths: of the service
 * @op: only of this operation, such as "move"; NULL = any
 * @outcome: only with this outcome, such as "done"; NULL = any
 *
 * Return: the record, owned by the caller, or NULL.
 */
struct json_object *ledger_find_last(const struct paths *paths, const char *op,
				     const char *outcome);

#endif

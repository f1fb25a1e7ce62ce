/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tally: the books of the run: calls, errors, pauses. Pure. */
#ifndef BATON_PROBE_TALLY_H
#define BATON_PROBE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/hist.h"
#include "probe/probe.h"

/* Pauses and events that are kept one by one; the others are counted as omitted. */
#define TALLY_LIST_MAX 4096
/* Different errors of a class; all further ones are counted as "other". */
#define TALLY_ERRORS_MAX 24

/**
 * struct tally_entry - a pause, an error or an unfinished call
 * @wall_ns: when it began, nanoseconds since the epoch
 * @ns: how long it was (pauses, unfinished calls)
 * @code: its error (events)
 */
struct tally_entry {
	enum probe_class class;
	enum probe_op op;
	int code;
	bool spurious;
	uint64_t wall_ns;
	uint64_t ns;
};

struct tally_list {
	struct tally_entry *entry;
	size_t n;
	size_t room;
	uint64_t omitted;
};

/** tally_list_add - append, or count as omitted if the list is full or memory is short */
void tally_list_add(struct tally_list *list, struct tally_entry entry);
void tally_list_free(struct tally_list *list);

/**
 * struct tally_lists - shared by all classes
 * @pauses: not shorter than @pause_ns
 * @events: errors, in order
 * @unfinished: calls without an answer at the end
 */
struct tally_lists {
	uint64_t pause_ns;
	struct tally_list pauses;
	struct tally_list events;
	struct tally_list unfinished;
};

/* A call that is out, and the time when the last one of its part ended. */
struct tally_call {
	bool out;
	enum probe_op op;
	uint64_t ns;
	uint64_t wall_ns;
	uint64_t last_ns;
};

struct tally_pause {
	bool on;
	enum probe_op op;
	uint64_t ns;
	uint64_t wall_ns;
};

struct tally_error {
	int code;
	uint64_t count;
};

struct tally_errors {
	struct tally_error row[TALLY_ERRORS_MAX];
	unsigned int n;
	uint64_t total;
};

/**
 * struct tally - the books of one class, of all its parts together
 * @calls: counted calls that were begun; those in the histogram
 * @ok: of those, the successful ones
 * @upkeep: other calls (see PROBE_OPS)
 * @errors: by errno, upkeep included
 * @spurious: errors of calls executed twice (new names only), not among @errors
 * @longest_ns: the longest pause; @longest_wall_ns: its start; @longest_op: what it held
 *              up
 * @longest_idle_ns: longest time in which the probe itself made no call, beyond its
 *                 interval
 *
 * A pause lasts from the start of the first call after a success to the end of the next
 * success of the same part. For a successful call it is the latency; for a series of
 * errors it is the time until an application could go on. The wait between calls before
 * it is not part of it. A stream pauses as a whole: while calls of it are out and none
 * succeeds.
 */
struct tally {
	enum probe_class class;
	uint64_t interval_ns;
	struct tally_lists *lists;

	uint64_t calls;
	uint64_t ok;
	uint64_t upkeep;
	struct tally_errors errors;
	struct tally_errors spurious;
	struct hist hist;
	uint64_t longest_ns;
	uint64_t longest_wall_ns;
	enum probe_op longest_op;
	uint64_t longest_idle_ns;

	/* private: by part */
	struct tally_call call[PROBE_PARTS_MAX];
	struct tally_pause pause[PROBE_PARTS_MAX]; /* of a stream: the first */
	unsigned int n_out;
	bool closed;
};

/** tally_begin - @part makes a call, at monotonic @ns and wall clock @wall_ns */
void tally_begin(struct tally *tally, unsigned int part, enum probe_op op, uint64_t ns,
		 uint64_t wall_ns);

/** tally_end - the call of @part has ended at @ns, with error @code or 0 */
void tally_end(struct tally *tally, unsigned int part, int code, uint64_t ns);

/** tally_event - enter an error that belongs to no call, e.g. the death of the child */
void tally_event(struct tally *tally, enum probe_op op, int code, uint64_t wall_ns);

/**
 * tally_close - the run is over at @ns
 *
 * Each call still out is entered as unfinished. It, or a series of errors not yet over,
 * is also entered as a pause of its length so far. Idempotent; nothing is entered
 * afterwards.
 */
void tally_close(struct tally *tally, uint64_t ns);

/** tally_pause_now - length of the longest pause in progress at @ns, or 0 */
uint64_t tally_pause_now(const struct tally *tally, uint64_t ns);

/** tally_lists_free - release the lists */
void tally_lists_free(struct tally_lists *lists);

#endif

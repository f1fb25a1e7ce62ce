/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heard: for how long has this head been hearing clients without interruption? */
#ifndef BATON_CORE_HEARD_H
#define BATON_CORE_HEARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * After an interruption a client comes back at its next attempt, and nobody knows how long
 * it takes until then: TCP sends again at least this often (TCP_RTO_MAX, include/net/tcp.h).
 */
#define HEARD_RETURN_S 120

/**
 * struct heard - all zero: it is unknown what was before
 * @since_ms: begin of the time without an interruption
 * @last_ms: when somebody was heard last
 * @begun: both of these are valid
 * @whole: nothing was missed since the start of the service
 */
struct heard {
	int64_t since_ms;
	int64_t last_ms;
	bool begun;
	bool whole;
};

/** heard_start - the service does not run: no client of its next start has been missed. */
void heard_start(struct heard *heard);

/** heard_interrupt - clients may be calling without being heard. */
void heard_interrupt(struct heard *heard);

/**
 * heard_note - a client was heard
 * @now_ms: a clock that never goes back
 * @lease_s: each living client is heard at least this often (RFC 8881, 8.3), so a longer
 *           time in which nobody was heard is an interruption
 */
void heard_note(struct heard *heard, int64_t now_ms, unsigned int lease_s);

/**
 * heard_is_enough - may a client be given up that has been silent for lease and courtesy?
 *
 * Only if others were heard all this time, up to the last heard_note(); and after an
 * interruption for long enough that it could have come back.
 */
bool heard_is_enough(const struct heard *heard, unsigned int lease_s,
		     unsigned int courtesy_s);

#endif

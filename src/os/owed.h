/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owed: waits until every reply is acknowledged, or no more progress is seen. */
#ifndef BATON_OS_OWED_H
#define BATON_OS_OWED_H

#include <stdint.h>

#include "core/backlog.h"
#include "os/diag.h"

/**
 * struct owed_terms - how long is waited, and for whom
 * @port: of the server, host order
 * @part: what must not be owed any more
 * @lease_s: clients that have been silent for so long are not waited for
 * @until_ms: of child_now_ms(): the longest
 * @stall_ms: no longer than this without anything becoming less
 * @only: these connections, sorted by cookie; NULL = all
 */
struct owed_terms {
	uint16_t port;
	enum backlog_part part;
	unsigned int lease_s;
	int64_t until_ms;
	int64_t stall_ms;
	const struct sents *only;
};

/** owed_look - the connections, with what is owed on each. Return: 0, or -errno. */
int owed_look(struct diag *diag, const struct owed_terms *terms, struct sents *now,
	      struct err *err);

/**
 * owed_wait - wait until none is left
 * @diag: of the namespace
 * @terms: of it
 * @last: the look before, or empty; then the last one
 * @lost: gets those that have gone since with something owed; NULL = nobody asks
 * @err: why it could not be looked
 *
 * Return: the number of connections that still owe, or -errno.
 */
int owed_wait(struct diag *diag, const struct owed_terms *terms, struct sents *last,
	      struct sents *lost, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owed: waits until every reply is acknowledged, or there is no more progress. */
#ifndef BATON_OS_OWED_H
#define BATON_OS_OWED_H

#include <stdint.h>

#include "core/backlog.h"
#include "os/diag.h"

/**
 * struct owed_terms - how long to wait, and for which connections
 * @port: of the server, host order
 * @part: what must no longer be owed
 * @lease_s: do not wait for clients that have been silent this long
 * @until_ms: of child_now_ms(): the latest
 * @stall_ms: give up after this time without progress
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

/** owed_look - the connections and what is owed on each. Return: 0, or -errno. */
int owed_look(struct diag *diag, const struct owed_terms *terms, struct sents *now,
	      struct err *err);

/**
 * owed_wait - wait until nothing is owed
 * @diag: of the namespace
 * @terms: how to wait
 * @last: the look before, or empty; updated to the latest look
 * @lost: gets connections that have since gone with something owed; NULL = not needed
 * @err: why the look failed
 *
 * Return: the number of connections that still owe, or -errno.
 */
int owed_wait(struct diag *diag, const struct owed_terms *terms, struct sents *last,
	      struct sents *lost, struct err *err);

#endif

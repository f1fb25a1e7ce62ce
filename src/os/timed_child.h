/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timed_child: runs work that may hang in the kernel in a child, with a deadline. */
#ifndef BATON_OS_TIMED_CHILD_H
#define BATON_OS_TIMED_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/**
 * timed_child_run - do some work in a child
 * @work: runs in a process of its own, so it may enter other namespaces; its failure is
 *        handed back
 * @data: for @work
 * @what: its name, for the message that it does not end
 * @until_ms: CLOCK_MONOTONIC; then the child is killed and, if it hangs, left behind. It
 *            holds none of our descriptors, and ends when the kernel lets go of it
 * @err: from @work, or that it did not end
 *
 * Return: what @work returns, -ETIMEDOUT, or -errno.
 */
int timed_child_run(int (*work)(void *data, struct err *err), void *data,
		    const char *what, int64_t until_ms, struct err *err);

/** timed_child_share - zeroed memory that @work and its caller share; NULL if short. */
void *timed_child_share(size_t size);

/** timed_child_unshare - release it; a child left behind keeps its own mapping. */
void timed_child_unshare(void *memory, size_t size);

/** timed_child_let_go - in a child that may hang: point standard input and outputs to
 * /dev/null, so that nobody waits for their end. */
void timed_child_let_go(void);

#endif

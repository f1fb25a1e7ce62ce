/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster: sends records to all heads, for addresses without a disk that moves along. */
#ifndef BATON_SEVER_CLUSTER_H
#define BATON_SEVER_CLUSTER_H

#include <stdint.h>

#include "core/err.h"

/**
 * cluster_tell - send a record to all heads
 * @name: from client_record_name()
 * @text: the record
 * @until_ms: CLOCK_MONOTONIC
 * @err: why not
 *
 * Waits until it has come back to us. Then each head of our partition has it, or will
 * have it before anything that is sent later.
 *
 * Return: 0, -ENOTCONN (no corosync), -ETIMEDOUT, or -errno.
 */
int cluster_tell(const char *name, const char *text, int64_t until_ms, struct err *err);

#endif

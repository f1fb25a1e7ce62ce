/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsping: does an NFS server answer? One NULL call over TCP. */
#ifndef BATON_OS_NFSPING_H
#define BATON_OS_NFSPING_H

#include <stdint.h>

#include "core/err.h"
#include "core/service.h"

/**
 * nfsping_call - call procedure NULL at an address of this network namespace
 * @ip: the server's address, and the caller's: that marks the connection as ours, so that
 *      diag_conns() can tell it from a client's
 * @port: of the server
 * @until_ms: CLOCK_MONOTONIC; when to give up
 * @err: why there was no answer
 *
 * The connection ends with a reset (SO_LINGER 0), so neither end leaves a TIME-WAIT.
 *
 * Return: 0, -ETIMEDOUT, -EPROTO, or -errno.
 */
int nfsping_call(const struct ipaddr *ip, uint16_t port, int64_t until_ms,
		 struct err *err);

#endif

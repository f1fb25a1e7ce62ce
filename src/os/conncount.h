/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conncount: the TCP counters of a network namespace, cheap to read. */
#ifndef BATON_OS_CONNCOUNT_H
#define BATON_OS_CONNCOUNT_H

#include "core/conn.h"

/**
 * conncount_open - open the counters of the caller's network namespace
 *
 * /proc/net/snmp stays with the namespace in which it was opened (fs/proc/proc_net.c,
 * single_open_net()).
 *
 * Return: a descriptor, or -errno.
 */
int conncount_open(void);

/**
 * conncount_read - read the current values
 * @fd: from conncount_open(); any other file has no counters
 * @counts: set on success
 *
 * Return: 0, or -errno if they are not available.
 */
int conncount_read(int fd, struct conn_counts *counts);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conncount: what a network namespace counts of its TCP connections, cheap to ask. */
#ifndef BATON_OS_CONNCOUNT_H
#define BATON_OS_CONNCOUNT_H

#include "core/conn.h"

/**
 * conncount_open - open the counters of the network namespace the caller is in
 *
 * /proc/net/snmp belongs to the namespace it was opened in, and keeps it
 * (fs/proc/proc_net.c, single_open_net()).
 *
 * Return: a descriptor, or -errno.
 */
int conncount_open(void);

/**
 * conncount_read - what they are now
 * @fd: of conncount_open(); whatever else it is has no counters
 * @counts: set on success
 *
 * Return: 0, or -errno: they are not told here.
 */
int conncount_read(int fd, struct conn_counts *counts);

#endif

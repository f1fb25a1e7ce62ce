/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drbd: does DRBD itself keep a second head from writing? Makes no system call. */
#ifndef BATON_CORE_DRBD_H
#define BATON_CORE_DRBD_H

#include <stddef.h>

/* What keeps a head that has lost sight of its peers from going on, or from beginning. */
enum drbd_guard {
	DRBD_UNKNOWN, /* no resource has the device */
	DRBD_NONE,    /* nothing: two heads can be primary, each with data of its own */
	DRBD_BOTH, /* allow-two-primaries: both heads can write, whatever else there is */
	DRBD_FENCING, /* fencing resource-and-stonith: I/O waits until the peer is fenced */
	DRBD_QUORUM, /* from DRBD 9 on: without a majority there is no I/O */
};

/**
 * drbd_judge - what guards a device?
 * @text, @len: what `drbdadm dump-xml` says, of DRBD 8.4 or 9. Both guards are off by default
 *              (drbd.conf(5): quorum, fencing)
 * @minor: the device's minor number
 *
 * Return: DRBD_UNKNOWN also for a text that is none.
 */
enum drbd_guard drbd_judge(const char *text, size_t len, unsigned int minor);

#endif

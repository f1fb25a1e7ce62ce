/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lowerdev: is the link below the service's macvlan there, and does it have carrier? */
#ifndef BATON_OS_LOWERDEV_H
#define BATON_OS_LOWERDEV_H

#include "core/err.h"
#include "core/service.h"

/**
 * lowerdev_check - does it exist, is it up, does it have carrier?
 * @link: its name
 * @err: why not
 *
 * Return: 0, -ENODEV or -ENETDOWN, -errno with BATON_EXIT_NETWORK.
 */
int lowerdev_check(const char *link, struct err *err);

/**
 * lowerdev_check_address - is a floating address absent from this head's own links?
 * @ip: the address; it belongs only into the service's namespace
 * @err: names the link that has it
 *
 * Return: 0, -EADDRINUSE, -errno with BATON_EXIT_NETWORK.
 */
int lowerdev_check_address(const struct ipaddr *ip, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd: asks systemctl about units. */
#ifndef BATON_OS_SYSTEMD_H
#define BATON_OS_SYSTEMD_H

#include "core/err.h"

/**
 * systemd_is - is a unit "active", or "enabled"?
 * @what: one of these words
 * @unit: its whole name
 * @err: why this is unknown (BATON_EXIT_SOFTWARE)
 *
 * Return: 1, 0, or -EOPNOTSUPP if this is unknown.
 */
int systemd_is(const char *what, const char *unit, struct err *err);

#endif

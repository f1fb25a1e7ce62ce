/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountpoint: is something mounted on a path? */
#ifndef BATON_OS_MOUNTPOINT_H
#define BATON_OS_MOUNTPOINT_H

#include <stdbool.h>

/** mountpoint_exists - is something mounted on @path? Asks the kernel directly. */
bool mountpoint_exists(const char *path);

#endif

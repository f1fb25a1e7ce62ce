/* SPDX-License-Identifier: GPL-2.0-or-later */
/* multipath: what multipathd says of its configuration; makes no system call. */
#ifndef BATON_CORE_MULTIPATH_H
#define BATON_CORE_MULTIPATH_H

#include <stdbool.h>

/**
 * multipath_keeps_keys - does multipathd keep the key that it is told for a map?
 * @config: what it says to `show config local`
 * @wwid: the map's
 *
 * That is `reservation_key file`. It may be said in the map's section of multipaths, and else
 * in defaults, nowhere else (multipath.conf(5); libmultipath/propsel.c,
 * select_reservation_key()).
 */
bool multipath_keeps_keys(const char *config, const char *wwid);

#endif

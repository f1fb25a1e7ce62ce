/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard_clear: ends a registration at a service's disk by hand. */
#ifndef BATON_KEEPER_GUARD_CLEAR_H
#define BATON_KEEPER_GUARD_CLEAR_H

#include <stdint.h>

#include "core/err.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * guard_clear - remove a key, and what is reserved by it
 * @self: this head's name
 * @key: whoever's; that it may be removed is the caller's to know
 * @err: why not; BATON_EXIT_KEEPER while an operation is going on here
 *
 * If this head serves, its own registration and reservation stay.
 *
 * Return: 0, or -errno.
 */
int guard_clear(const struct service *svc, const struct paths *paths, const char *self,
		uint64_t key, struct err *err);

#endif

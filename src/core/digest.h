/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest: what a service file says, as a whole and key by key, to compare it by. */
#ifndef BATON_CORE_DIGEST_H
#define BATON_CORE_DIGEST_H

#include "core/service.h"

/**
 * digest_make - fill @digest, @keys and @first_keys of a service
 * @svc: has none of them yet
 * @values: KEY_COUNT texts: all lines of a key, each "key=value\n"; NULL = it is missing
 *
 * Return: 0, or -ENOMEM.
 */
int digest_make(struct service *svc, const char *const *values);

#endif

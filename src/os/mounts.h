/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mounts: what is mounted in the caller's mount namespace. */
#ifndef BATON_OS_MOUNTS_H
#define BATON_OS_MOUNTS_H

#include "core/err.h"
#include "core/mounttable.h"

/** struct mounts - a table of mounts; end with mounts_free() */
struct mounts;

/**
 * mounts_read - read the table of this mount namespace
 * @mounts: gets it
 * @v: its rows, in mount order; they belong to @mounts
 * @n: how many
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int mounts_read(struct mounts **mounts, const struct mounttable_entry **v, size_t *n,
		struct err *err);

/** mounts_free - release a table; NULL is allowed. */
void mounts_free(struct mounts *mounts);

#endif

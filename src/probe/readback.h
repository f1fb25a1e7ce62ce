/* SPDX-License-Identifier: GPL-2.0-or-later */
/* readback: reads that come from the server, not from this client's page cache. */
#ifndef BATON_PROBE_READBACK_H
#define BATON_PROBE_READBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct readback - a file that is open for reading
 * @direct: O_DIRECT; otherwise the cached pages are dropped before each read, which a
 *          filesystem that lives in the page cache (tmpfs) cannot do
 */
struct readback {
	int fd;
	bool direct;
};

/**
 * readback_open - open @name in the directory @dirfd
 * Return: 0 or -errno.
 */
int readback_open(struct readback *readback, int dirfd, const char *name);

/**
 * readback_read - read up to @len bytes
 * @buf: aligned to 4096; so must be @len and @offset
 *
 * Return: bytes read, fewer than @len only at the end of the file, or -errno.
 */
ssize_t readback_read(const struct readback *readback, void *buf, size_t len,
		      off_t offset);

#endif

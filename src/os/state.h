/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state: baton's own directory on the service's disk, and the files in it. */
#ifndef BATON_OS_STATE_H
#define BATON_OS_STATE_H

#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/paths.h"

/**
 * state_prepare - make the directory, unless it exists
 * @paths: of the service; its filesystem is mounted
 * @err: what is in its place (BATON_EXIT_DEVICE)
 *
 * It is made immutable, so that no client, root squashed or not, can rename it. A
 * directory that is not immutable was not made by baton: if it is empty, it is made
 * again, else refused.
 *
 * Return: 0, or -errno.
 */
int state_prepare(const struct paths *paths, struct err *err);

/**
 * state_open_file - open a file in there, whoever made it
 * @paths: of the service
 * @path: one of its paths below @paths->state
 * @flags: of open(2); with O_CREAT it is made if it does not exist
 * @max: bytes; a larger file is refused
 * @err: what is wrong with it (BATON_EXIT_DEVICE)
 *
 * It follows no link and never blocks. The file must be regular, root's, and without
 * another name by which a client could reach it.
 *
 * Return: a descriptor, -ENOENT, -EPERM for a file of another type, or -errno.
 */
int state_open_file(const struct paths *paths, const char *path, int flags, off_t max,
		    struct err *err);

/**
 * state_read - read such a file whole
 * @text: gets a terminated copy that the caller frees
 * @len: gets its length
 *
 * Return: 0, or -errno.
 */
int state_read(const struct paths *paths, const char *path, size_t max, char **text,
	       size_t *len, struct err *err);

/**
 * state_pulse - does the filesystem still take a write?
 * @paths: of the service
 * @err: why not
 *
 * Returns when the write is on the disk, so it waits as long as that does. A full
 * filesystem is a good one here: another head would find it full as well.
 *
 * Return: 0, or -errno.
 */
int state_pulse(const struct paths *paths, struct err *err);

/**
 * state_replace - give it new contents, all or nothing, and wait until they are on disk
 *
 * Replaces anything that has its name, except a directory.
 *
 * Return: 0, or -errno.
 */
int state_replace(const struct paths *paths, const char *path, const char *text,
		  size_t len);

#endif

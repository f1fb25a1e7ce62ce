/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file: reads small files whole, and replaces files whole. */
#ifndef BATON_OS_FILE_H
#define BATON_OS_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

/**
 * file_read - read a small file (in /proc, /sys or nfsdfs, a pid file) into a string
 * @path: of the file
 * @buf: gets the text, without trailing white space, always terminated
 * @size: of @buf; longer text is cut
 *
 * Return: the length, or -errno.
 */
ssize_t file_read(const char *path, char *buf, size_t size);

/**
 * file_read_all - read a whole file
 * @path: of the file
 * @max: bytes; a larger file gives -EFBIG
 * @text: gets a terminated copy that the caller frees
 * @len: gets its length
 *
 * Return: 0, or -errno.
 */
int file_read_all(const char *path, size_t max, char **text, size_t *len);

/** file_read_fd - the same for an open file, from its current offset. */
int file_read_fd(int fd, size_t max, char **text, size_t *len);

/**
 * file_write - write a text to an existing special file (nfsdfs, /proc) in one write(2)
 * Return: 0, or -errno.
 */
int file_write(const char *path, const char *text);

/**
 * file_overwrite - write a short text over an old one of the same length
 * @path: of the file, made if it is missing; mode 0600
 * @size: the length: @text is filled up with blanks and ends in a newline
 *
 * Once it is there it never needs more space, so that a full /run is no obstacle.
 *
 * Return: 0, or -errno.
 */
int file_overwrite(const char *path, const char *text, size_t size);

/**
 * file_replace - give a file new contents, all or nothing
 * @path: of the file; mode 0600; "PATH.new" is used in between
 * @text: the contents
 * @len: in bytes
 * @durable: wait until it is on disk (fsync of file and directory)
 *
 * Return: 0, or -errno with the old contents in place.
 */
int file_replace(const char *path, const char *text, size_t len, int durable);

/** file_replace_at - the same by name in an open directory (not O_PATH). */
int file_replace_at(int dir, const char *name, const char *text, size_t len, int durable);

/** file_publish - the same, not durable, mode 0644, so that others can read it. */
int file_publish(const char *path, const char *text, size_t len);

/**
 * file_check_target - may a file that the user names be replaced?
 * @path: it is a regular file, or does not exist yet in a directory that does
 *
 * A symbolic link is refused too: the directory may belong to somebody who could let it
 * point anywhere.
 *
 * Return: 0, or -errno with BATON_EXIT_USAGE.
 */
int file_check_target(const char *path, struct err *err);

#endif

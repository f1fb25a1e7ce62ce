/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file: small files read whole, and files replaced whole. */
#ifndef BATON_OS_FILE_H
#define BATON_OS_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * file_read - read a small file (of /proc, /sys, nfsdfs, a pid) into a string
 * @path: of the file
 * @buf: gets the text, without white space at its end, always terminated
 * @size: of @buf; what does not fit is cut
 *
 * Return: the length, or -errno.
 */
ssize_t file_read(const char *path, char *buf, size_t size);

/**
 * file_read_all - read a file whole
 * @path: of the file
 * @max: bytes; a larger one is -EFBIG
 * @text: gets a terminated copy the caller frees
 * @len: gets its length
 *
 * Return: 0, or -errno.
 */
int file_read_all(const char *path, size_t max, char **text, size_t *len);

/** file_read_fd - the same of an open file, from where it stands. */
int file_read_fd(int fd, size_t max, char **text, size_t *len);

/**
 * file_write - write a text to an existing special file (nfsdfs, /proc) by one write(2)
 * Return: 0, or -errno.
 */
int file_write(const char *path, const char *text);

/**
 * file_replace - give a file new contents, all or nothing
 * @path: of the file; mode 0600; "PATH.new" is used on the way
 * @text: the contents
 * @len: in bytes
 * @durable: wait until it is on the disk (fsync of file and directory)
 *
 * Return: 0, or -errno with the old contents in place.
 */
int file_replace(const char *path, const char *text, size_t len, int durable);

/** file_replace_at - the same by the name it has in an open directory (no O_PATH). */
int file_replace_at(int dir, const char *name, const char *text, size_t len, int durable);

/** file_publish - the same, not durable, mode 0644: for others to read. */
int file_publish(const char *path, const char *text, size_t len);

#endif

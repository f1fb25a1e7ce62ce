/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unwritten: how much is in memory that is still to be written to a disk. */
#ifndef BATON_OS_UNWRITTEN_H
#define BATON_OS_UNWRITTEN_H

#include <stdint.h>

/**
 * unwritten_bytes - dirty pages, and those being written
 * @device: path of the disk
 *
 * From the statistics of the disk's backing device (mm/backing-dev.c, in debugfs), which
 * before 6.10 have only what the root control group has written: kernel threads such as
 * knfsd's. Where they cannot be read, of all disks of this head (/proc/meminfo).
 *
 * Return: bytes.
 */
uint64_t unwritten_bytes(const char *device);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unwritten: how much is in memory that is still to be written to a disk. */
#ifndef BATON_OS_UNWRITTEN_H
#define BATON_OS_UNWRITTEN_H

#include <stdint.h>
#include <sys/types.h>

/**
 * unwritten_bytes - dirty pages, and those being written
 * @disk: number of the disk
 *
 * From the statistics of the disk's backing device (mm/backing-dev.c, in debugfs), which
 * before 6.10 have only what the root control group has written: kernel threads such as
 * knfsd's. A partition has the statistics of its disk.
 *
 * Return: bytes, or -1: they cannot be read, e.g. because debugfs is not mounted.
 */
int64_t unwritten_bytes(dev_t disk);

#endif

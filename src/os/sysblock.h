/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysblock: where sysfs tells of a block device. */
#ifndef BATON_OS_SYSBLOCK_H
#define BATON_OS_SYSBLOCK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/** sysblock_path - the path of a device's file, or of its folder with the leaf "" */
void sysblock_path(char path[PATH_MAX], dev_t number, const char *leaf);

/** sysblock_read_number - read a file "dev": "8:16". Return: could it be read? */
bool sysblock_read_number(const char *path, dev_t *number);

#endif

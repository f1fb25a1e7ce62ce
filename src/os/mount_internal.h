/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount_internal: what mount.c and mount_exports.c share. */
#ifndef BATON_OS_MOUNT_INTERNAL_H
#define BATON_OS_MOUNT_INTERNAL_H

#include <stdbool.h>

#include "core/paths.h"
#include "core/service.h"

/** mount_make_directories - like `mkdir -p`. Return: 0, or -errno. */
int mount_make_directories(const char *path, struct err *err);

/** mount_once - mount a filesystem that has no device. Return: 0, or -errno. */
int mount_once(const char *type, const char *path, unsigned long flags, const char *data,
	       struct err *err);

/** mount_is_below - is @path in directory @dir? */
bool mount_is_below(const char *path, const char *dir);

/** mount_bind_exports - bind those that are not there yet. Return: 0, or -errno. */
int mount_bind_exports(const struct service *svc, const struct paths *paths,
		       struct err *err);

#endif

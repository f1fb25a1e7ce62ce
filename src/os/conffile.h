/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conffile: finds and reads the service files in /etc/baton. */
#ifndef BATON_OS_CONFFILE_H
#define BATON_OS_CONFFILE_H

#include <stddef.h>

#include "core/err.h"
#include "core/service.h"

#define CONFIG_DIR "/etc/baton"

/**
 * config_load - read and check the file of a service
 * @svc: filled; empty on failure, so freeing it again is harmless
 * @name: of the service; the file is DIR/NAME.conf
 * @dir: the directory, or NULL for $BATON_CONFDIR or else /etc/baton
 * @err: why not
 *
 * A file that is no regular file, is writable by others than its owner, belongs to neither
 * root nor the caller or is longer than 1 MiB is refused: root acts on what it says.
 *
 * Return: 0 or -errno with BATON_EXIT_CONFIG (BATON_EXIT_RESOURCE when out of memory).
 */
int config_load(struct service *svc, const char *name, const char *dir, struct err *err);

/**
 * config_list - the names of all services that have a file
 * @names: set to a sorted vector closed by NULL; release with config_list_free()
 * @dir: as in config_load(); a missing directory holds no services
 * @err: why not; a .conf file whose name no service may have is a failure that names it
 *
 * On -EINVAL for a bad name @names still holds the good ones.
 *
 * Return: the number of names, or -errno with BATON_EXIT_CONFIG.
 */
int config_list(char ***names, const char *dir, struct err *err);

/** config_list_free - release the vector of config_list(); NULL is allowed. */
void config_list_free(char **names);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conffile: finds and reads the service files in /etc/baton. */
#ifndef BATON_OS_CONFFILE_H
#define BATON_OS_CONFFILE_H

#include <stddef.h>

#include "core/err.h"
#include "core/service.h"

#define CONFIG_DIR "/etc/baton"

/** config_dir - the directory @dir, or for NULL $BATON_CONFDIR or else /etc/baton. */
const char *config_dir(const char *dir);

/**
 * config_load - read and check the file of a service
 * @svc: filled; empty on failure, so freeing it again is harmless
 * @name: of the service; the file is DIR/NAME.conf
 * @dir: the directory, or NULL for $BATON_CONFDIR or else /etc/baton
 * @err: why not
 *
 * Root acts on what the file says. So a file is refused if it is not regular, is writable
 * by others than its owner, belongs to neither root nor the caller, or is longer than 1
 * MiB.
 *
 * Return: 0 or -errno with BATON_EXIT_CONFIG (BATON_EXIT_RESOURCE when out of memory).
 */
int config_load(struct service *svc, const char *name, const char *dir, struct err *err);

/**
 * config_load_from - the same from any file, as if it were that of the service
 * @from: a path; svc->file and messages after it was read name the file in /etc/baton
 *
 * Return: 0, or -errno.
 */
int config_load_from(struct service *svc, const char *name, const char *from,
		     struct err *err);

/**
 * config_list - the names of all services that have a file
 * @names: set to a sorted vector that ends with NULL; release with config_list_free()
 * @dir: as in config_load(); if it is missing, there are no services
 * @err: why not; a .conf file with an impossible name is an error that names it
 *
 * On -EINVAL for a bad name @names still holds the good ones.
 *
 * Return: the number of names, or -errno with BATON_EXIT_CONFIG.
 */
int config_list(char ***names, const char *dir, struct err *err);

/** config_list_free - release the vector of config_list(); NULL is allowed. */
void config_list_free(char **names);

#endif

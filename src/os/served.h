/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * served: the service file as it is in use on this head, which may be older than the one
 * in /etc/baton.
 */
#ifndef BATON_OS_SERVED_H
#define BATON_OS_SERVED_H

#include <stdbool.h>

#include "core/err.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * served_load - read the service as it is in use
 * @svc: filled; empty on failure
 * @name: of the service
 * @err: why not
 *
 * What standby, or a reload after it, has set up is remembered in @paths.served until the
 * standby is taken down. If there is no such copy, or it cannot be read (another version
 * of baton left it), this is the file in /etc/baton.
 *
 * Return: 0, or -errno.
 */
int served_load(struct service *svc, const char *name, struct err *err);

/**
 * served_load_current - read the service that a new keeper has to look after
 *
 * As long as this head has the disk, that is the service as it is in use; otherwise what
 * the file in /etc/baton says. The parameters are those of served_load().
 *
 * Return: 0, or -errno.
 */
int served_load_current(struct service *svc, const char *name, struct err *err);

/** served_save - remember that this is in use. Return: 0, or -errno. */
int served_save(const struct paths *paths, const struct service *svc, struct err *err);

/** served_drop - nothing is in use any more. */
void served_drop(const struct paths *paths);

/**
 * served_check - is this still what is remembered, as long as this head has the disk?
 * @err: it has been reloaded meanwhile
 *
 * Return: 0, or -ESTALE.
 */
int served_check(const struct paths *paths, const struct service *svc, struct err *err);

/**
 * served_is_edited - does the file in /etc/baton differ from the service as it is in use?
 * @why: why it cannot be read or understood; "" if it can
 */
bool served_is_edited(const struct service *svc, struct err *why);

#endif

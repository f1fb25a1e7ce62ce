/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rival: another service on this head that wants the same disk or address, or a link in another way. */
#ifndef BATON_OS_RIVAL_H
#define BATON_OS_RIVAL_H

#include <stdbool.h>

#include "core/err.h"
#include "core/service.h"

/**
 * rival_find - does another service file name the same device, by whatever path?
 * @svc: the service
 * @name: gets the other service's name
 * @dir: of the service files, as in config_load()
 *
 * An unreadable file, or one whose disk is not here, is no rival.
 */
bool rival_find(const struct service *svc, char name[SERVICE_NAME_MAX + 1],
		const char *dir);

/** rival_check - the same with a reason. Return: 0, or -EBUSY (BATON_EXIT_CONFIG). */
int rival_check(const struct service *svc, struct err *err);

/**
 * rival_check_guard - does another service lie on the same disk, with another device?
 *
 * A reservation is of the whole disk: the two would shut each other out.
 *
 * Return: 0, or -EBUSY (BATON_EXIT_CONFIG).
 */
int rival_check_guard(const struct service *svc, struct err *err);

/**
 * rival_check_link - can an ipvlan be made on the service's links?
 *
 * Not if another service has a macvlan there: the kernel does not mix them. Of the two it
 * is always the ipvlan that gives way, not the one whose keeper comes later.
 *
 * Return: 0, or -EBUSY (BATON_EXIT_CONFIG).
 */
int rival_check_link(const struct service *svc, struct err *err);

/**
 * rival_check_address - does another service file on this head name the address, too?
 * @address: one of @svc's
 * @err: names it
 *
 * Where both are served by one head, nobody else notices: the head does not hear links of
 * its own answer it, and lets two macvlans have the same address.
 *
 * Return: 0, or -EBUSY (BATON_EXIT_CONFIG).
 */
int rival_check_address(const struct service *svc, const struct address *address,
			struct err *err);

#endif

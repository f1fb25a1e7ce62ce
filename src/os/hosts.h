/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hosts: the addresses of the host names in a service's exports. */
#ifndef BATON_OS_HOSTS_H
#define BATON_OS_HOSTS_H

#include "core/err.h"
#include "core/exporttable.h"

/**
 * hosts_resolve - look the names up, from the head's network
 * @hosts: filled; a name without addresses is missing. Also those of earlier files
 * @svc, @paths: of the service
 * @err: the last name that could not be looked up: "FILE:LINE: host 'x': why"
 *
 * Names are looked up in advance because nobody can be asked from the service's network
 * while its links are down, and rpc.mountd, which all clients wait for, would wait for
 * the answer. What was found is remembered in @paths.hosts, and holds if a later look-up
 * fails. This may block as long as the resolver does: a step's deadline ends it.
 *
 * Return: 0, -EHOSTUNREACH if a name is missing in @hosts, or -ENOMEM.
 */
int hosts_resolve(struct hosts *hosts, const struct service *svc,
		  const struct paths *paths, struct err *err);

#endif

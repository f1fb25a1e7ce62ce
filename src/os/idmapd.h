/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmapd: the daemon that turns names of users and groups into numbers, where clients use them. */
#ifndef BATON_OS_IDMAPD_H
#define BATON_OS_IDMAPD_H

#include <stdbool.h>

#include "core/err.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * idmapd_is_needed - does knfsd ask for names?
 *
 * It does for Kerberos, and for all clients if its parameter nfs4_disable_idmapping is N
 * (fs/nfsd/nfs4idmap.c). Without an answer, chown(2) is EINVAL at the client.
 */
bool idmapd_is_needed(const struct service *svc);

/** idmapd_is_missed - needed, and does not run? Costs nothing while it runs. */
bool idmapd_is_missed(const struct paths *paths, const struct service *svc);

/**
 * idmapd_start - start rpc.idmapd in this network namespace, if it is missed
 *
 * It answers in the network namespace in which it opened the kernel's two channels; this
 * returns when it has. It ends at once if idmapd.conf is wrong, as with a Nobody-Group that
 * does not exist.
 *
 * Return: 0, -ESRCH when it has died, or -errno.
 */
int idmapd_start(const struct paths *paths, const struct service *svc, struct err *err);

#endif

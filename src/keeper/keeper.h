/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper: the one process per service and head that owns the service's local state. */
#ifndef BATON_KEEPER_KEEPER_H
#define BATON_KEEPER_KEEPER_H

#include "core/service.h"

/**
 * keeper_run - make standby complete, tell systemd, serve requests until SIGTERM
 * @svc: the service; a reload replaces what it says
 * @err: why it could not
 *
 * Ending the keeper ends nothing of the service.
 *
 * Return: 0 after SIGTERM or SIGINT, or -errno.
 */
int keeper_run(struct service *svc, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context: what every file of the keeper gets. keeper.c describes the storeys.
 *
 * Each pointer belongs to the file of its name; no other file sees what it points to.
 */
#ifndef BATON_KEEPER_CONTEXT_H
#define BATON_KEEPER_CONTEXT_H

#include <systemd/sd-event.h>

#include "core/message.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * struct keeper - one service on this head
 * @svc, @paths: the service
 * @file: the same as @svc, for reload.c alone
 * @event: the loop
 * @self: this head's name in corosync; without corosync its host name
 */
struct keeper {
	const struct service *svc;
	struct service *file;
	struct paths paths;
	sd_event *event;
	char self[MESSAGE_HEAD_MAX + 1];

	/* channels */
	struct control *control;
	struct peers *peers;
	struct jobs *jobs;
	/* duties */
	struct handover *handover;
	struct claims *claims;
	struct watch *watch;
	struct questions *questions;
	struct reload *reload;
};

#endif

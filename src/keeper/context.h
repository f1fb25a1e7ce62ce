/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context: what each file of the keeper is handed. keeper.c has the storeys.
 *
 * Each of the pointers belongs to the file of its name. Nobody else sees what is behind it.
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
 * @event: the loop
 * @self: the name of this head, as corosync has it; without corosync its host name
 */
struct keeper {
	const struct service *svc;
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
};

#endif

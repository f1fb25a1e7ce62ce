/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover_internal: for handover.c alone, and for the explorer (tests/model). */
#ifndef BATON_KEEPER_HANDOVER_INTERNAL_H
#define BATON_KEEPER_HANDOVER_INTERNAL_H

#include <systemd/sd-event.h>

#include "core/asker.h"
#include "keeper/handover_table.h"
#include "keeper/move_record.h"

struct handover {
	struct handover_state state;
	struct move_record move;
	uint64_t generation; /* the highest seen */
	uint64_t begun; /* the last one begun here, which may not have been seen yet */
	sd_event_source *deadline;
	sd_event_source *flush;
	struct json_object *held; /* steps of this head that the others do not know yet */
	int asker;                /* connection that asked for the hand-over, -1 = none */
	struct asker by;          /* who that is */
	int64_t until_ms;         /* when it gives up, 0 = never */
	bool changed;             /* something was done for it */
	struct json_object *last; /* the record of the last hand-over that has ended */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims_internal: for claims.c alone, and for the explorer (tests/model). */
#ifndef BATON_KEEPER_CLAIMS_INTERNAL_H
#define BATON_KEEPER_CLAIMS_INTERNAL_H

#include <systemd/sd-event.h>

#include "core/asker.h"
#include "core/claim.h"
#include "os/corosync.h"

struct claims {
	char holder[MESSAGE_HEAD_MAX + 1]; /* head whose claim is in force, "" = none */
	uint64_t holder_id;                /* which of its claims */
	uint64_t id;                       /* of this head's last claim */
	bool pending;                      /* this head's claim is being judged */
	bool delivered;                    /* … and was seen by all */
	bool asked; /* it was granted: @heads have answered, or somebody vouches */
	bool takeover;
	bool fenced; /* … and that those are off */
	bool agent;  /* Pacemaker asks, and says that these heads are gone */
	char gone[CLAIM_GONE_MAX];
	int fd;           /* the requester's connection … */
	int64_t until_ms; /* … and when it gives up, 0 = never */
	struct asker asker;
	struct claim_head heads[COROSYNC_HEADS_MAX];
	size_t n;
	sd_event_source *deadline;
};

#endif

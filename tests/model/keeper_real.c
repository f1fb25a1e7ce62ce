// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_real: baton's own keeper, one event at a time.
 *
 * keeper/duties.c, handover.c, handover_table.c, claims.c, jobs.c, requests.c,
 * control_client.c and core/claim.c are linked as they are. What they stand on is here
 * instead: keeper_peers.c is the group of keepers, keeper_fakes.c all else that decides
 * something, keeper_silent.c what decides nothing. There is one keeper in the memory: for
 * each event keeper_state.c makes it that of a head, and puts it back into the world.
 */
#include "keeper_real.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keeper/claims_internal.h"
#include "keeper/control.h"
#include "keeper/duties.h"
#include "keeper/handover_internal.h"
#include "keeper/jobs.h"
#include "keeper/requests.h"
#include "keeper_internal.h"
#include "os/guardnote.h"

void keeper_open(void)
{
	static struct world none;
	struct err err = { 0 };

	W = &none;
	assert(duties_open(&K, &err) == 0);
	/* A keeper whose clock is behind: its generation is no higher than any other. */
	K.handover->generation = 0;
	assert(K.handover->asker == -1 && K.handover->state.phase == HANDOVER_IDLE);
}

/* ---- what may happen to a keeper */

void keeper_begins(struct world *w, unsigned int head)
{
	/* As run() in keeper/keeper.c. */
	const struct job standby = { .operation = OPERATION_STANDBY, .fd = -1 };
	struct err err;

	memset(&w->head[head].keeper, 0, sizeof(w->head[head].keeper));
	w->head[head].keeper.runs = true;
	keeper_load(w, head);
	jobs_add(&K, &standby, &err);
	keeper_save();
}

void keeper_hears(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];
	struct item item = h->queue[0];

	memmove(h->queue, h->queue + 1, sizeof(h->queue) - sizeof(h->queue[0]));
	memset(&h->queue[QUEUE_MAX - 1], 0, sizeof(h->queue[0]));
	h->n_queue--;
	keeper_load(w, head);
	peers_deliver(&item);
	keeper_save();
}

void keeper_ends_job(struct world *w, unsigned int head)
{
	keeper_load(w, head);
	event_end_child();
	keeper_save();
}

void keeper_times_out(struct world *w, unsigned int head, bool claim)
{
	keeper_load(w, head);
	event_end_timer(claim ? K.claims->deadline : K.handover->deadline);
	keeper_save();
}

void keeper_loses_group(struct world *w, unsigned int head)
{
	group_leave(w, head);
	keeper_load(w, head);
	peers_lose();
	keeper_save();
}

bool keeper_watches(const struct world *w, unsigned int head)
{
	const struct m_keeper *k = &w->head[head].keeper;

	return rules.guard && k->runs && k->state == STATE_SERVING;
}

/* As watch_disk() and lose() in keeper/guard_watch.c. */
void keeper_loses_disk(struct world *w, unsigned int head)
{
	const struct job job = { .operation = OPERATION_LOSE, .fd = -1 };
	struct err err = { 0 };

	w->head[head].silent = true;
	w->head[head].note = (struct m_note){ .state = GUARDNOTE_LOST };
	keeper_load(w, head);
	jobs_add(&K, &job, &err);
	keeper_save();
}

void keeper_asked(struct world *w, unsigned int head, const char *request, bool agent,
		  bool takeover, bool knows, unsigned int gone, int to,
		  enum requester requester)
{
	struct json_object *o = json_object_new_object();
	struct err err = { 0 };
	char names[64] = "";
	size_t len = 0;

	json_object_object_add(o, "do", json_object_new_string(request));
	if (agent) {
		json_object_object_add(o, "agent", json_object_new_boolean(true));
		json_object_object_add(o, "budget_ms", json_object_new_int(BUDGET));
	}
	if (takeover)
		json_object_object_add(o, "takeover", json_object_new_boolean(true));
	for (unsigned int i = 0; i < rules.heads; i++)
		if (gone >> i & 1)
			len += snprintf(names + len, sizeof(names) - len, "%s%s",
					len ? " " : "", head_name(i));
	if (knows)
		json_object_object_add(o, "gone", json_object_new_string(names));
	if (to >= 0)
		json_object_object_add(o, "target",
				       json_object_new_string(head_name(to)));
	keeper_load(w, head);
	if (requests_take(&K, o, requester_fd(requester), &err) < 0)
		control_answer(&K, requester_fd(requester), &err, false, NULL);
	keeper_save();
	json_object_put(o);
}

const char *keeper_word(const struct world *w, unsigned int head)
{
	keeper_load((struct world *)w, head);
	return jobs_word(&K);
}

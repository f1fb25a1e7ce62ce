/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper_internal: for keeper_*.c alone: the keeper in the memory, and how it is told what
 * happens to it.
 */
#ifndef BATON_MODEL_KEEPER_INTERNAL_H
#define BATON_MODEL_KEEPER_INTERNAL_H

#include <systemd/sd-event.h>

#include "keeper/context.h"
#include "world.h"

/* For a requester with a budget, and for one whose budget is over. */
#define BUDGET 1000
#define LATE   2000

/* Of the child that runs an operation; nobody reads from it. */
#define CHILD_FD 5

/**
 * struct sd_event_source - a timer, instead of libsystemd's
 * @usec: how long it takes from now
 */
struct sd_event_source {
	uint64_t usec;
	bool armed;
	sd_event_time_handler_t on_time;
};

/** K - the one keeper in the memory */
extern struct keeper K;
/** W, me - the world that it lives in, and on which head */
extern struct world *W;
extern unsigned int me;
/** exits - it has ended its loop */
extern bool exits;

/** mine - what the world has of it; what keeper_peers.c needs is only there */
static inline struct m_keeper *mine(void)
{
	return &W->head[me].keeper;
}

/* ---- keeper_state.c */

/** keeper_load - make it the keeper of @head */
void keeper_load(struct world *w, unsigned int head);
/** keeper_save - put what it remembers into the world; if it exits, it dies there */
void keeper_save(void);
/** stand_find - the index of what stand_word() returns; the word must be one */
unsigned int stand_find(const char *word);
/** head_number - 1 + head; 0 = "" or NULL */
uint8_t head_number(const char *name);
/** head_put_name - the reverse */
void head_put_name(char *to, size_t size, uint8_t number);
/** requester_fd - the connection of @requester (enum requester); -1 = FD_NONE */
int requester_fd(uint8_t requester);

/* ---- keeper_peers.c */

/** peers_deliver - corosync delivers a message, or who is in the group */
void peers_deliver(const struct item *item);
/** peers_lose - corosync has gone */
void peers_lose(void);

/* ---- keeper_fakes.c */

/** event_end_timer - its time is over */
void event_end_timer(sd_event_source *timer);
/** event_end_child - the child tells that it has ended */
void event_end_child(void);

#endif

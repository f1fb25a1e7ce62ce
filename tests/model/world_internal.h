/* SPDX-License-Identifier: GPL-2.0-or-later */
/* world_internal: for world.c and world_*.c alone: the kinds of events. */
#ifndef BATON_MODEL_WORLD_INTERNAL_H
#define BATON_MODEL_WORLD_INTERNAL_H

#include "world.h"

/** enum kind - of events; world_is_internal() and world_is_fault() go by the order */
enum kind {
	/* by itself */
	HEAR,
	STEP,
	LOCK,
	KEEPER_BEGINS,
	JOIN,
	NOTICE, /* corosync */
	AGENT,
	LOSE,     /* the watcher of a head that serves finds that it is not registered */
	TIME_OUT, /* nothing else is under way */
	PACEMAKER_NOTICES,
	/* Pacemaker, and what makes a head whole again */
	PACEMAKER,
	BOOT,
	HEAL,
	RESET,
	/* an order of an operator */
	ORDER,
	/* faults */
	KEEPER_DIES,
	LOSE_GROUP,
	STEP_FAILS,
	CHILD_DIES,
	CUT,
	SPLIT,
	TOO_LATE, /* a time limit is over while others are still at work */
	HASTE,    /* systemd has not replaced a keeper in time */
	GIVE_UP,
};

enum order { ORDER_START, ORDER_TAKEOVER, ORDER_STOP, ORDER_MOVE };

/** world_is_quiet - is nothing under way that may still end by itself? */
bool world_is_quiet(const struct world *w);
/** world_others_are_off - is each head but @head off? */
bool world_others_are_off(const struct world *w, unsigned int head);

#endif

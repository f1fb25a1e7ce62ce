/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reclaim: the record on the service's disk of how much each client has to reclaim. */
#ifndef BATON_KEEPER_RECLAIM_H
#define BATON_KEEPER_RECLAIM_H

#include "core/holding.h"
#include "core/paths.h"

/**
 * reclaim_load - what was recorded last
 * @paths: of the service; its filesystem is mounted
 * @holdings: receives it, empty if nothing was
 * @err: why it cannot be read; names the file
 *
 * Return: 0, or -errno.
 */
int reclaim_load(const struct paths *paths, struct holdings *holdings, struct err *err);

/** reclaim_save - put it in place of the old record, if it differs. Return: 0, or -errno. */
int reclaim_save(const struct paths *paths, struct holdings *holdings);

/** enum reclaim_extent - what has been counted; of the rest the old record holds */
enum reclaim_extent {
	RECLAIM_NOTHING,
	RECLAIM_SOME,
	RECLAIM_STATES, /* everything but byte ranges */
	RECLAIM_ALL,
};

/**
 * reclaim_record - record a count
 * @now: its pace becomes that of the old record
 * @extent: of it
 *
 * Return: 0, or -errno.
 */
int reclaim_record(const struct paths *paths, struct holdings *now,
		   enum reclaim_extent extent);

#endif

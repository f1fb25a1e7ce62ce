/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reclaim: records on the service's disk how much each client has to reclaim. */
#ifndef BATON_KEEPER_RECLAIM_H
#define BATON_KEEPER_RECLAIM_H

#include "core/holding.h"
#include "core/paths.h"

/**
 * reclaim_load - read the last record
 * @paths: of the service; its filesystem is mounted
 * @holdings: gets it; empty if there is none
 * @err: why it cannot be read; names the file
 *
 * Return: 0, or -errno.
 */
int reclaim_load(const struct paths *paths, struct holdings *holdings, struct err *err);

/** reclaim_save - replace the old record, if it differs. Return: 0, or -errno. */
int reclaim_save(const struct paths *paths, struct holdings *holdings);

/** enum reclaim_extent - what has been counted; the rest is taken from the old record */
enum reclaim_extent {
	RECLAIM_NOTHING,
	RECLAIM_SOME,
	RECLAIM_STATES, /* everything but byte ranges */
	RECLAIM_ALL,
};

/**
 * reclaim_record - record a count
 * @now: gets the pace of the old record
 * @extent: how much of @now was counted
 *
 * Return: 0, or -errno.
 */
int reclaim_record(const struct paths *paths, struct holdings *now,
		   enum reclaim_extent extent);

#endif

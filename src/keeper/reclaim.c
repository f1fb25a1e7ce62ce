// SPDX-License-Identifier: GPL-2.0-or-later
/* reclaim: records on the service's disk how much each client has to reclaim. */
#include "keeper/reclaim.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "os/state.h"

int reclaim_load(const struct paths *paths, struct holdings *holdings, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int rc = state_read(paths, paths->holdings, HOLDINGS_MAX_LEN, &text, &len, err);

	memset(holdings, 0, sizeof(*holdings));
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	rc = holdings_parse(holdings, text, len, err);
	return rc < 0 ? err_wrap(err, rc, "%s", paths->holdings) : 0;
}

int reclaim_save(const struct paths *paths, struct holdings *holdings)
{
	_cleanup_free_ char *text = holdings_format(holdings), *recorded = NULL;
	size_t len;

	if (!text)
		return -ENOMEM;
	if (state_read(paths, paths->holdings, HOLDINGS_MAX_LEN, &recorded, &len, NULL) ==
		    0 &&
	    strcmp(text, recorded) == 0)
		return 0;
	return state_replace(paths, paths->holdings, text, strlen(text));
}

int reclaim_record(const struct paths *paths, struct holdings *now,
		   enum reclaim_extent extent)
{
	_cleanup_holdings_ struct holdings old = { 0 };
	int rc = 0;

	if (extent == RECLAIM_NOTHING)
		return 0;
	/* A damaged record is worth no more than a new one. */
	reclaim_load(paths, &old, NULL);
	/* There is nothing to say: do not write to a disk that may hang. */
	if (now->n == 0 && old.n == 0)
		return 0;
	now->pace_us = old.pace_us;
	if (extent != RECLAIM_ALL)
		now->ranges = old.ranges;
	for (size_t i = 0; extent == RECLAIM_SOME && i < old.n && rc == 0; i++)
		rc = holdings_add(now, old.v[i].id, old.v[i].len, old.v[i].count);
	return rc < 0 ? rc : reclaim_save(paths, now);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* spent: what a step of an operation has cost. */
#include "keeper/spent.h"

#include <sys/resource.h>

#include "os/progress.h"

static double used_ms(int who)
{
	struct rusage used;

	getrusage(who, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

struct spent spent_until_now(dev_t disk)
{
	return (struct spent){ progress_read(disk, 0).requests,
			       used_ms(RUSAGE_SELF) + used_ms(RUSAGE_CHILDREN) };
}

struct spent spent_since(struct spent before, dev_t disk)
{
	struct spent now = spent_until_now(disk);

	/* A disk that has gone has done nothing. */
	now.requests -= now.requests < before.requests ? now.requests : before.requests;
	now.cpu_ms -= before.cpu_ms;
	return now;
}

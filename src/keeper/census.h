/* SPDX-License-Identifier: GPL-2.0-or-later */
/* census: counts how much clients hold while they are served. */
#ifndef BATON_KEEPER_CENSUS_H
#define BATON_KEEPER_CENSUS_H

#include "keeper/context.h"

/**
 * struct census - for census.c alone; begins with census_init()
 * @most: the most that one client holds, by the last count
 * @told: the same, as last sent to the other heads
 * @calls_fd: reads a number that grows when anything changes; or -errno
 * @calls: that number when the last count began
 * @counted: the last count succeeded
 * @next_ms: no count before this time
 * @pid, @fd: of the child that counts
 */
struct census {
	uint32_t most;
	uint32_t told;
	int calls_fd;
	uint64_t calls;
	bool counted;
	int64_t next_ms;
	pid_t pid;
	int fd;
};

void census_init(struct census *census);
/** census_open - the caller is in the namespaces whose calls are to be counted; once is enough. */
void census_open(struct census *census);
/** census_sample - count if it is time. Return: true if the other heads must be told. */
bool census_sample(struct keeper *k, struct census *census);
/** census_tell - the most that one client holds; the other heads are told it now. */
uint32_t census_tell(struct census *census);
/** census_reset - the service is not served here any more: what was counted is out of date. */
void census_reset(struct census *census);
void census_pause(struct census *census);
void census_forget(struct census *census);
void census_close(struct census *census);

#endif

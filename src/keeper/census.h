/* SPDX-License-Identifier: GPL-2.0-or-later */
/* census: how much clients hold, counted while they are served. */
#ifndef BATON_KEEPER_CENSUS_H
#define BATON_KEEPER_CENSUS_H

#include "keeper/context.h"

/**
 * struct census
 * @most: of any one client, by the last count …
 * @told: … and as the other heads know it
 * @calls_fd: a number that grows when anything changes, or -errno
 * @calls: at the beginning of the last count …
 * @counted: … which went well
 * @next_ms: the next not before
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

/** census_open - the caller is in the namespaces whose calls are counted. */
void census_open(struct census *census);
/** census_sample - count if it is time. Return: true if the other heads have to know. */
bool census_sample(struct keeper *k, struct census *census);
void census_pause(struct census *census);
void census_forget(struct census *census);
void census_close(struct census *census);

#endif

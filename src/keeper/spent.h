/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spent: what a step of an operation has cost. */
#ifndef BATON_KEEPER_SPENT_H
#define BATON_KEEPER_SPENT_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct spent - the cost
 * @requests: that the disk has completed, whoever made them
 * @cpu_ms: processor time of this process and of the programs that it has run; daemons and
 *	the kernel's threads not included
 */
struct spent {
	uint64_t requests;
	double cpu_ms;
};

/** spent_until_now - since ever. @disk: its number, 0 = none. */
struct spent spent_until_now(dev_t disk);

/** spent_since - the same since @before. */
struct spent spent_since(struct spent before, dev_t disk);

#endif

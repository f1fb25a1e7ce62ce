/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target: a SCSI disk with persistent reservations, for unit tests in place of os/scsi.c. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pr.h"

#define TARGET_PATHS 40
/* A head's second path is the initiator that is so much further on. */
#define TARGET_NEXT_PATH 10

/**
 * struct target - the disk
 * @keys: of each initiator (I_T nexus), 0 = not registered
 * @holder: the initiator that has reserved, -1 = none
 * @type: of the reservation
 * @room: for so many registrations
 * @aptpl: it keeps registrations over a loss of power
 * @attentions: so many commands get a unit attention first
 * @busy: so many are answered with BUSY
 * @commands: how many of OUT it has carried out
 * @lost: commands of this initiator do not come to it, 0 = of none
 * @sick: its commands get ILLEGAL REQUEST, LOGICAL UNIT NOT SUPPORTED
 * @before: called before each OUT
 */
struct target {
	uint64_t keys[TARGET_PATHS];
	int holder;
	unsigned int type;
	unsigned int room;
	bool aptpl;
	unsigned int attentions;
	unsigned int busy;
	unsigned int commands;
	int lost;
	int sick;
	void (*before)(enum pr_out action);
};

extern struct target target;

/** target_reset - a new disk. */
void target_reset(void);

/** target_become - commands come from this initiator from now on. */
void target_become(int initiator);

/** target_may_write - would a WRITE of this initiator be carried out? */
bool target_may_write(int initiator);

/** target_count - how many are registered. */
unsigned int target_count(void);

/** target_out - an OUT of another initiator, as it would come in between. Returns the status. */
int target_out(int initiator, enum pr_out action, uint64_t key, uint64_t other);

#endif

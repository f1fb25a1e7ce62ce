// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * target: a SCSI disk with persistent reservations, for unit tests in place of os/scsi.c.
 *
 * Written from SPC-4, 5.13, for the one type that is used: write exclusive, registrants
 * only.
 */
#include "target.h"

#include <errno.h>
#include <string.h>

#include "os/scsi.h"

struct target target;

static int self;

void target_reset(void)
{
	target = (struct target){ .holder = -1, .room = 32, .aptpl = true };
	self = 0;
}

void target_become(int initiator)
{
	self = initiator;
}

bool target_may_write(int initiator)
{
	return target.holder < 0 || target.keys[initiator];
}

unsigned int target_count(void)
{
	unsigned int n = 0;

	for (int i = 0; i < TARGET_PATHS; i++)
		n += target.keys[i] != 0;
	return n;
}

static void unregister(int i)
{
	target.keys[i] = 0;
	if (target.holder == i)
		target.holder = -1;
}

#define ILLEGAL -1
#define FULL    -2

static int do_register(int i, uint64_t key, uint64_t other, bool ignore, bool aptpl)
{
	if (aptpl && !target.aptpl)
		return ILLEGAL;
	if (!ignore && target.keys[i] != key)
		return SCSI_CONFLICT;
	if (!other) {
		unregister(i);
		return SCSI_GOOD;
	}
	if (!target.keys[i] && target_count() >= target.room)
		return FULL;
	target.keys[i] = other;
	return SCSI_GOOD;
}

static int do_preempt(int i, uint64_t other)
{
	bool found = false,
	     holder = target.holder >= 0 && target.keys[target.holder] == other;

	for (int n = 0; n < TARGET_PATHS; n++)
		if (target.keys[n] == other && n != i) {
			unregister(n);
			found = true;
		}
	if (!found)
		return SCSI_CONFLICT;
	if (holder)
		target.holder = i;
	return SCSI_GOOD;
}

static int carry_out(int i, enum pr_out action, uint64_t key, uint64_t other, bool aptpl)
{
	if (action == PR_REGISTER || action == PR_REGISTER_AND_IGNORE)
		return do_register(i, key, other, action == PR_REGISTER_AND_IGNORE,
				   aptpl);
	if (!target.keys[i] || target.keys[i] != key)
		return SCSI_CONFLICT;
	switch (action) {
	case PR_RESERVE:
		if (target.holder >= 0 && target.holder != i)
			return SCSI_CONFLICT;
		target.holder = i;
		target.type = PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS;
		return SCSI_GOOD;
	case PR_RELEASE:
		if (target.holder == i)
			target.holder = -1;
		return SCSI_GOOD;
	case PR_PREEMPT:
	case PR_PREEMPT_AND_ABORT:
		return do_preempt(i, other);
	case PR_CLEAR:
		for (int n = 0; n < TARGET_PATHS; n++)
			unregister(n);
		return SCSI_GOOD;
	case PR_REGISTER:
	case PR_REGISTER_AND_IGNORE:
		break;
	}
	return ILLEGAL;
}

int target_out(int initiator, enum pr_out action, uint64_t key, uint64_t other)
{
	return carry_out(initiator, action, key, other, true);
}

static void put(uint8_t *p, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

static void read_keys(struct scsi_command *c)
{
	unsigned int n = 0;

	for (int i = 0; i < TARGET_PATHS; i++)
		if (target.keys[i])
			put(c->in + 8 + 8 * n++, target.keys[i], 8);
	put(c->in + 4, 8 * n, 4);
	c->got = 8 + 8 * n;
}

static void read_reservation(struct scsi_command *c)
{
	c->got = 8;
	if (target.holder < 0)
		return;
	put(c->in + 4, 16, 4);
	put(c->in + 8, target.keys[target.holder], 8);
	c->in[21] = target.type;
	c->got = 24;
}

static void report_capabilities(struct scsi_command *c)
{
	put(c->in, 8, 2);
	c->in[2] = target.aptpl;
	c->in[3] = 0x80;
	c->in[4] = 0x20;
	c->got = 8;
}

static int sense_of(uint8_t *sense, size_t *len, uint8_t key, uint8_t asc, uint8_t ascq)
{
	memset(sense, 0, 18);
	sense[0] = 0x70;
	sense[2] = key;
	sense[12] = asc;
	sense[13] = ascq;
	*len = 18;
	return SCSI_CONDITION;
}

int scsi_command(int fd, struct scsi_command *c, uint8_t sense[SCSI_SENSE_MAX],
		 size_t *sense_len)
{
	int initiator = self + fd * TARGET_NEXT_PATH, rc;

	if (target.lost && target.lost == initiator)
		return -EIO;
	if (target.sick && target.sick == initiator)
		return sense_of(sense, sense_len, 0x5, 0x25, 0);
	if (target.attentions) {
		target.attentions--;
		return sense_of(sense, sense_len, 0x6, 0x2a, 0x03);
	}
	if (target.busy) {
		target.busy--;
		return SCSI_BUSY;
	}
	if (c->cdb[0] == 0x5e) {
		memset(c->in, 0, c->in_len);
		if (c->cdb[1] == PR_READ_KEYS)
			read_keys(c);
		else if (c->cdb[1] == PR_READ_RESERVATION)
			read_reservation(c);
		else if (c->cdb[1] == PR_REPORT_CAPABILITIES)
			report_capabilities(c);
		else
			return sense_of(sense, sense_len, 0x5, 0x20, 0);
		return SCSI_GOOD;
	}
	if (target.before)
		target.before(c->cdb[1]);
	target.commands++;
	rc = carry_out(initiator, c->cdb[1], get(c->out, 8), get(c->out + 8, 8),
		       c->out[20] & 1);
	if (rc == ILLEGAL)
		return sense_of(sense, sense_len, 0x5, 0x26, 0);
	if (rc == FULL)
		return sense_of(sense, sense_len, 0x5, 0x55, 0x04);
	return rc;
}

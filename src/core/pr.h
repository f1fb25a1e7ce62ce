/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pr: the bytes of SCSI's PERSISTENT RESERVE IN and OUT (SPC-4, 6.15 and 6.16). */
#ifndef BATON_CORE_PR_H
#define BATON_CORE_PR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define PR_CDB_LEN 10
/* The parameter list of all actions of OUT that are used here. */
#define PR_PARAMETERS_LEN 24
/* The most that IN may return here: READ FULL STATUS of some hundred registrants. */
#define PR_DATA_MAX 32768

/* SERVICE ACTION of IN. */
enum pr_in {
	PR_READ_KEYS = 0,
	PR_READ_RESERVATION = 1,
	PR_REPORT_CAPABILITIES = 2,
	PR_READ_FULL_STATUS = 3,
};

/* SERVICE ACTION of OUT. */
enum pr_out {
	PR_REGISTER = 0,
	PR_RESERVE = 1,
	PR_RELEASE = 2,
	PR_CLEAR = 3,
	PR_PREEMPT = 4,
	PR_PREEMPT_AND_ABORT = 5,
	PR_REGISTER_AND_IGNORE = 6,
};

/* TYPE: write exclusive, registrants only. Who is not registered can read and not write. */
#define PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS 5

/** pr_put_in - write the CDB of an IN. @len: of the buffer for its data, bytes. */
void pr_put_in(uint8_t cdb[PR_CDB_LEN], enum pr_in action, uint16_t len);

/** pr_put_out - write the CDB of an OUT; its scope is the logical unit. */
void pr_put_out(uint8_t cdb[PR_CDB_LEN], enum pr_out action);

/**
 * pr_put_parameters - write the parameter list of an OUT
 * @key: by which this initiator is registered; 0 = it is not
 * @other: the service action reservation key: the new one, or whose is preempted
 * @aptpl: keep registrations and reservation over a loss of power
 */
void pr_put_parameters(uint8_t list[PR_PARAMETERS_LEN], uint64_t key, uint64_t other,
		       bool aptpl);

/* More registrants of one disk than any cluster has heads and paths. */
#define PR_KEYS_MAX 512

/**
 * struct pr_keys - who is registered
 * @generation: changes with each registration and preemption
 * @v, @n: a key for each registered path
 */
struct pr_keys {
	uint32_t generation;
	uint64_t v[PR_KEYS_MAX];
	size_t n;
};

/**
 * struct pr_reservation - who has reserved
 * @key: the holder's; 0 if nobody has, or all registrants
 * @type: 0 = there is no reservation
 */
struct pr_reservation {
	uint64_t key;
	unsigned int type;
};

/**
 * struct pr_capabilities - what the disk can do
 * @known: it has said so (REPORT CAPABILITIES is not demanded of old ones)
 * @aptpl: keeps registrations over a loss of power
 * @type: knows PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS
 */
struct pr_capabilities {
	bool known;
	bool aptpl;
	bool type;
};

/* Room for an initiator's name: an iSCSI name has at most 223 bytes (RFC 7143). */
#define PR_NAME_MAX 232

/**
 * struct pr_registrant - one registered path
 * @key: its key
 * @holder: it has the reservation
 * @port: relative target port, 0 = all of them
 * @initiator: as its transport names it: "iqn.…", "naa.…"; other transports: their number
 */
struct pr_registrant {
	uint64_t key;
	bool holder;
	unsigned int port;
	char initiator[PR_NAME_MAX];
};

/**
 * pr_parse_keys, pr_parse_reservation, pr_parse_capabilities - understand an IN's data
 * @len: how much came
 * @err: what is wrong with it
 *
 * Return: 0, or -EPROTO with BATON_EXIT_DEVICE.
 */
int pr_parse_keys(struct pr_keys *keys, const uint8_t *data, size_t len, struct err *err);
int pr_parse_reservation(struct pr_reservation *reservation, const uint8_t *data,
			 size_t len, struct err *err);
int pr_parse_capabilities(struct pr_capabilities *can, const uint8_t *data, size_t len,
			  struct err *err);

/**
 * pr_parse_full_status - the same for READ FULL STATUS
 * @v: gets at most @max registrants
 *
 * Return: how many there are, or -EPROTO.
 */
int pr_parse_full_status(struct pr_registrant *v, size_t max, const uint8_t *data,
			 size_t len, struct err *err);

/** enum pr_sense - what a disk's sense data means to whoever sent a command */
enum pr_sense {
	PR_SENSE_OK,          /* nothing, or a recovered error */
	PR_SENSE_AGAIN,       /* unit attention, not ready yet: send it again */
	PR_SENSE_UNSUPPORTED, /* illegal request: no such command or field */
	PR_SENSE_FULL,        /* no room for a further registration */
	PR_SENSE_FAILED,      /* anything else */
};

/**
 * pr_judge_sense - read sense data, fixed or descriptor (SPC-4, 4.5)
 * @text: gets "sense 6/29/00", 16 bytes
 */
enum pr_sense pr_judge_sense(const uint8_t *sense, size_t len, char text[16]);

#endif

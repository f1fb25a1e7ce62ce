// SPDX-License-Identifier: GPL-2.0-or-later
/* pr: the bytes of SCSI's PERSISTENT RESERVE IN and OUT (SPC-4, 6.15 and 6.16). */
#include "core/pr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Operation codes. */
#define PERSISTENT_RESERVE_IN  0x5e
#define PERSISTENT_RESERVE_OUT 0x5f

/* SPC-4, 7.6.4: PROTOCOL IDENTIFIER of a transport ID. */
#define PROTOCOL_FC    0
#define PROTOCOL_ISCSI 5
#define PROTOCOL_SAS   6

static uint32_t get_be(const uint8_t *p, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

static uint64_t get_be64(const uint8_t *p)
{
	return (uint64_t)get_be(p, 4) << 32 | get_be(p + 4, 4);
}

static void put_be64(uint8_t *p, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		p[i] = value >> (56 - 8 * i);
}

void pr_put_in(uint8_t cdb[PR_CDB_LEN], enum pr_in action, uint16_t len)
{
	memset(cdb, 0, PR_CDB_LEN);
	cdb[0] = PERSISTENT_RESERVE_IN;
	cdb[1] = action;
	cdb[7] = len >> 8;
	cdb[8] = len;
}

void pr_put_out(uint8_t cdb[PR_CDB_LEN], enum pr_out action)
{
	memset(cdb, 0, PR_CDB_LEN);
	cdb[0] = PERSISTENT_RESERVE_OUT;
	cdb[1] = action;
	cdb[2] = PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS;
	cdb[8] = PR_PARAMETERS_LEN;
}

void pr_put_parameters(uint8_t list[PR_PARAMETERS_LEN], uint64_t key, uint64_t other,
		       bool aptpl)
{
	memset(list, 0, PR_PARAMETERS_LEN);
	put_be64(list, key);
	put_be64(list + 8, other);
	list[20] = aptpl;
}

static int fail(struct err *err, const char *what)
{
	err_set(err, BATON_EXIT_DEVICE, 0, "the disk's answer to %s makes no sense",
		what);
	return -EPROTO;
}

int pr_parse_keys(struct pr_keys *keys, const uint8_t *data, size_t len, struct err *err)
{
	uint32_t bytes;

	memset(keys, 0, sizeof(*keys));
	if (len < 8)
		return fail(err, "READ KEYS");
	keys->generation = get_be(data, 4);
	bytes = get_be(data + 4, 4);
	if (bytes % 8 || bytes > len - 8 || bytes / 8 > PR_KEYS_MAX)
		return fail(err, "READ KEYS");
	keys->n = bytes / 8;
	for (size_t i = 0; i < keys->n; i++)
		keys->v[i] = get_be64(data + 8 + 8 * i);
	return 0;
}

int pr_parse_reservation(struct pr_reservation *reservation, const uint8_t *data,
			 size_t len, struct err *err)
{
	uint32_t bytes;

	memset(reservation, 0, sizeof(*reservation));
	if (len < 8)
		return fail(err, "READ RESERVATION");
	bytes = get_be(data + 4, 4);
	if (bytes == 0)
		return 0;
	if (bytes < 16 || len < 24)
		return fail(err, "READ RESERVATION");
	reservation->key = get_be64(data + 8);
	reservation->type = data[21] & 0x0f;
	return reservation->type ? 0 : fail(err, "READ RESERVATION");
}

int pr_parse_capabilities(struct pr_capabilities *can, const uint8_t *data, size_t len,
			  struct err *err)
{
	memset(can, 0, sizeof(*can));
	if (len < 8 || get_be(data, 2) < 8)
		return fail(err, "REPORT CAPABILITIES");
	can->known = true;
	/* PTPL_C */
	can->aptpl = data[2] & 0x01;
	/* WR_EX_RO; without TMV the mask says nothing. */
	can->type = !(data[3] & 0x80) || data[4] & 0x20;
	return 0;
}

/* Text of a disk goes into messages. */
static void take_name(char name[PR_NAME_MAX], const uint8_t *text, size_t len)
{
	size_t n = 0;

	for (; n < len && n < PR_NAME_MAX - 1 && text[n] > ' ' && text[n] <= '~'; n++)
		name[n] = (char)text[n];
	name[n] = '\0';
}

static void take_transport(char name[PR_NAME_MAX], const uint8_t *id, size_t len)
{
	unsigned int protocol = len ? id[0] & 0x0f : 0;

	name[0] = '\0';
	if (protocol == PROTOCOL_ISCSI && len > 4)
		take_name(name, id + 4, len - 4);
	else if (protocol == PROTOCOL_FC && len >= 16)
		snprintf(name, PR_NAME_MAX, "naa.%016llx",
			 (unsigned long long)get_be64(id + 8));
	else if (protocol == PROTOCOL_SAS && len >= 12)
		snprintf(name, PR_NAME_MAX, "naa.%016llx",
			 (unsigned long long)get_be64(id + 4));
	if (!name[0])
		snprintf(name, PR_NAME_MAX, "transport-%u", protocol);
}

int pr_parse_full_status(struct pr_registrant *v, size_t max, const uint8_t *data,
			 size_t len, struct err *err)
{
	size_t at = 8, end;
	int n = 0;

	if (len < 8)
		return fail(err, "READ FULL STATUS");
	end = get_be(data + 4, 4);
	if (end > len - 8)
		return fail(err, "READ FULL STATUS");
	end += 8;
	while (at < end) {
		size_t more;

		if (end - at < 24)
			return fail(err, "READ FULL STATUS");
		more = get_be(data + at + 20, 4);
		if (more > end - at - 24)
			return fail(err, "READ FULL STATUS");
		if ((size_t)n < max) {
			v[n].key = get_be64(data + at);
			v[n].holder = data[at + 12] & 0x01;
			/* ALL_TG_PT */
			v[n].port = data[at + 12] & 0x02 ? 0 : get_be(data + at + 18, 2);
			take_transport(v[n].initiator, data + at + 24, more);
		}
		n++;
		at += 24 + more;
	}
	return n;
}

enum pr_sense pr_judge_sense(const uint8_t *sense, size_t len, char text[16])
{
	unsigned int format = len ? sense[0] & 0x7f : 0, key, asc = 0, ascq = 0;

	snprintf(text, 16, "no sense data");
	if (format >= 0x72 && len >= 4) {
		key = sense[1] & 0x0f;
		asc = sense[2];
		ascq = sense[3];
	} else if (format >= 0x70 && len >= 3) {
		key = sense[2] & 0x0f;
		if (len >= 14) {
			asc = sense[12];
			ascq = sense[13];
		}
	} else {
		return PR_SENSE_FAILED;
	}
	snprintf(text, 16, "sense %x/%02x/%02x", key, asc, ascq);
	/* SPC-4, annex F: NO SENSE, RECOVERED ERROR; UNIT ATTENTION, ABORTED COMMAND. */
	if (key <= 1)
		return PR_SENSE_OK;
	if (key == 0x6 || key == 0xb)
		return PR_SENSE_AGAIN;
	/* NOT READY: becoming ready; asymmetric access state transition. */
	if (key == 0x2 && asc == 0x04 && (ascq == 0x01 || ascq == 0x0a))
		return PR_SENSE_AGAIN;
	/* INSUFFICIENT REGISTRATION RESOURCES. */
	if (key == 0x5 && asc == 0x55 && ascq == 0x04)
		return PR_SENSE_FULL;
	return key == 0x5 ? PR_SENSE_UNSUPPORTED : PR_SENSE_FAILED;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* rpc: the NULL call of ONC RPC over TCP. */
#include "core/rpc.h"

#include <errno.h>
#include <string.h>

#define MARK_LAST 0x80000000u

/* RFC 5531 section 9 */
enum msg_type { CALL = 0, REPLY = 1 };
enum reply_stat { MSG_ACCEPTED = 0 };

static uint8_t *put(uint8_t *p, uint32_t value)
{
	*p++ = value >> 24;
	*p++ = value >> 16;
	*p++ = value >> 8;
	*p++ = value;
	return p;
}

static uint32_t get(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void rpc_build_null(uint8_t buf[RPC_NULL_LEN], uint32_t xid, uint32_t program,
		    uint32_t version)
{
	uint8_t *p = put(buf, MARK_LAST | (RPC_NULL_LEN - RPC_MARK_LEN));

	p = put(p, xid);
	p = put(p, CALL);
	p = put(p, 2); /* of RPC itself */
	p = put(p, program);
	p = put(p, version);
	p = put(p, 0);
	/* Credential and verifier: AUTH_NONE, no bytes. */
	memset(p, 0, 16);
}

int rpc_parse_mark(const uint8_t mark[RPC_MARK_LEN], size_t *len, struct err *err)
{
	uint32_t value = get(mark);

	*len = value & ~MARK_LAST;
	if (value & MARK_LAST && *len > 0 && *len <= RPC_REPLY_MAX)
		return 0;
	err_set(err, BATON_EXIT_FAILED, 0, "no reply to a NULL call: record mark 0x%08x",
		value);
	return -EPROTO;
}

/* enum accept_stat */
static const char *const refusals[] = {
	[1] = "the program is not served",        [2] = "the version is not served",
	[3] = "the procedure is not served",      [4] = "the call was not understood",
	[5] = "the server has an internal error",
};

int rpc_parse_reply(const uint8_t *buf, size_t len, uint32_t xid, struct err *err)
{
	const char *why = "is cut short";
	uint32_t verifier, status;

	/* xid, REPLY, reply_stat; flavour and length of the verifier; accept_stat */
	if (len < 12)
		goto fail;
	why = "is not to our call";
	if (get(buf) != xid || get(buf + 4) != REPLY)
		goto fail;
	why = "denies the call";
	if (get(buf + 8) != MSG_ACCEPTED)
		goto fail;
	why = "is cut short";
	if (len < 24)
		goto fail;
	verifier = get(buf + 16);
	/* Opaque data is padded to a multiple of four (RFC 4506 section 4.10). */
	if (verifier > RPC_REPLY_MAX || len < 24 + ((verifier + 3) & ~3u))
		goto fail;
	status = get(buf + 20 + ((verifier + 3) & ~3u));
	if (status == 0)
		return 0;
	why = status < sizeof(refusals) / sizeof(refusals[0]) ? refusals[status]
							      : "has an unknown status";
fail:
	err_set(err, BATON_EXIT_FAILED, 0, "the reply to a NULL call: %s", why);
	return -EPROTO;
}

int rpc_build_true(uint8_t buf[RPC_TRUE_LEN], const uint8_t *call, size_t len)
{
	uint8_t *p = put(buf, MARK_LAST | (RPC_TRUE_LEN - RPC_MARK_LEN));

	if (len < 8 || get(call + 4) != CALL)
		return -EPROTO;
	p = put(p, get(call));
	p = put(p, REPLY);
	p = put(p, MSG_ACCEPTED);
	memset(p, 0, 12);
	put(p + 12, 1);
	return 0;
}

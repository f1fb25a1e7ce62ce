/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rpc: the NULL call of ONC RPC over TCP and its reply, and an answer of our own. */
#ifndef BATON_CORE_RPC_H
#define BATON_CORE_RPC_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* NFS: RFC 8881 sections 2.2.1 and 16: program 100003, version 4, procedure 0 is NULL. */
#define RPC_PROGRAM_NFS 100003
#define RPC_VERSION_NFS 4

/* Record mark (RFC 5531 section 11): highest bit "last", the rest is the length. */
#define RPC_MARK_LEN 4
/* Mark, xid, CALL, RPC version, program, version, procedure, two times AUTH_NONE. */
#define RPC_NULL_LEN (RPC_MARK_LEN + 40)
/* A reply without results: 24 bytes, and a verifier of at most 400 (section 8.2). */
#define RPC_REPLY_MAX 424

/**
 * rpc_build_null - a call of procedure 0, without credentials, as one record
 * @buf: gets it, mark included
 * @xid: identifies the reply
 * @program: number of the program
 * @version: of the program
 */
void rpc_build_null(uint8_t buf[RPC_NULL_LEN], uint32_t xid, uint32_t program,
		    uint32_t version);

/**
 * rpc_parse_mark - the length of the reply that follows a record mark
 * @mark: RPC_MARK_LEN bytes
 * @len: gets it
 * @err: why not
 *
 * Servers send a reply as one fragment (net/sunrpc/svcsock.c, svc_tcp_sendto()).
 *
 * Return: 0, or -EPROTO for more than one fragment, none, or more than RPC_REPLY_MAX.
 */
int rpc_parse_mark(const uint8_t mark[RPC_MARK_LEN], size_t *len, struct err *err);

/**
 * rpc_parse_reply - was the call executed? (RFC 5531 section 9)
 * @buf: the reply, without its mark
 * @len: its length
 * @xid: of the call
 * @err: why the server refused it
 *
 * Return: 0, or -EPROTO.
 */
int rpc_parse_reply(const uint8_t *buf, size_t len, uint32_t xid, struct err *err);

/* Mark, xid, REPLY, MSG_ACCEPTED, AUTH_NONE without bytes, SUCCESS, the result. */
#define RPC_TRUE_LEN (RPC_MARK_LEN + 28)

/**
 * rpc_build_true - the reply "success, TRUE" to a call, as one record
 * @buf: gets it, mark included
 * @call: the call, without its mark
 * @len: its length
 *
 * Return: 0, or -EPROTO if it is not a call.
 */
int rpc_build_true(uint8_t buf[RPC_TRUE_LEN], const uint8_t *call, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset: the nftables text of drain, silence, hold and mute, one transaction each. */
#ifndef BATON_CORE_RULESET_H
#define BATON_CORE_RULESET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conn.h"
#include "core/service.h"

/* The table's name, family inet; an old table arp of this name is only removed. */
#define RULESET_TABLE "baton"

/**
 * ruleset_drain - deliver and acknowledge what is owed, but let no call in
 * @port: the service's TCP port, host order
 * @dormant: load it without effect; nftable_set_dormant() wakes it when it is needed
 *
 * In: loopback, neighbour discovery, and segments to @port without payload and without
 * SYN. Out: loopback, neighbour discovery, and segments from @port without RST. A FIN is
 * removed, but the data before it in its segment leaves: a socket that is closed with
 * data unsent has its FIN on the last of it (net/ipv4/tcp_output.c, tcp_send_fin()), and
 * that data may be the end of a reply. ARP is not affected. Replaces any earlier ruleset
 * of baton's, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_drain(uint16_t port, bool dormant);

/* The table that lets nothing in or out, family inet. */
#define RULESET_SILENCE "baton_silence"

/**
 * ruleset_silence - let nothing in or out but what stays on the loopback
 * @dormant: load it without effect
 *
 * ARP is not affected. Replaces an earlier one, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_silence(bool dormant);

/* The table that holds off some connections while the others are served, family inet. */
#define RULESET_HOLD "baton_hold"

/**
 * ruleset_hold - let no call in on some connections; all others are served
 * @port: the service's TCP port, host order
 * @conns: those connections
 * @seconds: then they are let in again, in case nobody is left to do it
 *
 * Uses a table of its own. Replaces an earlier one, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_hold(uint16_t port, const struct conns *conns, unsigned int seconds);

/* Room for the name of a table that mutes an address. */
#define RULESET_NAME 64

/**
 * ruleset_mute - drop everything to and from a TCP port of an address
 * @ip: the address
 * @port: host order
 * @dormant: load it without effect
 *
 * Uses one table for each address and port, for heads whose other traffic goes on.
 * Replaces an earlier one, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_mute(const struct ipaddr *ip, uint16_t port, bool dormant);

/** ruleset_mute_name - write that table's name, family inet, to @name. Return: @name. */
const char *ruleset_mute_name(const struct ipaddr *ip, uint16_t port,
			      char name[RULESET_NAME]);

#endif

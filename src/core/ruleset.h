/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset: the nftables text of drain, silence and mute, one transaction each. */
#ifndef BATON_CORE_RULESET_H
#define BATON_CORE_RULESET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conn.h"
#include "core/service.h"

/* The table's name, in the families inet and (silence) arp. */
#define RULESET_TABLE "baton"

/**
 * ruleset_drain - let what is owed be delivered and acknowledged, let no call come in
 * @port: the service's TCP port, host order
 * @dormant: load it without effect, to be woken by nftable_set_dormant() when it is needed
 *
 * In: loopback, neighbour discovery, and segments to @port without payload and without
 * SYN. Out: loopback, neighbour discovery, and segments from @port without RST. A FIN is taken off, and
 * what stands before it in its segment leaves: a socket that is closed with data unsent has
 * its FIN on the last of it (net/ipv4/tcp_output.c, tcp_send_fin()), and that data may be the end of a reply. ARP is untouched. Replaces whatever an earlier ruleset of baton's left, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_drain(uint16_t port, bool dormant);

/* The table of connections that are held off while others are served, family inet. */
#define RULESET_HOLD "baton_hold"

/**
 * ruleset_hold - let no call come in by some connections; all others are served
 * @port: the service's TCP port, host order
 * @conns: those connections
 * @seconds: then they are let in again, should nobody be left to do it
 *
 * A table of its own. Replaces an earlier one, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_hold(uint16_t port, const struct conns *conns, unsigned int seconds);

/* Room for the name of a table that mutes an address. */
#define RULESET_NAME 64

/**
 * ruleset_mute - nothing in to a TCP port of an address, and nothing out from it
 * @ip: the address
 * @port: host order
 * @dormant: load it without effect
 *
 * A table of its own for each address and port, for heads whose other traffic goes on.
 * Replaces what was there of it, in one transaction.
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *ruleset_mute(const struct ipaddr *ip, uint16_t port, bool dormant);

/** ruleset_mute_name - that table's name, family inet, into @name. Return: @name. */
const char *ruleset_mute_name(const struct ipaddr *ip, uint16_t port,
			      char name[RULESET_NAME]);

#endif

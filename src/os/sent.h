/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sent: how many bytes the server has sent on each connection, by sock_diag. */
#ifndef BATON_OS_SENT_H
#define BATON_OS_SENT_H

#include "core/idle_clients.h"
#include "os/diag.h"

/**
 * sent_list - what has been sent until now
 * @diag: of the namespace
 * @lport: the service's port, host order
 * @states: bits as for diag_dump(); TIME-WAIT and SYN-RECV have nothing to tell
 * @sents: receives the connections; what it held before is dropped
 * @err: why not
 *
 * Bytes sent and bytes unsent are read by the kernel under the socket's lock
 * (net/ipv4/tcp.c, tcp_get_info), so their sum misses nothing; the queues' lengths of
 * diag_dump() are not, and may count twice what is acknowledged meanwhile. Told since 4.19.
 * Sockets that nobody holds any more (FIN-WAIT-1) tell it too. Connections of the service
 * with itself are left out (os/nfsping.c).
 *
 * Return: 0, or -errno.
 */
int sent_list(struct diag *diag, uint16_t lport, uint32_t states, struct sents *sents,
	      struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sent: how many bytes the server has sent on each connection, by sock_diag. */
#ifndef BATON_OS_SENT_H
#define BATON_OS_SENT_H

#include "core/idle_clients.h"
#include "os/diag.h"

/**
 * sent_list - how much has been sent until now
 * @diag: of the namespace
 * @lport: the service's port, host order
 * @states: bits as for diag_dump(); TIME-WAIT and SYN-RECV report nothing
 * @sents: gets the connections; its former contents are dropped
 * @err: why not
 *
 * The kernel reads bytes sent and bytes unsent under the socket's lock (net/ipv4/tcp.c,
 * tcp_get_info), so their sum misses nothing. The queue lengths of diag_dump() are not
 * read under it, and may count twice what is acknowledged meanwhile. Available since
 * 4.19, also for sockets without an owner (FIN-WAIT-1). Connections of the service with
 * itself are left out (os/nfsping.c).
 *
 * Return: 0, or -errno.
 */
int sent_list(struct diag *diag, uint16_t lport, uint32_t states, struct sents *sents,
	      struct err *err);

#endif

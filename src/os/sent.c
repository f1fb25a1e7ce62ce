// SPDX-License-Identifier: GPL-2.0-or-later
/* sent: how many bytes the server has sent on each connection, by sock_diag. */
#include "os/sent.h"

#include <errno.h>
#include <libmnl/libmnl.h>
/* Not <netinet/tcp.h>: its tcp_info lacks the last members needed here. */
#include <linux/tcp.h>
#include <string.h>

static int take_info(const struct nlattr *attr, void *data)
{
	struct sent *sent = data;
	struct tcp_info info = { 0 };
	size_t len = mnl_attr_get_payload_len(attr);

	if (mnl_attr_get_type(attr) != INET_DIAG_INFO ||
	    len < offsetof(struct tcp_info, tcpi_bytes_sent) +
			    sizeof(info.tcpi_bytes_sent))
		return MNL_CB_OK;
	memcpy(&info, mnl_attr_get_payload(attr),
	       len < sizeof(info) ? len : sizeof(info));
	sent->known = true;
	sent->bytes = info.tcpi_bytes_sent;
	sent->acked = info.tcpi_bytes_acked;
	sent->unsent = info.tcpi_notsent_bytes;
	/* Data that acknowledges nothing new may not count as an acknowledgement. */
	sent->silent_ms = info.tcpi_last_ack_recv < info.tcpi_last_data_recv
				  ? info.tcpi_last_ack_recv
				  : info.tcpi_last_data_recv;
	return MNL_CB_OK;
}

static int take_entry(const struct nlmsghdr *nlh, const struct diag_entry *entry,
		      void *data)
{
	struct sent sent = { .ip = entry->conn.remote,
			     .port = entry->conn.rport,
			     .unacknowledged = entry->wqueue,
			     .unread = entry->rqueue };

	if (ipaddr_equal(&entry->conn.local, &entry->conn.remote))
		return 0;
	sent.cookie =
		(uint64_t)entry->id.idiag_cookie[1] << 32 | entry->id.idiag_cookie[0];
	mnl_attr_parse(nlh, sizeof(struct inet_diag_msg), take_info, &sent);
	return sents_add(data, &sent);
}

int sent_list(struct diag *diag, uint16_t lport, uint32_t states, struct sents *sents,
	      struct err *err)
{
	sents->n = 0;
	return diag_walk(diag, lport, states, 1u << (INET_DIAG_INFO - 1), take_entry,
			 sents, err);
}

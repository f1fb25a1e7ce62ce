// SPDX-License-Identifier: GPL-2.0-or-later
/* nftable: one table of nf_tables, by netlink alone: is it there, and is it awake? */
#include "os/nftable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

static struct nlmsghdr *put_header(void *buf, uint16_t type, uint16_t flags,
				   uint8_t family, uint16_t res_id, uint32_t seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = seq;
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	return nlh;
}

/* Sends a request and waits for its acknowledgement. Returns 0 or -errno. */
static int request(struct mnl_socket *nl, char *buf, size_t len, size_t size, mnl_cb_t cb,
		   void *data)
{
	ssize_t n = mnl_socket_sendto(nl, buf, len);

	if (n > 0)
		n = mnl_socket_recvfrom(nl, buf, size);
	if (n > 0)
		n = mnl_cb_run(buf, n, 0, mnl_socket_get_portid(nl), cb, data);
	return n < 0 ? -errno : 0;
}

static int open_nfnetlink(struct mnl_socket **nl, struct err *err)
{
	*nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (*nl && mnl_socket_bind(*nl, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;

	int rc = err_set(err, BATON_EXIT_SOFTWARE, errno, "open nfnetlink");

	if (*nl)
		mnl_socket_close(*nl);
	return rc;
}

static int take_flags(const struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_FLAGS &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			*(uint32_t *)data = ntohl(mnl_attr_get_u32(attr));
	}
	return MNL_CB_OK;
}

static size_t put_get(char *buf, const char *table)
{
	struct nlmsghdr *nlh = put_header(
		buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, 0, NFPROTO_INET, 0, 1);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table);
	return nlh->nlmsg_len;
}

/* A transaction: begin, the table with new flags, end (nfnetlink_rcv_batch()). */
static size_t put_flags(char *buf, const char *table, bool dormant)
{
	struct nlmsghdr *nlh = put_header(buf, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC,
					  NFNL_SUBSYS_NFTABLES, 1);
	size_t len = nlh->nlmsg_len;

	nlh = put_header(buf + len, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE,
			 NLM_F_ACK, NFPROTO_INET, 0, 2);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(dormant ? NFT_TABLE_F_DORMANT : 0));
	len += nlh->nlmsg_len;
	nlh = put_header(buf + len, NFNL_MSG_BATCH_END, 0, AF_UNSPEC,
			 NFNL_SUBSYS_NFTABLES, 3);
	return len + nlh->nlmsg_len;
}

int nftable_set_dormant(const char *table, bool dormant, struct err *err)
{
	struct mnl_socket *nl;
	char buf[1024];
	int rc = open_nfnetlink(&nl, err);

	if (rc < 0)
		return rc;
	/* Check first: a NEWTABLE creates a missing table. */
	rc = request(nl, buf, put_get(buf, table), sizeof(buf), NULL, NULL);
	if (rc == 0)
		rc = request(nl, buf, put_flags(buf, table, dormant), sizeof(buf), NULL,
			     NULL);
	mnl_socket_close(nl);
	if (rc == 0)
		return 0;
	return err_set(err, BATON_EXIT_SOFTWARE, -rc, "nftables: %s table inet %s",
		       dormant ? "put to sleep" : "wake", table);
}

int nftable_look(const char *table, struct err *err)
{
	uint32_t flags = 0;
	struct mnl_socket *nl;
	char buf[1024];
	int rc = open_nfnetlink(&nl, err);

	if (rc < 0)
		return rc;
	rc = request(nl, buf, put_get(buf, table), sizeof(buf), take_flags, &flags);
	mnl_socket_close(nl);
	if (rc == -ENOENT)
		return NFTABLE_ABSENT;
	if (rc < 0)
		return err_set(err, BATON_EXIT_SOFTWARE, -rc,
			       "nftables: ask for table inet %s", table);
	return flags & NFT_TABLE_F_DORMANT ? NFTABLE_ASLEEP : NFTABLE_AWAKE;
}

int nftable_is_awake(const char *table, struct err *err)
{
	int standing = nftable_look(table, err);

	return standing < 0 ? standing : standing == NFTABLE_AWAKE;
}

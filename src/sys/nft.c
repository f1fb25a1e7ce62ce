// SPDX-License-Identifier: GPL-2.0-or-later
/* nft: put a ruleset into force in one network namespace, by libnftables. */
#include "sys/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <unistd.h>

struct nft {
	struct nft_ctx *ctx;
};

/* nft_ctx_new() exits the process if it gets no socket (netlink_init_error()): try first. */
static int try_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int nft_open(struct nft **out, struct err *err)
{
	struct nft *nft;
	int rc = try_socket();

	if (rc < 0)
		return err_set(err, BATON_EXIT_SOFTWARE, -rc, "open nfnetlink");
	nft = calloc(1, sizeof(*nft));
	if (nft)
		nft->ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft || !nft->ctx || nft_ctx_buffer_output(nft->ctx) != 0 ||
	    nft_ctx_buffer_error(nft->ctx) != 0) {
		nft_close(nft);
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "open libnftables");
	}
	*out = nft;
	return 0;
}

void nft_close(struct nft *nft)
{
	if (!nft)
		return;
	if (nft->ctx)
		nft_ctx_free(nft->ctx);
	free(nft);
}

int nft_list(struct nft *nft, char **text, struct err *err)
{
	int rc = nft_run_cmd_from_buffer(nft->ctx, "list ruleset");

	*text = strdup(nft_ctx_get_output_buffer(nft->ctx));
	if (rc == 0 && *text)
		return 0;
	free(*text);
	*text = NULL;
	/* What it said is not of use: nothing was asked for that could be wrong. */
	nft_ctx_get_error_buffer(nft->ctx);
	return err_set(err, BATON_EXIT_SOFTWARE, 0, "list the rules of nf_tables");
}

int nft_apply(struct nft *nft, const char *ruleset, struct err *err)
{
	const char *said;
	int rc;

	errno = 0;
	if (nft_run_cmd_from_buffer(nft->ctx, ruleset) == 0) {
		nft_ctx_get_output_buffer(nft->ctx); /* empties it */
		return 0;
	}
	rc = errno ? -errno : -EINVAL;
	said = nft_ctx_get_error_buffer(nft->ctx);
	if (said[0] == '\0')
		said = strerror(-rc);
	if (strstr(said, "not supported"))
		rc = -EOPNOTSUPP;
	err_set(err,
		rc == -EOPNOTSUPP || rc == -EPERM ? BATON_EXIT_SOFTWARE
						  : BATON_EXIT_NETWORK,
		0, "nftables: %.*s", (int)strcspn(said, "\n"), said);
	return rc;
}

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

/* Sends a request of ours and waits for its acknowledgement. Returns 0 or -errno. */
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

/* A transaction: begin, the table with its new flags, end (nfnetlink.c, nfnetlink_rcv_batch). */
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

int nft_set_dormant(const char *table, bool dormant, struct err *err)
{
	struct mnl_socket *nl;
	char buf[1024];
	int rc = open_nfnetlink(&nl, err);

	if (rc < 0)
		return rc;
	/* Asked first: a NEWTABLE makes one that is not there. */
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

int nft_look(const char *table, struct err *err)
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
		return NFT_ABSENT;
	if (rc < 0)
		return err_set(err, BATON_EXIT_SOFTWARE, -rc,
			       "nftables: ask for table inet %s", table);
	return flags & NFT_TABLE_F_DORMANT ? NFT_ASLEEP : NFT_AWAKE;
}

int nft_is_awake(const char *table, struct err *err)
{
	int standing = nft_look(table, err);

	return standing < 0 ? standing : standing == NFT_AWAKE;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* nft: puts rulesets into force in one network namespace, with libnftables. */
#include "os/nft.h"

#include <errno.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct nft {
	struct nft_ctx *ctx;
};

/* nft_ctx_new() exits the process without a socket (netlink_init_error()): try first. */
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
	/* Ignore the message: nothing in the request could be wrong. */
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

// SPDX-License-Identifier: GPL-2.0-or-later
/* address_state: where an address is, its connections, and whether it may send. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "os/child.h"
#include "os/orphan.h"
#include "os/software.h"
#include "sever/internal.h"

const char *sever_name(const struct sever *s, char text[SEVER_TEXT])
{
	const char *format = s->ip.family == AF_INET6 ? "[%s]:%u" : "%s:%u";
	char address[IPADDR_TEXT];

	snprintf(text, SEVER_TEXT, format, ipaddr_format(&s->ip, address), s->port);
	return text;
}

void sever_set_state(struct sever *s, const char *state)
{
	s->cluster = state && strcmp(state, "cluster") == 0;
	s->state = s->cluster ? SEVER_RECORDS : state;
}

void sever_say(const struct sever *s, bool warning, const char *fmt, ...)
{
	char line[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->say(warning, line);
}

int64_t sever_until(const struct sever *s, int64_t patience_ms)
{
	int64_t soon = child_now_ms() + patience_ms;

	return soon < s->until_ms ? soon : s->until_ms;
}

int sever_find_address(const struct sever *s, struct rtnl_addr *found, struct err *err)
{
	_cleanup_free_ struct rtnl_addr *v = NULL;
	struct rtnl *rtnl;
	size_t n = 0;
	int rc = rtnl_open(&rtnl, err);

	if (rc < 0)
		return rc;
	rc = rtnl_addr_list(rtnl, 0, &v, &n, err);
	rtnl_close(rtnl);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (ipaddr_equal(&v[i].ip, &s->ip)) {
			*found = v[i];
			return 1;
		}
	return 0;
}

int sever_look(const struct sever *s, struct diag *diag, struct err *err)
{
	char table[RULESET_NAME];
	int rc = diag_check_destroy(diag, err);

	return rc < 0 ? rc : nftable_look(ruleset_mute_name(&s->ip, s->port, table), err);
}

int sever_is_here(const struct sever *s, struct err *err)
{
	struct rtnl_addr found;
	struct diag *diag;
	int rc = sever_find_address(s, &found, err);

	if (rc <= 0)
		return rc;
	rc = diag_open(&diag, err);
	if (rc < 0)
		return rc;
	rc = sever_look(s, diag, err);
	diag_close(diag);
	/* A head that cannot do it cannot have started it. */
	return rc == NFTABLE_ABSENT || rc == NFTABLE_ASLEEP;
}

static int load_table(const struct sever *s, struct err *err)
{
	_cleanup_free_ char *ruleset = ruleset_mute(&s->ip, s->port, false);
	struct nft *nft;
	int rc;

	if (!ruleset)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "filter");
	rc = nft_open(&nft, err);
	if (rc < 0)
		return rc;
	rc = nft_apply(nft, ruleset, err);
	nft_close(nft);
	return rc;
}

int sever_mute(const struct sever *s, struct err *err)
{
	char table[RULESET_NAME];
	int rc = nftable_set_dormant(ruleset_mute_name(&s->ip, s->port, table), false,
				     err);

	return rc == -ENOENT ? load_table(s, err) : rc;
}

int sever_unmute(const struct sever *s, struct err *err)
{
	char table[RULESET_NAME];

	return nftable_set_dormant(ruleset_mute_name(&s->ip, s->port, table), true, err);
}

int sever_list(const struct sever *s, struct diag *diag, struct conns *ours,
	       struct conns *others, struct err *err)
{
	_cleanup_conns_ struct conns all = { 0 };
	int rc = diag_conns(diag, s->port, &all, err);

	for (size_t i = 0; i < all.n && rc == 0; i++) {
		struct conns *to = ipaddr_equal(&all.v[i].local, &s->ip) ? ours : others;

		if (to && conns_add(to, &all.v[i]) < 0)
			rc = err_set(err, BATON_EXIT_RESOURCE, ENOMEM,
				     "connection table");
	}
	return rc;
}

int sever_check(const struct sever *s, struct err *err)
{
	struct err why = { 0 };
	struct diag *diag;
	int rc = diag_open(&diag, err);

	if (rc < 0)
		return rc;
	rc = diag_check_destroy(diag, err);
	/* If it could not be tried, that says nothing of the kernel. */
	if (rc == 0 && orphan_check(diag, &why) == -ENOSYS) {
		*err = why;
		rc = -ENOSYS;
	}
	diag_close(diag);
	/* -EOPNOTSUPP: only its use will show. */
	if (rc == 0 && software_check_module("nf_tables", err) == -ENODEV)
		rc = -ENODEV;
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_conn: a table of connections from a disk or a peer; counters of /proc/net/snmp. */
#include "fuzz.h"

#include <errno.h>

#include "core/conn.h"

static void there_and_back(const struct conns *conns)
{
	char *text = conns_format(conns);
	struct err err = { 0 };
	struct conns again;

	assert(text);
	assert(conns_parse(&again, text, strlen(text), &err) == 0);
	assert(conns_equal(conns, &again));
	free(text);
	conns_free(&again);
}

static void check_counts(const uint8_t *data, size_t size)
{
	struct conn_counts counts = { 1, 2, 3 }, before = counts;
	char *text = fuzz_text(data, size);

	if (conn_counts_parse(&counts, text) < 0)
		assert(conn_counts_equal(&counts, &before));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct conns conns;
	int rc = conns_parse(&conns, (const char *)data, size, &err);

	assert(fuzz_is_told(rc, &err));
	assert(rc == 0 || conns.n == 0);
	assert(conns.n <= CONNS_MAX);
	for (size_t i = 0; i < conns.n; i++) {
		const struct conn *c = &conns.v[i];

		assert(c->local.family == AF_INET || c->local.family == AF_INET6);
		assert(c->local.family == c->remote.family && c->lport && c->rport);
	}
	if (rc == 0)
		there_and_back(&conns);
	conns_free(&conns);
	check_counts(data, size);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* test_shared: each fault of a shared knfsd is found, and a good one has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "stock/shared.h"

static struct shared facts;
static struct report report;

static void add_export(const char *path, const char *client, const char *fsid,
		       const char *mount)
{
	struct shared_export *e;

	facts.exports = reallocarray(facts.exports, facts.n_exports + 1, sizeof(*e));
	e = &facts.exports[facts.n_exports++];
	*e = (struct shared_export){ strdup(path), strdup(client), strdup(fsid), mount };
}

static void add_use(const char *client, const char *local, const char *where,
		    bool in_group)
{
	struct shared_use *u;

	facts.uses = reallocarray(facts.uses, facts.n_uses + 1, sizeof(*u));
	u = &facts.uses[facts.n_uses++];
	*u = (struct shared_use){ .client = strdup(client),
				  .where = where,
				  .in_group = in_group };
	if (local)
		ipaddr_parse(&u->local, local);
}

static void set_links(size_t n, size_t n_strict)
{
	free(facts.links);
	facts.links = calloc(n + 1, sizeof(*facts.links));
	facts.n_links = n;
	for (size_t i = 0; i < n; i++) {
		snprintf(facts.links[i].name, IFNAMSIZ, "eth%zu", i);
		facts.links[i].strict = i < n_strict;
	}
}

/* One service with its server in its group: as good as the stock stack gets. */
static int begin(void **state)
{
	struct stock_group *s;

	facts = (struct shared){ .head = "head1",
				 .scope = "nfs",
				 .scope_taken = true,
				 .threads = 8,
				 .lease = 10,
				 .grace = 10,
				 .database = "/srv/a/nfsdcld",
				 .database_there = true,
				 .database_mount = "/srv/a",
				 .loose = 1,
				 .liberal = 0 };
	add_export("/srv/a", "*", "1", "/srv/a");
	add_export("/srv/a", "host", "1", "/srv/a");
	s = stock_groups_add(&facts.stocks, "a");
	s->has_server = true;
	s->directory = strdup("/srv/a");
	ipaddr_parse(&s->addresses[0].ip, "192.0.2.50");
	s->n_addresses = 1;
	set_links(1, 1);
	add_use("Linux NFSv4.1 one", "192.0.2.50", "a", true);
	report_init(&report);
	return 0;
}

static int end(void **state)
{
	report_free(&report);
	shared_free(&facts);
	return 0;
}

/* Judges: exactly one finding, of @item, is not ok; none if @item is NULL. */
static void expect(const char *item, const char *verdict, const char *detail)
{
	char whole[64];
	bool seen = false;

	report_free(&report);
	report_init(&report);
	shared_judge(&facts, &report);
	for (size_t i = 0; i < json_object_array_length(report.findings); i++) {
		struct json_object *f = json_object_array_get_idx(report.findings, i);

		if (strcmp(json_member_string(f, "verdict"), "ok") == 0) {
			/* A check with a finding is not good as a whole. */
			snprintf(whole, sizeof(whole), "%.*s",
				 item ? (int)strcspn(item, " ") : 0, item);
			assert_string_not_equal(json_member_string(f, "item"), whole);
			continue;
		}
		if (!item || strcmp(json_member_string(f, "item"), item) != 0)
			fail_msg("not expected: %s", json_object_to_json_string(f));
		seen = true;
		assert_string_equal(json_member_string(f, "verdict"), verdict);
		assert_true(json_member_string(f, "advice")[0]);
		if (!strstr(json_member_string(f, "detail"), detail))
			fail_msg("not said: %s: %s", detail,
				 json_member_string(f, "detail"));
	}
	assert_int_equal(seen, item != NULL);
	assert_int_equal(report.status != 0, item && strcmp(verdict, "wrong") == 0);
}

static void test_good(void **state)
{
	expect(NULL, NULL, NULL);
	set_links(2, 0);
	expect(NULL, NULL, NULL);
	/* The settings matter only if connections are tracked. */
	facts.loose = 0;
	expect(NULL, NULL, NULL);
}

static void test_lease_and_grace(void **state)
{
	facts.grace = 9;
	expect("grace", "wrong", "9 s, shorter than the lease of 10 s");
	facts.lease = facts.grace = 20;
	expect(NULL, NULL, NULL);
	facts.lease = facts.grace = 90;
	expect("lease", "wrong", "90 s: an idle client speaks again within 60 s");
	facts.lease = 0;
	expect("lease", "unsure", "cannot be read");
}

static void test_scope(void **state)
{
	snprintf(facts.scope, sizeof(facts.scope), "head1");
	expect("scope", "wrong", "'head1', the name of this head");
	snprintf(facts.scope, sizeof(facts.scope), "nfs");
	facts.scope_taken = false;
	expect("scope", "wrong", "'head1', the name of this head, as rpc.nfsd(8) here");
	facts.scope[0] = '\0';
	expect("scope", "wrong", "RFC 8881, 2.10.4");
	/* The agent nfsserver has a parameter for it. */
	facts.stocks.scope = strdup("head1");
	expect("scope", "wrong", "RFC 8881, 2.10.4");
	strcpy(facts.stocks.scope, "both");
	expect(NULL, NULL, NULL);
}

static void test_records(void **state)
{
	facts.database_mount = "/";
	expect("records", "wrong", "/srv/a/nfsdcld is in /, which stays on this head");
	facts.database_there = false;
	expect("records", "wrong", "/srv/a/nfsdcld is not there");
	facts.database_there = true;
	facts.database_mount = "/srv/a";
	add_export("/srv/b", "*", "2", "/srv/b");
	expect("records", "wrong", "moves with /srv/a; of the 2 filesystems");
}

static void test_fsid(void **state)
{
	add_export("/srv/a/x", "host", "1", "/srv/a");
	expect("fsid /srv/a/x", "wrong", "fsid=1 is also that of /srv/a:");
	facts.exports[2].fsid[0] = '\0';
	expect("fsid /srv/a/x", "wrong", "host has it without fsid=");
	add_export("/srv/a/x", "other", "", "/srv/a");
	expect("fsid /srv/a/x", "wrong", "host has it without fsid=");
}

static void test_network(void **state)
{
	facts.tracked = true;
	expect("conntrack", "unsure", "nf_conntrack_tcp_be_liberal is 0");
	facts.liberal = 1;
	expect(NULL, NULL, NULL);
	facts.loose = 0;
	expect("conntrack", "wrong", "nf_conntrack_tcp_loose is 0");
	facts.loose = 1;
	set_links(3, 2);
	expect("rp_filter", "unsure", "1 on eth0, eth1, with 3 links");
}

/* Judges; returns the verdict on one item. */
static const char *find_verdict(const char *item)
{
	report_free(&report);
	report_init(&report);
	shared_judge(&facts, &report);
	for (size_t i = 0; i < json_object_array_length(report.findings); i++) {
		struct json_object *f = json_object_array_get_idx(report.findings, i);

		if (strcmp(json_member_string(f, "item"), item) == 0)
			return json_member_string(f, "verdict");
	}
	return "none";
}

static void test_groups(void **state)
{
	facts.stocks.v[0].has_server = false;
	expect("group a", "wrong",
	       "192.0.2.50 moves to an NFS server that keeps running there");
	/* For example of a database. */
	facts.stocks.v[0].directory[5] = 'x';
	expect(NULL, NULL, NULL);
	snprintf(facts.no_exports, sizeof(facts.no_exports), "no etab");
	assert_string_equal(find_verdict("group a"), "wrong");
	facts.no_exports[0] = '\0';
	facts.stocks.v[0].directory[5] = 'a';
	facts.stocks.v[0].has_server = true;
	snprintf(facts.no_stocks, sizeof(facts.no_stocks), "no cluster here");
	expect("group", "unsure", "no cluster here");
}

/* The head's only server moves with one of them. */
static void test_two_groups(void **state)
{
	struct stock_group *s = stock_groups_add(&facts.stocks, "b");

	s->directory = strdup("/srv/b");
	expect(NULL, NULL, NULL);
	group_add_export(s, "/srv/b", "", "*", "rw");
	assert_string_equal(find_verdict("group a"), "unsure");
	assert_string_equal(find_verdict("group b"), "wrong");
	/* Nor can a client tell them apart. */
	assert_string_equal(find_verdict("client"), "unsure");
	s->has_server = true;
	assert_string_equal(find_verdict("group b"), "unsure");
	assert_int_equal(report.status, 0);
}

static void test_clients(void **state)
{
	add_use("Linux NFSv4.1 two", "192.0.2.51", "b", true);
	add_use("Linux NFSv4.1 one", NULL, "a", true);
	expect(NULL, NULL, NULL);
	add_use("Linux NFSv4.1 one", NULL, "b", true);
	expect("client Linux NFSv4.1 one", "wrong",
	       "has files open in a, b, all through 192.0.2.50");
	facts.uses[3].in_group = false;
	expect("client Linux NFSv4.1 one", "unsure", "has files open in a, b");
	facts.uses[0].local.family = 0;
	expect("client Linux NFSv4.1 one", "unsure", "all through one address");
	facts.n_uses = 3;
	snprintf(facts.no_uses, sizeof(facts.no_uses), "cannot be read");
	expect("client", "unsure", "cannot be read");
	facts.n_uses = 4;
}

static void test_no_server(void **state)
{
	facts.threads = 0;
	facts.lease = 0;
	facts.database_there = false;
	snprintf(facts.no_exports, sizeof(facts.no_exports), "no etab");
	expect("knfsd", "wrong", "no NFS server runs in the head's own network");
}

static void test_no_exports(void **state)
{
	size_t n = facts.n_exports;

	facts.n_exports = 0;
	expect("records", "wrong", "which stays on this head");
	facts.database_mount = "/";
	facts.n_exports = n;
	report_free(&report);
	report_init(&report);
	snprintf(facts.no_exports, sizeof(facts.no_exports), "no etab");
	facts.n_exports = 0;
	shared_judge(&facts, &report);
	assert_true(report.unsure);
	assert_int_equal(report.status, 0);
	facts.n_exports = n;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, begin, end),
		cmocka_unit_test_setup_teardown(test_lease_and_grace, begin, end),
		cmocka_unit_test_setup_teardown(test_scope, begin, end),
		cmocka_unit_test_setup_teardown(test_records, begin, end),
		cmocka_unit_test_setup_teardown(test_fsid, begin, end),
		cmocka_unit_test_setup_teardown(test_network, begin, end),
		cmocka_unit_test_setup_teardown(test_groups, begin, end),
		cmocka_unit_test_setup_teardown(test_two_groups, begin, end),
		cmocka_unit_test_setup_teardown(test_clients, begin, end),
		cmocka_unit_test_setup_teardown(test_no_server, begin, end),
		cmocka_unit_test_setup_teardown(test_no_exports, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

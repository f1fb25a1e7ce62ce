// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cluster: the output of Pacemaker 2.1.5 (data/, recorded from its tools by
 * tests/netns/cluster.py), also with a word changed, damaged, and huge. In it vmstore
 * runs on head1, and the group g of homes and mail on head2; g has been asked to move to
 * head1 until 2026-11-22 19:14:44 UTC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster.h"

#define LEFTOVER_ENDS 1795374884

static struct cluster_state state;
static struct cluster_resource resource;
static struct err err;

static char *slurp(const char *name)
{
	char path[4096], *text = calloc(1, 32768);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.xml", getenv("DATA"), name);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fread(text, 1, 16384, f) > 1000);
	fclose(f);
	return text;
}

/* Replaces the first @old after the first @after. */
static void change(char *text, const char *after, const char *old, const char *new)
{
	char *at = strstr(text, after);

	assert_non_null(at);
	at = strstr(at, old);
	assert_non_null(at);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
}

static void read_mon(const char *primitive, const char *after, const char *old,
		     const char *new)
{
	char *text = slurp("mon");

	change(text, after, old, new);
	assert_int_equal(cluster_read_state(&state, text, strlen(text), primitive, &err),
			 0);
	free(text);
}

static void read_cib(const char *service, time_t now)
{
	char *text = slurp("cib");

	assert_int_equal(
		cluster_read_resource(&resource, text, strlen(text), service, now, &err),
		0);
	free(text);
}

static void test_state(void **unused)
{
	read_mon("vmstore", "", "", "");
	assert_true(state.has_dc && state.quorum && !state.maintenance);
	assert_int_equal(state.n_nodes, 2);
	assert_string_equal(state.nodes[1].name, "head2");
	assert_true(state.nodes[1].online && !state.nodes[1].standby);
	assert_true(state.found && state.managed && !state.failed && !state.blocked);
	assert_string_equal(state.role, "Started");
	assert_int_equal(state.n_heads, 1);
	assert_string_equal(state.heads[0], "head1");
	assert_int_equal(state.n_actions, 0);
	/* In a group. */
	read_mon("mail", "", "", "");
	assert_true(state.found);
	assert_string_equal(state.heads[0], "head2");
	read_mon("nonesuch", "", "", "");
	assert_false(state.found);
}

static void test_fencing(void **unused)
{
	read_mon("vmstore", "", "", "");
	assert_false(state.stonith);
	read_mon("vmstore", "", "stonith-enabled=\"false\"", "stonith-enabled=\"true\"");
	assert_true(state.stonith);
	read_mon("vmstore", "", "stonith-enabled", "fencing-enabled");
	assert_false(state.stonith);
}

static void test_simulation(void **unused)
{
	char *text = slurp("simulate");
	bool cold = true;

	read_cib("homes", 0);
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "homes", &err),
			 0);
	/* After the planned actions. */
	assert_string_equal(state.heads[0], "head1");
	assert_int_equal(state.n_actions, 2);
	assert_string_equal(state.actions[0].action, "migrate");
	assert_string_equal(state.actions[0].resource, "homes");
	assert_string_equal(state.actions[0].source, "head2");
	assert_string_equal(state.actions[0].dest, "head1");
	assert_int_equal(cluster_check_forth(&state, &resource, "head1", &cold, &err), 0);
	assert_false(cold);
	assert_true(cluster_check_forth(&state, &resource, "head2", &cold, &err) < 0);
	assert_false(cluster_is_settled(&state, &resource, "head1"));
	assert_true(cluster_check_back(&state, &resource, "head1", &err) < 0);
	assert_int_equal(err.code, BATON_EXIT_CLUSTER);
	assert_string_equal(
		err.text,
		"Pacemaker would not leave it on head1 (then: migrate to head1); "
		"give g a resource-stickiness above the score of its location");
	change(text, "<actions", "migrate", "move");
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "homes", &err),
			 0);
	assert_int_equal(cluster_check_forth(&state, &resource, "head1", &cold, &err), 0);
	assert_true(cold);
	free(text);
	/* Nothing is planned for vmstore. */
	read_cib("vmstore", 0);
	text = slurp("simulate");
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "vmstore", &err),
			 0);
	assert_true(cluster_is_settled(&state, &resource, "head1"));
	assert_int_equal(cluster_check_back(&state, &resource, "head1", &err), 0);
	assert_true(cluster_check_forth(&state, &resource, "head1", &cold, &err) < 0);
	free(text);
}

static void test_more_actions_than_fit(void **unused)
{
	static const char action[] =
		"<rsc_action action=\"stop\" resource=\"x\" node=\"n\"/>";
	char *text = slurp("simulate");

	for (int i = 0; i < 100; i++)
		change(text, "<rsc_action", "<rsc_action", "<x/><rsc_action");
	for (int i = 0; i < 20; i++) {
		char both[200];

		snprintf(both, sizeof(both), "<actions>%s", action);
		change(text, "<actions", "<actions>", both);
	}
	read_cib("vmstore", 0);
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "vmstore", &err),
			 0);
	assert_int_equal(state.n_actions, CLUSTER_ACTIONS);
	assert_int_equal(state.more_actions, 22 - CLUSTER_ACTIONS);
	assert_string_equal(state.actions[0].source, "n");
	/* It may be among those that did not fit. */
	assert_false(cluster_is_idle(&state, &resource));
	free(text);
}

static void test_resource(void **unused)
{
	read_cib("vmstore", LEFTOVER_ENDS - 1);
	assert_string_equal(resource.id, "vmstore");
	assert_string_equal(resource.primitive, "vmstore");
	assert_string_equal(resource.inside, "");
	assert_string_equal(resource.leftover, "");
	assert_int_equal(resource.n_preferred, 1);
	assert_string_equal(resource.preferred[0].node, "head1");
	assert_int_equal(resource.preferred[0].score, 50);
	/* What is moved is the group. */
	read_cib("mail", LEFTOVER_ENDS - 1);
	assert_string_equal(resource.id, "g");
	assert_string_equal(resource.primitive, "mail");
	assert_string_equal(resource.inside, "");
	assert_string_equal(resource.leftover, "cli-prefer-g");
	assert_string_equal(resource.leftover_end, "2026-11-22 19:14:44Z");
	assert_string_equal(resource.preferred[0].node, "head2");
	/* It has expired, so it is ignored. */
	read_cib("mail", LEFTOVER_ENDS);
	assert_string_equal(resource.leftover, "");
	/* Nor is it a preference. */
	assert_int_equal(resource.n_preferred, 1);
}

/* Reads vmstore from a CIB with these resources and constraints. */
static int read_made(const char *resources, const char *constraints)
{
	char text[8192];

	snprintf(
		text, sizeof(text),
		"<cib><configuration><resources>%s</resources><constraints>%s</constraints>"
		"</configuration></cib>",
		resources, constraints);
	return cluster_read_resource(&resource, text, strlen(text), "vmstore", 0, &err);
}

#define KIND "class=\"ocf\" provider=\"baton\" type=\"service\""
#define SERVICE(name)                                                                       \
	"<instance_attributes id=\"i\"><nvpair id=\"x\" name=\"other\" value=\"vmstore\"/>" \
	"<nvpair id=\"n\" name=\"service\" value=\"" name "\"/></instance_attributes>"
#define PRIMITIVE "<primitive id=\"p\" " KIND ">" SERVICE("vmstore") "</primitive>"

static void test_kinds(void **unused)
{
	assert_int_equal(read_made(PRIMITIVE, ""), 0);
	assert_string_equal(resource.id, "p");
	assert_int_equal(read_made("", ""), -ENOENT);
	assert_int_equal(err.code, BATON_EXIT_CLUSTER);
	assert_int_equal(read_made("<primitive id=\"p\" " KIND "/>", ""), -ENOENT);
	assert_int_equal(read_made("<primitive id=\"p\" " KIND
				   ">" SERVICE("vmstore2") "</primitive>",
				   ""),
			 -ENOENT);
	assert_int_equal(
		read_made("<primitive id=\"p\" class=\"ocf\" provider=\"heartbeat\" "
			  "type=\"service\">" SERVICE("vmstore") "</primitive>",
			  ""),
		-ENOENT);
	assert_int_equal(read_made(PRIMITIVE PRIMITIVE, ""), -EEXIST);
	assert_string_equal(err.text,
			    "2 resources in the cluster have service=vmstore; there "
			    "must be one");
	/* The type, or everything, from a template. */
	assert_int_equal(read_made("<template id=\"t\" " KIND "/><primitive id=\"p\" "
				   "template=\"t\">" SERVICE("vmstore") "</primitive>",
				   ""),
			 0);
	assert_int_equal(
		read_made(
			"<template id=\"t\" " KIND ">" SERVICE(
				"vmstore") "</template><primitive id=\"p\" template=\"t\"/>",
			""),
		0);
	assert_string_equal(resource.id, "p");
	assert_int_equal(read_made("<template id=\"t\" " KIND
				   ">" SERVICE("vmstore") "</template>",
				   ""),
			 -ENOENT);
	assert_int_equal(read_made("<clone id=\"c\"><group id=\"g\">" PRIMITIVE
				   "</group></clone>",
				   ""),
			 0);
	assert_string_equal(resource.inside, "clone");
	assert_int_equal(read_made("<bundle id=\"b\">" PRIMITIVE "</bundle>", ""), 0);
	assert_string_equal(resource.inside, "bundle");
}

/* Pacemaker's own default is far below the agent's advice. */
static void test_stop_timeout(void **unused)
{
#define OPS(op)     "<operations>" op "</operations>"
#define STOP(value) "<op id=\"s\" name=\"stop\" interval=\"0\" timeout=\"" value "\"/>"
#define RESOURCE(ops)                                                                    \
	"<primitive id=\"p\" " KIND ">" SERVICE("vmstore") ops "</primitive>"
	static const struct {
		const char *resources;
		long ms;
	} table[] = {
		{ RESOURCE(""), 20000 },
		{ RESOURCE(OPS("<op id=\"m\" name=\"start\" timeout=\"5\"/>")), 20000 },
		{ RESOURCE(OPS(STOP("600s"))), 600000 },
		{ RESOURCE(OPS(STOP("600"))), 600000 },
		{ RESOURCE(OPS(STOP("10min"))), 600000 },
		{ RESOURCE(OPS(STOP("250ms"))), 250 },
		{ RESOURCE(OPS(STOP("PT10M"))), -1 },
		{ RESOURCE(OPS(STOP("-5"))), -1 },
		{ RESOURCE(OPS(STOP("99999999999999999999"))), -1 },
		{ RESOURCE(OPS(
			  "<op id=\"s\" name=\"stop\"><meta_attributes id=\"a\"><nvpair "
			  "id=\"n\" name=\"timeout\" value=\"7s\"/></meta_attributes></op>")),
		  7000 },
		{ "<template id=\"t\" " KIND
		  ">" OPS(STOP("90")) "</template><primitive id=\"p\" "
				      "template=\"t\">" SERVICE("vmstore") "</primitive>",
		  90000 },
		{ RESOURCE(
			  "") "</resources><op_defaults><meta_attributes id=\"d\"><nvpair "
			      "id=\"n\" name=\"timeout\" value=\"45s\"/></meta_attributes>"
			      "</op_defaults><resources>",
		  45000 },
		{ RESOURCE(
			  "") "</resources><op_defaults><meta_attributes id=\"d\"><rule id=\"r\" "
			      "score=\"0\"><op_expression id=\"o\" name=\"monitor\"/></rule><nvpair "
			      "id=\"n\" name=\"timeout\" value=\"300s\"/></meta_attributes>"
			      "</op_defaults><resources>",
		  -1 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(read_made(table[i].resources, ""), 0);
		assert_int_equal(resource.stop_ms, table[i].ms);
	}
}

#define PREFER(node, score)                                                              \
	"<rsc_location id=\"l" node "\" rsc=\"p\" node=\"" node "\" score=\"" score "\"/>"
#define RULE(score, expressions)                                                         \
	"<rsc_location id=\"r\" rsc=\"p\"><rule id=\"u\" score=\"" score                 \
	"\">" expressions "</rule></rsc_location>"
#define UNAME(node)                                                                      \
	"<expression id=\"e\" attribute=\"#uname\" operation=\"eq\" value=\"" node "\"/>"

static const char *home(const char *constraints)
{
	const char *head;

	assert_int_equal(read_made(PRIMITIVE, constraints), 0);
	head = cluster_pick_home(&state, &resource);
	return head ? head : "none";
}

static void test_home(void **unused)
{
	read_mon("vmstore", "", "", "");
	assert_string_equal(home(""), "none");
	assert_string_equal(home(PREFER("head1", "50") PREFER("head2", "51")), "head2");
	assert_string_equal(home(PREFER("head1", "INFINITY") PREFER("head2", "999999")),
			    "head1");
	assert_string_equal(home(PREFER("head1", "0")), "none");
	assert_string_equal(home(PREFER("head1", "-1")), "none");
	assert_string_equal(home(PREFER("head1", "-INFINITY")), "none");
	assert_string_equal(home(PREFER("head1", "x")), "none");
	assert_string_equal(home(PREFER("head3", "50")), "none");
	/* Added up; -INFINITY wins. */
	assert_string_equal(
		home(PREFER("head1", "30") PREFER("head1", "30") PREFER("head2", "50")),
		"head1");
	assert_string_equal(home(PREFER("head1", "-INFINITY") PREFER("head1", "INFINITY")
					 PREFER("head2", "1")),
			    "head2");
	assert_string_equal(home(PREFER("head1", "INFINITY") PREFER("head1", "-INFINITY")
					 PREFER("head2", "1")),
			    "head2");
	assert_string_equal(home(RULE("50", UNAME("head2"))), "head2");
	assert_string_equal(home(RULE("50", UNAME("head2") UNAME("head1"))), "none");
	assert_string_equal(home(RULE("50", "<expression id=\"e\" attribute=\"ping\" "
					    "operation=\"defined\"/>")),
			    "none");
	/* In a set; for another resource. */
	assert_string_equal(
		home("<rsc_location id=\"l\" node=\"head2\" score=\"5\"><resource_set id=\"s\">"
		     "<resource_ref id=\"x\"/><resource_ref id=\"p\"/></resource_set>"
		     "</rsc_location>"),
		"head2");
	assert_string_equal(home("<rsc_location id=\"l\" rsc=\"x\" node=\"head2\" "
				 "score=\"5\"/>"),
			    "none");
	/* No move to a head that is offline. */
	read_mon("vmstore", "name=\"head2\"", "online=\"true\"", "online=\"false\"");
	assert_string_equal(home(PREFER("head1", "50") PREFER("head2", "51")), "head1");
}

static void test_leftovers(void **unused)
{
	assert_int_equal(read_made(PRIMITIVE, "<rsc_location id=\"cli-ban-p-on-head1\" "
					      "rsc=\"p\" node=\"head1\" "
					      "score=\"-INFINITY\"/>"),
			 0);
	assert_string_equal(resource.leftover, "cli-ban-p-on-head1");
	assert_string_equal(resource.leftover_end, "");
	assert_int_equal(resource.n_preferred, 0);
	/* An unreadable end has not come yet. */
	assert_int_equal(
		read_made(
			PRIMITIVE,
			"<rsc_location id=\"cli-prefer-p\" rsc=\"p\"><rule id=\"r\">"
			"<date_expression id=\"d\" operation=\"lt\" end=\"soon\"/></rule>"
			"</rsc_location>"),
		0);
	assert_string_equal(resource.leftover, "cli-prefer-p");
	assert_string_equal(resource.leftover_end, "soon");
	assert_int_equal(read_made(PRIMITIVE,
				   "<rsc_location id=\"cli-prefer-x\" rsc=\"x\" "
				   "node=\"head1\" score=\"INFINITY\"/>"),
			 0);
	assert_string_equal(resource.leftover, "");
}

/* Why vmstore may not be moved to @head, with the cluster changed by a word. */
static const char *why(const char *head, const char *after, const char *old,
		       const char *new)
{
	read_cib("vmstore", 0);
	read_mon("vmstore", after, old, new);
	memset(&err, 0, sizeof(err));
	return cluster_check_move(&state, &resource, head, &err) < 0 ? err.text : "may";
}

static void test_checks(void **unused)
{
	static const struct {
		const char *after, *old, *new, *why;
		enum exit_code code;
	} cases[] = {
		{ "<summary", "", "", "may", 0 },
		{ "current_dc", "present=\"true\"", "present=\"false\"",
		  "the cluster has no DC now, so it decides nothing", 13 },
		{ "current_dc", "with_quorum=\"true\"", "with_quorum=\"false\"",
		  "the cluster has no quorum", 13 },
		{ "cluster_options", "maintenance-mode=\"false\"",
		  "maintenance-mode=\"true\"",
		  "the cluster is in maintenance mode; Pacemaker moves nothing", 13 },
		{ "<node_history", "<node_history",
		  "<fence_history><fence_event target=\"head2\" "
		  "status=\"success\"/></fence_history><node_history",
		  "may", 0 },
		{ "<node_history", "<node_history",
		  "<fence_history><fence_event target=\"head2\" "
		  "status=\"pending\"/></fence_history><node_history",
		  "head2 is being fenced", 13 },
		{ "name=\"head2\"", "unclean=\"false\"", "unclean=\"true\"",
		  "head2 is unclean: it has to be fenced first", 13 },
		{ "name=\"head2\"", "online=\"true\"", "online=\"false\"",
		  "head2 is offline", 12 },
		{ "name=\"head2\"", "pending=\"false\"", "pending=\"true\"",
		  "head2 is not in the cluster yet, or Pacemaker does not run there",
		  12 },
		{ "name=\"head2\"", "standby=\"false\"", "standby=\"true\"",
		  "head2 is in standby", 12 },
		{ "name=\"head2\"", "standby_onfail=\"false\"", "standby_onfail=\"true\"",
		  "head2 is in standby", 12 },
		{ "name=\"head2\"", "maintenance=\"false\"", "maintenance=\"true\"",
		  "head2 is in maintenance mode", 12 },
		{ "id=\"vmstore\"", "managed=\"true\"", "managed=\"false\"",
		  "Pacemaker does not manage resource vmstore", 13 },
		{ "id=\"vmstore\"", "role=\"Started\"", "role=\"Migrating\"",
		  "Pacemaker is at work on it: Migrating on head1", 13 },
		{ "id=\"vmstore\"", "role=\"Started\"",
		  "role=\"Started\" pending=\"Monitoring\"",
		  "Pacemaker is at work on it: Started on head1, Monitoring", 13 },
		{ "id=\"vmstore\"", "blocked=\"false\"", "blocked=\"true\"",
		  "resource vmstore is Started on head1, blocked; see to that first, then "
		  "`crm_resource --cleanup --resource vmstore`",
		  13 },
		{ "id=\"vmstore\"", "failed=\"false\" failure_ignored=\"false\"",
		  "failed=\"true\" failure_ignored=\"true\"", "may", 0 },
		{ "id=\"vmstore\"", "<node name=\"head1\"",
		  "<node name=\"head2\"/><node name=\"head1\"",
		  "resource vmstore runs on more than one head: Started on head2 and "
		  "head1",
		  13 },
		{ "id=\"vmstore\"", "id=\"vmstore\"", "id=\"other\"",
		  "Pacemaker does not show resource vmstore", 13 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(
			why("head2", cases[i].after, cases[i].old, cases[i].new),
			cases[i].why);
		assert_int_equal(err.code, cases[i].code);
	}
	assert_string_equal(why("head1", "", "", ""), "it is on head1 already");
	assert_int_equal(err.code, BATON_EXIT_USAGE);
	assert_string_equal(why("head", "", "", ""),
			    "there is no head 'head'; the cluster has head1, head2");
	assert_int_equal(err.code, BATON_EXIT_USAGE);
	/* On both heads for a while: at the end of a migrate_to. */
	why("head2", "id=\"vmstore\"", "<node name=\"head1\"",
	    "<node name=\"head2\"/><node name=\"head1\"");
	assert_true(cluster_is_busy(&state));
	why("head2", "", "", "");
	assert_false(cluster_is_busy(&state));
}

static void test_errors(void **unused)
{
	/* Output of crm_mon 2.1.5 where no cluster runs. */
	static const char text[] =
		"<pacemaker-result api-version=\"2.25\" request=\"crm_mon\">"
		"<status code=\"102\" message=\"Not connected\"><errors>"
		"<error>error: Could not connect to launcher: Connection refused</error>"
		"<error>crm_mon: Connection to cluster failed: Connection refused</error>"
		"</errors></status></pacemaker-result>";
	char buf[60];

	cluster_read_error(text, strlen(text), buf, sizeof(buf));
	assert_string_equal(buf,
			    "crm_mon: Connection to cluster failed: Connection refused");
	cluster_read_error("", 0, buf, sizeof(buf));
	assert_string_equal(buf, "");
	cluster_read_error("<x><status><errors/></status></x>", 33, buf, sizeof(buf));
	assert_string_equal(buf, "");
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "x", &err),
			 -EPROTO);
	assert_string_equal(err.text, "Pacemaker's answer names no nodes");
}

/* Whatever is cut off or changed: an answer or an error, never a crash (ASan). */
static void test_damaged(void **unused)
{
	static const char *const names[] = { "mon", "simulate", "cib" };
	static const char odd[] = "<>\"/&=\n\xff";

	for (size_t f = 0; f < 3; f++) {
		char *text = slurp(names[f]);
		size_t len = strlen(text);

		/* Losing the last newline does no harm. */
		for (size_t n = 0; n < len - 1; n += 7) {
			int rc = cluster_read_state(&state, text, n, "vmstore", &err);

			assert_int_equal(rc, -EPROTO);
			rc = cluster_read_resource(&resource, text, n, "vmstore", 0,
						   &err);
			assert_int_equal(rc, -EPROTO);
		}
		for (size_t n = 0; n < len; n += 3) {
			char was = text[n];

			text[n] = odd[n % (sizeof(odd) - 1)];
			cluster_read_state(&state, text, len, "vmstore", &err);
			cluster_read_resource(&resource, text, len, "mail", 0, &err);
			text[n] = was;
		}
		free(text);
	}
}

static char *repeat(const char *begin, const char *item, int n, const char *end)
{
	size_t size = strlen(begin) + n * strlen(item) + strlen(end) + 1;
	char *text = malloc(size), *p = text;

	p = stpcpy(p, begin);
	for (int i = 0; i < n; i++)
		p = stpcpy(p, item);
	stpcpy(p, end);
	return text;
}

static void test_huge(void **unused)
{
	char *text;

	/* Too many nodes. */
	text = repeat("<pacemaker-result><nodes>", "<node name=\"n\" online=\"true\"/>",
		      33, "</nodes></pacemaker-result>");
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "x", &err),
			 -EPROTO);
	assert_int_equal(err.code, BATON_EXIT_CLUSTER);
	free(text);
	/* A long name. */
	text = repeat("<pacemaker-result><nodes><node name=\"", "n", CLUSTER_NAME,
		      "\"/></nodes></pacemaker-result>");
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "x", &err),
			 -EPROTO);
	free(text);
	/* Deep. */
	text = repeat("<pacemaker-result><nodes><node name=\"n\"/></nodes><resources>",
		      "<group>", 100000, "");
	assert_int_equal(cluster_read_state(&state, text, strlen(text), "x", &err),
			 -EPROTO);
	free(text);
	/* Wide: a CIB with a hundred thousand primitives is still valid. */
	text = repeat("<cib><configuration><resources>", "<primitive id=\"q\"/>", 100000,
		      PRIMITIVE "</resources></configuration></cib>");
	assert_int_equal(
		cluster_read_resource(&resource, text, strlen(text), "vmstore", 0, &err),
		0);
	free(text);
	/* Entities that multiply. */
	text = repeat(
		"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;\">]><cib><configuration id=\"",
		"&c;", 10000, "\"><resources/></configuration></cib>");
	assert_true(cluster_read_resource(&resource, text, strlen(text), "vmstore", 0,
					  &err) < 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_fencing),
		cmocka_unit_test(test_simulation),
		cmocka_unit_test(test_more_actions_than_fit),
		cmocka_unit_test(test_resource),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_stop_timeout),
		cmocka_unit_test(test_home),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

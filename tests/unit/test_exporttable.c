// SPDX-License-Identifier: GPL-2.0-or-later
/* test_exporttable: the table for rpc.mountd, byte for byte; host names and their addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "core/exporttable.h"

#define BASE "[service]\ndevice = /dev/sda\naddress = 192.0.2.50/24@eth0\n"
#define ROOT "/run/baton/vmstore/root"

static void expect(const char *exports, const char *known, const char *table)
{
	struct hosts hosts = { 0 };
	struct err err = { 0 };
	struct service svc;
	struct paths paths;
	char text[1000], *made;

	snprintf(text, sizeof(text), BASE "%s", exports);
	if (config_parse(&svc, "vmstore", "f", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	paths_init(&paths, "vmstore");
	assert_int_equal(hosts_parse(&hosts, known), 0);
	made = exporttable_format(&svc, &paths, &hosts);
	assert_string_equal(made, table);
	free(made);
	hosts_free(&hosts);
	service_free(&svc);
}

static void whole(void **state)
{
	expect("export = / 192.0.2.0/24(rw,no_root_squash)\n", "",
	       ROOT
	       "/vmstore\t192.0.2.0/24(rw,no_root_squash,sync,no_subtree_check,"
	       "fsid=327f516e-ad86-542b-983f-d792d3848da0)\n" ROOT
	       "/vmstore/.baton\t192.0.2.0/24(rw,no_root_squash,sync,"
	       "no_subtree_check,ro,fsid=ef6f124c-8cb9-550c-89f3-825fe219d08a)\n" ROOT
	       "\t192.0.2.0/24(rw,no_root_squash,sync,no_subtree_check,ro,fsid=0)\n");
}

/* In the root each client has one line, with the options of the last export. */
static void several(void **state)
{
	expect("export = /a 192.0.2.0/24(rw) 2001:db8::/32\n"
	       "export = \"/b c\" 192.0.2.0/24(all_squash) *\n",
	       "",
	       ROOT
	       "/vmstore/a\t192.0.2.0/24(rw,sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "/vmstore/a\t2001:db8::/32(sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "/vmstore/b\\040c\t192.0.2.0/24(all_squash,sync,no_subtree_check,"
	       "fsid=c7fdffbd-68be-5a71-af93-04b927c866e3)\n" ROOT
	       "/vmstore/b\\040c\t*(sync,no_subtree_check,fsid=c7fdffbd-68be-5a71-af93-04b927c866e3)\n" ROOT
	       "\t192.0.2.0/24(all_squash,sync,no_subtree_check,ro,fsid=0)\n" ROOT
	       "\t*(sync,no_subtree_check,ro,fsid=0)\n" ROOT
	       "\t2001:db8::/32(sync,no_subtree_check,ro,fsid=0)\n");
}

/* A host has as many lines as addresses; without any, none; none twice. */
static void names(void **state)
{
	expect("export = /a 192.0.2.7(ro) one(rw) two gone @net *.dom\n",
	       "one 192.0.2.7 2001:db8::7\ntwo 192.0.2.8\n",
	       ROOT
	       "/vmstore/a\t192.0.2.7(ro,sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "/vmstore/a\t2001:db8::7(rw,sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "/vmstore/a\t192.0.2.8(sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "/vmstore/a\t@net(sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "/vmstore/a\t*.dom(sync,no_subtree_check,fsid=7c76409a-4ce9-5d22-81e4-2b82e3f19636)\n" ROOT
	       "\t192.0.2.7(ro,sync,no_subtree_check,ro,fsid=0)\n" ROOT
	       "\t2001:db8::7(rw,sync,no_subtree_check,ro,fsid=0)\n" ROOT
	       "\t192.0.2.8(sync,no_subtree_check,ro,fsid=0)\n" ROOT
	       "\t@net(sync,no_subtree_check,ro,fsid=0)\n" ROOT
	       "\t*.dom(sync,no_subtree_check,ro,fsid=0)\n");
}

static void hosts(void **state)
{
	struct hosts list = { 0 };
	char *text;

	assert_int_equal(
		hosts_parse(&list, "\na 192.0.2.1 x 192.0.2.1 2001:db8::1\n b\n"), 0);
	text = hosts_format(&list);
	assert_string_equal(text, "a 192.0.2.1 2001:db8::1\nb\n");
	assert_int_equal(hosts_find(&list, "A")->n, 2);
	assert_null(hosts_find(&list, "c"));
	free(text);
	hosts_free(&list);
}

static void kinds(void **state)
{
	static const struct {
		const char *client;
		enum client_kind kind;
	} cases[] = {
		{ "*", CLIENT_PLAIN },
		{ "192.0.2.1", CLIENT_PLAIN },
		{ "192.0.2.0/24", CLIENT_PLAIN },
		{ "2001:db8::1", CLIENT_PLAIN },
		{ "2001:db8::/32", CLIENT_PLAIN },
		{ "gss/krb5", CLIENT_PLAIN },
		{ "host", CLIENT_HOST },
		{ "a.example.org", CLIENT_HOST },
		{ "1and1", CLIENT_HOST },
		{ "*.example.org", CLIENT_LOOKED_UP },
		{ "node[0-9]", CLIENT_LOOKED_UP },
		{ "a?", CLIENT_LOOKED_UP },
		{ "@hosts", CLIENT_LOOKED_UP },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(exporttable_kind(cases[i].client), cases[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(several),
		cmocka_unit_test(names), cmocka_unit_test(hosts),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

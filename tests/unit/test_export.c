// SPDX-License-Identifier: GPL-2.0-or-later
/* test_export: every export line that must be refused, and the others' normal form. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/export.h"

static void test_normal_form(void **state)
{
	static const struct {
		const char *text, *path, *clients;
	} cases[] = {
		{ "/ *(rw)", "/", "*(rw,sync,no_subtree_check)" },
		{ "/ *", "/", "*(sync,no_subtree_check)" },
		{ "/ host()", "/", "host(sync,no_subtree_check)" },
		{ "  //a///b/  \t h1(ro)\t h2", "/a/b",
		  "h1(ro,sync,no_subtree_check) h2(sync,no_subtree_check)" },
		{ "/a *(no_subtree_check,sync,rw)", "/a", "*(no_subtree_check,sync,rw)" },
		{ "/a *(sync)", "/a", "*(sync,no_subtree_check)" },
		{ "\"/with blank\" *(rw)", "/with blank", "*(rw,sync,no_subtree_check)" },
		{ "/a 192.0.2.0/24(rw) 192.0.2.0/255.255.255.0(ro) 2001:db8::/32 2001:db8::1",
		  "/a",
		  "192.0.2.0/24(rw,sync,no_subtree_check) "
		  "192.0.2.0/255.255.255.0(ro,sync,no_subtree_check) "
		  "2001:db8::/32(sync,no_subtree_check) 2001:db8::1(sync,no_subtree_check)" },
		{ "/a @trusted(rw) *.example.org(rw) node[0-9]?.x", "/a",
		  "@trusted(rw,sync,no_subtree_check) *.example.org(rw,sync,no_subtree_check) "
		  "node[0-9]?.x(sync,no_subtree_check)" },
		{ "/a gss/krb5p(rw)", "/a", "gss/krb5p(rw,sync,no_subtree_check)" },
		{ "/a *(sec=krb5,rw,sec=sys,ro,anonuid=4294967295,anongid=0)", "/a",
		  "*(sec=krb5,rw,sec=sys,ro,anonuid=4294967295,anongid=0,sync,no_subtree_check)" },
		{ "/.batons a", "/.batons", "a(sync,no_subtree_check)" },
		{ "/a/.baton a", "/a/.baton", "a(sync,no_subtree_check)" },
		{ "/..a/b..  a", "/..a/b..", "a(sync,no_subtree_check)" },
		/* A client whose name is part of another's is not a duplicate. */
		{ "/ host.a(rw) host(rw) a", "/",
		  "host.a(rw,sync,no_subtree_check) host(rw,sync,no_subtree_check) "
		  "a(sync,no_subtree_check)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct export e = { 0 };
		struct err err = { 0 };

		if (export_parse(&e, cases[i].text, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(e.path, cases[i].path);
		assert_string_equal(e.clients, cases[i].clients);
		free(e.path);
		free(e.clients);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "",
		  "path '' must begin with '/', the root of the service's filesystem" },
		{ "srv *",
		  "path 'srv' must begin with '/', the root of the service's filesystem" },
		{ "/a/../b *", "path '/a/../b' must not have '.' or '..' in it" },
		{ "/.. *", "path '/..' must not have '.' or '..' in it" },
		{ "/a/. *", "path '/a/.' must not have '.' or '..' in it" },
		{ "\"/a b *", "path '\"/a b *' has no closing quote" },
		{ "\"/a\"b *", "path '/a' needs a blank after its closing quote" },
		{ "//.baton/ *",
		  "path '/.baton' is in baton's own directory, which no client may reach" },
		{ "\"/.baton\" *",
		  "path '/.baton' is in baton's own directory, which no client may reach" },
		{ "/./.baton *", "path '/./.baton' must not have '.' or '..' in it" },
		{ "/.BATON/nfsdcld *",
		  "path '/.BATON/nfsdcld' is in baton's own directory, which no client may "
		  "reach" },
		{ "/a\\040b *",
		  "path '/a\\040b' has a control character, a quote or a backslash" },
		{ "/a\001b *",
		  "path '/a b' has a control character, a quote or a backslash" },
		{ "/a", "no client follows the path; '*' means everyone" },
		{ "/a host (rw)",
		  "a blank between client 'host' and '(rw)' would give the whole world these "
		  "rights; write 'host(rw)'" },
		{ "/a (rw)",
		  "options '(rw)' have no client before them; '*' means everyone" },
		{ "/a -rw,sync host",
		  "default options '-rw,sync' are refused: give each client "
		  "its own in parentheses" },
		{ "/a host(rw, sync)",
		  "client 'host(rw,' must have all its options in one pair "
		  "of parentheses, without blanks" },
		{ "/a host(rw",
		  "client 'host(rw' must have all its options in one pair of "
		  "parentheses, without blanks" },
		{ "/a host)rw(",
		  "client 'host)rw(' must have all its options in one pair of "
		  "parentheses, without blanks" },
		{ "/a host(rw)x",
		  "client 'host(rw)x' must have all its options in one pair of "
		  "parentheses, without blanks" },
		{ "/a host((rw)",
		  "client 'host((rw)' must have all its options in one pair of "
		  "parentheses, without blanks" },
		{ "/a h(ro) h(rw)", "client 'h' is named twice" },
		{ "/a *(rw,async)",
		  "client '*': option 'async' is refused: acknowledged writes "
		  "would be lost in a takeover" },
		{ "/a *(fsid=0)",
		  "client '*': option 'fsid' is refused: baton sets it itself, so "
		  "that it is equal on every head" },
		{ "/a *(subtree_check)",
		  "client '*': option 'subtree_check' is refused: a "
		  "renamed file would become stale for its clients" },
		{ "/a *(pnfs)",
		  "client '*': option 'pnfs' is refused: clients would write to the "
		  "disk past the serving head" },
		{ "/a *(refer=/x@h)",
		  "client '*': option 'refer' is refused: a move cannot "
		  "follow clients sent to other servers" },
		{ "/a *(mp)",
		  "client '*': option 'mp' is refused: baton exports only what it "
		  "has mounted itself" },
		{ "/a *(sign_fh)",
		  "client '*': option 'sign_fh' is refused: each head would sign "
		  "with a key of its own" },
		{ "/a *(xprtsec=tls)",
		  "client '*': option 'xprtsec' is refused: no TLS handshake "
		  "daemon runs beside the service" },
		{ "/a *(rw,ro)",
		  "client '*': options 'rw' and 'ro' contradict each other" },
		{ "/a *(rw,rw)", "client '*': option 'rw' is given twice" },
		{ "/a *(rw,)", "client '*': option list 'rw,' has an empty item" },
		{ "/a *(,)", "client '*': option list ',' has an empty item" },
		{ "/a *(rw=1)", "client '*': option 'rw' takes no value" },
		{ "/a *(RW)",
		  "client '*': option 'RW' is unknown; exports(5) lists them" },
		{ "/a *(anonuid)",
		  "client '*': option 'anonuid' needs a number from 0 to 4294967295" },
		{ "/a *(anonuid=-2)",
		  "client '*': option 'anonuid' needs a number from 0 to 4294967295" },
		{ "/a *(anongid=4294967296)",
		  "client '*': option 'anongid' needs a number from 0 to 4294967295" },
		{ "/a *(sec)", "client '*': option 'sec' needs a value" },
		{ "/a *(sec=)",
		  "client '*': option sec: flavour list '' has an empty item" },
		{ "/a *(sec=sys:)",
		  "client '*': option sec: flavour list 'sys:' has an empty item" },
		{ "/a *(sec=md5)",
		  "client '*': option sec: flavour 'md5' is not one of sys, none, "
		  "krb5, krb5i, krb5p" },
		{ "/a 192.0.2.256", "client '192.0.2.256' is not an IPv4 address" },
		{ "/a 192.0.2.0/33",
		  "client '192.0.2.0/33' has a prefix that is not 0 to 32" },
		{ "/a 192.0.2.0/",
		  "client '192.0.2.0/' has a prefix that is not 0 to 32" },
		{ "/a 192.0.2.0/255.0.255.0",
		  "client '192.0.2.0/255.0.255.0' has a prefix that is not 0 to 32" },
		{ "/a 2001:db8::/129",
		  "client '2001:db8::/129' has a prefix that is not 0 to 128" },
		{ "/a host/24", "client 'host/24' is not ADDRESS/PREFIX" },
		{ "/a [2001:db8::1]",
		  "client '[2001:db8::1]' must be written without brackets" },
		{ "/a 2001:db8", "client '2001:db8' is not an IPv6 address" },
		{ "/a @", "client '@' is not a netgroup's name" },
		{ "/a @a/b", "client '@a/b' is not a netgroup's name" },
		{ "/a gss/sys",
		  "client 'gss/sys' is not one of gss/krb5, gss/krb5i, gss/krb5p" },
		{ "/a h%x",
		  "client 'h%x' is not a host, address, network, wildcard or @netgroup" },
		{ "/a h,rw",
		  "client 'h,rw' is not a host, address, network, wildcard or @netgroup" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct export e = { 0 };
		struct err err = { 0 };

		if (export_parse(&e, cases[i].text, &err) != -EINVAL)
			fail_msg("not refused: %s", cases[i].text);
		assert_string_equal(err.text, cases[i].why);
		assert_int_equal(err.code, BATON_EXIT_CONFIG);
		assert_null(e.path);
		assert_null(e.clients);
	}
}

static void test_limits(void **state)
{
	char text[4000];
	struct export e = { 0 };
	struct err err = { 0 };

	memset(text, 'a', sizeof(text));
	text[0] = '/';
	strcpy(text + 1024, " *");
	assert_int_equal(export_parse(&e, text, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is too long"));

	memset(text, 'a', sizeof(text));
	memcpy(text, "/ ", 2);
	text[2 + 1024] = '\0';
	assert_int_equal(export_parse(&e, text, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is too long"));
}

static int note(const char *client, const char *options, void *data)
{
	char *out = data;

	sprintf(out + strlen(out), "<%s|%s>", client, options);
	return strcmp(client, "stop") == 0 ? 7 : 0;
}

static void test_for_each_client(void **state)
{
	char out[400] = "";

	assert_int_equal(
		export_for_each_client("a(rw,sync) 2001:db8::1(ro) 2001:db8::/32(rw) "
				       "192.0.2.0/24(ro) @g(ro)",
				       note, out),
		0);
	assert_string_equal(out, "<a|rw,sync><2001:db8::1|ro><2001:db8::/32|rw>"
				 "<192.0.2.0/24|ro><@g|ro>");
	*out = '\0';
	assert_int_equal(export_for_each_client("stop(rw) b(rw)", note, out), 7);
	assert_string_equal(out, "<stop|rw>");
}

/* Golden values: these are in clients' file handles and may never change. */
static void test_fsid(void **state)
{
	char uuid[EXPORT_FSID_TEXT];

	export_fsid("vmstore", "/", uuid);
	assert_string_equal(uuid, "327f516e-ad86-542b-983f-d792d3848da0");
	export_fsid("vmstore", "/images", uuid);
	assert_string_equal(uuid, "203f22cd-810a-516f-b4a8-5ab7d94f5e6c");
	export_fsid("a", "/x y", uuid);
	assert_string_equal(uuid, "26b53f2f-7672-5dd0-8756-be2830d13f2a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_form),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_for_each_client),
		cmocka_unit_test(test_fsid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

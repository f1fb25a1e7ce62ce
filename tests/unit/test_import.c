// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_import: groups of stock agents become service files that the parser accepts;
 * whatever cannot be carried over is reported. data/stock.xml is a CIB that crm_verify(8)
 * accepts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/exit.h"
#include "import_case.h"

static void test_group(void **state)
{
	static const char *const keys[] = {
		"device = /dev/disk/by-id/wwn-0x600140500000001",
		"fstype = xfs",
		"options = noatime",
		"address = 192.0.2.50/24@eth0",
		"address = 198.51.100.50/25@eth1",
		"export = /images 192.0.2.0/24(rw,no_root_squash) 2001:db8::/64(ro)",
		"export = /iso 192.0.2.0/24(rw,no_root_squash)",
		NULL,
	};
	/* Each of these is in the CIB, but not in the keys. */
	static const char *const told[] = {
		"mount option nobarrier is not carried over: options: 'nobarrier' is refused",
		"export /srv/vmstore/images for [2001:db8::]/64: option 'async' is refused",
		"export /srv/vmstore/images/old for * is not carried over: it is inside",
		"vmstore-fs: force_unmount=safe is not carried over: ",
		" its own: monitor interval=20s timeout=40s, stop interval=0s timeout=60s",
		"vmstore-export-lan: fsid=11 is not carried over: ",
		"vmstore-export-lan: wait_for_leasetime_on_stop=true is not carried over: ",
		"vmstore-export-six: future=yes is not carried over",
		"vmstore-ip: the label of nic=eth0:0 is not carried over",
		"vmstore: attribute target-role=Started is not carried over",
		"rsc_order order-nfs-server-clone-vmstore (first=nfs-server-clone",
		"rsc_location cli-ban-vmstore-on-head2 (",
		"rsc_colocation mail-with-vmstore (rsc=mail with-rsc=vmstore-ip",
		"gateway = ADDRESS",
	};
	struct import_own v[] = { own("192.0.2.11", 24, "eth0", false),
				  own("198.51.100.11", 25, "eth1", false) };

	assert_int_equal(read_cib("vmstore", "", ""), 0);
	assert_int_equal(stocks.n, 1);
	assert_int_equal(translate(v, 2), 0);
	assert_string_equal(t.name, "vmstore");
	expect_keys(keys);
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (!is_told(told[i]))
			fail_msg("not told: %s", told[i]);
	assert_false(is_told("mail-head2"));
	assert_false(is_told("LINK"));
	assert_int_equal(t.mounts.n, 3);
	assert_string_equal(t.mounts.v[1],
			    "192.0.2.50:/vmstore/iso, until now :/srv/vmstore/iso");
	/* By the export that contains it. */
	assert_string_equal(
		t.mounts.v[2],
		"192.0.2.50:/vmstore/images/old, until now :/srv/vmstore/images/old");
}

/* As in Red Hat's guide: a top with fsid=0, and the directories to mount below it. */
static void test_root(void **state)
{
	assert_int_equal(read_cib("vmstore",
				  "name=\"options\" value=\"rw,no_root_squash\"",
				  "name=\"options\" value=\"rw,fsid=root\""),
			 0);
	assert_string_equal(stocks.v[0].root, "/srv/vmstore/images");
	assert_int_equal(read_cib("vmstore",
				  "value=\"/srv/vmstore/images /srv/vmstore/iso\"/>",
				  "value=\"/srv/vmstore/\"/><nvpair id=\"x\" "
				  "name=\"fsid\" value=\"0\"/>"),
			 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_int_equal(t.mounts.n, 3);
	assert_string_equal(t.mounts.v[0], "192.0.2.50:/vmstore, until now :/");
	assert_string_equal(t.mounts.v[1],
			    "192.0.2.50:/vmstore/images, until now :/images");
	assert_string_equal(t.mounts.v[2],
			    "192.0.2.50:/vmstore/images/old, until now :/images/old");
	assert_true(is_told("export /srv/vmstore/images for [2001:db8::]/64 is not "
			    "carried over: it is inside another export"));
}

static void test_small(void **state)
{
	static const struct {
		const char *old, *new, *key, *told;
	} cases[] = {
		{ "value=\"/dev/disk/by-id/wwn-0x600140500000001\"",
		  "value=\"PARTUUID=1234-01\"", "device = /dev/disk/by-partuuid/1234-01",
		  NULL },
		{ "value=\"/dev/disk/by-id/wwn-0x600140500000001\"",
		  "value=\"LABEL=&quot;vm store&quot;\"",
		  "device = /dev/disk/by-label/vm\\x20store", NULL },
		{ "value=\"/dev/disk/by-id/wwn-0x600140500000001\"",
		  "value=\"/dev/a&amp;b\"", "device = /dev/a&b", NULL },
		/* In clouds and in some guides; then only the head knows the network. */
		{ "255.255.255.0", "32", "address = 192.0.2.50/24@eth0",
		  "address 192.0.2.50: a prefix of 32 contains no network" },
		{ "value=\"192.0.2.0/24\"", "value=\"* host(rw)\"",
		  "export = /images 2001:db8::/64(ro)",
		  "for * host(rw) is not carried over: its client is not a single name" },
		{ "<rsc_location id=\"location-vmstore-head1\"",
		  "<rsc_location id=\"l\" resource-discovery=\"never\"", NULL,
		  "rsc_location l (resource-discovery=never rsc=vmstore node=head1" },
		{ "</configuration>",
		  "<tags><tag id=\"night\"><obj_ref id=\"vmstore-ip\"/></tag></tags>"
		  "</configuration>",
		  NULL, "tag night names it or a part of it: take them out first" },
		{ "</meta_attributes>\n        <primitive id=\"vmstore-fs\"",
		  "</meta_attributes><primitive id=\"sev\" class=\"ocf\" provider=\"baton\" "
		  "type=\"sever\"><instance_attributes id=\"y\"><nvpair id=\"y1\" "
		  "name=\"ip\" value=\"192.0.2.50\"/></instance_attributes>"
		  "<operations><op id=\"y2\" name=\"monitor\" interval=\"11s\"/>"
		  "</operations></primitive><primitive id=\"vmstore-fs\"",
		  NULL,
		  "sev: its operations are not carried over, the agent has its own: "
		  "monitor interval=11s" },
	};
	struct import_own v[] = { own("192.0.2.11", 24, "eth0", false) };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool there = !cases[i].key;

		assert_int_equal(read_cib("vmstore", cases[i].old, cases[i].new), 0);
		import_free(&t);
		assert_int_equal(translate(v, 1), 0);
		for (size_t k = 0; k < t.keys.n; k++)
			there |= cases[i].key && strcmp(t.keys.v[k], cases[i].key) == 0;
		if (!there)
			fail_msg("no '%s' in\n%s", cases[i].key, printed);
		if (cases[i].told && !is_told(cases[i].told))
			fail_msg("not told: %s\n%s", cases[i].told, printed);
	}
}

/* A group that cannot become a service does not hide the others. */
static void test_fault(void **state)
{
	assert_int_equal(read_cib(NULL, "name=\"fstype\"", "name=\"type\""), 0);
	assert_int_equal(stocks.n, 2);
	assert_string_equal(stocks.v[0].directory, "/srv/vmstore");
	assert_int_equal(translate(NULL, 0), -EINVAL);
	assert_string_equal(
		failure.text,
		"group vmstore: vmstore-fs lacks device, directory or fstype");
	assert_int_equal(failure.code, BATON_EXIT_CLUSTER);
	assert_null(stocks.v[1].fault);
}

static void test_all_groups(void **state)
{
	assert_int_equal(read_cib(NULL, "", ""), 0);
	assert_int_equal(stocks.n, 2);
	assert_string_equal(stocks.v[1].id, "Web.Files");
}

static void test_no_group(void **state)
{
	static const struct {
		const char *group, *old, *new, *want;
		int rc;
	} cases[] = {
		{ "nosuch", "", "", "the cluster has no group nosuch", -ENOENT },
		{ "vmstore-fs", "", "", "the cluster has no group vmstore-fs", -ENOENT },
		{ "mail", "", "", "group mail has no Filesystem", -EINVAL },
		{ "vmstore", "type=\"Filesystem\"", "type=\"Dummy\"",
		  "group vmstore has no Filesystem", -EINVAL },
		{ "Web.Files", "<primitive id=\"web-export\" class=\"ocf\"",
		  "<primitive id=\"web-export\" class=\"lsb\"",
		  "group Web.Files has no exportfs", -EINVAL },
		{ "vmstore", "name=\"fstype\"", "name=\"type\"",
		  "group vmstore: vmstore-fs lacks device, directory or fstype",
		  -EINVAL },
		{ "vmstore", "name=\"clientspec\"", "name=\"spec\"",
		  "group vmstore: vmstore-export-lan lacks directory or clientspec",
		  -EINVAL },
		{ "vmstore", "value=\"192.0.2.50\"", "value=\"192.0.2.500\"",
		  "group vmstore: vmstore-ip: ip=192.0.2.500 is not an address",
		  -EINVAL },
		{ "vmstore", "255.255.255.0", "255.0.255.0",
		  "group vmstore: vmstore-ip: cidr_netmask=255.0.255.0 is not a netmask",
		  -EINVAL },
		{ "vmstore", "255.255.255.0", "wide",
		  "group vmstore: vmstore-ip: cidr_netmask=wide is not a netmask",
		  -EINVAL },
		{ NULL, "<cib ", "<bic ",
		  "this is not a CIB as cibadmin --query prints it", -EPROTO },
		{ NULL, "<resources>", "<resource>",
		  "this is not a CIB as cibadmin --query prints it", -EPROTO },
		{ NULL, "<cib ", "<!DOCTYPE cib [<!ENTITY a \"b\">]><cib ",
		  "this is not a CIB as cibadmin --query prints it", -EPROTO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_cib(cases[i].group, cases[i].old, cases[i].new),
				 cases[i].rc);
		assert_string_equal(failure.text, cases[i].want);
		assert_int_equal(failure.code, BATON_EXIT_CLUSTER);
	}
}

static void test_two_filesystems(void **state)
{
	assert_int_equal(read_cib("Web.Files", "type=\"LVM-activate\"/>",
				  "type=\"Filesystem\"><instance_attributes id=\"x\">"
				  "<nvpair id=\"x1\" name=\"device\" value=\"/dev/x\"/>"
				  "<nvpair id=\"x2\" name=\"directory\" value=\"/x\"/>"
				  "<nvpair id=\"x3\" name=\"fstype\" value=\"xfs\"/>"
				  "</instance_attributes></primitive>"),
			 -EINVAL);
	assert_string_equal(failure.text,
			    "group Web.Files: more than one Filesystem, web-fs "
			    "too; a service has one disk, so split the group");
}

static void test_no_service(void **state)
{
	static const struct {
		const char *old, *new, *want;
	} cases[] = {
		{ "value=\"xfs\"", "value=\"ocfs2\"",
		  "vmstore cannot become a service: vmstore:3: fstype: 'ocfs2' is not "
		  "allowed; allowed: xfs ext4 btrfs" },
		{ "value=\"/dev/disk/by-id/wwn-0x600140500000001\"",
		  "value=\"server:/export\"",
		  "vmstore cannot become a service: vmstore:2: device: 'server:/export' "
		  "is not a path under /dev" },
		{ "value=\"192.0.2.50\"", "value=\"127.0.0.1\"",
		  "vmstore cannot become a service: vmstore:5: address: '127.0.0.1' is a "
		  "loopback address" },
		{ "value=\"/srv/vmstore/\"", "value=\"/srv/other\"",
		  "vmstore: nothing of /srv/other is exported" },
		{ "wwn-0x600140500000001", "x&#10;threads = 3",
		  "vmstore cannot become a service: a value has a control character in "
		  "it" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_cib("vmstore", cases[i].old, cases[i].new), 0);
		assert_int_equal(translate(NULL, 0), -EINVAL);
		assert_string_equal(failure.text, cases[i].want);
		assert_int_equal(failure.code, BATON_EXIT_CONFIG);
		import_free(&t);
	}
}

/* Text from the CIB cannot end a comment or a shell word. */
static void test_hostile(void **state)
{
	char word[400];

	assert_int_equal(
		read_cib("vmstore", "value=\"safe\"", "value=\"x&#10;export = / *\""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(
		strstr(printed, "# - vmstore-fs: force_unmount=x?export = / * is"));
	/* Nor can a word that fits on no line. */
	memset(word, 'x', 300);
	memcpy(word, "value=\"", 7);
	strcpy(word + 300, "\"");
	assert_int_equal(read_cib("vmstore", "value=\"safe\"", word), 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_int_equal(read_cib("vmstore", "node=\"head1\"", "node=\"a;b'c&#10;\""), 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(printed, " vmstore prefers 'a;b'\\''c?=100' &&\n"));
	assert_non_null(strstr(printed, " vmstore 100: 'a;b'\\''c?' &&\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_group, clear),
		cmocka_unit_test_teardown(test_root, clear),
		cmocka_unit_test_teardown(test_small, clear),
		cmocka_unit_test_teardown(test_fault, clear),
		cmocka_unit_test_teardown(test_all_groups, clear),
		cmocka_unit_test_teardown(test_no_group, clear),
		cmocka_unit_test_teardown(test_two_filesystems, clear),
		cmocka_unit_test_teardown(test_no_service, clear),
		cmocka_unit_test_teardown(test_hostile, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

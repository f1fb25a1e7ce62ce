// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_translate: groups of stock agents become service files that the parser takes; what
 * does not become one is told. data/stock.xml is a CIB that crm_verify(8) passes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "core/translate.h"
#include "ocf/service.h"

static struct stocks stocks;
static struct translation t;
static struct err err;
static char *printed;

static const struct stock_mount mounts[] = {
	{ "/dev/root", "/", "ext4", "rw,relatime", 1 },
	{ "/dev/sdb", "/srv/vmstore", "xfs",
	  "rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota", 2 },
	{ "tmpfs", "/srv/tmp", "tmpfs", "rw", 3 },
	{ "/dev/mapper/web", "/srv/web", "ext4", "rw,noatime", 4 },
};

static char *slurp(void)
{
	char path[4096], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s/stock.xml", getenv("DATA"));
	f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fread(text, 1, 32768, f) > 1000);
	fclose(f);
	return text;
}

/* Replaces the first @old, or nothing if it is empty. */
static void change(char *text, const char *old, const char *new)
{
	char *at = strstr(text, old);

	assert_non_null(at);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
}

static int read_cib(const char *group, const char *old, const char *new)
{
	char *text = slurp();
	int rc;

	change(text, old, new);
	stocks_free(&stocks);
	err.text[0] = '\0';
	rc = stocks_read_cib(&stocks, text, strlen(text), group, STOCK_WHOLE, &err);
	free(text);
	return rc;
}

static struct translate_own own(const char *ip, unsigned int prefixlen, const char *link,
				bool secondary)
{
	struct translate_own o = { .secondary = secondary };

	assert_int_equal(ipaddr_parse(&o.address.ip, ip), 0);
	o.address.prefixlen = prefixlen;
	snprintf(o.address.link, sizeof(o.address.link), "%s", link);
	return o;
}

/* Of the first of stocks; what is printed has to pass as a service file, comments and all. */
static int translate(const struct translate_own *v, size_t n)
{
	int rc = translate_stock(&t, &stocks.v[0], v, n, &err);
	struct service svc;
	size_t size;
	FILE *out;

	free(printed);
	printed = NULL;
	if (rc < 0)
		return rc;
	out = open_memstream(&printed, &size);
	translate_print(out, &t, &stocks.v[0]);
	fclose(out);
	if (config_parse(&svc, t.name, "printed", printed, size, &err))
		fail_msg("%s\n%s", err.text, printed);
	assert_int_equal(svc.n_exports ? svc.n_addresses > 0 : 0, 1);
	service_free(&svc);
	return 0;
}

static int clear(void **state)
{
	translation_free(&t);
	stocks_free(&stocks);
	free(printed);
	printed = NULL;
	return 0;
}

static bool is_told(const char *part)
{
	for (size_t i = 0; i < t.remarks.n; i++)
		if (strstr(t.remarks.v[i], part))
			return true;
	return false;
}

static void expect_keys(const char *const *want)
{
	for (size_t i = 0; want[i] || i < t.keys.n; i++) {
		assert_true(i < t.keys.n);
		assert_non_null(want[i]);
		assert_string_equal(t.keys.v[i], want[i]);
	}
}

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
	/* Each of these is in the CIB and not in the keys. */
	static const char *const told[] = {
		"mount option nobarrier is not carried over: options: 'nobarrier' is refused",
		"export /srv/vmstore/images for [2001:db8::]/64: option 'async' is refused",
		"export /srv/vmstore/images/old for * is not carried over: it lies within",
		"vmstore-fs: force_unmount=safe is not carried over: ",
		" its own: monitor interval=20s timeout=40s, stop interval=0s timeout=60s",
		"vmstore-export-lan: fsid=11 is not carried over: ",
		"vmstore-export-lan: wait_for_leasetime_on_stop=true is not carried over: ",
		"vmstore-export-six: future=yes is not carried over",
		"vmstore-ip: of nic=eth0:0 the label is not carried over",
		"vmstore: attribute target-role=Started is not carried over",
		"rsc_order order-nfs-server-clone-vmstore (first=nfs-server-clone",
		"rsc_location cli-ban-vmstore-on-head2 (",
		"rsc_colocation mail-with-vmstore (rsc=mail with-rsc=vmstore-ip",
		"gateway = ADDRESS",
	};
	struct translate_own v[] = { own("192.0.2.11", 24, "eth0", false),
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
	assert_int_equal(t.mounts.n, 2);
	assert_string_equal(t.mounts.v[1],
			    "192.0.2.50:/vmstore/iso, till now :/srv/vmstore/iso");
}

static void expect_commands(enum replace_tool tool, const char *const *want)
{
	const struct lines *have = &t.commands[tool];

	for (size_t i = 0; want[i] || i < have->n; i++) {
		assert_true(i < have->n);
		assert_non_null(want[i]);
		/* The operations have their own test. */
		if (strstr(have->v[i], " op "))
			*strstr(have->v[i], " op ") = '\0';
		assert_string_equal(have->v[i], want[i]);
	}
}

static void test_commands(void **state)
{
	static const char *const pcs[] = {
		"pcs resource disable --wait vmstore",
		"pcs resource delete vmstore",
		"pcs resource create vmstore ocf:baton:service service=vmstore meta "
		"allow-migrate=true resource-stickiness=100",
		"pcs constraint location vmstore prefers head1=100",
		"pcs constraint location vmstore avoids head2=INFINITY",
		NULL,
	};
	static const char *const crmsh[] = {
		"crm --wait resource stop vmstore",
		"crm configure delete vmstore vmstore-fs vmstore-export-lan "
		"vmstore-export-six vmstore-export-inner vmstore-ip vmstore-ip2",
		"crm configure primitive vmstore ocf:baton:service params service=vmstore",
		"crm configure location vmstore-on-1 vmstore 100: head1",
		"crm configure location vmstore-on-2 vmstore -INFINITY: head2",
		NULL,
	};

	assert_int_equal(read_cib("vmstore", "", ""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_true(is_told("address 198.51.100.50: no link of this head"));
	assert_true(is_told("address 198.51.100.50: the prefix is not told, 24"));
	assert_non_null(strstr(t.commands[REPLACE_CRMSH].v[2],
			       " meta allow-migrate=true resource-stickiness=100"));
	/* Broken as a shell reads it. */
	assert_non_null(strstr(
		printed, "#     crm configure delete vmstore vmstore-fs "
			 "vmstore-export-lan vmstore-export-six \\\n"
			 "#         vmstore-export-inner vmstore-ip vmstore-ip2\n"));
	expect_commands(REPLACE_PCS, pcs);
	expect_commands(REPLACE_CRMSH, crmsh);
}

/* crmsh takes no operations from the meta-data: ours are the agent's. */
static void test_operations(void **state)
{
	char want[2048] = "";

	assert_int_equal(read_cib("vmstore", "", ""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	for (const struct ocf_action *a = service_agent.actions; a->name; a++) {
		size_t len = strlen(want);

		if (strchr(a->name, '-'))
			continue;
		len += snprintf(want + len, sizeof(want) - len,
				" op %s interval=%u%s timeout=%us", a->name,
				a->interval_s, a->interval_s ? "s" : "", a->timeout_s);
		if (a->depth)
			snprintf(want + len, sizeof(want) - len, " OCF_CHECK_LEVEL=%u",
				 a->depth);
	}
	strcat(want, " meta ");
	assert_non_null(strstr(t.commands[REPLACE_CRMSH].v[2], want));
}

static void test_group_with_others(void **state)
{
	static const char *const keys[] = {
		"device = /dev/disk/by-uuid/4d1f4fbd-3d34-4bfc-a2a0-3c1c3a4c1d11",
		"fstype = ext4",
		"address = 2001:db8::50/64@eth1",
		"export = / *(rw)",
		NULL,
	};
	static const char *const pcs[] = {
		"pcs resource disable --wait Web.Files",
		"pcs resource delete web-ip",
		"pcs resource delete web-export",
		"pcs resource delete web-nfs",
		"pcs resource delete web-fs",
		"pcs resource create web-files ocf:baton:service service=web-files meta "
		"allow-migrate=true",
		"pcs constraint order Web.Files then web-files",
		"pcs constraint colocation add web-files with Web.Files",
		"pcs resource enable Web.Files",
		NULL,
	};
	static const char *const crmsh[] = {
		"crm --wait resource stop Web.Files",
		"crm configure delete web-fs web-nfs web-export web-ip",
		"crm configure primitive web-files ocf:baton:service params "
		"service=web-files",
		"crm configure order web-files-after Mandatory: Web.Files web-files",
		"crm configure colocation web-files-with inf: web-files Web.Files",
		"crm resource start Web.Files",
		NULL,
	};

	assert_int_equal(read_cib("Web.Files", "", ""), 0);
	assert_true(stocks.v[0].has_server);
	assert_int_equal(translate(NULL, 0), 0);
	assert_string_equal(t.name, "web-files");
	expect_keys(keys);
	assert_true(is_told("the service is web-files and not Web.Files"));
	assert_true(is_told("web-lvm (ocf:heartbeat:LVM-activate) is none"));
	assert_true(is_told("web-nfs (nfsserver) is not carried over"));
	assert_true(
		is_told("web-nfs: attribute nfs_shared_infodir=/srv/web/nfsinfo is "));
	assert_string_equal(t.mounts.v[0],
			    "[2001:db8::50]:/web-files, till now :/srv/web");
	expect_commands(REPLACE_PCS, pcs);
	expect_commands(REPLACE_CRMSH, crmsh);
}

/* The group stays, so its id is taken. */
static void test_id_taken(void **state)
{
	assert_int_equal(read_cib("web", "<group id=\"Web.Files\"", "<group id=\"web\""),
			 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_string_equal(t.commands[REPLACE_PCS].v[5],
			    "pcs resource create web-service ocf:baton:service "
			    "service=web meta allow-migrate=true");
	assert_string_equal(t.commands[REPLACE_PCS].v[6],
			    "pcs constraint order web then web-service");
	assert_string_equal(t.commands[REPLACE_CRMSH].v[4],
			    "crm configure colocation web-service-with inf: web-service "
			    "web");
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
		  "group vmstore: vmstore-ip: ip=192.0.2.500 is no address", -EINVAL },
		{ "vmstore", "255.255.255.0", "wide",
		  "group vmstore: vmstore-ip: cidr_netmask=wide is no netmask", -EINVAL },
		{ NULL, "<cib ", "<bic ", "this is no CIB, as cibadmin --query prints it",
		  -EPROTO },
		{ NULL, "<resources>", "<resource>",
		  "this is no CIB, as cibadmin --query prints it", -EPROTO },
		{ NULL, "<cib ", "<!DOCTYPE cib [<!ENTITY a \"b\">]><cib ",
		  "this is no CIB, as cibadmin --query prints it", -EPROTO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_cib(cases[i].group, cases[i].old, cases[i].new),
				 cases[i].rc);
		assert_string_equal(err.text, cases[i].want);
		assert_int_equal(err.code, BATON_EXIT_CLUSTER);
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
	assert_string_equal(err.text, "group Web.Files: more than one Filesystem, web-fs "
				      "too; a service has one disk, so split the group");
}

/* A line of a service file has a limit; the many clients of an export stand on several. */
static void test_many_clients(void **state)
{
	struct translate_own v[] = { own("192.0.2.11", 24, "eth0", false) };
	char text[4096] = "/srv/web";
	struct service svc;

	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " host%d.example.org(rw)", i);
	assert_int_equal(stocks_read_exports(&stocks, text, strlen(text), "etab", mounts,
					     sizeof(mounts) / sizeof(*mounts), NULL,
					     &err),
			 0);
	assert_int_equal(translate(v, 1), 0);
	assert_int_equal(
		config_parse(&svc, "web", "printed", printed, strlen(printed), &err), 0);
	assert_non_null(strstr(svc.exports[0].clients, " host99.example.org(rw,"));
	service_free(&svc);
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
		assert_string_equal(err.text, cases[i].want);
		assert_int_equal(err.code, BATON_EXIT_CONFIG);
		translation_free(&t);
	}
}

/* What the CIB says ends neither a comment nor a word of the shell. */
static void test_hostile(void **state)
{
	char word[400];

	assert_int_equal(
		read_cib("vmstore", "value=\"safe\"", "value=\"x&#10;export = / *\""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(
		strstr(printed, "# - vmstore-fs: force_unmount=x?export = / * is"));
	/* Nor does a word that no line can take. */
	memset(word, 'x', 300);
	memcpy(word, "value=\"", 7);
	strcpy(word + 300, "\"");
	assert_int_equal(read_cib("vmstore", "value=\"safe\"", word), 0);
	translation_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_int_equal(read_cib("vmstore", "node=\"head1\"", "node=\"a;b'c&#10;\""), 0);
	translation_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(printed, " vmstore prefers 'a;b'\\''c?=100'\n"));
	assert_non_null(strstr(printed, " vmstore 100: 'a;b'\\''c?'\n"));
}

static int read_exports(const char *text, const char *group)
{
	stocks_free(&stocks);
	return stocks_read_exports(&stocks, text, strlen(text), "etab", mounts,
				   sizeof(mounts) / sizeof(*mounts), group, &err);
}

static const char etab[] =
	"/srv/vmstore\t192.0.2.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,no_root_squash,"
	"no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,fsid=1,anonuid=65534,"
	"anongid=65534,sec=sys,rw,secure,no_root_squash,no_all_squash)\n"
	"/srv/web/a\t*(ro,sync,sec=krb5:sys,ro)\n"
	"/srv/web/b\t*(ro,sync,anonuid=7)\n"
	"/srv/tmp\t*(ro)\n"
	"/home\t*(ro)\n";

static void test_head(void **state)
{
	static const char *const keys[] = {
		"device = /dev/sdb",
		"fstype = xfs",
		"options = attr2,inode64,logbufs=8,logbsize=32k,noquota",
		"address = 192.0.2.50/24@eth0",
		"export = / 192.0.2.0/24(rw,no_root_squash)",
		NULL,
	};
	struct translate_own v[] = { own("192.0.2.11", 24, "eth0", false),
				     own("192.0.2.50", 24, "eth0", true) };

	assert_int_equal(read_exports(etab, NULL), 0);
	assert_int_equal(stocks.n, 2);
	assert_string_equal(stocks.v[1].id, "/srv/web");
	assert_int_equal(translate(v, 2), 0);
	assert_string_equal(t.name, "vmstore");
	expect_keys(keys);
	assert_true(is_told("device /dev/sdb is named by the order"));
	assert_true(is_told("which addresses move with this service cannot be told"));
	assert_true(is_told("export /srv/tmp for * is not carried over: it is in the "
			    "filesystem /srv/tmp (tmpfs), which cannot move"));
	assert_true(is_told("export /home for * is not carried over"));
	assert_true(is_told("option 'fsid' is refused"));
	assert_string_equal(t.mounts.v[0], "ADDRESS:/vmstore, till now :/srv/vmstore");
	assert_null(strstr(printed, "resource delete"));
	assert_non_null(strstr(printed, "# Take away what mounts and exports"));

	translation_free(&t);
	assert_int_equal(translate(v, 1), 0);
	assert_string_equal(t.keys.v[3], "address = 192.0.2.11/24@eth0");
	translation_free(&t);
	assert_int_equal(translate(v, 0), -EINVAL);
}

static void test_head_one(void **state)
{
	struct translate_own v[] = { own("192.0.2.11", 24, "eth0", false) };

	assert_int_equal(read_exports(etab, "web"), 0);
	assert_int_equal(stocks.n, 1);
	assert_int_equal(translate(v, 1), 0);
	/* With another flavour nothing behind sec= may go. */
	assert_string_equal(t.keys.v[t.keys.n - 2], "export = /a *(ro,sec=krb5:sys,ro)");
	assert_string_equal(t.keys.v[t.keys.n - 1], "export = /b *(ro,anonuid=7)");
	assert_int_equal(read_exports(etab, "/srv/web"), 0);
	assert_int_equal(read_exports(etab, "nosuch"), -ENOENT);
	assert_string_equal(err.text,
			    "etab exports nothing of a filesystem mounted on nosuch");
	assert_int_equal(read_exports("/srv/tmp *(rw)", NULL), -ENOENT);
	assert_string_equal(
		err.text, "etab exports nothing of a filesystem that could move: export "
			  "/srv/tmp for * is not carried over: it is in the filesystem "
			  "/srv/tmp (tmpfs), which cannot move");
	assert_int_equal(read_exports("/srv/web \"", NULL), -EINVAL);
	assert_string_equal(err.text, "etab:1: a quote is not closed");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_group, clear),
		cmocka_unit_test_teardown(test_commands, clear),
		cmocka_unit_test_teardown(test_operations, clear),
		cmocka_unit_test_teardown(test_group_with_others, clear),
		cmocka_unit_test_teardown(test_id_taken, clear),
		cmocka_unit_test_teardown(test_all_groups, clear),
		cmocka_unit_test_teardown(test_no_group, clear),
		cmocka_unit_test_teardown(test_two_filesystems, clear),
		cmocka_unit_test_teardown(test_many_clients, clear),
		cmocka_unit_test_teardown(test_no_service, clear),
		cmocka_unit_test_teardown(test_hostile, clear),
		cmocka_unit_test_teardown(test_head, clear),
		cmocka_unit_test_teardown(test_head_one, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

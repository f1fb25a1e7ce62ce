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
#include "core/mounttable.h"
#include "ocf/service.h"
#include "stock/import.h"

static struct stock_groups stocks;
static struct import t;
static struct err err;
static char *printed;

static const struct mounttable_entry mounts[] = {
	{ "/dev/root", "/", "ext4", "rw,relatime", "/", 1 },
	{ "/dev/sdb", "/srv/vmstore", "xfs",
	  "rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota", "/", 2 },
	{ "tmpfs", "/srv/tmp", "tmpfs", "rw", "/", 3 },
	{ "/dev/mapper/web", "/srv/web", "ext4", "rw,noatime", "/", 4 },
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
	stock_groups_free(&stocks);
	err.text[0] = '\0';
	rc = cib_read_groups(&stocks, text, strlen(text), group, STOCK_WHOLE, &err);
	free(text);
	return rc;
}

static struct import_own own(const char *ip, unsigned int prefixlen, const char *link,
			     bool secondary)
{
	struct import_own o = { .secondary = secondary };

	assert_int_equal(ipaddr_parse(&o.address.ip, ip), 0);
	o.address.prefixlen = prefixlen;
	snprintf(o.address.link, sizeof(o.address.link), "%s", link);
	return o;
}

/* Of the first of stocks; what is printed has to pass as a service file, comments and all. */
static int translate(const struct import_own *v, size_t n)
{
	int rc = import_group(&t, &stocks.v[0], v, n, &err);
	struct service svc;
	size_t size;
	FILE *out;

	free(printed);
	printed = NULL;
	if (rc < 0)
		return rc;
	out = open_memstream(&printed, &size);
	import_print(out, &t, &stocks.v[0]);
	fclose(out);
	if (config_parse(&svc, t.name, "printed", printed, size, &err))
		fail_msg("%s\n%s", err.text, printed);
	assert_int_equal(svc.n_exports ? svc.n_addresses > 0 : 0, 1);
	service_free(&svc);
	return 0;
}

static int clear(void **state)
{
	import_free(&t);
	stock_groups_free(&stocks);
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
			    "192.0.2.50:/vmstore/iso, till now :/srv/vmstore/iso");
	/* By the export that it lies within. */
	assert_string_equal(
		t.mounts.v[2],
		"192.0.2.50:/vmstore/images/old, till now :/srv/vmstore/images/old");
}

static void expect_commands(enum command_tool tool, enum command_step step,
			    const char *const *want)
{
	const struct strlist *have = &t.commands[tool][step];

	for (size_t i = 0; want[i] || i < have->n; i++) {
		assert_true(i < have->n);
		assert_non_null(want[i]);
		/* The operations have their own test. */
		if (strstr(have->v[i], " op "))
			memmove(strstr(have->v[i], " op "), strstr(have->v[i], " meta "),
				strlen(strstr(have->v[i], " meta ")) + 1);
		assert_string_equal(have->v[i], want[i]);
	}
}

static void test_commands(void **state)
{
#define KEPT "/root/vmstore-before.xml"
	static const char *const stop_pcs[] = {
		"test ! -e " KEPT " &&",
		"cibadmin --query --scope configuration > " KEPT " &&",
		"pcs resource disable --wait vmstore",
		NULL,
	};
	static const char *const stop_crmsh[] = {
		"test ! -e " KEPT " &&",
		"cibadmin --query --scope configuration > " KEPT " &&",
		"crm resource stop vmstore &&",
		"crm_resource --wait",
		NULL,
	};
	static const char *const pcs[] = {
		"pcs resource delete vmstore &&",
		"pcs resource create --disabled vmstore ocf:baton:service "
		"service=vmstore meta allow-migrate=true resource-stickiness=600 &&",
		"pcs constraint location vmstore prefers head1=100 &&",
		"pcs constraint location vmstore avoids head2=INFINITY &&",
		"pcs resource enable vmstore",
		NULL,
	};
	static const char *const crmsh[] = {
		"crm configure delete vmstore vmstore-fs vmstore-export-lan "
		"vmstore-export-six vmstore-export-inner vmstore-ip vmstore-ip2 &&",
		"crm configure primitive vmstore ocf:baton:service params "
		"service=vmstore meta allow-migrate=true target-role=Stopped "
		"resource-stickiness=600 &&",
		"crm configure location vmstore-on-1 vmstore 100: head1 &&",
		"crm configure location vmstore-on-2 vmstore -INFINITY: head2 &&",
		"crm resource start vmstore",
		NULL,
	};
	static const char *const back_pcs[] = {
		"pcs resource delete vmstore &&",
		"crm_resource --wait &&",
		"cibadmin --replace --scope configuration --xml-file " KEPT,
		NULL,
	};
	static const char *const back_crmsh[] = {
		"crm resource stop vmstore &&",
		"crm_resource --wait &&",
		"crm configure delete vmstore &&",
		"crm_resource --wait &&",
		"cibadmin --replace --scope configuration --xml-file " KEPT,
		NULL,
	};

	assert_int_equal(read_cib("vmstore", "", ""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_true(is_told("address 198.51.100.50: no link of this head"));
	assert_true(is_told("address 198.51.100.50: the prefix is not told, 24"));
	assert_true(is_told("vmstore: what its 6 resources have of resource-stickiness"));
	/* Broken as a shell reads it. */
	assert_non_null(strstr(
		printed, "#     crm configure delete vmstore vmstore-fs "
			 "vmstore-export-lan vmstore-export-six \\\n"
			 "#         vmstore-export-inner vmstore-ip vmstore-ip2 &&\n"));
	expect_commands(COMMANDS_PCS, COMMANDS_STOP, stop_pcs);
	expect_commands(COMMANDS_CRMSH, COMMANDS_STOP, stop_crmsh);
	expect_commands(COMMANDS_PCS, COMMANDS_PUT, pcs);
	expect_commands(COMMANDS_CRMSH, COMMANDS_PUT, crmsh);
	expect_commands(COMMANDS_PCS, COMMANDS_BACK, back_pcs);
	expect_commands(COMMANDS_CRMSH, COMMANDS_BACK, back_crmsh);
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
	assert_non_null(strstr(t.commands[COMMANDS_CRMSH][COMMANDS_PUT].v[1], want));
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
	static const char *const stop[] = {
		"test ! -e /root/web-files-before.xml &&",
		"cibadmin --query --scope configuration > "
		"/root/web-files-before.xml &&",
		"pcs resource disable --wait Web.Files",
		NULL,
	};
	static const char *const pcs[] = {
		"pcs resource delete web-ip &&",
		"pcs resource delete web-export &&",
		"pcs resource delete web-nfs &&",
		"pcs resource delete web-fs &&",
		"pcs resource create --disabled web-files ocf:baton:service "
		"service=web-files meta allow-migrate=true &&",
		"pcs constraint order Web.Files then web-files &&",
		"pcs constraint colocation add web-files with Web.Files &&",
		"pcs resource enable Web.Files &&",
		"pcs resource enable web-files",
		NULL,
	};
	static const char *const crmsh[] = {
		"crm configure delete web-fs web-nfs web-export web-ip &&",
		"crm configure primitive web-files ocf:baton:service params "
		"service=web-files meta allow-migrate=true target-role=Stopped &&",
		"crm configure order web-files-after Mandatory: Web.Files web-files &&",
		"crm configure colocation web-files-with inf: web-files Web.Files &&",
		"crm resource start Web.Files &&",
		"crm resource start web-files",
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
	assert_string_equal(t.mounts.v[0], "[2001:db8::50]:/web-files, till now :/");
	expect_commands(COMMANDS_PCS, COMMANDS_STOP, stop);
	expect_commands(COMMANDS_PCS, COMMANDS_PUT, pcs);
	expect_commands(COMMANDS_CRMSH, COMMANDS_PUT, crmsh);
}

/* The group stays, so its id is taken; so may be the next one. */
static void test_id_taken(void **state)
{
	const struct strlist *pcs = &t.commands[COMMANDS_PCS][COMMANDS_PUT];

	assert_int_equal(read_cib("web", "<group id=\"Web.Files\"", "<group id=\"web\""),
			 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_string_equal(pcs->v[4],
			    "pcs resource create --disabled web-service "
			    "ocf:baton:service service=web meta allow-migrate=true &&");
	assert_string_equal(pcs->v[5], "pcs constraint order web then web-service &&");
	assert_string_equal(t.commands[COMMANDS_CRMSH][COMMANDS_PUT].v[3],
			    "crm configure colocation web-service-with inf: web-service "
			    "web &&");
	/* By a resource that stays; what goes with the group takes no id. */
	import_free(&t);
	assert_int_equal(read_cib("Web.Files", "\"web-lvm\"", "\"web-files\""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(pcs->v[4], " --disabled web-files-service ocf:"));
	assert_non_null(strstr(t.commands[COMMANDS_PCS][COMMANDS_BACK].v[0],
			       " delete web-files-service &&"));
	import_free(&t);
	assert_int_equal(read_cib("Web.Files", "\"web-fs\"", "\"web-files\""), 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(pcs->v[4], " --disabled web-files ocf:"));
}

/* Pacemaker adds up the stickiness of a group's resources, own, inherited, or default. */
static void test_stickiness(void **state)
{
	static const struct {
		const char *old, *new, *want;
	} cases[] = {
		{ "", "", "600" },
		{ "name=\"resource-stickiness\" value=\"100\"",
		  "name=\"resource-stickiness\" value=\"INFINITY\"", "INFINITY" },
		{ "name=\"resource-stickiness\" value=\"100\"",
		  "name=\"resource-stickiness\" value=\"-INFINITY\"", "-INFINITY" },
		{ "type=\"Filesystem\">",
		  "type=\"Filesystem\"><meta_attributes id=\"x\"><nvpair id=\"x1\" "
		  "name=\"resource-stickiness\" value=\"7\"/></meta_attributes>",
		  "507" },
		{ "name=\"resource-stickiness\" value=\"100\"",
		  "name=\"priority\" value=\"1\"", NULL },
	};
	const struct strlist *pcs = &t.commands[COMMANDS_PCS][COMMANDS_PUT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *at;

		assert_int_equal(read_cib("vmstore", cases[i].old, cases[i].new), 0);
		import_free(&t);
		assert_int_equal(translate(NULL, 0), 0);
		at = strstr(pcs->v[1], "resource-stickiness=");
		assert_int_equal(!at, !cases[i].want);
		if (at)
			assert_memory_equal(at + 20, cases[i].want,
					    strlen(cases[i].want));
	}
	/* Of all resources of the cluster. */
	assert_int_equal(read_cib("Web.Files", "</configuration>",
				  "<rsc_defaults><meta_attributes id=\"d\"><nvpair "
				  "id=\"d1\" name=\"resource-stickiness\" value=\"10\"/>"
				  "</meta_attributes></rsc_defaults></configuration>"),
			 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(pcs->v[4], " resource-stickiness=40 &&"));
}

/* What Pacemaker does not stop must not be replaced. */
static void test_unmanaged(void **state)
{
	static const struct {
		const char *old, *new, *want;
	} cases[] = {
		{ "name=\"stonith-enabled\" value=\"false\"",
		  "name=\"maintenance-mode\" value=\"TRUE\"", "maintenance-mode=TRUE: " },
		{ "name=\"target-role\" value=\"Started\"",
		  "name=\"is-managed\" value=\"no\"", "is-managed=no: " },
		{ "type=\"Filesystem\">",
		  "type=\"Filesystem\"><meta_attributes id=\"x\"><nvpair id=\"x1\" "
		  "name=\"maintenance\" value=\"1\"/></meta_attributes>",
		  "maintenance=1: " },
		{ "<instance_attributes id=\"nfs-export-ia\">",
		  "<meta_attributes id=\"x\"><nvpair id=\"x1\" name=\"is-managed\" "
		  "value=\"false\"/></meta_attributes>"
		  "<instance_attributes id=\"nfs-export-ia\">",
		  "is-managed=false: " },
		{ "<node id=\"1\" uname=\"head1\"/>",
		  "<node id=\"1\" uname=\"head1\"><instance_attributes id=\"x\"><nvpair "
		  "id=\"x1\" name=\"maintenance\" value=\"on\"/>"
		  "</instance_attributes></node>",
		  "maintenance=on: " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_cib("vmstore", cases[i].old, cases[i].new), 0);
		import_free(&t);
		assert_int_equal(translate(NULL, 0), 0);
		if (!is_told(cases[i].want))
			fail_msg("not told: %s", cases[i].want);
		assert_null(strstr(printed, "pcs resource"));
		assert_null(strstr(printed, "crm configure"));
		assert_non_null(strstr(printed, "# No more, as long as Pacemaker does"));
	}
	assert_int_equal(read_cib("vmstore", "name=\"stonith-enabled\" value=\"false\"",
				  "name=\"maintenance-mode\" value=\"false\""),
			 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(printed, "pcs resource create"));
}

/* The way of Red Hat's guide: a top with fsid=0, and what is to be mounted below it. */
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
	assert_string_equal(t.mounts.v[0], "192.0.2.50:/vmstore, till now :/");
	assert_string_equal(t.mounts.v[1],
			    "192.0.2.50:/vmstore/images, till now :/images");
	assert_string_equal(t.mounts.v[2],
			    "192.0.2.50:/vmstore/images/old, till now :/images/old");
	assert_true(is_told("export /srv/vmstore/images for [2001:db8::]/64 is not "
			    "carried over: it lies within another export"));
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
		/* In clouds and by some guides; only the head has a network then. */
		{ "255.255.255.0", "32", "address = 192.0.2.50/24@eth0",
		  "address 192.0.2.50: a prefix of 32 has no network in it" },
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

/* One that can be no service does not hide the others. */
static void test_fault(void **state)
{
	assert_int_equal(read_cib(NULL, "name=\"fstype\"", "name=\"type\""), 0);
	assert_int_equal(stocks.n, 2);
	assert_string_equal(stocks.v[0].directory, "/srv/vmstore");
	assert_int_equal(translate(NULL, 0), -EINVAL);
	assert_string_equal(
		err.text, "group vmstore: vmstore-fs lacks device, directory or fstype");
	assert_int_equal(err.code, BATON_EXIT_CLUSTER);
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
		  "group vmstore: vmstore-ip: ip=192.0.2.500 is no address", -EINVAL },
		{ "vmstore", "255.255.255.0", "255.0.255.0",
		  "group vmstore: vmstore-ip: cidr_netmask=255.0.255.0 is no netmask",
		  -EINVAL },
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
	struct import_own v[] = { own("192.0.2.11", 24, "eth0", false) };
	char text[4096] = "/srv/web";
	struct service svc;

	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " host%d.example.org(rw)", i);
	assert_int_equal(exports_read_groups(&stocks, text, strlen(text), "etab", mounts,
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
		import_free(&t);
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
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_int_equal(read_cib("vmstore", "node=\"head1\"", "node=\"a;b'c&#10;\""), 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(printed, " vmstore prefers 'a;b'\\''c?=100' &&\n"));
	assert_non_null(strstr(printed, " vmstore 100: 'a;b'\\''c?' &&\n"));
}

static int read_exports(const char *text, const char *group)
{
	stock_groups_free(&stocks);
	return exports_read_groups(&stocks, text, strlen(text), "etab", mounts,
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
	struct import_own v[] = { own("192.0.2.11", 24, "eth0", false),
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
	assert_non_null(strstr(printed, "# 2. Take away what mounts and exports"));

	import_free(&t);
	assert_int_equal(translate(v, 1), 0);
	assert_string_equal(t.keys.v[3], "address = 192.0.2.11/24@eth0");
	import_free(&t);
	assert_int_equal(translate(v, 0), -EINVAL);
}

/* A disk that is mounted in several places is one service, with the paths of the disk. */
static void test_bound(void **state)
{
	static const struct mounttable_entry bound[] = {
		{ "/dev/sda", "/", "btrfs", "rw,subvol=/@rootfs", "/@rootfs", 1 },
		{ "/dev/sdb", "/srv/nfs4/images", "xfs", "rw", "/vm/images", 2 },
		{ "/dev/sdb", "/srv/vmstore", "xfs", "rw,noatime", "/", 2 },
		{ "/dev/sda", "/srv/nfs4/own", "btrfs", "rw,subvol=/@own", "/@own", 1 },
		{ "/dev/sdc", "/srv/data", "btrfs", "rw,subvol=/data", "/data", 3 },
		{ "/dev/sdc", "/srv/nfs4/sub", "btrfs", "rw,subvol=/data", "/data/sub",
		  3 },
		{ "/dev/sdc", "/srv/other", "btrfs", "rw,subvol=/others", "/others", 3 },
	};
	static const char text[] = "/srv/nfs4 *(ro,fsid=0)\n/srv/nfs4/images *(rw)\n"
				   "/srv/vmstore/iso *(ro)\n/srv/nfs4/own *(rw)\n"
				   "/srv/nfs4/sub *(rw)\n/srv/other *(rw)\n";
	struct import_own v[] = { own("192.0.2.11", 24, "eth0", false) };
	size_t n = sizeof(bound) / sizeof(*bound);

	assert_int_equal(exports_read_groups(&stocks, text, strlen(text), "etab", bound,
					     n, NULL, &err),
			 0);
	assert_int_equal(stocks.n, 2);
	assert_string_equal(stocks.v[0].id, "/srv/vmstore");
	assert_int_equal(translate(v, 1), 0);
	assert_string_equal(t.keys.v[t.keys.n - 2], "export = /vm/images *(rw)");
	assert_string_equal(t.keys.v[t.keys.n - 1], "export = /iso *(ro)");
	assert_string_equal(t.mounts.v[0],
			    "ADDRESS:/vmstore/vm/images, till now :/images");
	assert_true(
		is_told("export /srv/nfs4/own for * is not carried over: it is in the "
			"filesystem / (/dev/sda), which cannot move"));
	assert_string_equal(stocks.v[1].id, "/srv/data");
	assert_string_equal(stocks.v[1].exports[0].inside, "/sub");
	assert_null(stocks.v[1].exports[1].inside);
	/* By any of the places. */
	stock_groups_free(&stocks);
	assert_int_equal(exports_read_groups(&stocks, text, strlen(text), "etab", bound,
					     n, "images", &err),
			 0);
	assert_int_equal(stocks.n, 1);
	assert_int_equal(stocks.v[0].n_exports, 2);
}

static void test_head_one(void **state)
{
	struct import_own v[] = { own("192.0.2.11", 24, "eth0", false) };

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
		cmocka_unit_test_teardown(test_stickiness, clear),
		cmocka_unit_test_teardown(test_unmanaged, clear),
		cmocka_unit_test_teardown(test_root, clear),
		cmocka_unit_test_teardown(test_small, clear),
		cmocka_unit_test_teardown(test_fault, clear),
		cmocka_unit_test_teardown(test_all_groups, clear),
		cmocka_unit_test_teardown(test_no_group, clear),
		cmocka_unit_test_teardown(test_two_filesystems, clear),
		cmocka_unit_test_teardown(test_many_clients, clear),
		cmocka_unit_test_teardown(test_no_service, clear),
		cmocka_unit_test_teardown(test_hostile, clear),
		cmocka_unit_test_teardown(test_head, clear),
		cmocka_unit_test_teardown(test_bound, clear),
		cmocka_unit_test_teardown(test_head_one, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

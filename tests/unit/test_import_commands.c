// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_import_commands: the commands, for pcs and crmsh, that replace a group of stock
 * agents by a service, and back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_case.h"
#include "ocf/service.h"

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
		"service=vmstore meta allow-migrate=true failure-timeout=120s resource-stickiness=600 &&",
		"pcs constraint location vmstore prefers head1=100 &&",
		"pcs constraint location vmstore avoids head2=INFINITY &&",
		"pcs resource enable vmstore",
		NULL,
	};
	static const char *const crmsh[] = {
		"crm configure delete vmstore vmstore-fs vmstore-export-lan "
		"vmstore-export-six vmstore-export-inner vmstore-ip vmstore-ip2 &&",
		"crm configure primitive vmstore ocf:baton:service params "
		"service=vmstore meta allow-migrate=true failure-timeout=120s target-role=Stopped "
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
	assert_true(is_told("address 198.51.100.50: the prefix length is unknown, 24"));
	assert_true(is_told(
		"vmstore: the service gets the sum of its 6 resources' resource-stickiness"));
	/* Split into lines as a shell expects it. */
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

/* crmsh takes no operations from the meta-data, so ours must match the agent's. */
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
		"service=web-files meta allow-migrate=true failure-timeout=120s &&",
		"pcs constraint order Web.Files then web-files &&",
		"pcs constraint colocation add web-files with Web.Files &&",
		"pcs resource enable Web.Files &&",
		"pcs resource enable web-files",
		NULL,
	};
	static const char *const crmsh[] = {
		"crm configure delete web-fs web-nfs web-export web-ip &&",
		"crm configure primitive web-files ocf:baton:service params "
		"service=web-files meta allow-migrate=true failure-timeout=120s target-role=Stopped &&",
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
	assert_true(is_told(
		"web-lvm (ocf:heartbeat:LVM-activate) is not a part of a service"));
	assert_true(is_told("web-nfs (nfsserver) is not carried over"));
	assert_true(
		is_told("web-nfs: attribute nfs_shared_infodir=/srv/web/nfsinfo is "));
	assert_string_equal(t.mounts.v[0], "[2001:db8::50]:/web-files, until now :/");
	expect_commands(COMMANDS_PCS, COMMANDS_STOP, stop);
	expect_commands(COMMANDS_PCS, COMMANDS_PUT, pcs);
	expect_commands(COMMANDS_CRMSH, COMMANDS_PUT, crmsh);
}

/* The group stays, so its id is taken; the next one may be, too. */
static void test_id_taken(void **state)
{
	const struct strlist *pcs = &t.commands[COMMANDS_PCS][COMMANDS_PUT];

	assert_int_equal(read_cib("web", "<group id=\"Web.Files\"", "<group id=\"web\""),
			 0);
	assert_int_equal(translate(NULL, 0), 0);
	assert_string_equal(
		pcs->v[4],
		"pcs resource create --disabled web-service "
		"ocf:baton:service service=web meta allow-migrate=true failure-timeout=120s &&");
	assert_string_equal(pcs->v[5], "pcs constraint order web then web-service &&");
	assert_string_equal(t.commands[COMMANDS_CRMSH][COMMANDS_PUT].v[3],
			    "crm configure colocation web-service-with inf: web-service "
			    "web &&");
	/* Taken by a resource that stays; ids of the group that goes are free. */
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

/* Pacemaker adds up the stickiness of a group's resources: own, inherited, or default. */
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
	/* Ids of all resources in the cluster count. */
	assert_int_equal(read_cib("Web.Files", "</configuration>",
				  "<rsc_defaults><meta_attributes id=\"d\"><nvpair "
				  "id=\"d1\" name=\"resource-stickiness\" value=\"10\"/>"
				  "</meta_attributes></rsc_defaults></configuration>"),
			 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(pcs->v[4], " resource-stickiness=40 &&"));
}

/* A group that Pacemaker does not stop must not be replaced. */
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
		assert_non_null(
			strstr(printed, "# Nothing more as long as Pacemaker does"));
	}
	assert_int_equal(read_cib("vmstore", "name=\"stonith-enabled\" value=\"false\"",
				  "name=\"maintenance-mode\" value=\"false\""),
			 0);
	import_free(&t);
	assert_int_equal(translate(NULL, 0), 0);
	assert_non_null(strstr(printed, "pcs resource create"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_commands, clear),
		cmocka_unit_test_teardown(test_operations, clear),
		cmocka_unit_test_teardown(test_group_with_others, clear),
		cmocka_unit_test_teardown(test_id_taken, clear),
		cmocka_unit_test_teardown(test_stickiness, clear),
		cmocka_unit_test_teardown(test_unmanaged, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

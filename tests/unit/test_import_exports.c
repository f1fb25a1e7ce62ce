// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_import_exports: the exports of a head without a cluster become service files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "core/mounttable.h"
#include "import_case.h"

static const struct mounttable_entry mounts[] = {
	{ "/dev/root", "/", "ext4", "rw,relatime", "/", 1 },
	{ "/dev/sdb", "/srv/vmstore", "xfs",
	  "rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota", "/", 2 },
	{ "tmpfs", "/srv/tmp", "tmpfs", "rw", "/", 3 },
	{ "/dev/mapper/web", "/srv/web", "ext4", "rw,noatime", "/", 4 },
};

static int read_exports(const char *text, const char *group)
{
	stock_groups_free(&stocks);
	return exports_read_groups(&stocks, text, strlen(text), "etab", mounts,
				   sizeof(mounts) / sizeof(*mounts), group, &failure);
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
	assert_string_equal(t.mounts.v[0], "ADDRESS:/vmstore, until now :/srv/vmstore");
	assert_null(strstr(printed, "resource delete"));
	assert_non_null(strstr(printed, "# 2. Take away what mounts and exports"));

	import_free(&t);
	assert_int_equal(translate(v, 1), 0);
	assert_string_equal(t.keys.v[3], "address = 192.0.2.11/24@eth0");
	import_free(&t);
	assert_int_equal(translate(v, 0), -EINVAL);
}

/* A disk mounted in several places is one service, with paths relative to the disk. */
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
					     n, NULL, &failure),
			 0);
	assert_int_equal(stocks.n, 2);
	assert_string_equal(stocks.v[0].id, "/srv/vmstore");
	assert_int_equal(translate(v, 1), 0);
	assert_string_equal(t.keys.v[t.keys.n - 2], "export = /vm/images *(rw)");
	assert_string_equal(t.keys.v[t.keys.n - 1], "export = /iso *(ro)");
	assert_string_equal(t.mounts.v[0],
			    "ADDRESS:/vmstore/vm/images, until now :/images");
	assert_true(
		is_told("export /srv/nfs4/own for * is not carried over: it is in the "
			"filesystem / (/dev/sda), which cannot move"));
	assert_string_equal(stocks.v[1].id, "/srv/data");
	assert_string_equal(stocks.v[1].exports[0].inside, "/sub");
	assert_null(stocks.v[1].exports[1].inside);
	/* Named by any of its mount points. */
	stock_groups_free(&stocks);
	assert_int_equal(exports_read_groups(&stocks, text, strlen(text), "etab", bound,
					     n, "images", &failure),
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
	/* With another flavour, nothing after sec= may be dropped. */
	assert_string_equal(t.keys.v[t.keys.n - 2], "export = /a *(ro,sec=krb5:sys,ro)");
	assert_string_equal(t.keys.v[t.keys.n - 1], "export = /b *(ro,anonuid=7)");
	assert_int_equal(read_exports(etab, "/srv/web"), 0);
	assert_int_equal(read_exports(etab, "nosuch"), -ENOENT);
	assert_string_equal(failure.text,
			    "etab exports nothing of a filesystem mounted on nosuch");
	assert_int_equal(read_exports("/srv/tmp *(rw)", NULL), -ENOENT);
	assert_string_equal(
		failure.text,
		"etab exports nothing of a filesystem that could move: export "
		"/srv/tmp for * is not carried over: it is in the filesystem "
		"/srv/tmp (tmpfs), which cannot move");
	assert_int_equal(read_exports("/srv/web \"", NULL), -EINVAL);
	assert_string_equal(failure.text, "etab:1: a quote is not closed");
}

/* Lines of a service file have a limit; the many clients of an export take several. */
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
					     &failure),
			 0);
	assert_int_equal(translate(v, 1), 0);
	assert_int_equal(
		config_parse(&svc, "web", "printed", printed, strlen(printed), &failure),
		0);
	assert_non_null(strstr(svc.exports[0].clients, " host99.example.org(rw,"));
	service_free(&svc);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_head, clear),
		cmocka_unit_test_teardown(test_bound, clear),
		cmocka_unit_test_teardown(test_head_one, clear),
		cmocka_unit_test_teardown(test_many_clients, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

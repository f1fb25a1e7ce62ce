// SPDX-License-Identifier: GPL-2.0-or-later
/* test_paths: the longest name fits everywhere, also a socket's path in its address. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "core/paths.h"

static const char longest[] = "abcdefghijklmnopqrstuvwxyz012345";

static void every_path_ends_as_it_should(void **state)
{
	struct paths p;
	const struct {
		const char *path;
		const char *end;
	} ends[] = {
		{ p.sock, "/sock" },
		{ p.keeper, "/keeper" },
		{ p.lock, "/lock" },
		{ p.held, "/held" },
		{ p.ledger, "/run/baton/abcdefghijklmnopqrstuvwxyz012345/ledger.json" },
		{ p.ledger_lock, "/ledger.lock" },
		{ p.ledger_kept,
		  "/var/lib/baton/abcdefghijklmnopqrstuvwxyz012345/ledger.json" },
		{ p.pins, "/ns" },
		{ p.mnt, "/ns/mnt" },
		{ p.uts, "/ns/uts" },
		{ p.netns, "/run/netns/baton-abcdefghijklmnopqrstuvwxyz012345" },
		{ p.mountd_pid, "/mountd.pid" },
		{ p.idmapd_pid, "/idmapd.pid" },
		{ p.guard_path, "/guard.path" },
		{ p.nfsdcld_pid, "/nfsdcld.pid" },
		{ p.fs, "/fs" },
		{ p.root, "/root" },
		{ p.state, "/fs/.baton" },
		{ p.nfsdcld, "/fs/.baton/nfsdcld" },
		{ p.tickle, "/fs/.baton/tickle" },
		{ p.conns, "/fs/.baton/tickle/connections" },
		{ p.pulse, "/fs/.baton/tickle/pulse" },
		{ p.rpcbind, "/rpcbind" },
	};

	assert_int_equal(strlen(longest), SERVICE_NAME_MAX);
	paths_init(&p, longest);
	assert_string_equal(p.run, "/run/baton/abcdefghijklmnopqrstuvwxyz012345");
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i].path), e = strlen(ends[i].end);

		assert_true(n > e || strcmp(ends[i].path, ends[i].end) == 0);
		assert_string_equal(ends[i].path + n - e, ends[i].end);
		/* Room for suffixes that others append: ".new", "/main.sqlite". */
		assert_true(n + sizeof("/main.sqlite") <= PATHS_MAX);
	}
	assert_true(strlen(p.sock) < sizeof(((struct sockaddr_un *)0)->sun_path));
}

static void no_two_are_the_same(void **state)
{
	struct paths p;
	const char *all = (const char *)&p;

	paths_init(&p, "a");
	for (size_t i = 0; i < sizeof(p); i += PATHS_MAX)
		for (size_t j = 0; j < i; j += PATHS_MAX)
			assert_string_not_equal(all + i, all + j);
}

static void exports(void **state)
{
	char buf[PATH_MAX], path[PATH_MAX];
	struct paths p;

	paths_init(&p, "vmstore");
	paths_export(buf, &p, "vmstore", "/");
	assert_string_equal(buf, "/run/baton/vmstore/root/vmstore");
	paths_export(buf, &p, "vmstore", "/images/a b");
	assert_string_equal(buf, "/run/baton/vmstore/root/vmstore/images/a b");
	/* Longer than the buffer: cut, not overrun. */
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	paths_export(buf, &p, "vmstore", path);
	assert_int_equal(strlen(buf), PATH_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_ends_as_it_should),
		cmocka_unit_test(no_two_are_the_same),
		cmocka_unit_test(exports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

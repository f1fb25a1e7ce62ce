// SPDX-License-Identifier: GPL-2.0-or-later
/* test_config: service files, good and bad; every message verbatim. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "core/keys.h"

#define DEV  "device = /dev/sdb\n"
#define ADDR "address = 192.0.2.50/24@ens192\n"
#define EXP  "export = / *(rw)\n"
/* Complete in lines 1 to 4: what follows is line 5. */
#define GOOD "[service]\n" DEV ADDR EXP

static int parse(struct service *svc, const char *text, struct err *err)
{
	/* On the heap without a closing zero: ASan detects a read past the end. */
	size_t n = strlen(text);
	char *copy = malloc(n ? n : 1);
	int rc;

	memcpy(copy, text, n);
	rc = config_parse(svc, "vmstore", "f", copy, n, err);
	free(copy);
	return rc;
}

static void parse_good(struct service *svc, const char *text)
{
	struct err err = { 0 };

	if (parse(svc, text, &err))
		fail_msg("%s", err.text);
}

static void test_defaults(void **state)
{
	struct service svc;

	parse_good(&svc, GOOD);
	assert_string_equal(svc.name, "vmstore");
	assert_string_equal(svc.file, "f");
	assert_string_equal(svc.device, "/dev/sdb");
	assert_string_equal(svc.fstype, "xfs");
	assert_string_equal(svc.options, "");
	assert_int_equal(svc.n_addresses, 1);
	assert_int_equal(svc.addresses[0].prefixlen, 24);
	assert_string_equal(svc.addresses[0].link, "ens192");
	assert_int_equal(svc.gateway4.family, 0);
	assert_int_equal(svc.gateway6.family, 0);
	assert_int_equal(svc.n_exports, 1);
	assert_int_equal(svc.exports[0].line, 4);
	assert_int_equal(svc.lease, 10);
	assert_int_equal(svc.grace, 20);
	assert_int_equal(svc.courtesy, 90);
	assert_int_equal(svc.drain, 5);
	assert_int_equal(svc.disk_timeout, 150);
	assert_int_equal(svc.guard, GUARD_NONE);
	assert_int_equal(svc.guard_timeout, 20);
	assert_int_equal(svc.threads, 16);
	assert_int_equal(svc.link, LINK_MACVLAN);
	assert_int_equal(svc.versions, VERSION_4_1 | VERSION_4_2);
	service_free(&svc);
}

static void test_everything(void **state)
{
	char text[IPADDR_TEXT];
	struct service svc;

	/* BOM, CRLF, comments, tabs, ':' for '=', continued lines, no last newline. */
	parse_good(&svc, "\xef\xbb\xbf# a comment\r\n[service]   ; the only one\r\n"
			 "device=/dev/disk/by-id/wwn-0x5000\r\n"
			 "fstype:ext4\r\n"
			 "options = noatime,x-a=b;c ; with; comment\r\n"
			 "\r\n"
			 "address = 192.0.2.50/24@ens192\r\n"
			 "address = 2001:db8::50/64@bond0.17\r\n"
			 "address = 198.51.100.1/31@e\r\n"
			 "gateway = 192.0.2.1\r\n"
			 "gateway\t=\tfe80::1\r\n"
			 "export = /a h1(rw) ; one\r\n"
			 "\th2(ro) ; two\r\n"
			 "; no part of it\r\n"
			 "  h3\r\n"
			 "export = \"/b c\" 2001:db8::/32(rw)\r\n"
			 "lease = 3600\r\n"
			 "grace = 3600\r\n"
			 "courtesy = 0\r\n"
			 "drain = 30\r\n"
			 "disk-timeout = 3600\r\n"
			 "guard = reservation\r\n"
			 "guard-timeout = 600\r\n"
			 "threads = 1024\r\n"
			 "link = ipvlan\r\n"
			 "versions = 4.0  4.2");
	assert_string_equal(svc.fstype, "ext4");
	assert_string_equal(svc.options, "noatime,x-a=b;c");
	assert_int_equal(svc.n_addresses, 3);
	assert_string_equal(ipaddr_format(&svc.addresses[1].ip, text), "2001:db8::50");
	assert_string_equal(ipaddr_format(&svc.gateway4, text), "192.0.2.1");
	assert_string_equal(ipaddr_format(&svc.gateway6, text), "fe80::1");
	assert_int_equal(svc.n_exports, 2);
	assert_string_equal(svc.exports[0].clients,
			    "h1(rw,sync,no_subtree_check) h2(ro,sync,no_subtree_check) "
			    "h3(sync,no_subtree_check)");
	assert_int_equal(svc.exports[0].line, 12);
	assert_string_equal(svc.exports[1].path, "/b c");
	assert_int_equal(svc.exports[1].line, 16);
	assert_int_equal(svc.drain, 30);
	assert_int_equal(svc.disk_timeout, 3600);
	assert_int_equal(svc.guard, GUARD_RESERVATION);
	assert_int_equal(svc.guard_timeout, 600);
	assert_int_equal(svc.threads, 1024);
	assert_int_equal(svc.link, LINK_IPVLAN);
	assert_int_equal(svc.versions, VERSION_4_0 | VERSION_4_2);
	service_free(&svc);
}

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "f: section [service] is missing" },
	{ "\n# nothing\n", "f: section [service] is missing" },
	{ "[service]", "f: key 'device' is missing" },
	{ "[service]\ndevice = /dev/sdb\nfstype = xfs\naddress = 192.0.2.50/24@ens192\n"
	  "export = / *(rw)\ndrain = 6\n",
	  "f:6: drain: 6 is longer than half of lease 10: leases would run out meanwhile" },
	{ GOOD "guard = reservation\nfstype = btrfs\n",
	  "f:5: guard: reservation is not for btrfs, which cannot be shut down when another "
	  "head takes the disk" },
	{ GOOD "options = logdev=/dev/a\nguard = reservation\n",
	  "f:6: guard: reservation is of one disk, and options has logdev=" },
	{ GOOD "guard-timeout = 4\n",
	  "f:5: guard-timeout: '4' is not between 5 and 600 seconds" },
	{ GOOD "guard = maybe\n",
	  "f:5: guard: 'maybe' is not allowed; allowed: none reservation" },
	{ GOOD "disk-timeout = 9\n",
	  "f:5: disk-timeout: '9' is not between 10 and 3600 seconds" },
	{ "[service]\n" DEV EXP, "f: key 'address' is missing" },
	{ "[service]\n" DEV ADDR, "f: key 'export' is missing" },
	{ DEV, "f:1: 'device' comes before the section [service]" },
	{ GOOD "[services]\n",
	  "f:5: unknown section '[services]'; only [service] is known" },
	{ "[service] x\n",
	  "f:1: unknown section '[service] x'; only [service] is known" },
	{ "[service\n", "f:1: unknown section '[service'; only [service] is known" },
	{ GOOD "[service]\n", "f:5: section [service] already begins in line 1" },
	{ GOOD "leas = 10\n",
	  "f:5: unknown key 'leas'; known to baton " BATON_VERSION
	  ": device fstype options address gateway export lease grace courtesy drain "
	  "disk-timeout guard guard-timeout threads link versions" },
	{ GOOD "lease\n", "f:5: is neither 'key = value' nor '[service]'" },
	{ GOOD "lease = 10\nlease = 10\n", "f:6: lease: is already set in line 5" },
	{ GOOD DEV, "f:5: device: is already set in line 2" },
	{ GOOD "lease =\n", "f:5: lease: the value is missing" },
	{ GOOD "lease = 5\n", "f:5: lease: '5' is not between 10 and 3600 seconds" },
	{ GOOD "lease = 3601\n",
	  "f:5: lease: '3601' is not between 10 and 3600 seconds" },
	{ GOOD "lease = +10\n", "f:5: lease: '+10' is not between 10 and 3600 seconds" },
	{ GOOD "lease = 10s\n", "f:5: lease: '10s' is not between 10 and 3600 seconds" },
	{ GOOD "lease = 99999999999999999999\n",
	  "f:5: lease: '99999999999999999999' is not between 10 and 3600 seconds" },
	{ GOOD "lease = 10 # ten\n",
	  "f:5: '#' begins a comment only at the start of a line; here use ' ;'" },
	{ GOOD "grace = 9\n", "f:5: grace: '9' is not between 10 and 3600 seconds" },
	{ GOOD "courtesy = 86401\n",
	  "f:5: courtesy: '86401' is not between 0 and 86400 seconds" },
	{ GOOD "lease = 30\n",
	  "f:5: grace: 20 (the default) is shorter than lease 30: clients "
	  "that renew late would lose their locks" },
	{ GOOD "lease = 30\ngrace = 29\n",
	  "f:6: grace: 29 is shorter than lease 30: clients "
	  "that renew late would lose their locks" },
	{ GOOD "threads = 0\n", "f:5: threads: '0' is not between 1 and 1024" },
	{ GOOD "threads = 1025\n", "f:5: threads: '1025' is not between 1 and 1024" },
	{ GOOD "fstype = overlay\n",
	  "f:5: fstype: 'overlay' is not allowed; allowed: xfs ext4 btrfs" },
	{ GOOD "fstype = xfs ext4\n",
	  "f:5: fstype: 'xfs ext4' is not allowed; allowed: xfs ext4 btrfs" },
	{ GOOD "link = bridge\n",
	  "f:5: link: 'bridge' is not allowed; allowed: macvlan ipvlan" },
	{ GOOD "versions = 3 4.1\n",
	  "f:5: versions: '3' is refused: the locks of NFSv3 do not move" },
	{ GOOD "versions = 4\n",
	  "f:5: versions: '4' is not allowed; allowed: 4.0 4.1 4.2" },
	{ GOOD "versions = 4.1,4.2\n",
	  "f:5: versions: '4.1,4.2' is not allowed; allowed: 4.0 4.1 4.2" },
	{ GOOD "options = a,,b\n", "f:5: options: 'a,,b' has an empty item" },
	{ GOOD "options = a,\n", "f:5: options: 'a,' has an empty item" },
	{ GOOD "options = a, b\n",
	  "f:5: options: 'a, b' has a blank, quote or backslash in it" },
	{ GOOD "options = noatime,ro\n",
	  "f:5: options: 'ro' is refused: the recovery database is written to this disk" },
	{ GOOD "options = nobarrier\n",
	  "f:5: options: 'nobarrier' is refused: acknowledged writes could be lost" },
	{ GOOD "options = bind\n",
	  "f:5: options: 'bind' is refused: baton mounts the device itself" },
	{ "[service]\ndevice = sdb\n", "f:2: device: 'sdb' is not a path under /dev" },
	{ "[service]\ndevice = /dev/\n",
	  "f:2: device: '/dev/' is not a path under /dev" },
	{ "[service]\ndevice = UUID=1\n",
	  "f:2: device: 'UUID=1' is not a path under /dev" },
	{ "[service]\ndevice = /dev/../etc/passwd\n",
	  "f:2: device: '/dev/../etc/passwd' is not a plain path: no '//', '.', '..' or last '/'" },
	{ "[service]\ndevice = /dev/sd b\n",
	  "f:2: device: '/dev/sd b' has a blank in it" },
	{ "[service]\naddress = 192.0.2.50\n",
	  "f:2: address: '192.0.2.50' is not "
	  "ADDRESS/PREFIX@LINK, as in 192.0.2.50/24@ens192" },
	{ "[service]\naddress = 192.0.2.50/24\n",
	  "f:2: address: '192.0.2.50/24' is not "
	  "ADDRESS/PREFIX@LINK, as in 192.0.2.50/24@ens192" },
	{ "[service]\naddress = 192.0.2.50@e\n",
	  "f:2: address: '192.0.2.50@e' is not "
	  "ADDRESS/PREFIX@LINK, as in 192.0.2.50/24@ens192" },
	{ "[service]\naddress = 192.0.2/24@e\n",
	  "f:2: address: '192.0.2' is not an IPv4 or IPv6 address" },
	{ "[service]\naddress = host/24@e\n",
	  "f:2: address: 'host' is not an IPv4 or IPv6 address" },
	{ "[service]\naddress = 192.0.2.5/33@e\n",
	  "f:2: address: prefix '33' is not between 1 and 32" },
	{ "[service]\naddress = 192.0.2.5/0@e\n",
	  "f:2: address: prefix '0' is not between 1 and 32" },
	{ "[service]\naddress = 2001:db8::1/129@e\n",
	  "f:2: address: prefix '129' is not between 1 and 128" },
	{ "[service]\naddress = 192.0.2.5/24@\n",
	  "f:2: address: '' is not the name of a network link: "
	  "1 to 15 characters, no '/', ':' or blank" },
	{ "[service]\naddress = 192.0.2.5/24@0123456789abcdef\n",
	  "f:2: address: '0123456789abcdef' is not the name of a network link: 1 to 15 characters, no "
	  "'/', ':' or blank" },
	{ "[service]\naddress = 192.0.2.5/24@e:1\n",
	  "f:2: address: 'e:1' is not the name of a network link: 1 to 15 characters, no '/', ':' or "
	  "blank" },
	{ "[service]\naddress = 192.0.2.5/24@..\n",
	  "f:2: address: '..' is not the name of a network "
	  "link: 1 to 15 characters, no '/', ':' or blank" },
	{ "[service]\naddress = 0.0.0.0/8@e\n",
	  "f:2: address: '0.0.0.0' is unspecified" },
	{ "[service]\naddress = 127.0.0.2/8@e\n",
	  "f:2: address: '127.0.0.2' is a loopback address" },
	{ "[service]\naddress = 224.0.0.1/8@e\n",
	  "f:2: address: '224.0.0.1' is a multicast address" },
	{ "[service]\naddress = 255.255.255.255/32@e\n",
	  "f:2: address: '255.255.255.255' is reserved" },
	{ "[service]\naddress = 169.254.1.1/16@e\n",
	  "f:2: address: '169.254.1.1' is link-local" },
	{ "[service]\naddress = 192.0.2.0/24@e\n",
	  "f:2: address: '192.0.2.0' is the address of its whole network" },
	{ "[service]\naddress = 192.0.2.255/24@e\n",
	  "f:2: address: '192.0.2.255' is the broadcast address of its network" },
	{ "[service]\naddress = ::/64@e\n", "f:2: address: '::' is unspecified" },
	{ "[service]\naddress = ::1/64@e\n",
	  "f:2: address: '::1' is a loopback address" },
	{ "[service]\naddress = ff02::1/64@e\n",
	  "f:2: address: 'ff02::1' is a multicast address" },
	{ "[service]\naddress = fe80::1/64@e\n",
	  "f:2: address: 'fe80::1' is link-local" },
	{ "[service]\naddress = ::ffff:192.0.2.1/96@e\n",
	  "f:2: address: '::ffff:192.0.2.1' is an IPv4 address in IPv6 notation" },
	{ "[service]\naddress = 2001:db8::/64@e\n",
	  "f:2: address: '2001:db8::' is the address of its whole network" },
	{ GOOD ADDR, "f:5: address: '192.0.2.50' is given twice" },
	{ GOOD
	  "address = 192.0.2.1/24@e\naddress = 192.0.2.2/24@e\naddress = 192.0.2.3/24@e\n"
	  "address = 192.0.2.4/24@e\naddress = 192.0.2.5/24@e\naddress = 192.0.2.6/24@e\n"
	  "address = 192.0.2.7/24@e\naddress = 192.0.2.8/24@e\n",
	  "f:12: address: may be given at most 8 times" },
	{ GOOD "gateway = gw\n", "f:5: gateway: 'gw' is not an IPv4 or IPv6 address" },
	{ GOOD "gateway = 192.0.3.1\n",
	  "f:5: gateway: '192.0.3.1' is not in the network of any address of this service" },
	{ GOOD "gateway = fe80::1\n",
	  "f:5: gateway: 'fe80::1' is not in the network of any address of this service" },
	{ GOOD "gateway = 192.0.2.50\n",
	  "f:5: gateway: '192.0.2.50' is an address of the service itself" },
	{ GOOD "gateway = 192.0.2.1\ngateway = 192.0.2.2\n",
	  "f:6: gateway: '192.0.2.2' is the second gateway of its family" },
	{ GOOD "gateway = 127.0.0.1\n",
	  "f:5: gateway: '127.0.0.1' is a loopback address" },
	{ "[service]\n" DEV ADDR "export = /.baton/x h\n",
	  "f:4: export: path '/.baton/x' is in baton's own directory, which no client may reach" },
	{ GOOD "export = / h\n",
	  "f:5: export: '/' is already exported in line 4; name all its clients there" },
	{ GOOD "export = /b h\n",
	  "f:5: export: '/b' and '/' in line 4: one is inside the other; exports must not be "
	  "nested" },
	{ "[service]\n" DEV ADDR "export = /b/c h\nexport = /b h\n",
	  "f:5: export: '/b' and '/b/c' in line 4: one is inside the other; exports must "
	  "not be nested" },
	{ GOOD "export = /b host (rw)\n",
	  "f:5: export: a blank between client 'host' and '(rw)' would give the whole world these "
	  "rights; write 'host(rw)'" },
	{ GOOD "export = /b *(async)\n",
	  "f:5: export: client '*': option 'async' is refused: acknowledged writes would be lost "
	  "in a takeover" },
	{ "[service]\n" DEV "  lease = 20\n",
	  "f:3: the blank before 'lease' makes this line continue line 2; begin it in the first "
	  "column" },
	{ GOOD "lease = 1\n 0\n",
	  "f:5: lease: '1 0' is not between 10 and 3600 seconds" },
	{ GOOD "lease = \0011\n", "f:5: control character 0x01 in column 9" },
	{ GOOD "lease = 1\r0\n", "f:5: control character 0x0d in column 10" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = { 0 };
		struct service svc, zero = { 0 };

		if (parse(&svc, bad[i].text, &err) != -EINVAL)
			fail_msg("not refused (%s): %s", bad[i].why, bad[i].text);
		assert_string_equal(err.text, bad[i].why);
		assert_int_equal(err.code, BATON_EXIT_CONFIG);
		assert_memory_equal(&svc, &zero, sizeof(svc));
	}
}

static void test_zero_byte(void **state)
{
	static const char text[] = "[service]\ndevice = /dev/sd\0b\n";
	struct err err = { 0 };
	struct service svc;

	assert_int_equal(config_parse(&svc, "a", "f", text, sizeof(text) - 1, &err),
			 -EINVAL);
	assert_string_equal(err.text, "f:2: control character 0x00 in column 17");
}

/* libinih cuts lines at 200 bytes: one byte more must be an error, not a cut value. */
static void test_long_line(void **state)
{
	char text[600];
	struct service svc;
	struct err err = { 0 };
	size_t head;

	strcpy(text, "[service]\n" DEV ADDR);
	head = strlen(text);
	for (size_t n = 190; n < 300; n++) {
		memset(text + head, 'x', n);
		memcpy(text + head, "export = / ", 11);
		strcpy(text + head + n, "\n");
		if (n <= 198) {
			parse_good(&svc, text);
			assert_int_equal(strcspn(svc.exports[0].clients, "("), n - 11);
			service_free(&svc);
			continue;
		}
		assert_int_equal(parse(&svc, text, &err), -EINVAL);
		assert_string_equal(err.text,
				    "f:4: longer than 198 bytes; continue in the "
				    "next line, which begins with a blank");
		/* In a comment it does not matter, even if another line is continued. */
		memcpy(text + head, n % 2 ? "#x" : " #", 2);
		strcpy(text + head + n, "\nexport = /a *\n");
		parse_good(&svc, text);
		assert_int_equal(svc.n_exports, 1);
		service_free(&svc);
	}
}

#define LEAST                                                                            \
	"[service]\ndevice = /dev/a\nfstype = xfs\naddress = 192.0.2.50/24@e\n"          \
	"export = / *(rw)\n"

static void digest_of(char digest[SERVICE_DIGEST_TEXT], const char *text)
{
	struct service svc;

	parse_good(&svc, text);
	memcpy(digest, svc.digest, SERVICE_DIGEST_TEXT);
	service_free(&svc);
}

static void test_digest(void **state)
{
	static const char *const same[] = {
		LEAST "lease = 10\n",
		"# of head2\n[service]\nexport = /   *(rw)\naddress=192.0.2.50/24@e ; here\n"
		"fstype = xfs\n\ndevice =\t/dev/a\n",
	};
	static const char *const other[] = {
		LEAST "lease = 11\n",
		LEAST "address = 192.0.2.51/24@e\n",
		LEAST "options = noatime\n",
	};
	char digest[SERVICE_DIGEST_TEXT], d[SERVICE_DIGEST_TEXT];

	digest_of(digest, LEAST);
	assert_int_equal(strlen(digest), SERVICE_DIGEST_TEXT - 1);
	digest_of(d, same[0]);
	assert_string_equal(d, digest);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		digest_of(d, other[i]);
		assert_string_not_equal(d, digest);
	}
	digest_of(d, same[1]);
	assert_string_equal(d, digest);
}

/*
 * Keepers of the first version compare the digest as a whole. These are what that version
 * makes of these files: a digest that differs from them ends all moves between it and
 * this version. A new key needs `.later`, a new default `.first` (core/keys.h).
 */
static void test_digest_of_the_first_version(void **state)
{
	char d[SERVICE_DIGEST_TEXT];

	digest_of(d, LEAST);
	assert_string_equal(d, "aff16691-72d0-5c27-9d25-67c67750c2c8");
	digest_of(d, "[service]\ndevice = /dev/a\nfstype = ext4\noptions = noatime\n"
		     "address = 192.0.2.50/24@e\naddress = 2001:db8::50/64@e\n"
		     "gateway = 192.0.2.1\ngateway = 2001:db8::1\nexport = /a *(rw)\n"
		     "export = /b 192.0.2.0/24(ro) h(rw)\nlease = 30\ngrace = 40\n"
		     "courtesy = 0\ndrain = 10\nthreads = 8\nlink = macvlan\n"
		     "versions = 4.2\n");
	assert_string_equal(d, "a0021574-7074-5d76-b4bd-0eb0f54e9723");
}

/* What keepers compare: each key, as it is served. */
static void test_list_of_keys(void **state)
{
	static const char *const first[] = {
		"device",  "fstype", "options",  "address",  "gateway",
		"export",  "lease",  "grace",    "courtesy", "drain",
		"threads", "link",   "versions",
	};
	static const char *const local[] = { "courtesy", "drain", "threads" };
	const struct keydiff_key *k;
	struct service a, b;

	parse_good(&a, LEAST "drain = 5\nversions = 4.1\n");
	parse_good(&b, LEAST "threads =  8\n");
	assert_int_equal(a.keys.n, KEY_COUNT);
	assert_int_equal(a.first_keys.n, sizeof(first) / sizeof(*first));
	for (size_t i = 0; i < a.first_keys.n; i++)
		assert_string_equal(a.first_keys.v[i].name, first[i]);
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		assert_true(keydiff_find(&a.keys, local[i])->local);
	for (size_t i = 0; i < a.keys.n; i++) {
		bool same = strcmp(a.keys.v[i].name, "threads") != 0 &&
			    strcmp(a.keys.v[i].name, "versions") != 0;

		assert_int_equal(strcmp(a.keys.v[i].hash, b.keys.v[i].hash) == 0, same);
	}
	/* A default that is written out is one; a key without default, too, if missing. */
	for (size_t i = 0; i < 2; i++)
		assert_true(keydiff_find(&a.keys, i ? "gateway" : "drain")->is_default);
	k = keydiff_find(&a.keys, "versions");
	assert_false(k->is_default || keydiff_find(&b.keys, "threads")->is_default);
	assert_true(keydiff_find(&b.keys, "versions")->is_default);
	service_free(&a);
	service_free(&b);
}

static void test_bad_name(void **state)
{
	struct err err = { 0 };
	struct service svc;

	assert_int_equal(config_parse(&svc, "../x", "f", "", 0, &err), -EINVAL);
	assert_string_equal(err.text,
			    "service name '../x': must be 1 to 32 lower-case letters, "
			    "digits and inner hyphens");
	assert_null(svc.file);
}

/* The table itself: complete, in the order of the enum, defaults within limits. */
static void test_keys(void **state)
{
	for (enum key_id id = 0; id < KEY_COUNT; id++) {
		const struct key *k = &keys[id];

		assert_non_null(k->name);
		assert_int_equal(keys_find(k->name), id);
		assert_true(k->limit >= 1);
		assert_non_null(k->help);
		assert_non_null(k->text);
		assert_true(!k->required || !k->fallback);
		/* What another head may call it. */
		assert_true(strlen(k->name) >= 1 && strlen(k->name) <= KEYDIFF_NAME_MAX);
		assert_int_equal(
			strspn(k->name, "abcdefghijklmnopqrstuvwxyz0123456789-_"),
			strlen(k->name));
		assert_false(k->later && (k->required || k->first));
		if (k->type == KEY_NUMBER)
			assert_true((unsigned int)atoi(k->fallback) >= k->min &&
				    (unsigned int)atoi(k->fallback) <= k->max);
	}
	assert_int_equal(keys_find(""), KEY_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_digest_of_the_first_version),
		cmocka_unit_test(test_list_of_keys),
		cmocka_unit_test(test_bad_name),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

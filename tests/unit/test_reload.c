// SPDX-License-Identifier: GPL-2.0-or-later
/* test_reload: what differs between two service files, and what of it can be applied. */
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
#include "core/reload.h"

#define BASE                                                                             \
	"[service]\ndevice = /dev/sda\naddress = 192.0.2.50/24@eth0\n"                   \
	"gateway = 192.0.2.1\n"
#define EXPORT "export = /a 192.0.2.0/24(rw)\n"

static void parse(struct service *svc, const char *text)
{
	struct err err = { 0 };

	if (config_parse(svc, "vmstore", "f", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
}

/* "key: old > new @when" of each change, or the refusal. */
static void expect(bool serving, const char *before, const char *after, const char *lines)
{
	struct reload_changes changes = { 0 };
	struct err err = { 0 };
	char text[2000] = "";
	struct service a, b;

	parse(&a, before);
	parse(&b, after);
	assert_int_equal(reload_compare(&changes, &a, &b), 0);
	/* Files of one digest may still differ. */
	assert_true(!changes.n || !reload_is_same(&a, &b));
	for (size_t i = 0; i < changes.n; i++) {
		const struct reload_change *c = &changes.v[i];
		const char *when = reload_when(c->key);

		sprintf(text + strlen(text), "%s: %s > %s%s%s\n", keys[c->key].name,
			c->before ? c->before : "-", c->after ? c->after : "-",
			when ? " " : "", when ? when : "");
	}
	if (reload_check(&a, &b, serving, &err) < 0)
		sprintf(text, "%s\n", err.text);
	assert_string_equal(text, lines);
	reload_free(&changes);
	service_free(&a);
	service_free(&b);
}

static void nothing(void **state)
{
	expect(true, BASE EXPORT, BASE EXPORT, "");
	expect(true, BASE EXPORT,
	       "# a comment\n" BASE "threads = 16\nexport = /a  192.0.2.0/24(rw)\n", "");
	expect(true, BASE EXPORT "export = /b *\n", BASE "export = /b *\n" EXPORT, "");
}

static void exports(void **state)
{
	expect(true, BASE EXPORT "export = /b *(ro)\n",
	       BASE "export = /a 192.0.2.0/25(rw)\nexport = \"/c d\" *\n",
	       "export: /a 192.0.2.0/24(rw,sync,no_subtree_check) > "
	       "/a 192.0.2.0/25(rw,sync,no_subtree_check)\n"
	       "export: /b *(ro,sync,no_subtree_check) > -\n"
	       "export: - > \"/c d\" *(sync,no_subtree_check)\n");
}

static void numbers(void **state)
{
	expect(true, BASE EXPORT "lease = 20\ngrace = 20\n",
	       BASE EXPORT
	       "lease = 30\ngrace = 40\ncourtesy = 5\ndrain = 3\nthreads = 4\n",
	       "lease: 20 > 30 at the next start\n"
	       "grace: 20 > 40 at the next start\n"
	       "courtesy: 90 > 5\n"
	       "drain: 5 > 3 at the next stop\n"
	       "threads: 16 > 4\n");
}

static void refused(void **state)
{
	static const struct {
		const char *key, *before, *after;
	} cases[] = {
		{ "device", "", "[service]\ndevice = /dev/sdb\n" },
		{ "fstype", "", "fstype = ext4\n" },
		{ "options", "", "options = noatime\n" },
		{ "address", "", "address = 192.0.2.51/24@eth0\n" },
		{ "address", "address = 192.0.2.51/24@eth1\n", "" },
		{ "gateway", "", "gateway = fe80::1\n" },
		{ "versions", "", "versions = 4.2\n" },
	};
	static const char begin[] = "[service]\ndevice = /dev/sda\n",
			  net[] = "address = 192.0.2.50/24@eth0\n"
				  "address = 2001:db8::5/64@eth0\n" EXPORT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool device = strncmp(cases[i].after, "[service]", 9) == 0;
		char a[500], b[500], said[300];

		snprintf(a, sizeof(a), "%s%s%s", begin, net, cases[i].before);
		snprintf(b, sizeof(b), "%s%s%s%s", device ? cases[i].after : begin, net,
			 device ? "" : cases[i].after, "threads = 3\n");
		snprintf(
			said, sizeof(said),
			"%s cannot be changed while the service is served: stop it, then "
			"`baton reload vmstore`, then start it\n",
			cases[i].key);
		expect(true, a, b, said);
	}
	/* In standby everything can. */
	expect(false, BASE EXPORT, BASE EXPORT "versions = 4.0 4.1\noptions = noatime\n",
	       "options:  > noatime\nversions: 4.1 4.2 > 4.0 4.1\n");
}

/* The kernel keeps its lease until the next start. */
static void drain(void **state)
{
	static const char after[] = BASE EXPORT "lease = 60\ngrace = 90\ndrain = 6\n";

	expect(true, BASE EXPORT "grace = 90\n", after,
	       "drain: 6 is longer than half of the lease that holds until the next start, "
	       "10: stop it, then `baton reload vmstore`, then start it\n");
	expect(false, BASE EXPORT "grace = 90\n", after,
	       "lease: 10 > 60 at the next start\ndrain: 5 > 6 at the next stop\n");
}

static void json(void **state)
{
	struct reload_changes changes = { 0 };
	char name[201], text[1000];
	struct json_object *list;
	struct service a, b;

	memset(name, 'x', 180);
	name[180] = '\0';
	parse(&a, BASE EXPORT);
	snprintf(text, sizeof(text),
		 BASE EXPORT "threads = 2\nlease = 12\nexport = /%s\n *(ro)\n %s(ro)\n",
		 name, name);
	parse(&b, text);
	assert_int_equal(reload_compare(&changes, &a, &b), 0);
	list = reload_to_json(&changes, true);
	assert_int_equal(json_object_array_length(list), 3);
	snprintf(text, sizeof(text), "%s",
		 json_object_to_json_string_ext(json_object_array_get_idx(list, 1),
						JSON_C_TO_STRING_PLAIN));
	assert_string_equal(text,
			    "{\"key\":\"lease\",\"old\":\"10\",\"new\":\"12\",\"when\":"
			    "\"at the next start\"}");
	assert_int_equal(strlen(json_object_get_string(json_object_object_get(
				 json_object_array_get_idx(list, 0), "new"))),
			 303);
	json_object_put(list);
	reload_free(&changes);
	service_free(&a);
	service_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing), cmocka_unit_test(exports),
		cmocka_unit_test(numbers), cmocka_unit_test(refused),
		cmocka_unit_test(drain),   cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

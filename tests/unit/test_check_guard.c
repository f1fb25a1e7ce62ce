// SPDX-License-Identifier: GPL-2.0-or-later
/* check_guard: what `baton check` says of a disk that guards itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "cmd/check.h"
#include "keeper/guard.h"
#include "os/lowerdisk.h"
#include "os/multipathd.h"

/* ---- in place of the disk's and multipathd's */

static size_t n_paths;
static bool queues;
static int gives_up_s;

int guard_check(const struct service *svc, struct err *err)
{
	return 0;
}

int lowerdisk_open(const char *device, struct lowerdisk *disk, struct err *err)
{
	*disk = (struct lowerdisk){ .name = "dm-3",
				    .is_multipath = n_paths > 1,
				    .paths = n_paths };
	return 0;
}

void lowerdisk_close(struct lowerdisk *disk)
{
}

int lowerdisk_gives_up_s(const struct lowerdisk *disk)
{
	return gives_up_s;
}

int multipathd_check_queue(const char *map, struct err *err)
{
	return queues ? 0 : err_set(err, BATON_EXIT_DEVICE, EIO, "%s", map);
}

/* ---- */

/* Looks, and compares with the findings' items. */
static bool finds(const char *items)
{
	static const struct service svc = { .name = "web",
					    .guard = GUARD_RESERVATION,
					    .guard_timeout = 20 };
	char found[80] = "";
	struct report report;
	bool is_unsure;

	report_init(&report);
	check_guard(&report, &svc);
	for (size_t i = 0; i < json_object_array_length(report.findings); i++) {
		struct json_object *row = json_object_array_get_idx(report.findings, i);

		strcat(found, i ? " " : "");
		strcat(found,
		       json_object_get_string(json_object_object_get(row, "item")));
	}
	assert_int_equal(report.status, BATON_EXIT_OK);
	is_unsure = report.unsure;
	report_free(&report);
	assert_true(is_unsure == (strcmp(items, "guard") != 0));
	return strcmp(found, items) == 0;
}

static void a_disk_that_waits_is_good(void **state)
{
	n_paths = 1;
	queues = false;
	gives_up_s = 120;
	assert_true(finds("guard"));
	gives_up_s = 5;
	assert_true(finds("guard guard-timeout"));
}

static void a_map_must_wait_without_a_path(void **state)
{
	n_paths = 2;
	gives_up_s = -1;
	queues = true;
	assert_true(finds("guard"));
	queues = false;
	assert_true(finds("guard no_path_retry"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_waits_is_good),
		cmocka_unit_test(a_map_must_wait_without_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

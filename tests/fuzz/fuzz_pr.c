// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_pr: what a disk answers to PERSISTENT RESERVE IN, and sense data. */
#include "fuzz.h"

#include "core/pr.h"

#define MAX 8

static void check_keys(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct pr_keys keys;
	int rc = pr_parse_keys(&keys, data, size, &err);

	assert(fuzz_is_told(rc, &err));
	assert(keys.n <= PR_KEYS_MAX && (rc == 0 || keys.n == 0));
}

static void check_reservation(const uint8_t *data, size_t size)
{
	struct pr_reservation reservation;
	struct err err = { 0 };
	int rc = pr_parse_reservation(&reservation, data, size, &err);

	assert(fuzz_is_told(rc, &err));
	assert(reservation.type || !reservation.key || rc < 0);
}

static void check_status(const uint8_t *data, size_t size)
{
	struct pr_registrant v[MAX];
	struct err err = { 0 };
	int rc = pr_parse_full_status(v, MAX, data, size, &err);

	assert(fuzz_is_told(rc, &err));
	for (int i = 0; i < rc && i < MAX; i++) {
		size_t len = strnlen(v[i].initiator, PR_NAME_MAX);

		assert(len > 0 && len < PR_NAME_MAX);
		assert(!strpbrk(v[i].initiator, " \n\033"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_capabilities can;
	struct err err = { 0 };
	char text[16];

	assert(fuzz_is_told(pr_parse_capabilities(&can, data, size, &err), &err));
	check_keys(data, size);
	check_reservation(data, size);
	check_status(data, size);
	pr_judge_sense(data, size, text);
	assert(strnlen(text, sizeof(text)) < sizeof(text));
	return 0;
}

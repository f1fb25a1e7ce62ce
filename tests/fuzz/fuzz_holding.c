// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_holding: clients' holdings from a disk; /proc/locks; knfsd's counts. */
#include "fuzz.h"

#include <errno.h>

#include "core/holding.h"

/* NFS4_OPAQUE_LIMIT */
#define NAME_MAX_LEN 1024

static void there_and_back(struct holdings *h)
{
	char *text = holdings_format(h);
	struct holdings again;
	struct err err = { 0 };

	assert(text);
	assert(holdings_parse(&again, text, strlen(text), &err) == 0);
	assert(again.n == h->n && again.ranges == h->ranges &&
	       again.pace_us == h->pace_us);
	for (size_t i = 0; i < h->n; i++) {
		const struct holding *one =
			holdings_find(&again, h->v[i].id, h->v[i].len);

		assert(one && one->count == h->v[i].count);
	}
	free(text);
	holdings_free(&again);
}

static void check_proc(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text, *line;
	struct holding_calls calls;
	dev_t dev;

	holding_parse_calls(&calls, text);
	while ((line = strsep(&rest, "\n")))
		holding_parse_range(line, &dev);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct holdings h;
	int rc = holdings_parse(&h, (const char *)data, size, &err);

	assert(fuzz_is_told(rc, &err));
	assert(rc == 0 || h.n == 0);
	assert(h.n <= HOLDINGS_MAX && holdings_largest(&h) <= HOLDING_MAX);
	for (size_t i = 0; i < h.n; i++)
		assert(h.v[i].len <= NAME_MAX_LEN && h.v[i].count <= HOLDING_MAX);
	if (rc == 0)
		there_and_back(&h);
	holdings_free(&h);
	check_proc(data, size);
	return 0;
}

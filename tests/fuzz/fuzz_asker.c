// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_asker: who asked, from a ledger or another head. */
#include "fuzz.h"

#include <errno.h>

#include "core/asker.h"
#include "core/text.h"

static void check_printable(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		assert(!text_is_control(text, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct asker a = { .pid = -1 }, back;
	char *text = fuzz_text(data, size), name[ASKER_NAME_MAX];
	struct json_object *o = json_tokener_parse(text), *again;
	int rc = asker_from_json(&a, o);

	assert(rc == 0 || (rc == -EPROTO && a.pid == -1));
	if (rc == 0) {
		asker_name(&a, name, sizeof(name));
		assert(strlen(name) < sizeof(name) - 1);
		check_printable(name);
		again = asker_to_json(&a);
		assert(asker_from_json(&back, again) == 0);
		assert(back.kind == a.kind && strcmp(back.head, a.head) == 0);
		json_object_put(again);
	}
	json_object_put(o);
	free(text);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_message: a keeper's message is refused, or means the same when sent again. */
#include "fuzz.h"

#include <errno.h>

#include "core/message.h"

#define X(name, word, topic, help) 1 +
enum { N_TYPES = MESSAGE_TABLE(X) 0 };
#undef X

/* Taken whole or not at all: a name cut short may be another's. */
static void check_text(struct json_object *o, const char *key, const char *text,
		       size_t size)
{
	struct json_object *said;

	assert(strnlen(text, size) < size);
	for (const char *c = text; *c; c++)
		assert((unsigned char)*c >= ' ' && *c != 0x7f);
	if (json_object_object_get_ex(o, key, &said))
		assert(strcmp(json_object_get_string(said), text) == 0);
	else
		assert(!*text);
}

static void check_texts(const struct message *m, const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct json_object *o = json_tokener_parse(text);

	assert(o);
	check_text(o, "to", m->to, sizeof(m->to));
	check_text(o, "version", m->version, sizeof(m->version));
	if (m->protocol == MESSAGE_PROTOCOL) {
		check_text(o, "digest", m->digest, sizeof(m->digest));
		check_text(o, "text", m->text, sizeof(m->text));
	}
	json_object_put(o);
	free(text);
}

/* What is left out, like the sender's version, is left out in both. */
static void there_and_back(const struct message *m)
{
	char *text = message_format(m), *again;
	struct err err = { 0 };
	struct message back;

	assert(text);
	/* Escaping can make a body longer than it was. */
	if (strlen(text) <= MESSAGE_MAX_LEN) {
		assert(message_parse(&back, text, strlen(text), &err) == 0);
		assert(back.type == m->type && back.generation == m->generation);
		again = message_format(&back);
		assert(again && strcmp(again, text) == 0);
		free(again);
		message_release(&back);
	}
	free(text);
}

/* Whatever is in a list of keys, messages may name it. */
static void check_keys(const struct message *m)
{
	struct json_object *array;
	struct keydiff_list list;
	struct err err = { 0 };

	if (!m->body || !json_object_object_get_ex(m->body, "keys", &array))
		return;
	assert(keydiff_parse(&list, array, &err) == 0 && list.n <= KEYDIFF_MAX);
	for (size_t i = 0; i < list.n; i++) {
		assert(keydiff_find(&list, list.v[i].name) == &list.v[i]);
		assert(strlen(list.v[i].hash) == KEYDIFF_HASH_TEXT - 1);
		for (const char *c = list.v[i].name; *c; c++)
			assert(*c > ' ' && *c <= 'z');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct json_object *steps;
	struct message m;
	int rc = message_parse(&m, (const char *)data, size, &err);

	assert(fuzz_is_told(rc, &err));
	assert(rc == 0 || ((rc == -EPROTO || rc == -ENOMSG) && !m.body));
	if (rc < 0)
		return 0;
	assert(m.type < N_TYPES && message_word(m.type));
	assert(m.protocol > 0 && m.code >= 0 && m.code <= 255);
	check_texts(&m, data, size);
	if (m.protocol == MESSAGE_PROTOCOL) {
		if (m.type == MESSAGE_STEPS)
			assert(json_object_object_get_ex(m.body, "steps", &steps) &&
			       json_object_array_length(steps) <= MESSAGE_STEPS_MAX);
		if (m.type == MESSAGE_HELLO)
			check_keys(&m);
		there_and_back(&m);
	}
	message_release(&m);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* message: what the keepers of a service say to each other, as JSON text, with checks. */
#include "core/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum message_topic topic;
} types[] = {
#define X(name, word, topic, help) [MESSAGE_##name] = { word, TOPIC_##topic },
	MESSAGE_TABLE(X)
#undef X
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

const char *message_word(enum message_type type)
{
	return types[type].word;
}

enum message_topic message_topic(enum message_type type)
{
	return types[type].topic;
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	if (*text)
		json_object_object_add(o, key, json_object_new_string(text));
}

char *message_format(const struct message *m)
{
	struct json_object *o = json_object_new_object();
	char *text;

	json_object_object_add(o, "v", json_object_new_int(MESSAGE_PROTOCOL));
	add_text(o, "type", types[m->type].word);
	add_text(o, "to", m->to);
	json_object_object_add(o, "generation", json_object_new_int64(m->generation));
	add_text(o, "version", BATON_VERSION);
	add_text(o, "digest", m->digest);
	if (m->code)
		json_object_object_add(o, "code", json_object_new_int(m->code));
	add_text(o, "text", m->text);
	if (m->body)
		json_object_object_add(o, "body", json_object_get(m->body));
	text = strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return text;
}

static int wrong(struct err *err, const char *what)
{
	err_set(err, BATON_EXIT_PEER, 0, "%s", what);
	return -EPROTO;
}

/* An optional string member of printable ASCII or UTF-8, within its limits. */
static int take_text(struct json_object *o, const char *key, char *to, size_t size,
		     struct err *err)
{
	struct json_object *v;
	const char *text;

	if (!json_object_object_get_ex(o, key, &v))
		return 0;
	if (!json_object_is_type(v, json_type_string))
		return wrong(err, "a string is expected");
	text = json_object_get_string(v);
	if ((size_t)json_object_get_string_len(v) >= size ||
	    strlen(text) != (size_t)json_object_get_string_len(v))
		return wrong(err, "a string is too long or has a zero byte in it");
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return wrong(err, "a string has control characters");
	snprintf(to, size, "%s", text);
	return 0;
}

static int take_number(struct json_object *o, const char *key, int64_t min, int64_t max,
		       int64_t *to, struct err *err)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		return 0;
	if (!json_object_is_type(v, json_type_int))
		return wrong(err, "a number is expected");
	*to = json_object_get_int64(v);
	return *to < min || *to > max ? wrong(err, "a number is out of range") : 0;
}

/* Later versions may send types that this one does not know. */
static int take_type(struct message *m, struct json_object *o, struct err *err)
{
	char word[MESSAGE_WORD_MAX + 1] = "";

	if (take_text(o, "type", word, sizeof(word), err) < 0)
		return -EPROTO;
	if (!word[0])
		return wrong(err, "it has no type");
	for (size_t i = 0; i < N_TYPES; i++)
		if (strcmp(word, types[i].word) == 0) {
			m->type = i;
			return 0;
		}
	err_set(err, BATON_EXIT_PEER, 0,
		"version %s of baton there sends '%s', which version %s here does not know",
		m->version[0] ? m->version : "?", word, BATON_VERSION);
	return -ENOMSG;
}

/* Members that every protocol version has. */
static int take_head(struct message *m, struct json_object *o, struct err *err)
{
	int64_t protocol = 0, generation = 0;
	int rc = take_number(o, "v", 1, INT16_MAX, &protocol, err);

	if (rc == 0 && !protocol)
		rc = wrong(err, "it names no protocol");
	if (rc == 0)
		rc = take_text(o, "to", m->to, sizeof(m->to), err);
	if (rc == 0)
		rc = take_number(o, "generation", 0, INT64_MAX, &generation, err);
	if (rc == 0)
		rc = take_text(o, "version", m->version, sizeof(m->version), err);
	if (rc == 0)
		rc = take_type(m, o, err);
	m->protocol = protocol;
	m->generation = generation;
	return rc;
}

static int check_keys(struct json_object *body, struct err *err)
{
	struct keydiff_list list;
	struct json_object *array = NULL;

	if (!body || !json_object_object_get_ex(body, "keys", &array))
		return 0;
	return array ? keydiff_parse(&list, array, err)
		     : wrong(err, "its list of keys is null");
}

static int check_steps(struct json_object *body, struct err *err)
{
	struct json_object *steps;

	if (!body || !json_object_object_get_ex(body, "steps", &steps) ||
	    !json_object_is_type(steps, json_type_array) ||
	    json_object_array_length(steps) > MESSAGE_STEPS_MAX)
		return wrong(err, "it has no list of steps");
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		if (!json_object_is_type(json_object_array_get_idx(steps, i),
					 json_type_object))
			return wrong(err, "a step is not an object");
	return 0;
}

static int take_rest(struct message *m, struct json_object *o, struct err *err)
{
	int64_t code = 0;
	int rc = take_text(o, "digest", m->digest, sizeof(m->digest), err);

	if (rc == 0)
		rc = take_number(o, "code", 0, 255, &code, err);
	if (rc == 0)
		rc = take_text(o, "text", m->text, sizeof(m->text), err);
	m->code = code;
	if (rc == 0 && json_object_object_get_ex(o, "body", &m->body)) {
		json_object_get(m->body);
		if (!json_object_is_type(m->body, json_type_object))
			rc = wrong(err, "its body is not an object");
	}
	if (rc == 0 && m->type == MESSAGE_STEPS)
		rc = check_steps(m->body, err);
	if (rc == 0 && m->type == MESSAGE_HELLO)
		rc = check_keys(m->body, err);
	return rc;
}

int message_parse(struct message *m, const char *text, size_t len, struct err *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o = NULL;
	int rc = 0;

	memset(m, 0, sizeof(*m));
	/* JSON_TOKENER_STRICT of json-c 0.18 refuses every byte from 0x80 on. */
	if (tokener && len <= MESSAGE_MAX_LEN) {
		o = json_tokener_parse_ex(tokener, text, len);
		if (json_tokener_get_error(tokener) != json_tokener_success ||
		    json_tokener_get_parse_end(tokener) != len) {
			json_object_put(o);
			o = NULL;
		}
	}
	if (tokener)
		json_tokener_free(tokener);
	if (!json_object_is_type(o, json_type_object))
		rc = wrong(err, "it is not a JSON object");
	if (rc == 0)
		rc = take_head(m, o, err);
	if (rc == 0 && m->protocol == MESSAGE_PROTOCOL)
		rc = take_rest(m, o, err);
	json_object_put(o);
	if (rc < 0)
		message_release(m);
	return rc;
}

void message_release(struct message *m)
{
	json_object_put(m->body);
	m->body = NULL;
}

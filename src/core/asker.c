// SPDX-License-Identifier: GPL-2.0-or-later
/* asker: who asked for an operation. */
#include "core/asker.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

static const char *const words[] = {
#define X(name, word, who) [ASKER_##name] = word,
	ASKER_TABLE(X)
#undef X
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

static bool is_user(enum asker_kind kind)
{
	return kind == ASKER_COMMAND || kind == ASKER_PACEMAKER;
}

struct json_object *asker_to_json(const struct asker *asker)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "kind", json_object_new_string(words[asker->kind]));
	if (is_user(asker->kind)) {
		if (asker->pid > 0)
			json_object_object_add(o, "pid", json_object_new_int(asker->pid));
		json_object_object_add(o, "uid", json_object_new_int64(asker->uid));
		if (asker->login != ASKER_NO_LOGIN)
			json_object_object_add(o, "login",
					       json_object_new_int64(asker->login));
		if (asker->user[0])
			json_object_object_add(o, "user",
					       json_object_new_string(asker->user));
	}
	if (asker->head[0])
		json_object_object_add(o, "head", json_object_new_string(asker->head));
	return o;
}

/* An optional number; stays as it is if there is none. */
static bool take_number(struct json_object *o, const char *key, int64_t max, uint32_t *to)
{
	struct json_object *v;
	int64_t n;

	if (!json_object_object_get_ex(o, key, &v))
		return true;
	n = json_object_get_int64(v);
	if (!json_object_is_type(v, json_type_int) || n < 0 || n > max)
		return false;
	*to = n;
	return true;
}

static bool take_text(struct json_object *o, const char *key, char *to, size_t size)
{
	struct json_object *v;
	const char *text;

	if (!json_object_object_get_ex(o, key, &v))
		return true;
	text = json_object_get_string(v);
	if (!json_object_is_type(v, json_type_string) ||
	    (size_t)json_object_get_string_len(v) >= size ||
	    strlen(text) != (size_t)json_object_get_string_len(v))
		return false;
	snprintf(to, size, "%s", text);
	text_disarm(to, '?');
	return true;
}

static bool take_kind(struct json_object *o, enum asker_kind *kind)
{
	const char *word = json_member_string(o, "kind");

	for (size_t i = 0; i < N_WORDS; i++)
		if (strcmp(word, words[i]) == 0) {
			*kind = i;
			return true;
		}
	return false;
}

int asker_from_json(struct asker *asker, struct json_object *o)
{
	struct asker a = { .login = ASKER_NO_LOGIN };
	uint32_t pid = 0;

	if (!json_object_is_type(o, json_type_object) || !take_kind(o, &a.kind) ||
	    !take_number(o, "pid", INT32_MAX, &pid) ||
	    !take_number(o, "uid", UINT32_MAX, &a.uid) ||
	    !take_number(o, "login", UINT32_MAX, &a.login) ||
	    !take_text(o, "user", a.user, sizeof(a.user)) ||
	    !take_text(o, "head", a.head, sizeof(a.head)))
		return -EPROTO;
	a.pid = pid;
	*asker = a;
	return 0;
}

static void name_user(const struct asker *asker, char *buf, size_t size)
{
	if (asker->user[0])
		snprintf(buf, size, "%s", asker->user);
	else
		snprintf(buf, size, "user %u",
			 asker->login == ASKER_NO_LOGIN ? asker->uid : asker->login);
}

char *asker_name(const struct asker *asker, char *buf, size_t size)
{
	char user[ASKER_USER_MAX + 1];
	size_t len = 0;

	name_user(asker, user, sizeof(user));
	switch (asker->kind) {
	case ASKER_KEEPER:
		len = snprintf(buf, size, "the keeper");
		break;
	case ASKER_COMMAND:
		len = snprintf(buf, size, "%s", user);
		break;
	case ASKER_PACEMAKER:
		/* Somebody's login: he called the agent by hand. */
		len = snprintf(buf, size, "Pacemaker%s%s%s",
			       asker->login == ASKER_NO_LOGIN ? "" : " (",
			       asker->login == ASKER_NO_LOGIN ? "" : user,
			       asker->login == ASKER_NO_LOGIN ? "" : ")");
		break;
	case ASKER_HEAD:
		snprintf(buf, size, "%s", asker->head);
		return buf;
	}
	if (asker->head[0] && len < size)
		snprintf(buf + len, size - len, " on %s", asker->head);
	return buf;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * move_record: the record of a move, which every keeper builds from the messages that all
 * of them see.
 */
#include "keeper/move_record.h"

#include <stdio.h>
#include <string.h>

#include "core/asker.h"
#include "core/json.h"

/* Which head's, unless it says so itself; an older one does not say who asked it. */
static struct json_object *tell_asker(const char *from, struct json_object *body)
{
	struct asker asker;

	if (asker_from_json(&asker, body ? json_object_object_get(body, "by") : NULL) < 0)
		asker = (struct asker){ .kind = ASKER_HEAD };
	snprintf(asker.head, sizeof(asker.head), "%s", from);
	return asker_to_json(&asker);
}

static void begin(struct move_record *a, const char *from, const struct message *m,
		  double now_ms, double unix_s)
{
	struct json_object *o = json_object_new_object();

	json_object_put(a->record);
	memset(a, 0, sizeof(*a));
	a->record = o;
	a->generation = m->generation;
	a->began_ms = now_ms;
	snprintf(a->from, sizeof(a->from), "%s", from);
	snprintf(a->to, sizeof(a->to), "%s", m->to);
	json_object_object_add(o, "op", json_object_new_string("move"));
	json_object_object_add(o, "from", json_object_new_string(from));
	json_object_object_add(o, "to", json_object_new_string(m->to));
	json_object_object_add(o, "by", tell_asker(from, m->body));
	json_object_object_add(o, "generation", json_object_new_int64(m->generation));
	json_object_object_add(o, "began", json_object_new_double(unix_s));
	json_object_object_add(o, "steps", json_object_new_array());
}

static void book_steps(struct move_record *a, const char *from, struct json_object *body,
		       double now_ms)
{
	struct json_object *steps, *booked;

	json_object_object_get_ex(body, "steps", &steps);
	json_object_object_get_ex(a->record, "steps", &booked);
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i), *o = NULL;

		if (json_object_deep_copy(step, &o, NULL) < 0)
			continue;
		json_object_object_add(o, "head", json_object_new_string(from));
		json_object_array_add(booked, o);
		/* The pause begins after it. */
		if (json_member_bool(o, "serving") && strcmp(from, a->from) == 0)
			a->paused_ms = now_ms;
	}
}

static struct json_object *finish(struct move_record *a, const char *outcome,
				  const char *why, double now_ms)
{
	struct json_object *o = a->record;

	json_object_object_add(o, "ms", json_object_new_double(now_ms - a->began_ms));
	/* If the service did not come back, nobody knows how long the pause is. */
	if (a->paused_ms > 0 && !why)
		json_object_object_add(o, "pause_ms",
				       json_object_new_double(now_ms - a->paused_ms));
	json_object_object_add(o, "outcome", json_object_new_string(outcome));
	if (why)
		json_object_object_add(o, "error", json_object_new_string(why));
	memset(a, 0, sizeof(*a));
	return o;
}

struct json_object *move_record_take(struct move_record *a, const char *from,
				     const struct message *m, double now_ms,
				     double unix_s)
{
	const char *why = m->text[0] ? m->text : "no reason was given";
	bool source, target;

	if (m->type == MESSAGE_PREPARE && (!a->record || m->generation > a->generation)) {
		begin(a, from, m, now_ms, unix_s);
		return NULL;
	}
	if (!a->record || m->generation != a->generation)
		return NULL;
	source = strcmp(from, a->from) == 0;
	target = strcmp(from, a->to) == 0;
	switch (m->type) {
	case MESSAGE_READY:
		if (target)
			a->paused_ms = now_ms;
		break;
	case MESSAGE_STEPS:
		if (source || target)
			book_steps(a, from, m->body, now_ms);
		break;
	case MESSAGE_REFUSE:
		if (target)
			return finish(a, a->paused_ms > 0 ? "failed" : "refused", why,
				      now_ms);
		break;
	case MESSAGE_ABORTED:
		if (source)
			return finish(a, "failed", why, now_ms);
		break;
	case MESSAGE_FAILED:
		if (target)
			return finish(a, "failed", why, now_ms);
		break;
	case MESSAGE_SERVING:
		if (target)
			return finish(a, "done", NULL, now_ms);
		break;
	case MESSAGE_HELLO:
	case MESSAGE_PREPARE:
	case MESSAGE_GRANTED:
	case MESSAGE_ASK:
	case MESSAGE_ANSWER:
	case MESSAGE_CONNS:
	case MESSAGE_CLAIM:
	case MESSAGE_STAND:
	case MESSAGE_UNCLAIM:
	case MESSAGE_RELOAD:
	case MESSAGE_RELOADED:
		break;
	}
	return NULL;
}

struct json_object *move_record_close(struct move_record *a, const char *why,
				      double now_ms)
{
	return a->record ? finish(a, "failed", why, now_ms) : NULL;
}

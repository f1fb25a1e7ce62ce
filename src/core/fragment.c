// SPDX-License-Identifier: GPL-2.0-or-later
/* fragment: a text longer than one message, sent as several numbered fragments. */
#include "core/fragment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

unsigned int fragments_count(size_t len)
{
	return len ? (len + FRAGMENT_LEN - 1) / FRAGMENT_LEN : 1;
}

struct message fragments_format(const char *text, uint64_t serial, unsigned int part,
				const char *digest)
{
	struct message m = { .type = MESSAGE_CONNS, .generation = serial };
	size_t len = strlen(text), from = (size_t)part * FRAGMENT_LEN;
	size_t n = len - from < FRAGMENT_LEN ? len - from : FRAGMENT_LEN;

	snprintf(m.digest, sizeof(m.digest), "%s", digest);
	m.body = json_object_new_object();
	json_object_object_add(m.body, "part", json_object_new_int(part));
	json_object_object_add(m.body, "parts",
			       json_object_new_int(fragments_count(len)));
	json_object_object_add(m.body, "text",
			       json_object_new_string_len(text + from, n));
	return m;
}

void fragments_free(struct fragments *p)
{
	free(p->text);
	memset(p, 0, sizeof(*p));
}

static int append(struct fragments *p, struct json_object *text, struct err *err)
{
	size_t n = json_object_get_string_len(text);
	char *more = realloc(p->text, p->len + n + 1);

	if (!more)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "table of connections");
	memcpy(more + p->len, json_object_get_string(text), n + 1);
	p->text = more;
	p->len += n;
	p->next++;
	return 0;
}

static void begin(struct fragments *p, const char *from, uint64_t serial, unsigned int n)
{
	fragments_free(p);
	snprintf(p->sender, sizeof(p->sender), "%s", from);
	p->serial = serial;
	p->n = n;
}

int fragments_take(struct fragments *p, const char *from, const struct message *m,
		   struct err *err)
{
	double part = m->body ? json_member_double(m->body, "part") : -1;
	double n = m->body ? json_member_double(m->body, "parts") : 0;
	struct json_object *text;

	if (!(n >= 1 && n <= FRAGMENT_MAX && part >= 0 && part < n) ||
	    !json_object_object_get_ex(m->body, "text", &text) ||
	    !json_object_is_type(text, json_type_string) ||
	    json_object_get_string_len(text) > FRAGMENT_LEN) {
		err_set(err, BATON_EXIT_PEER, 0,
			"its table of connections: not a valid part");
		return -EPROTO;
	}
	if (part == 0)
		begin(p, from, m->generation, (unsigned int)n);
	else if (!p->n || p->serial != m->generation || p->next != part || p->n != n ||
		 strcmp(p->sender, from) != 0)
		return 0;
	if (append(p, text, err) < 0) {
		fragments_free(p);
		return -ENOMEM;
	}
	return p->next == p->n;
}

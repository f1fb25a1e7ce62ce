// SPDX-License-Identifier: GPL-2.0-or-later
/* replica: the table of connections that the serving head tells the others, in parts. */
#include "core/replica.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/member.h"

#define NFS_PORT 2049

unsigned int replica_count(size_t len)
{
	return len ? (len + REPLICA_PART_LEN - 1) / REPLICA_PART_LEN : 1;
}

struct message replica_format(const char *text, uint64_t serial, unsigned int part,
			      const char *digest)
{
	struct message m = { .type = MESSAGE_CONNS, .generation = serial };
	size_t len = strlen(text), from = (size_t)part * REPLICA_PART_LEN;
	size_t n = len - from < REPLICA_PART_LEN ? len - from : REPLICA_PART_LEN;

	snprintf(m.digest, sizeof(m.digest), "%s", digest);
	m.body = json_object_new_object();
	json_object_object_add(m.body, "part", json_object_new_int(part));
	json_object_object_add(m.body, "parts", json_object_new_int(replica_count(len)));
	json_object_object_add(m.body, "text",
			       json_object_new_string_len(text + from, n));
	return m;
}

static void drop_text(struct replica *r)
{
	free(r->text);
	r->text = NULL;
	r->len = 0;
	r->parts = r->next = 0;
}

void replica_free(struct replica *r)
{
	conns_free(&r->conns);
	free(r->text);
	memset(r, 0, sizeof(*r));
}

static int wrong(struct err *err, const char *what)
{
	err_set(err, BATON_EXIT_PEER, 0, "its table of connections: %s", what);
	return -EPROTO;
}

static int append(struct replica *r, struct json_object *text, struct err *err)
{
	size_t n = json_object_get_string_len(text);
	char *more = realloc(r->text, r->len + n + 1);

	if (!more)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "table of connections");
	memcpy(more + r->len, json_object_get_string(text), n + 1);
	r->text = more;
	r->len += n;
	r->next++;
	return 0;
}

/* We shall send packets in the name of these addresses. */
static bool is_of(const struct service *svc, const struct conn *conn)
{
	for (size_t i = 0; i < svc->n_addresses; i++)
		if (ipaddr_equal(&svc->addresses[i].ip, &conn->local))
			return conn->lport == NFS_PORT;
	return false;
}

static int finish(struct replica *r, const struct service *svc, struct err *err)
{
	_cleanup_conns_ struct conns conns = { 0 };
	bool empty = r->len == 0;
	int rc = empty ? 0 : conns_parse(&conns, r->text, r->len, err);

	drop_text(r);
	/* Nobody takes back what another has told. */
	if (empty && strcmp(r->from, r->sender) != 0)
		return 0;
	if (rc < 0) {
		err_wrap(err, rc, "its table of connections");
		return rc == -ENOMEM ? rc : -EPROTO;
	}
	for (size_t i = 0; i < conns.n; i++)
		if (!is_of(svc, &conns.v[i]))
			return wrong(err, "one is none of this service");
	conns_free(&r->conns);
	r->conns = conns;
	memset(&conns, 0, sizeof(conns));
	memcpy(r->from, r->sender, sizeof(r->from));
	return 1;
}

static void begin(struct replica *r, const char *from, uint64_t serial,
		  unsigned int parts)
{
	drop_text(r);
	snprintf(r->sender, sizeof(r->sender), "%s", from);
	r->serial = serial;
	r->parts = parts;
}

int replica_take(struct replica *r, const struct service *svc, const char *from,
		 const struct message *m, struct err *err)
{
	double part = m->body ? member_double(m->body, "part") : -1;
	double parts = m->body ? member_double(m->body, "parts") : 0;
	struct json_object *text;

	if (strcmp(m->digest, svc->digest) != 0)
		return 0;
	if (!(parts >= 1 && parts <= REPLICA_PARTS_MAX && part >= 0 && part < parts) ||
	    !json_object_object_get_ex(m->body, "text", &text) ||
	    !json_object_is_type(text, json_type_string) ||
	    json_object_get_string_len(text) > REPLICA_PART_LEN)
		return wrong(err, "it is no part of one");
	if (part == 0)
		begin(r, from, m->generation, (unsigned int)parts);
	else if (!r->parts || r->serial != m->generation || r->next != part ||
		 r->parts != parts || strcmp(r->sender, from) != 0)
		return 0;
	if (append(r, text, err) < 0) {
		drop_text(r);
		return -ENOMEM;
	}
	return r->next == r->parts ? finish(r, svc, err) : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* peer_connections: the serving head's connections, as it sends them to other heads. */
#include "keeper/peer_connections.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/holding.h"
#include "core/json.h"

void peer_connections_free(struct peer_connections *r)
{
	conns_free(&r->conns);
	fragments_free(&r->fragments);
	memset(r, 0, sizeof(*r));
}

static int wrong(struct err *err, const char *what)
{
	err_set(err, BATON_EXIT_PEER, 0, "its table of connections: %s", what);
	return -EPROTO;
}

/* Earlier versions do not send it. */
static int take_held(uint32_t *held, struct json_object *body, struct err *err)
{
	double told = json_member_double(body, "held");

	if (!(told >= 0 && told <= HOLDING_MAX))
		return wrong(err, "what a client holds is not a valid number");
	*held = (uint32_t)told;
	return 0;
}

static int finish(struct peer_connections *r, const struct service *svc,
		  struct json_object *body, struct err *err)
{
	_cleanup_conns_ struct conns conns = { 0 };
	struct fragments *fragments = &r->fragments;
	uint32_t held;
	int rc = take_held(&held, body, err);

	if (rc < 0)
		return rc;

	/* A head can take back only its own table. */
	if (fragments->len == 0 && strcmp(r->from, fragments->sender) != 0)
		return 0;
	rc = fragments->len ? conns_parse(&conns, fragments->text, fragments->len, err)
			    : 0;
	if (rc < 0) {
		err_wrap(err, rc, "its table of connections");
		return rc == -ENOMEM ? rc : -EPROTO;
	}
	for (size_t i = 0; i < conns.n; i++)
		if (!conn_is_of(&conns.v[i], svc))
			return wrong(err, "a connection is not one of this service");
	conns_free(&r->conns);
	r->conns = conns;
	r->held = held;
	memset(&conns, 0, sizeof(conns));
	memcpy(r->from, fragments->sender, sizeof(r->from));
	return 1;
}

int peer_connections_take(struct peer_connections *r, const struct service *svc,
			  const char *from, const struct message *m, struct err *err)
{
	int rc;

	if (strcmp(m->digest, svc->digest) != 0)
		return 0;
	rc = fragments_take(&r->fragments, from, m, err);
	if (rc <= 0)
		return rc;
	rc = finish(r, svc, m->body, err);
	fragments_free(&r->fragments);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* start: an address has come to this head; its clients shall follow at once. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/rawsock.h"
#include "os/tickle.h"
#include "os/timed_child.h"
#include "sever/internal.h"

/* Data of a start. */
struct arrival {
	const struct sever *sever;
	struct rtnl_addr address;
	struct client_record record;
	struct diag *diag;
	struct rawsock raw;
};

static int find(struct arrival *a, struct err *err)
{
	char ip[IPADDR_TEXT];
	int rc = sever_find_address(a->sever, &a->address, err);

	if (rc == 0)
		return err_set(err, BATON_EXIT_NETWORK, EADDRNOTAVAIL,
			       "%s is not on this head: this resource comes after its "
			       "IPaddr2 in the group",
			       ipaddr_format(&a->sever->ip, ip));
	return rc < 0 ? rc : 0;
}

static void load(struct arrival *a)
{
	struct err err = { 0 };

	if (record_load(a->sever, true, &a->record, &err) < 0)
		sever_say(a->sever, true, "cannot load the client record: %s", err.text);
}

/* Clients that connected after the address came here are cut off, and tickled as well. */
static int clean(struct arrival *a, struct err *err)
{
	const struct sever *s = a->sever;
	struct diag_severed severed = { 0 };
	int rc = sever_mute(s, err), r;

	if (rc == 0)
		rc = sever_list(s, a->diag, &a->record.conns, NULL, err);
	conns_sort(&a->record.conns);
	if (rc == 0)
		rc = diag_sever(a->diag, &s->ip, 1, s->port, &severed, err);
	/* In any case: it is not for us to keep the address silent. */
	r = sever_unmute(s, rc == 0 ? err : NULL);
	if (rc == 0 && severed.destroyed)
		sever_say(s, false, "%zu stale sockets destroyed", severed.destroyed);
	return rc < 0 ? rc : r;
}

/* IPaddr2 announces it, too, but in the background. */
static void announce(struct arrival *a)
{
	char name[IF_NAMESIZE];
	struct rtnl_link link;
	struct rtnl *rtnl;

	if (a->address.ifindex == RTNL_LOOPBACK ||
	    !if_indextoname(a->address.ifindex, name) || rtnl_open(&rtnl, NULL) < 0)
		return;
	if (rtnl_link_get(rtnl, name, &link, NULL) == 0)
		rawsock_announce(&a->raw, link.ifindex, &link.mac, &a->sever->ip, 1,
				 NULL);
	rtnl_close(rtnl);
}

static bool announce_again(void *data)
{
	struct arrival *a = data;

	if (sever_is_here(a->sever, NULL) <= 0)
		return false;
	announce(a);
	return true;
}

static int tickle(struct arrival *a, struct err *err)
{
	const struct tickle again = {
		&a->raw, a->diag, a->sever->port, &a->record.conns, announce_again, a, -1
	};
	size_t sent = 0;
	int rc = rawsock_open(&a->raw, err);

	if (rc < 0)
		return rc;
	announce(a);
	rc = rawsock_tickle(&a->raw, &a->record.conns, &sent, err);
	sever_say(a->sever, false, "%zu connections tickled", sent);
	tickle_again(&again);
	rawsock_close(&a->raw);
	return rc;
}

static void warn_of_locks(const struct arrival *a)
{
	if (a->record.lockers)
		sever_say(a->sever, true,
			  "%u client%s held locks or delegations to write on the head "
			  "before: this agent cannot "
			  "carry them over, and writes under them may fail; "
			  "ocf:baton:service does",
			  a->record.lockers, a->record.lockers == 1 ? "" : "s");
}

static int start(struct arrival *a, struct err *err)
{
	struct err why = { 0 };
	int rc;

	load(a);
	rc = clean(a, err);
	if (rc < 0)
		return rc;
	if (a->sever->tickle && tickle(a, &why) < 0)
		sever_say(a->sever, true, "not all clients are tickled: %s", why.text);
	warn_of_locks(a);
	return 0;
}

int sever_start(const struct sever *s, struct err *err)
{
	struct arrival a = { .sever = s, .raw = RAWSOCK_CLOSED };
	int rc = find(&a, err);

	if (rc == 0)
		rc = diag_open(&a.diag, err);
	if (rc < 0)
		return rc;
	rc = sever_look(s, a.diag, err);
	if (rc >= 0)
		rc = rc == NFTABLE_ASLEEP ? 0 : start(&a, err);
	diag_close(a.diag);
	client_record_free(&a.record);
	return rc;
}

int sever_tickle(const struct sever *s, struct err *err)
{
	struct arrival a = { .sever = s, .raw = RAWSOCK_CLOSED };
	int rc;

	if (!s->state)
		return err_set(err, BATON_EXIT_USAGE, 0, "tickle: --state is missing");
	rc = find(&a, err);
	if (rc == 0)
		rc = record_load(s, false, &a.record, err);
	if (rc == 0)
		rc = diag_open(&a.diag, err);
	if (rc == 0)
		rc = tickle(&a, err);
	diag_close(a.diag);
	client_record_free(&a.record);
	return rc;
}

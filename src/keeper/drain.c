// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drain: how a stop treats clients' connections: no call comes in, every reply goes out.
 *
 * Theory of operation
 *
 *   hold (clients are served) -> calls (the pause begins) -> knfsd's end -> settle
 *
 * If a client does not get a reply, it sends the call again, to a head that knows nothing
 * of it: a rename or an exclusive create is executed twice. A reply can be lost in three
 * ways. A socket that is closed with unread calls is reset, and what it had to send is
 * gone: so everything that has arrived is read first. A socket that is closed with unsent
 * replies puts its FIN on the last of them: so they are sent first, and the filter
 * removes the FIN from what may still come (core/ruleset.c). What was sent may be lost on
 * the way: so each reply is acknowledged before everything that could send it again is
 * gone.
 *
 * How long that takes depends on the client's link, so the only limit is the key `drain`:
 * it goes on as long as the backlog shrinks. A reader over a slow link may have megabytes
 * under way. Such a connection is held off alone, before the others have to wait; knfsd
 * reads no further call from it until the replies before have left (net/sunrpc/svcsock.c,
 * svc_tcp_has_wspace()).
 *
 * If this is not done in time, a hand-over ends and the service stays where it is. A stop
 * goes on, and names the clients for which it was not done.
 */
#include "keeper/drain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/ruleset.h"
#include "os/child.h"
#include "os/nfsd.h"
#include "os/nftable.h"
#include "os/owed.h"

/* A client that reads or writes much always has up to this much under way. */
#define HOLD_BYTES 65536
/* Longer than a retransmission takes. */
#define STALL_MS 2000
/* How long replies may take to be acknowledged unasked, and without any progress when asked. */
#define ACK_MS    5
#define SETTLE_MS 250
#define ASKED     4
/* If nobody is left to let calls in again, the kernel does so after this. */
#define HELD_MORE_S 10

static struct owed_terms terms_of(const struct op *op, enum backlog_part part,
				  int64_t stall_ms)
{
	return (struct owed_terms){ .port = NFS_PORT,
				    .part = part,
				    .lease_s = op->svc->lease,
				    .until_ms = child_now_ms() + op->svc->drain * 1000ll,
				    .stall_ms = stall_ms };
}

static void keep_owing(struct sents *sents, enum backlog_part part, uint32_t more_than)
{
	size_t n = 0;

	for (size_t i = 0; i < sents->n; i++)
		if (backlog_bytes(&sents->v[i], part) > more_than)
			sents->v[n++] = sents->v[i];
	sents->n = n;
}

/* A hand-over was planned; the service stays here. */
static int give_up(struct op *op, struct sents *owing, struct err *err)
{
	char names[200];

	drain_end(op, NULL);
	op->given_up = true;
	keep_owing(owing, BACKLOG_UNDELIVERED, 0);
	backlog_name(owing, names, sizeof(names));
	err_set(err, BATON_EXIT_FAILED, 0,
		"replies could not be delivered within %u s to %s; the service stays here",
		op->svc->drain, names);
	return -ETIME;
}

static int load_hold(struct op *op, const struct sents *held, struct err *err)
{
	_cleanup_conns_ struct conns conns = { 0 };
	_cleanup_free_ char *ruleset = NULL;
	int rc = 0;

	for (size_t i = 0; i < held->n && rc == 0; i++) {
		const struct conn c = { .remote = held->v[i].ip,
					.rport = held->v[i].port };

		rc = conns_add(&conns, &c);
	}
	if (rc == 0)
		ruleset = ruleset_hold(NFS_PORT, &conns, op->svc->drain + HELD_MORE_S);
	if (!ruleset)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "filter");
	rc = op_open_nft(op, err);
	return rc < 0 ? rc : nft_apply(op->nft, ruleset, err);
}

int drain_hold(struct op *op, struct err *err)
{
	struct owed_terms terms = terms_of(op, BACKLOG_UNDELIVERED, STALL_MS);
	struct sents held = { 0 }, last = { 0 };
	int64_t began = child_now_ms();
	int rc = op_open_diag(op, err);

	if (rc == 0)
		rc = owed_look(op->diag, &terms, &held, err);
	keep_owing(&held, BACKLOG_UNDELIVERED, HOLD_BYTES);
	if (rc < 0 || held.n == 0 || (rc = load_hold(op, &held, err)) < 0)
		goto end;
	sents_sort(&held);
	terms.only = &held;
	rc = owed_wait(op->diag, &terms, &last, NULL, err);
	snprintf(op->note, sizeof(op->note), "%zu held off for %lld ms%s", held.n,
		 (long long)(child_now_ms() - began), rc > 0 ? ", in vain" : "");
	if (rc > 0)
		rc = op->planned ? give_up(op, &last, err) : 0;
end:
	sents_free(&held);
	sents_free(&last);
	/* Without the hold the drain only takes longer. */
	if (rc < 0 && rc != -ETIME) {
		snprintf(op->note, sizeof(op->note), "no connection held off: %.100s",
			 err->text);
		rc = 0;
	}
	return rc;
}

/* Standby has loaded the filter asleep; if someone flushed it, it is compiled now. */
static int hold_off_calls(struct op *op, struct err *err)
{
	_cleanup_free_ char *ruleset = NULL;
	int rc = nftable_set_dormant(RULESET_TABLE, false, err);

	if (rc != -ENOENT)
		return rc;
	ruleset = ruleset_drain(NFS_PORT, false);
	if (!ruleset)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "filter");
	rc = op_open_nft(op, err);
	return rc < 0 ? rc : nft_apply(op->nft, ruleset, err);
}

int drain_calls(struct op *op, struct err *err)
{
	const struct owed_terms terms = terms_of(op, BACKLOG_UNDELIVERED, STALL_MS);
	bool serves = nfsd_get_threads() > 0;
	struct err why = { 0 };
	int rc = op_open_diag(op, err);

	if (rc == 0 && serves)
		op->drained = hold_off_calls(op, &why) == 0;
	/* Only now: the list then has every client that got in before the filter woke. */
	if (rc == 0)
		rc = diag_conns(op->diag, NFS_PORT, &op->conns, err);
	if (rc < 0 || !serves)
		return rc;
	/* Without the filter a call may be executed twice; not to stop would be worse. */
	if (!op->drained && op->planned) {
		drain_end(op, NULL);
		op->given_up = true;
		*err = why;
		return err_wrap(err, -EIO, "no filter; the service stays here");
	}
	if (!op->drained) {
		snprintf(op->note, sizeof(op->note), "no filter: %.100s", why.text);
		return owed_look(op->diag, &terms, &op->owed, err);
	}
	rc = owed_wait(op->diag, &terms, &op->owed, NULL, err);
	if (rc > 0 && op->planned)
		return give_up(op, &op->owed, err);
	if (rc > 0)
		snprintf(op->note, sizeof(op->note),
			 "%d connections with calls unread or replies unsent", rc);
	return rc < 0 ? rc : 0;
}

/* A client with more calls to send acknowledges by one of them, which is held off. */
static void ask_for_acknowledgement(struct op *op)
{
	_cleanup_conns_ struct conns owing = { 0 };

	for (size_t i = 0; i < op->owed.n; i++) {
		const struct sent *s = &op->owed.v[i];

		if (!backlog_bytes(s, BACKLOG_UNACKNOWLEDGED))
			continue;
		for (size_t j = 0; j < op->conns.n; j++)
			if (op->conns.v[j].rport == s->port &&
			    ipaddr_equal(&op->conns.v[j].remote, &s->ip) &&
			    conns_add(&owing, &op->conns.v[j]) < 0)
				return;
	}
	/* If there is no route to a client any more, or no link, it cannot be asked. */
	if (op_open_raw(op, NULL) == 0)
		rawsock_tickle(&op->raw, &owing, NULL, NULL);
}

static void tell_unsettled(struct op *op, struct sents *lost)
{
	char names[200];

	keep_owing(&op->owed, BACKLOG_UNACKNOWLEDGED, 0);
	for (size_t i = 0; i < op->owed.n; i++)
		if (sents_add(lost, &op->owed.v[i]) < 0)
			break;
	op->unsettled = lost->n;
	if (lost->n == 0)
		return;
	backlog_name(lost, names, sizeof(names));
	snprintf(op->note, sizeof(op->note),
		 "never acknowledged, so calls may be executed twice: %s", names);
}

int drain_settle(struct op *op, struct err *err)
{
	struct owed_terms terms = terms_of(op, BACKLOG_UNACKNOWLEDGED, ACK_MS);
	struct sents lost = { 0 };
	int rc = op_open_diag(op, err);

	if (rc == 0)
		rc = owed_wait(op->diag, &terms, &op->owed, &lost, err);
	/* The answer may be lost as well. */
	terms.stall_ms = SETTLE_MS;
	for (int asked = 0; asked < ASKED && rc > 0 && child_now_ms() < terms.until_ms;
	     asked++) {
		ask_for_acknowledgement(op);
		rc = owed_wait(op->diag, &terms, &op->owed, &lost, err);
	}
	if (rc >= 0)
		tell_unsettled(op, &lost);
	sents_free(&lost);
	return rc < 0 ? rc : 0;
}

int drain_end(struct op *op, struct err *err)
{
	static const char *const tables[] = { RULESET_TABLE, RULESET_HOLD };
	int rc = 0;

	/* Asleep they see no packet. One small message each: the pause includes this. */
	for (size_t i = 0; i < 2; i++) {
		int r = nftable_set_dormant(tables[i], true, rc == 0 ? err : NULL);

		if (r < 0 && r != -ENOENT && rc == 0)
			rc = r;
	}
	return rc;
}

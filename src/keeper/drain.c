// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drain: no call in, every reply out: what a stop does about the clients' connections.
 *
 * Theory of operation
 *
 *   hold (clients are served) -> calls (the pause begins) -> knfsd's end -> settle
 *
 * A reply that a client has not got is a call that it sends again, to a head that knows nothing
 * of it: a rename or an exclusive create is executed twice. Three things can lose one. A
 * socket that is closed with calls unread is reset, and what it had to send is gone: so
 * all that has come is read first. One that is closed with replies unsent has its FIN
 * on the last of them: so they are sent first, and the filter takes the FIN off what
 * may still come (core/ruleset.c). What was sent may be lost on the way: so each is
 * acknowledged, before nothing is left that could send it again.
 *
 * How long that takes, the client's link says, so no constant bounds it but the key `drain`: it
 * goes on as long as something becomes less. A reader over a slow link may have megabytes
 * under way. It is held off alone, before the others have to wait; knfsd reads no further
 * call of it until the replies before have left (net/sunrpc/svcsock.c, svc_tcp_has_wspace()).
 *
 * What is not done in time ends a hand-over: the service goes on where it is. Only a stop goes
 * on, and says for whom it was not done.
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

/* Less is on its way all the time with a client that reads or writes much. */
#define HOLD_BYTES 65536
/* Longer than a retransmission takes. */
#define STALL_MS 2000
/* How long replies may take to be acknowledged unasked, and without any progress when asked. */
#define ACK_MS    5
#define SETTLE_MS 250
#define ASKED     4
/* Should nobody be left to let them in again, the kernel does. */
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

/* It was to be handed over, and stays where it is. */
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
	/* Without it the drain takes longer. */
	if (rc < 0 && rc != -ETIME) {
		snprintf(op->note, sizeof(op->note), "nobody held off: %.100s",
			 err->text);
		rc = 0;
	}
	return rc;
}

/* Standby has left the filter asleep; if someone flushed it, it is compiled now. */
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
	/* After that: whoever has come until then is among them. */
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

/* A client that has more calls to make acknowledges on one of them, which is held off. */
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
	/* No route to a client any more, or no link: then it cannot be asked. */
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
	/* An answer may be lost as well. */
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

	/* Asleep they see no packet; one small message each, as this is part of the pause. */
	for (size_t i = 0; i < 2; i++) {
		int r = nftable_set_dormant(tables[i], true, rc == 0 ? err : NULL);

		if (r < 0 && r != -ENOENT && rc == 0)
			rc = r;
	}
	return rc;
}

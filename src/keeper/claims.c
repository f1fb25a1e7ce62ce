// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * claims: a service is started on one head only.
 *
 * Theory of operation
 *
 *   claimant                                       all keepers
 *   begin    ── claim ──────────────────────────▶  the first one that is delivered is in force
 *            ◀─────────────────────────── stand ─  each reports the state of its head
 *   judge    (core/claim.c), then OPERATION_START
 *            ── unclaim ────────────────────────▶  it is no longer in force
 *
 * corosync delivers messages to all keepers of the service in the same order, so all of
 * them, also the claimants, agree on the claim in force: if two heads claim at the same
 * time, one of them learns of the other. A claim is in force until its start has ended or
 * its head has gone.
 *
 * That order holds only within a partition, so a head that does not answer counts too:
 * then the start is refused, unless the requester knows that the head is dead
 * (`--takeover`), or Pacemaker does (the agent). A keeper that joins meanwhile is asked,
 * too.
 *
 * A hand-over is not a claim: `granted` is the word of the head that had the service. But
 * nothing starts here while another head's claim is in force (jobs.c), neither a target
 * nor a source that would start again: an administrator may have taken over.
 */
#include "keeper/claims.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "keeper/claims_internal.h"
#include "keeper/control.h"
#include "keeper/handover.h"
#include "keeper/jobs.h"
#include "keeper/peers.h"
#include "keeper/timer.h"
#include "os/diskhold.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/rival.h"

/* Where corosync would read its nodelist. */
#define COROSYNC_CONF     "/etc/corosync/corosync.conf"
#define COROSYNC_CONF_MAX 1048576
/*
 * A keeper answers at once. One that hangs is ended by its watchdog (30 s,
 * baton@.service), and has then left; a start must not fail before that.
 */
#define ANSWERS_MS 45000

static void broadcast(struct keeper *k, enum message_type type, const char *to,
		      uint64_t id, struct json_object *body)
{
	struct message m = { .type = type, .generation = id, .body = body };

	snprintf(m.to, sizeof(m.to), "%s", to);
	memcpy(m.digest, k->svc->digest, sizeof(m.digest));
	peers_send(k, &m);
	message_release(&m);
}

/* ---- answering */

/*
 * This includes what was agreed to and waits for its turn, and what an earlier keeper has
 * begun: that may be a start which has not come to the disk yet.
 */
static const char *word(const struct keeper *k)
{
	if (strcmp(k->claims->holder, k->self) == 0 ||
	    (jobs_is_uninformed(k) && lock_is_held(k->paths.lock)))
		return "start";
	return jobs_will_start(k) ? "take" : jobs_word(k);
}

/* A start that has looked at the disk's registrations may mount it at any moment. */
bool claims_may_hold(const struct keeper *k)
{
	return jobs_state(k) == STATE_SERVING ||
	       diskhold_check(&k->paths, k->svc, NULL) < 0 || jobs_will_start(k) ||
	       (jobs_is_uninformed(k) && lock_is_held(k->paths.lock));
}

static void tell_stand(struct keeper *k, const char *to, uint64_t id)
{
	const char *peer = handover_peer(k);
	struct claim_stand stand = { .holds = diskhold_check(&k->paths, k->svc, NULL) <
					      0 };

	snprintf(stand.word, sizeof(stand.word), "%s", word(k));
	if (peer)
		snprintf(stand.peer, sizeof(stand.peer), "%s", peer);
	rival_find(k->svc, stand.rival, NULL);
	broadcast(k, MESSAGE_STAND, to, id, claim_format(&stand));
}

static void take_claim(struct keeper *k, const char *from, uint64_t id)
{
	struct claims *c = k->claims;
	bool ours = strcmp(from, k->self) == 0;

	if (!c->holder[0])
		snprintf(c->holder, sizeof(c->holder), "%s", from);
	/* A head's last claim replaces its earlier ones. */
	if (strcmp(c->holder, from) == 0)
		c->holder_id = id;
	if (!ours)
		tell_stand(k, from, id);
	else if (c->pending && c->id == id)
		c->delivered = true;
}

static void take_unclaim(struct keeper *k, const char *from, uint64_t id)
{
	if (strcmp(k->claims->holder, from) == 0 && k->claims->holder_id == id)
		k->claims->holder[0] = '\0';
}

static bool is_foreign(const struct keeper *k)
{
	return k->claims->holder[0] && strcmp(k->claims->holder, k->self) != 0;
}

int claims_check_operation(const struct keeper *k, enum operation operation,
			   struct err *err)
{
	if ((operation != OPERATION_START && operation != OPERATION_TAKE) ||
	    !is_foreign(k))
		return 0;
	return err_set(err, BATON_EXIT_PEER, 0, "%s has taken over", k->claims->holder);
}

/* ---- claiming */

static struct claim_head *find(struct claims *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->heads[i].name, name) == 0)
			return &c->heads[i];
	return NULL;
}

/* Forgets what heads that have gone have said. */
static void list_heads(struct keeper *k)
{
	struct claims *c = k->claims;
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	for (size_t i = 0; i < n; i++) {
		struct claim_head *head = find(c, heads[i].name);
		const struct peer *peer;

		if (heads[i].self)
			continue;
		if (!head && c->n < COROSYNC_HEADS_MAX) {
			head = &c->heads[c->n++];
			memset(head, 0, sizeof(*head));
			snprintf(head->name, sizeof(head->name), "%s", heads[i].name);
		}
		if (!head)
			continue;
		peer = peers_introduced(k, head->name);
		head->foreign[0] = '\0';
		if (peer && peer->protocol != MESSAGE_PROTOCOL)
			memcpy(head->foreign, peer->version, sizeof(head->foreign));
		head->joined = heads[i].joined;
		head->answered &= heads[i].joined;
	}
}

static struct json_object *list_silent(const struct claims *c)
{
	struct json_object *names = json_object_new_array();
	const struct claim_terms terms = { c->takeover, c->gone, c->fenced };

	for (size_t i = 0; i < c->n; i++)
		if (claim_is_silent(&c->heads[i], &terms))
			json_object_array_add(names,
					      json_object_new_string(c->heads[i].name));
	return names;
}

static void end_pending(struct keeper *k)
{
	struct claims *c = k->claims;

	c->pending = false;
	timer_arm(c->deadline, 0);
}

/* Nothing is begun. */
static void refuse(struct keeper *k, struct err *why, struct json_object *more)
{
	struct claims *c = k->claims;

	end_pending(k);
	broadcast(k, MESSAGE_UNCLAIM, "", c->id, NULL);
	control_answer(k, c->fd, why, false, more);
}

static void refuse_silent(struct keeper *k, struct err *why)
{
	struct json_object *more = json_object_new_object();
	const struct err first = *why;

	json_object_object_add(more, "silent", list_silent(k->claims));
	err_set(why, BATON_EXIT_PEER, 0,
		"%.200s. If it is known to be dead: `baton start --takeover %s`. If it is not, "
		"both would write to the disk, and destroy the filesystem",
		first.text, k->svc->name);
	refuse(k, why, more);
}

static void start_ended(struct keeper *k, const struct job *job, const struct err *err,
			bool changed)
{
	broadcast(k, MESSAGE_UNCLAIM, "", job->id, NULL);
	control_answer(k, job->fd, err, changed, NULL);
}

static bool start_is_gone(struct keeper *k, const struct job *job)
{
	if (!control_is_gone(k, job))
		return false;
	broadcast(k, MESSAGE_UNCLAIM, "", job->id, NULL);
	return true;
}

static const struct job_owner claimant = { .waits = control_tell_waiting,
					   .ended = start_ended,
					   .is_gone = start_is_gone };

static void begin(struct keeper *k)
{
	struct claims *c = k->claims;
	const struct job job = { .operation = OPERATION_START,
				 .owner = &claimant,
				 .asker = c->asker,
				 .fd = c->fd,
				 .id = c->id,
				 .until_ms = c->until_ms,
				 .patience_ms = k->svc->disk_timeout * 1000 };
	struct err err = { 0 };

	end_pending(k);
	c->asked = true;
	if (jobs_add(k, &job, &err) == 0)
		return;
	broadcast(k, MESSAGE_UNCLAIM, "", c->id, NULL);
	control_answer(k, c->fd, &err, false, NULL);
}

/* Called whenever something new is known. */
static void judge(struct keeper *k, bool late)
{
	struct claims *c = k->claims;
	const struct claim_terms terms = { c->takeover, c->gone, c->fenced };
	enum claim_verdict verdict;
	struct err why = { 0 };

	if (!c->pending)
		return;
	if (is_foreign(k)) {
		err_set(&why, BATON_EXIT_PEER, 0, "%s is starting it", c->holder);
		refuse(k, &why, NULL);
		return;
	}
	if (!c->delivered && !late)
		return;
	if (!c->delivered) {
		err_set(&why, BATON_EXIT_CLUSTER, 0,
			"corosync has not delivered the claim to the other heads");
		refuse(k, &why, NULL);
		return;
	}
	list_heads(k);
	verdict = claim_judge(c->heads, c->n, &terms, late, &why);
	if (verdict == CLAIM_WAITS)
		return;
	if (verdict == CLAIM_GRANTED)
		begin(k);
	else if (verdict == CLAIM_SILENT)
		refuse_silent(k, &why);
	else
		refuse(k, &why, NULL);
}

void claims_tell_terms(const struct keeper *k, uint64_t id, struct guard_terms *terms)
{
	const struct claims *c = k->claims;

	if (!id || id != c->id)
		return;
	terms->takeover = c->takeover;
	terms->fenced = c->fenced;
	terms->asked = c->asked;
	terms->answered = c->asked;
	for (size_t i = 0; i < c->n; i++) {
		size_t used = strlen(terms->heads);

		terms->answered &= c->heads[i].answered;
		snprintf(terms->heads + used, sizeof(terms->heads) - used, "%s%s",
			 used ? " " : "", c->heads[i].name);
	}
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	judge(data, true);
	return 0;
}

static void take_stand(struct keeper *k, const char *from, const struct message *m)
{
	struct claims *c = k->claims;
	struct claim_head *head;
	struct err err;

	if (!c->pending || m->generation != c->id)
		return;
	list_heads(k);
	head = find(c, from);
	if (head && claim_parse(&head->stand, m->body, &err) == 0) {
		head->answered = true;
		peers_note_stand(k, from, head->stand.holds, claim_lets_go(&head->stand));
	}
	judge(k, false);
}

void claims_message(struct keeper *k, const char *from, const struct message *m)
{
	struct claims *c = k->claims;
	bool from_us = strcmp(from, k->self) == 0;

	if (m->type == MESSAGE_CLAIM) {
		take_claim(k, from, m->generation);
		judge(k, false);
	} else if (m->type == MESSAGE_UNCLAIM) {
		take_unclaim(k, from, m->generation);
	} else if (m->type == MESSAGE_STAND && strcmp(m->to, k->self) == 0) {
		take_stand(k, from, m);
	} else if (m->type == MESSAGE_HELLO && !from_us && c->pending) {
		/* It may not have heard the claim. */
		broadcast(k, MESSAGE_CLAIM, "", c->id, NULL);
	}
}

void claims_peers_changed(struct keeper *k)
{
	struct claims *c = k->claims;
	const struct corosync_head *holder = peers_find(k, c->holder);

	/* Without the group's messages nobody knows whose claim is in force. */
	if (c->holder[0] && (!peers_are_clustered(k) || !holder || !holder->joined))
		c->holder[0] = '\0';
	judge(k, false);
}

void claims_overrule(struct keeper *k)
{
	struct err why;

	if (!k->claims->pending)
		return;
	err_set(&why, BATON_EXIT_FAILED, 0, "overruled by another request");
	refuse(k, &why, NULL);
}

/* Does corosync.conf(5) name more than one node? Debian installs one with this head alone. */
static bool is_configured(void)
{
	_cleanup_free_ char *text = NULL;
	const char *first;
	size_t len;

	if (file_read_all(COROSYNC_CONF, COROSYNC_CONF_MAX, &text, &len) < 0)
		return false;
	first = strstr(text, "ring0_addr");
	return first && strstr(first + 1, "ring0_addr");
}

/* A head that is in no cluster can only ask the network. */
static int check_membership(struct keeper *k, bool takeover, struct err *err)
{
	if (peers_are_clustered(k) || takeover || !is_configured())
		return 0;
	return err_set(err, BATON_EXIT_CLUSTER, 0,
		       "no other head can be asked: %.150s. If none of them serves it: "
		       "`baton start --takeover %s`",
		       peers_why_alone(k), k->svc->name);
}

static int claim(struct keeper *k, int fd, struct err *err)
{
	struct claims *c = k->claims;
	const struct job start = { .operation = OPERATION_START,
				   .owner = &control_client,
				   .asker = c->asker,
				   .fd = fd,
				   .id = ++c->id,
				   .until_ms = c->until_ms,
				   .patience_ms = k->svc->disk_timeout * 1000 };
	int rc = check_membership(k, c->takeover || c->agent, err);

	if (rc < 0)
		return rc;
	/* Pacemaker runs, so corosync does; it may have come since the last attempt. */
	if (!peers_are_clustered(k) && c->agent)
		peers_join(k);
	/* The agent must ask Pacemaker before it tries again. */
	if (!peers_are_clustered(k) && is_configured() && c->agent && !c->gone[0]) {
		struct json_object *more = json_object_new_object();

		err_set(err, BATON_EXIT_CLUSTER, 0, "no other head can be asked: %.150s",
			peers_why_alone(k));
		json_object_object_add(more, "silent", json_object_new_array());
		control_answer(k, fd, err, false, more);
		return 0;
	}
	c->n = 0;
	c->asked = false;
	if (!peers_are_clustered(k))
		return jobs_add(k, &start, err);
	c->pending = true;
	c->delivered = false;
	c->fd = fd;
	timer_arm(c->deadline, ANSWERS_MS);
	broadcast(k, MESSAGE_CLAIM, "", c->id, NULL);
	return 0;
}

/* The service does not serve, as was believed: so claim the start. */
static void confirm_ended(struct keeper *k, const struct job *job, const struct err *err,
			  bool changed)
{
	struct err why = { 0 };

	if (err && k->claims->pending)
		err_set(&why, BATON_EXIT_KEEPER, 0, "a start is already being asked for");
	else if (err && claim(k, job->fd, &why) == 0)
		return;
	control_answer(k, job->fd, err ? &why : NULL, changed, NULL);
}

static const struct job_owner confirmer = { .waits = control_tell_waiting,
					    .ended = confirm_ended,
					    .is_gone = control_is_gone };

int claims_begin(struct keeper *k, const struct claim_terms *terms,
		 const struct asker *asker, int64_t until_ms, int fd, struct err *err)
{
	struct claims *c = k->claims;
	const struct job confirm = { .operation = OPERATION_CONFIRM,
				     .owner = &confirmer,
				     .fd = fd };

	/* Pacemaker decides, even over a request that came first. */
	if (terms->gone)
		claims_overrule(k);
	if (c->pending)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "a start is already being asked for");
	c->until_ms = until_ms;
	c->takeover = terms->takeover;
	c->agent = terms->gone;
	c->fenced = terms->fenced;
	c->asker = *asker;
	snprintf(c->gone, sizeof(c->gone), "%s", terms->gone ? terms->gone : "");
	/* A confirmation asks nothing of the other heads and changes nothing. */
	if (jobs_state(k) == STATE_SERVING && !jobs_is_busy(k))
		return jobs_add(k, &confirm, err);
	return claim(k, fd, err);
}

int claims_open(struct keeper *k, struct err *err)
{
	int rc;

	k->claims = calloc(1, sizeof(*k->claims));
	rc = k->claims ? timer_add(k->event, &k->claims->deadline, 0, on_deadline, k)
		       : -ENOMEM;
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

void claims_close(struct keeper *k)
{
	if (!k->claims)
		return;
	sd_event_source_disable_unref(k->claims->deadline);
	if (k->claims->pending)
		close(k->claims->fd);
	free(k->claims);
	k->claims = NULL;
}

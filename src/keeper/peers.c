// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peers: the keepers of the service on the other heads, by corosync's closed process groups.
 *
 * Theory of operation
 *
 * Each service has a group of its own, "baton/NAME". corosync says who is in it, carries
 * messages to all members in the same order, encrypts them with its own keys, and names
 * the sender; so only root on a node of the cluster can impersonate a head. When a keeper
 * joins, every keeper says hello to all: version, protocol, digest of the service file,
 * the highest generation it has seen, whether it may have the disk, and whom it sees. The
 * serving one also sends the connections (watch.c). Who handles incoming messages is not
 * known here (duties.c).
 *
 * Without corosync a keeper is a group of one: what it sends comes back to itself alone.
 * It tries to join every two seconds; corosync may come and go at any time. Joining waits
 * for corosync's answer: if corosync hangs, the keeper's loop stops until systemd's
 * watchdog ends it. The other heads fence such a head anyway.
 *
 * No message is lost without a word: others may wait for it for minutes. A keeper that
 * cannot send one leaves the group, which all the others see, and joins again.
 */
#include "keeper/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "core/cleanup.h"
#include "core/strlist.h"
#include "keeper/timer.h"

#define RETRY_MS 2000
/* How soon to try again while the cluster is forming. */
#define FLUSH_MS 10

#define QUEUE_MAX 256
#define TOLD_MAX  64

#define GONE "corosync has gone"

struct peers {
	const struct peers_calls *calls;
	struct corosync *corosync; /* NULL = not in a cluster */
	struct err why;            /* … because */
	sd_event_source *io;
	sd_event_source *retry;
	sd_event_source *flush;
	char *queue[QUEUE_MAX];
	size_t n_queue;
	bool missed;                           /* a message had no place there */
	struct peer known[COROSYNC_HEADS_MAX]; /* what they have said about themselves */
	size_t n_known;
	struct strlist told; /* what was ignored */
};

static const struct corosync_head alone = { .online = true,
					    .joined = true,
					    .self = true };

bool peers_have_time(const struct keeper *k)
{
	return k->peers->n_known && !k->peers->n_queue;
}

bool peers_are_clustered(const struct keeper *k)
{
	return k->peers->corosync != NULL;
}

const char *peers_why_alone(const struct keeper *k)
{
	return k->peers->why.text;
}

const struct corosync_head *peers_heads(const struct keeper *k, size_t *n)
{
	*n = 0;
	return k->peers->corosync ? corosync_heads(k->peers->corosync, n) : NULL;
}

const struct corosync_head *peers_find(const struct keeper *k, const char *head)
{
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	if (!k->peers->corosync)
		return strcmp(head, k->self) == 0 ? &alone : NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(heads[i].name, head) == 0)
			return &heads[i];
	return NULL;
}

const struct peer *peers_introduced(const struct keeper *k, const char *head)
{
	for (size_t i = 0; i < k->peers->n_known; i++)
		if (strcmp(k->peers->known[i].head, head) == 0)
			return &k->peers->known[i];
	return NULL;
}

const char *peers_holder(const struct keeper *k)
{
	for (size_t i = 0; i < k->peers->n_known; i++)
		if (k->peers->known[i].holds)
			return k->peers->known[i].head;
	return NULL;
}

void peers_note_stand(struct keeper *k, const char *head, bool holds, bool lets_go)
{
	struct peer *peer = (struct peer *)peers_introduced(k, head);

	if (!peer)
		return;
	peer->holds = holds;
	peer->released = lets_go;
}

bool peers_have_released(const struct keeper *k)
{
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	for (size_t i = 0; i < n; i++) {
		const struct peer *peer = peers_introduced(k, heads[i].name);

		if (!heads[i].self && (!heads[i].joined || !peer || !peer->released))
			return false;
	}
	return n > 0;
}

void peers_doubt(struct keeper *k)
{
	for (size_t i = 0; i < k->peers->n_known; i++)
		k->peers->known[i].released = false;
}

/* A keeper without a list is one of 0.1.0, or no other: then its list is known. */
int peers_check_service(const struct keeper *k, const struct peer *peer, struct err *err)
{
	const struct service *svc = k->svc;
	const struct keydiff_side here = { k->self, BATON_VERSION, &svc->keys };
	const struct keydiff_side there = { peer->head, peer->version,
					    peer->keys.n ? &peer->keys
							 : &svc->first_keys };
	int rc = keydiff_check(&here, &there, svc->name, svc->file, err);

	if (rc < 0 || peer->keys.n || strcmp(peer->digest, svc->digest) == 0)
		return rc;
	return err_set(
		err, BATON_EXIT_PEER, 0,
		"%.60s and %.60s have different %.100s (version %s of baton on %.60s "
		"does not say in which keys); make them equal, then `systemctl restart "
		"baton@%s` on both",
		k->self, peer->head, svc->file, peer->version, peer->head, svc->name);
}

int peers_check(const struct keeper *k, const char *target, struct err *err)
{
	const struct corosync_head *head = peers_find(k, target);
	const struct peer *peer = peers_introduced(k, target);

	if (!k->peers->corosync)
		return err_set(err, BATON_EXIT_CLUSTER, 0,
			       "this head is not in a cluster: %s", k->peers->why.text);
	if (!head)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "there is no head '%.60s' in this cluster", target);
	if (head->self)
		return err_set(err, BATON_EXIT_PEER, 0, "%s is this head itself", target);
	if (!head->online)
		return err_set(err, BATON_EXIT_PEER, 0, "%s is offline", target);
	if (!head->joined || !peer)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "%s: no keeper runs there (systemctl start baton@%s)",
			       target, k->svc->name);
	if (peer->protocol != MESSAGE_PROTOCOL)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "%s: baton %s there speaks protocol %d, %s here %d",
			       target, peer->version, peer->protocol, BATON_VERSION,
			       MESSAGE_PROTOCOL);
	return peers_check_service(k, peer, err);
}

int peers_check_sender(const struct keeper *k, const char *from, const struct message *m,
		       struct err *err)
{
	const struct peer *peer = peers_introduced(k, from);
	struct peer stranger = { 0 };

	if (m->protocol != MESSAGE_PROTOCOL)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "baton %s on %s speaks protocol %d, %s here %d",
			       m->version, from, m->protocol, BATON_VERSION,
			       MESSAGE_PROTOCOL);
	/* Its list of keys came with its hello, and holds while the digest is the same. */
	if (!peer || strcmp(peer->digest, m->digest) != 0) {
		snprintf(stranger.head, sizeof(stranger.head), "%s", from);
		memcpy(stranger.version, m->version, sizeof(stranger.version));
		memcpy(stranger.digest, m->digest, sizeof(stranger.digest));
		peer = &stranger;
	}
	return peers_check_service(k, peer, err);
}

void peers_blame(const struct keeper *k, struct message *m, const struct err *why)
{
	if (!why || !why->text[0])
		return;
	m->code = why->code;
	snprintf(m->text, sizeof(m->text), "%.200s: %.270s", k->self, why->text);
}

/* Forget what a keeper that has gone has said. */
static void forget_gone(struct keeper *k)
{
	struct peers *p = k->peers;
	size_t kept = 0;

	for (size_t i = 0; i < p->n_known; i++) {
		const struct corosync_head *head = peers_find(k, p->known[i].head);

		if (head && head->joined && !head->self)
			p->known[kept++] = p->known[i];
	}
	p->n_known = kept;
}

/*
 * A hello may be older than the membership in which it comes. Since then its sender may
 * have started the service, without having asked us.
 */
static bool has_seen_us(const struct keeper *k, struct json_object *body)
{
	struct json_object *seen;

	if (!json_object_object_get_ex(body, "sees", &seen) ||
	    !json_object_is_type(seen, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(seen); i++) {
		const char *head =
			json_object_get_string(json_object_array_get_idx(seen, i));

		if (head && strcmp(head, k->self) == 0)
			return true;
	}
	return false;
}

static struct json_object *list_seen(const struct keeper *k)
{
	struct json_object *seen = json_object_new_array();
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	for (size_t i = 0; i < n; i++)
		if (heads[i].joined)
			json_object_array_add(seen,
					      json_object_new_string(heads[i].name));
	return seen;
}

static void remember(struct keeper *k, const char *from, const struct message *m)
{
	struct peers *p = k->peers;
	struct peer *peer = (struct peer *)peers_introduced(k, from);
	struct json_object *array;

	if (!peer) {
		if (p->n_known == COROSYNC_HEADS_MAX)
			return;
		peer = &p->known[p->n_known++];
	}
	memset(peer, 0, sizeof(*peer));
	snprintf(peer->head, sizeof(peer->head), "%s", from);
	memcpy(peer->version, m->version, sizeof(peer->version));
	memcpy(peer->digest, m->digest, sizeof(peer->digest));
	peer->protocol = m->protocol;
	if (m->body && json_object_object_get_ex(m->body, "holds", &array)) {
		peer->holds = json_object_get_boolean(array);
		peer->released = !peer->holds && has_seen_us(k, m->body);
	}
	if (m->body && json_object_object_get_ex(m->body, "keys", &array))
		keydiff_parse(&peer->keys, array, NULL);
}

void peers_introduce(struct keeper *k)
{
	struct message hello = { .type = MESSAGE_HELLO };

	k->peers->calls->hello(k, &hello);
	memcpy(hello.digest, k->svc->digest, sizeof(hello.digest));
	json_object_object_add(hello.body, "keys", keydiff_format(&k->svc->keys));
	json_object_object_add(hello.body, "sees", list_seen(k));
	peers_send(k, &hello);
	message_release(&hello);
}

/* A type that this version does not know may come every second: tell of it once. */
static bool is_told(struct peers *p, const char *from, const char *text)
{
	_cleanup_free_ char *line = NULL;

	if (asprintf(&line, "%s: %s", from, text) < 0)
		return false;
	if (strlist_has(&p->told, line) || p->told.n == TOLD_MAX)
		return true;
	strlist_add(&p->told, "%s", line);
	return false;
}

static void receive(struct keeper *k, const char *from, bool self, const char *text,
		    size_t len)
{
	struct err err = { 0 };
	struct message m;
	int rc = message_parse(&m, text, len, &err);

	if (rc == -ENOMSG && is_told(k->peers, from, err.text))
		return;
	if (rc < 0) {
		sd_journal_print(LOG_WARNING, "%s: message from %s ignored: %s",
				 k->svc->name, from, err.text);
		return;
	}
	if (m.type == MESSAGE_HELLO && !self)
		remember(k, from, &m);
	k->peers->calls->message(k, from, &m);
	message_release(&m);
}

static void on_message(const struct corosync_head *from, const char *text, size_t len,
		       void *data)
{
	receive(data, from->name, from->self, text, len);
}

static void on_changed(void *data)
{
	struct keeper *k = data;
	const struct corosync_head *self;

	self = peers_find(k, k->self);
	forget_gone(k);
	k->peers->calls->changed(k);
	if (self && self->joined)
		peers_introduce(k);
}

static void disconnect(struct keeper *k)
{
	struct peers *p = k->peers;

	p->io = sd_event_source_disable_unref(p->io);
	corosync_close(p->corosync);
	p->corosync = NULL;
	for (size_t i = 0; i < p->n_queue; i++)
		free(p->queue[i]);
	p->n_queue = 0;
	p->n_known = 0;
	p->missed = false;
}

static void lose(struct keeper *k, const char *why)
{
	sd_journal_print(LOG_WARNING, "%s: %s; this head is alone", k->svc->name, why);
	disconnect(k);
	k->peers->calls->changed(k);
	timer_arm(k->peers->retry, RETRY_MS);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct keeper *k = data;

	if (corosync_dispatch(k->peers->corosync) < 0)
		lose(k, GONE);
	return 0;
}

static void name_self(struct keeper *k)
{
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	gethostname(k->self, sizeof(k->self) - 1);
	for (size_t i = 0; i < n; i++)
		if (heads[i].self)
			snprintf(k->self, sizeof(k->self), "%s", heads[i].name);
}

void peers_join(struct keeper *k)
{
	struct peers *p = k->peers;
	const struct corosync_calls calls = { on_message, on_changed, k };
	char group[SERVICE_NAME_MAX + 8];

	if (p->corosync)
		return;
	snprintf(group, sizeof(group), "baton/%s", k->svc->name);
	if (corosync_open(&p->corosync, group, &calls, &p->why) == 0) {
		name_self(k);
		if (sd_event_add_io(k->event, &p->io, corosync_fd(p->corosync), EPOLLIN,
				    on_io, k) >= 0)
			return;
		disconnect(k);
	}
	timer_arm(p->retry, RETRY_MS);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *data)
{
	peers_join(data);
	return 0;
}

static int on_flush(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;
	struct peers *p = k->peers;

	if (p->missed && p->corosync) {
		lose(k, "corosync takes no messages");
		return 0;
	}
	p->missed = false;
	while (p->n_queue > 0) {
		char *text = p->queue[0];
		int rc = 0;

		if (p->corosync)
			rc = corosync_send(p->corosync, text, strlen(text));
		if (rc == -EAGAIN)
			break;
		if (rc < 0) {
			lose(k, GONE);
			return 0;
		}
		p->n_queue--;
		memmove(p->queue, p->queue + 1, p->n_queue * sizeof(p->queue[0]));
		if (!p->corosync)
			receive(k, k->self, true, text, strlen(text));
		free(text);
	}
	timer_arm(p->flush, p->n_queue ? FLUSH_MS : 0);
	return 0;
}

void peers_send(struct keeper *k, const struct message *message)
{
	struct peers *p = k->peers;
	char *text = message_format(message);

	if (!text || p->n_queue == QUEUE_MAX) {
		if (!p->missed)
			sd_journal_print(LOG_ERR, "%s: message '%s' could not be sent",
					 k->svc->name, message_word(message->type));
		free(text);
		p->missed = true;
		timer_arm(p->flush, 1);
		return;
	}
	if (p->n_queue == 0 && p->corosync &&
	    corosync_send(p->corosync, text, strlen(text)) == 0) {
		free(text);
		return;
	}
	p->queue[p->n_queue++] = text;
	/* Not from here: handling it may send again. */
	timer_arm(p->flush, p->corosync ? FLUSH_MS : 1);
}

int peers_open(struct keeper *k, const struct peers_calls *calls, struct err *err)
{
	struct peers *p = calloc(1, sizeof(*p));
	int rc = p ? 0 : -ENOMEM;

	k->peers = p;
	if (rc == 0) {
		p->calls = calls;
		rc = sd_event_add_time_relative(k->event, &p->retry, CLOCK_MONOTONIC, 0,
						0, on_retry, k);
	}
	if (rc >= 0)
		rc = sd_event_add_time_relative(k->event, &p->flush, CLOCK_MONOTONIC, 0,
						1000, on_flush, k);
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	name_self(k);
	return 0;
}

void peers_close(struct keeper *k)
{
	if (!k->peers)
		return;
	disconnect(k);
	sd_event_source_disable_unref(k->peers->retry);
	sd_event_source_disable_unref(k->peers->flush);
	strlist_free(&k->peers->told);
	free(k->peers);
	k->peers = NULL;
}

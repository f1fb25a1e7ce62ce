// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_peers: the group of keepers (peers.h), as the keeper in the memory sees it: who is
 * in it, what it sends, and what corosync delivers to it.
 *
 * What a keeper knows of the group is in the world only, in struct m_keeper. A message is an
 * item in the queue of each head that hears it (group.c): its words are numbers there.
 */
#include "keeper/peers.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/claim.h"
#include "core/json.h"
#include "keeper/claims_internal.h"
#include "keeper_internal.h"
#include "keeper_real.h"

static const struct peers_calls *calls;
static struct corosync_head heads[HEADS_MAX];
static struct peer peer;

/* ---- who is in it */

static void list_heads(void)
{
	for (unsigned int i = 0; i < rules.heads; i++) {
		heads[i].id = i + 1;
		snprintf(heads[i].name, sizeof(heads[i].name), "%s", head_name(i));
		heads[i].joined = heads[i].online = mine()->view >> i & 1;
		heads[i].self = i == me;
	}
}

int peers_open(struct keeper *k, const struct peers_calls *given, struct err *err)
{
	calls = given;
	return 0;
}

void peers_close(struct keeper *k)
{
}

void peers_join(struct keeper *k)
{
	if (!mine()->clustered)
		group_join(W, me);
}

bool peers_are_clustered(const struct keeper *k)
{
	return mine()->clustered;
}

const char *peers_why_alone(const struct keeper *k)
{
	return "corosync: not running";
}

const struct corosync_head *peers_heads(const struct keeper *k, size_t *n)
{
	*n = mine()->clustered ? rules.heads : 0;
	if (*n)
		list_heads();
	return *n ? heads : NULL;
}

const struct corosync_head *peers_find(const struct keeper *k, const char *head)
{
	static const struct corosync_head alone = { .online = true,
						    .joined = true,
						    .self = true };

	if (!mine()->clustered)
		return strcmp(head, k->self) == 0 ? &alone : NULL;
	list_heads();
	for (unsigned int i = 0; i < rules.heads; i++)
		if (strcmp(heads[i].name, head) == 0)
			return &heads[i];
	return NULL;
}

const struct peer *peers_introduced(const struct keeper *k, const char *head)
{
	int i = head_find(head);

	if (i < 0 || !(mine()->met >> i & 1))
		return NULL;
	peer.protocol = MESSAGE_PROTOCOL;
	peer.released = !(mine()->holds >> i & 1);
	return &peer;
}

/* As in keeper/peers.c. */
bool peers_have_released(const struct keeper *k)
{
	size_t n;
	const struct corosync_head *all = peers_heads(k, &n);

	for (size_t i = 0; i < n; i++) {
		const struct peer *known = peers_introduced(k, all[i].name);

		if (!all[i].self && (!all[i].joined || !known || !known->released))
			return false;
	}
	return n > 0;
}

/* It refuses a start more often: less is explored with it. */
const char *peers_holder(const struct keeper *k)
{
	return NULL;
}

void peers_note_stand(struct keeper *k, const char *head, bool holds, bool lets_go)
{
	int i = head_find(head);

	if (!rules.guard || i < 0 || !(mine()->met >> i & 1))
		return;
	mine()->holds &= ~(1u << i);
	mine()->holds |= (unsigned int)!lets_go << i;
}

void peers_introduce(struct keeper *k)
{
	struct message hello = { .type = MESSAGE_HELLO };

	calls->hello(k, &hello);
	peers_send(k, &hello);
	message_release(&hello);
}

void peers_doubt(struct keeper *k)
{
	if (rules.guard)
		mine()->holds = mine()->met;
}

int peers_check(const struct keeper *k, const char *target, struct err *err)
{
	const struct corosync_head *head = peers_find(k, target);

	if (!mine()->clustered || !head || head->self || !head->joined ||
	    !peers_introduced(k, target))
		return err_set(err, BATON_EXIT_PEER, 0, "%s: no keeper", target);
	return 0;
}

int peers_check_sender(const struct keeper *k, const char *from, const struct message *m,
		       struct err *err)
{
	return 0;
}

int peers_check_service(const struct keeper *k, const struct peer *p, struct err *err)
{
	return 0;
}

void peers_blame(const struct keeper *k, struct message *m, const struct err *why)
{
	if (!why || !why->text[0])
		return;
	m->code = why->code;
	snprintf(m->text, sizeof(m->text), "%s", why->text);
}

/* ---- what it sends */

/* As remember() in keeper/peers.c: who had not seen us then may have started since. */
static uint8_t hello_flags(const struct message *m, unsigned int to)
{
	return rules.guard && (json_member_bool(m->body, "holds") ||
			       !(mine()->view >> to & 1))
		       ? ITEM_HOLDS
		       : 0;
}

/*
 * Everybody in the group gets it, in one order. What a keeper ignores (a message of a
 * hand-over to another head goes into the ledger only) is not put into its queue.
 */
void peers_send(struct keeper *k, const struct message *m)
{
	struct item item = { .kind = ITEM_MESSAGE + m->type,
			     .from = me,
			     .to = m->to[0] ? head_find(m->to) : NOBODY,
			     .id = m->generation,
			     .code = m->code,
			     .flags = m->text[0] ? ITEM_REASON : 0 };
	struct claim_stand stand;
	struct err err;

	if (m->type == MESSAGE_STAND) {
		assert(claim_parse(&stand, m->body, &err) == 0);
		item.word = stand_find(stand.word);
		item.flags |= stand.holds ? ITEM_HOLDS : 0;
		item.peer = head_number(stand.peer);
	}
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (i != me && (!mine()->clustered || !is_member(W, i) ||
				W->head[i].part != W->head[me].part))
			continue;
		if (item.to != NOBODY && item.to != i && m->type != MESSAGE_PREPARE)
			continue;
		if (m->type == MESSAGE_HELLO && i == me)
			continue;
		if (m->type == MESSAGE_HELLO)
			item.flags = hello_flags(m, i);
		group_push(W, i, &item);
	}
}

/* ---- what it hears */

/* As on_changed() in keeper/peers.c. */
static void hear_view(unsigned int members)
{
	mine()->view = members;
	mine()->met &= members & ~(1u << me);
	mine()->holds &= mine()->met;
	calls->changed(&K);
	if (members >> me & 1)
		peers_introduce(&K);
}

static void hear_hello(const struct item *item)
{
	mine()->met |= 1 << item->from;
	mine()->holds &= ~(1u << item->from);
	if (item->flags & ITEM_HOLDS)
		mine()->holds |= 1 << item->from;
}

static void hear_message(const struct item *item)
{
	struct message m = { .type = item->kind - ITEM_MESSAGE,
			     .protocol = MESSAGE_PROTOCOL,
			     .generation = item->id,
			     .code = item->code };
	bool pending;

	if (item->to != NOBODY)
		snprintf(m.to, sizeof(m.to), "%s", head_name(item->to));
	if (item->flags & ITEM_REASON)
		snprintf(m.text, sizeof(m.text), "why");
	if (m.type == MESSAGE_STAND) {
		struct claim_stand stand = { .holds = item->flags & ITEM_HOLDS };

		snprintf(stand.word, sizeof(stand.word), "%s", stand_word(item->word));
		head_put_name(stand.peer, sizeof(stand.peer), item->peer);
		m.body = claim_format(&stand);
	}
	if (m.type == MESSAGE_HELLO && item->from != me)
		hear_hello(item);
	/* A deliberate fault: a claim is answered, but is not in force. */
	pending = K.claims->pending;
	if (rules.no_claim && m.type == MESSAGE_CLAIM && item->from != me)
		K.claims->pending = false;
	calls->message(&K, head_name(item->from), &m);
	if (rules.no_claim) {
		K.claims->pending |= pending && item->from != me;
		K.claims->holder[0] = '\0';
	}
	message_release(&m);
}

void peers_deliver(const struct item *item)
{
	if (item->kind == ITEM_VIEW)
		hear_view(item->to);
	else
		hear_message(item);
}

/* As lose() in keeper/peers.c. */
void peers_lose(void)
{
	mine()->clustered = false;
	mine()->view = mine()->met = mine()->holds = 0;
	calls->changed(&K);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_state: the keeper in the memory. keeper_load() makes it that of a head,
 * keeper_save() puts what it remembers into the world: baton's structs there, bytes here.
 *
 * What they leave out, no decision depends on. Names of heads, words and connections are
 * numbers in the world.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "keeper/claims_internal.h"
#include "keeper/handover_internal.h"
#include "keeper/jobs.h"
#include "keeper/jobs_internal.h"
#include "keeper_internal.h"
#include "keeper_real.h"

/* A member that is new or has changed: does a decision depend on it? Then keeper_load()
 * and keeper_save() need it, struct m_keeper, and if it is a number or a head also group.c. */
#ifdef __LP64__
_Static_assert(sizeof(struct claims) == 21768, "struct claims has changed");
_Static_assert(sizeof(struct handover) == 1712, "struct handover has changed");
_Static_assert(sizeof(struct jobs) == 10320, "struct jobs has changed");
#endif

enum {
	CLAIM_PENDING = 1,
	CLAIM_DELIVERED = 2,
	CLAIM_TAKEOVER = 4,
	CLAIM_AGENT = 8,
	CLAIM_TIMER = 16,
	CLAIM_ASKED = 32
};
enum { ANSWER_LISTED = 1, ANSWER_JOINED = 2, ANSWERED = 4, ANSWER_HOLDS = 8 };

static struct service svc = { .name = "s", .disk_timeout = 30 };
struct keeper K = { .svc = &svc, .file = &svc };
struct world *W;
unsigned int me;
bool exits;

/* ---- numbers for words, heads and connections */

static const char *const stand_words[] = { "absent",  "standby", "partial",   "serving",
					   "prepare", "take",    "start",     "stop",
					   "mend",    "reload",  "hand-over", "teardown",
					   "lose" };
#define N_WORDS (sizeof(stand_words) / sizeof(stand_words[0]))

const char *stand_word(unsigned int index)
{
	return stand_words[index];
}

unsigned int stand_find(const char *word)
{
	for (unsigned int i = 0; i < N_WORDS; i++)
		if (strcmp(stand_words[i], word) == 0)
			return i;
	abort();
}

uint8_t head_number(const char *name)
{
	return name && name[0] ? 1 + head_find(name) : 0;
}

void head_put_name(char *to, size_t size, uint8_t number)
{
	snprintf(to, size, "%s", number ? head_name(number - 1) : "");
}

int requester_fd(uint8_t requester)
{
	return requester == FD_NONE ? -1 : 10 + requester;
}

static uint8_t requester_of(int fd)
{
	return fd < 0 ? FD_NONE : fd - 10;
}

static int64_t until_of(uint8_t requester)
{
	return requester == FD_AGENT || requester == FD_AGENT_GONE ? BUDGET : 0;
}

/* ---- between the world and baton's structs */

/* Owners are static tables of other files; each gets a number when it is first seen. */
static const struct job_owner *owners[8];

static uint8_t owner_number(const struct job_owner *owner)
{
	for (uint8_t i = 1; owner && i < 8; i++) {
		if (!owners[i])
			owners[i] = owner;
		if (owners[i] == owner)
			return i;
	}
	assert(!owner);
	return 0;
}

static void load_job(struct job *job, const struct m_job *m)
{
	memset(job, 0, sizeof(*job));
	job->operation = m->operation;
	job->owner = owners[m->owner];
	job->fd = requester_fd(m->fd);
	job->id = m->id;
	job->until_ms = until_of(m->fd);
}

static struct m_job save_job(const struct job *job)
{
	return (struct m_job){ job->operation, owner_number(job->owner),
			       requester_of(job->fd), job->id };
}

static void load_handover(const struct m_keeper *m)
{
	struct handover *t = K.handover;

	memset(&t->state, 0, sizeof(t->state));
	t->state.phase = m->phase;
	t->state.generation = m->own_generation;
	head_put_name(t->state.peer, sizeof(t->state.peer), m->peer);
	if (m->reason)
		err_set(&t->state.reason, m->code, 0, "why");
	t->generation = m->generation;
	t->begun = m->begun;
	t->asker = requester_fd(m->asker);
	t->until_ms = until_of(m->asker);
	t->changed = m->changed;
	t->deadline->armed = m->handover_timer;
}

/* What an idle keeper still has of the last hand-over is read by nobody. */
static void save_handover(struct m_keeper *m)
{
	const struct handover *t = K.handover;
	bool idle = t->state.phase == HANDOVER_IDLE;

	assert(!idle || t->asker < 0);
	m->phase = t->state.phase;
	m->own_generation = idle ? 0 : t->state.generation;
	m->peer = idle ? 0 : head_number(t->state.peer);
	m->reason = !idle && t->state.reason.text[0];
	m->code = m->reason ? t->state.reason.code : 0;
	m->generation = t->generation;
	m->begun = t->begun > t->generation ? t->begun : 0;
	m->asker = requester_of(t->asker);
	m->changed = !idle && t->changed;
	m->handover_timer = !idle && t->deadline->armed;
}

static void load_claims(const struct m_keeper *m)
{
	struct claims *c = K.claims;
	size_t len = 0;

	head_put_name(c->holder, sizeof(c->holder), m->holder);
	c->holder_id = m->holder_id;
	c->id = m->id;
	c->pending = m->claim_bits & CLAIM_PENDING;
	c->delivered = m->claim_bits & CLAIM_DELIVERED;
	c->takeover = m->claim_bits & CLAIM_TAKEOVER;
	c->agent = m->claim_bits & CLAIM_AGENT;
	c->deadline->armed = m->claim_bits & CLAIM_TIMER;
	c->asked = m->claim_bits & CLAIM_ASKED;
	c->fd = requester_fd(m->claim_fd);
	c->until_ms = until_of(m->claim_fd);
	c->gone[0] = '\0';
	for (unsigned int i = 0; i < rules.heads; i++)
		if (m->gone >> i & 1)
			len += snprintf(c->gone + len, sizeof(c->gone) - len, "%s ",
					head_name(i));
	c->n = 0;
	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_answer *a = &m->answers[i];
		struct claim_head *head = &c->heads[c->n];

		if (!(a->bits & ANSWER_LISTED))
			continue;
		memset(head, 0, sizeof(*head));
		head_put_name(head->name, sizeof(head->name), 1 + i);
		head->joined = a->bits & ANSWER_JOINED;
		head->answered = a->bits & ANSWERED;
		head->stand.holds = a->bits & ANSWER_HOLDS;
		snprintf(head->stand.word, sizeof(head->stand.word), "%s",
			 stand_words[a->word]);
		head_put_name(head->stand.peer, sizeof(head->stand.peer), a->peer);
		c->n++;
	}
}

/* A start whose turn has not come: what its child will be told is here until then. */
static bool has_start_waiting(void)
{
	const struct jobs *j = K.jobs;

	for (size_t i = 0; i < j->n_waiting; i++)
		if (j->waiting[i].operation == OPERATION_START && j->waiting[i].id &&
		    j->waiting[i].id == K.claims->id)
			return rules.guard;
	return false;
}

static void save_claim_terms(struct m_keeper *m)
{
	const struct claims *c = K.claims;

	m->claim_bits = (c->takeover ? CLAIM_TAKEOVER : 0) | (c->asked ? CLAIM_ASKED : 0);
	for (size_t i = 0; i < c->n; i++)
		m->answers[head_find(c->heads[i].name)].bits =
			ANSWER_LISTED | (c->heads[i].answered ? ANSWERED : 0);
}

static void save_claims(struct m_keeper *m)
{
	const struct claims *c = K.claims;

	m->holder = head_number(c->holder);
	m->holder_id = m->holder ? c->holder_id : 0;
	m->id = c->id;
	m->claim_bits = 0;
	m->gone = 0;
	m->claim_fd = FD_NONE;
	memset(m->answers, 0, sizeof(m->answers));
	if (!c->pending && has_start_waiting())
		save_claim_terms(m);
	/* A confirmation may become a claim later, and has its terms here meanwhile. */
	if (!c->pending &&
	    !(K.jobs->busy && K.jobs->job.operation == OPERATION_CONFIRM)) {
		bool waits = false;

		for (size_t i = 0; i < K.jobs->n_waiting; i++)
			waits |= K.jobs->waiting[i].operation == OPERATION_CONFIRM;
		if (!waits)
			return;
	}
	m->claim_bits |= (c->pending ? CLAIM_PENDING : 0) |
			 (c->pending && c->delivered ? CLAIM_DELIVERED : 0) |
			 (c->takeover ? CLAIM_TAKEOVER : 0) |
			 (c->agent ? CLAIM_AGENT : 0) |
			 (c->pending && c->deadline->armed ? CLAIM_TIMER : 0);
	for (unsigned int i = 0; i < rules.heads; i++)
		if (text_has_word(c->gone, head_name(i)))
			m->gone |= 1 << i;
	if (!c->pending)
		return;
	m->claim_fd = requester_of(c->fd);
	for (size_t i = 0; i < c->n; i++) {
		const struct claim_head *head = &c->heads[i];
		struct m_answer *a = &m->answers[head_find(head->name)];

		a->bits = ANSWER_LISTED | (head->joined ? ANSWER_JOINED : 0);
		if (!head->answered)
			continue;
		a->bits |= ANSWERED | (head->stand.holds ? ANSWER_HOLDS : 0);
		a->word = stand_find(head->stand.word);
		a->peer = head_number(head->stand.peer);
	}
}

static void load_jobs(const struct m_keeper *m)
{
	struct jobs *j = K.jobs;

	j->state = m->state;
	j->busy = m->busy;
	j->was_ready = m->ready;
	load_job(&j->job, &m->job);
	j->n_waiting = m->n_waiting;
	for (size_t i = 0; i < m->n_waiting; i++)
		load_job(&j->waiting[i], &m->waiting[i]);
	memset(&j->runner, 0, sizeof(j->runner));
	j->runner.fd = j->runner.lock = -1;
	if (j->busy) {
		j->runner.operation = j->job.operation;
		j->runner.fd = CHILD_FD;
		j->runner.pid = 1;
		j->runner.turned = W->head[me].child[CHILD_KEEPER].stage > CHILD_WAITS;
	}
	/* The ledger's part; what a hand-over hides, it hides from there only. */
	j->job.hidden = true;
}

static void save_jobs(struct m_keeper *m)
{
	const struct jobs *j = K.jobs;

	m->state = j->state;
	m->busy = j->busy;
	m->ready = j->was_ready;
	memset(&m->job, 0, sizeof(m->job));
	if (j->busy)
		m->job = save_job(&j->job);
	memset(m->waiting, 0, sizeof(m->waiting));
	m->n_waiting = j->n_waiting;
	if (j->n_waiting > WAITING_MAX) {
		queue_overflow = true;
		m->n_waiting = WAITING_MAX;
	}
	for (size_t i = 0; i < m->n_waiting; i++)
		m->waiting[i] = save_job(&j->waiting[i]);
}

void keeper_load(struct world *w, unsigned int head)
{
	W = w;
	me = head;
	exits = false;
	svc.guard = rules.guard ? GUARD_RESERVATION : GUARD_NONE;
	snprintf(K.self, sizeof(K.self), "%s", head_name(head));
	load_handover(mine());
	load_claims(mine());
	load_jobs(mine());
}

void keeper_save(void)
{
	struct m_keeper *m = mine();

	save_handover(m);
	save_claims(m);
	save_jobs(m);
	if (exits)
		keeper_dies(W, me);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_real: baton's own keeper, one event at a time.
 *
 * keeper/duties.c, handover.c, handover_table.c, claims.c, jobs.c, requests.c and
 * core/claim.c are linked as they are. What they stand on is here instead: the group of
 * keepers (peers.h), the socket (control.h), the child that runs an operation (runner.h),
 * timers. There is one keeper in the memory; load() makes it that of a head, save() puts
 * what it remembers into the world. What they leave out, no decision depends on.
 */
#include "keeper_real.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "core/json.h"
#include "core/text.h"
#include "disk.h"
#include "keeper/claims_internal.h"
#include "keeper/control.h"
#include "keeper/duties.h"
#include "keeper/handover.h"
#include "keeper/handover_internal.h"
#include "keeper/jobs.h"
#include "keeper/jobs_internal.h"
#include "keeper/peers.h"
#include "keeper/requests.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/file.h"
#include "os/guardnote.h"
#include "os/lock.h"
#include "os/rival.h"
#include "os/whois.h"

/* A member that is new or has changed: does a decision depend on it? Then load() and save()
 * need it, struct m_keeper, and if it is a number or a head also group.c. */
#ifdef __LP64__
_Static_assert(sizeof(struct claims) == 21768, "struct claims has changed");
_Static_assert(sizeof(struct handover) == 1712, "struct handover has changed");
_Static_assert(sizeof(struct jobs) == 10320, "struct jobs has changed");
#endif

/* For a requester with a budget, and for one whose budget is over. */
#define BUDGET 1000
#define LATE   2000

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
static struct keeper K = { .svc = &svc, .file = &svc };
static struct world *W;
static unsigned int me;
static bool exits;

static const struct peers_calls *calls;

/* ---- sd-event: timers that are armed or not, and callbacks to call */

struct sd_event_source {
	uint64_t usec;
	bool armed;
	sd_event_time_handler_t on_time;
};

static struct sd_event_source sources[8];
static size_t n_sources;
static struct sd_event_source job_io, job_timer;
static sd_event_io_handler_t on_job_io;

int sd_event_add_time_relative(sd_event *e, sd_event_source **s, clockid_t clock,
			       uint64_t usec, uint64_t accuracy,
			       sd_event_time_handler_t on_time, void *data)
{
	assert(n_sources < sizeof(sources) / sizeof(sources[0]));
	*s = &sources[n_sources++];
	(*s)->on_time = on_time;
	return 0;
}

int sd_event_source_set_time_relative(sd_event_source *s, uint64_t usec)
{
	s->usec = usec;
	return 0;
}

/* UINT_MAX ms are 49 days. */
int sd_event_source_set_enabled(sd_event_source *s, int enabled)
{
	s->armed = enabled != SD_EVENT_OFF && s->usec < UINT32_MAX * 1000ull;
	return 0;
}

int sd_event_add_io(sd_event *e, sd_event_source **s, int fd, uint32_t events,
		    sd_event_io_handler_t on_io, void *data)
{
	*s = &job_io;
	on_job_io = on_io;
	return 0;
}

int sd_event_add_time(sd_event *e, sd_event_source **s, clockid_t clock, uint64_t usec,
		      uint64_t accuracy, sd_event_time_handler_t on_time, void *data)
{
	*s = &job_timer;
	return 0;
}

int sd_event_now(sd_event *e, clockid_t clock, uint64_t *usec)
{
	*usec = 0;
	return 0;
}

int sd_event_source_set_time(sd_event_source *s, uint64_t usec)
{
	return 0;
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *s)
{
	return NULL;
}

int sd_event_exit(sd_event *e, int code)
{
	exits = true;
	return 0;
}

int64_t child_now_ms(void)
{
	return K.handover->asker == 10 + FD_AGENT_GONE ? LATE : 0;
}

/* ---- words */

static const char *const stand_words[] = { "absent",  "standby", "partial",   "serving",
					   "prepare", "take",    "start",     "stop",
					   "mend",    "reload",  "hand-over", "teardown",
					   "lose" };
#define N_WORDS (sizeof(stand_words) / sizeof(stand_words[0]))

const char *stand_word(unsigned int index)
{
	return stand_words[index];
}

static unsigned int find_word(const char *word)
{
	for (unsigned int i = 0; i < N_WORDS; i++)
		if (strcmp(stand_words[i], word) == 0)
			return i;
	abort();
}

static uint8_t head_number(const char *name)
{
	return name && name[0] ? 1 + head_find(name) : 0;
}

static void put_name(char *to, size_t size, uint8_t number)
{
	snprintf(to, size, "%s", number ? head_name(number - 1) : "");
}

static int fd_of(uint8_t requester)
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

/* ---- peers: the group of keepers */

static struct corosync_head heads[HEADS_MAX];
static struct peer peer;

static struct m_keeper *mine(void)
{
	return &W->head[me].keeper;
}

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

void peers_note_stand(struct keeper *k, const char *head, bool holds)
{
	int i = head_find(head);

	if (!rules.guard || i < 0 || !(mine()->met >> i & 1))
		return;
	mine()->holds &= ~(1u << i);
	mine()->holds |= (unsigned int)holds << i;
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
		item.word = find_word(stand.word);
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

/* ---- control: the socket */

int control_open(struct keeper *k, control_request_fn *on_request, struct err *err)
{
	return 0;
}

void control_close(struct keeper *k)
{
}

void control_answer(struct keeper *k, int fd, const struct err *err, bool changed,
		    struct json_object *more)
{
	bool failed = err && err->text[0];
	bool silent = more && json_object_object_get_ex(more, "silent", NULL);

	if (fd == 10 + FD_AGENT)
		agent_answer(W, me, failed, failed && silent,
			     failed && changed && err->code == BATON_EXIT_FAILED &&
				     strcmp(jobs_word(k), "serving") == 0);
	else if (fd == 10 + FD_OPERATOR)
		W->head[me].operator= 0;
	json_object_put(more);
}

bool control_is_gone(struct keeper *k, const struct job *job)
{
	return job->fd == 10 + FD_AGENT_GONE || job->fd == 10 + FD_OPERATOR_GONE;
}

void control_tell_waiting(struct keeper *k, const struct job *job, enum operation before)
{
}

static void client_ended(struct keeper *k, const struct job *job, const struct err *err,
			 bool changed)
{
	control_answer(k, job->fd, err, changed, NULL);
}

const struct job_owner control_client = {
	.waits = control_tell_waiting,
	.ended = client_ended,
	.is_gone = control_is_gone,
};

/* ---- runner: the child of an operation */

static bool has_disk_steps(enum operation operation)
{
	return plan_operation_starts(operation) || operation == OPERATION_STOP ||
	       operation == OPERATION_HAND_OVER || operation == OPERATION_LOSE ||
	       operation == OPERATION_TEARDOWN;
}

int runner_start(struct runner *runner, const struct service *service,
		 enum operation operation, const struct peer_connections *told,
		 const struct guard_terms *terms, const struct service *next,
		 unsigned int patience_ms, int64_t until_ms, struct err *err)
{
	memset(runner, 0, sizeof(*runner));
	runner->operation = operation;
	runner->fd = 5;
	runner->lock = -1;
	runner->pid = 1;
	if (terms && rules.guard && has_disk_steps(operation))
		disk_keep_terms(&W->head[me].child[CHILD_KEEPER], terms);
	child_begin(W, me, CHILD_KEEPER, operation);
	return 0;
}

void runner_cancel(struct runner *runner)
{
	if (plan_operation_starts(runner->operation))
		child_cancel(W, me);
}

int64_t runner_left_ms(const struct runner *runner)
{
	return 0;
}

bool runner_has_changed(const struct runner *runner)
{
	return false;
}

unsigned int runner_step_s(const struct runner *runner)
{
	return 0;
}

static enum service_state state_found(const struct m_child *child)
{
	const struct standing standing = child_found(child);

	return plan_state(&standing);
}

bool runner_dispatch(struct runner *runner, void (*on_step)(struct json_object *, void *),
		     void *data)
{
	const struct m_child *child = &W->head[me].child[CHILD_KEEPER];
	struct m_child after = { .before = W->head[me].standing,
				 .was_silent = W->head[me].silent,
				 .was_taken = disk_is_taken(W, me) };

	assert(child->stage == CHILD_OVER);
	runner->touched = child->died != NOT_BEGUN;
	runner->began = !child->died;
	runner->before = state_found(child);
	if (child->operation == OPERATION_STANDBY && child->before != IS_ABSENT)
		runner->before = state_found(&after);
	if (child->failed)
		err_set(&runner->result, child->code, 0, "why");
	return true;
}

void runner_release(struct runner *runner)
{
	memset(runner, 0, sizeof(*runner));
	runner->fd = runner->lock = -1;
	memset(&W->head[me].child[CHILD_KEEPER], 0, sizeof(struct m_child));
}

/* ---- what else it looks at */

int diskhold_check(const struct paths *paths, const struct service *service,
		   struct err *err)
{
	return W->head[me].standing >= IS_MOUNTED ? -EBUSY : 0;
}

bool rival_find(const struct service *service, char name[SERVICE_NAME_MAX + 1],
		const char *dir)
{
	name[0] = '\0';
	return false;
}

int file_read_all(const char *path, size_t max, char **text, size_t *len)
{
	*text = strdup("ring0_addr ring0_addr");
	*len = strlen(*text);
	return 0;
}

struct asker whois_peer(int fd, enum asker_kind kind)
{
	return (struct asker){ .kind = kind };
}

bool lock_is_held(const char *path)
{
	return !lock_is_free(W, me);
}

/* A deliberate fault: a start that does not look at the answers. */
enum claim_verdict __real_claim_judge(const struct claim_head *others, size_t n,
				      const struct claim_terms *terms, bool late,
				      struct err *why);
enum claim_verdict __wrap_claim_judge(const struct claim_head *others, size_t n,
				      const struct claim_terms *terms, bool late,
				      struct err *why);
enum claim_verdict __wrap_claim_judge(const struct claim_head *others, size_t n,
				      const struct claim_terms *terms, bool late,
				      struct err *why)
{
	if (rules.no_look)
		return CLAIM_GRANTED;
	return __real_claim_judge(others, n, terms, late, why);
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
	job->fd = fd_of(m->fd);
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
	put_name(t->state.peer, sizeof(t->state.peer), m->peer);
	if (m->reason)
		err_set(&t->state.reason, m->code, 0, "why");
	t->generation = m->generation;
	t->begun = m->begun;
	t->asker = fd_of(m->asker);
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

	put_name(c->holder, sizeof(c->holder), m->holder);
	c->holder_id = m->holder_id;
	c->id = m->id;
	c->pending = m->claim_bits & CLAIM_PENDING;
	c->delivered = m->claim_bits & CLAIM_DELIVERED;
	c->takeover = m->claim_bits & CLAIM_TAKEOVER;
	c->agent = m->claim_bits & CLAIM_AGENT;
	c->deadline->armed = m->claim_bits & CLAIM_TIMER;
	c->asked = m->claim_bits & CLAIM_ASKED;
	c->fd = fd_of(m->claim_fd);
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
		put_name(head->name, sizeof(head->name), 1 + i);
		head->joined = a->bits & ANSWER_JOINED;
		head->answered = a->bits & ANSWERED;
		head->stand.holds = a->bits & ANSWER_HOLDS;
		snprintf(head->stand.word, sizeof(head->stand.word), "%s",
			 stand_words[a->word]);
		put_name(head->stand.peer, sizeof(head->stand.peer), a->peer);
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
		a->word = find_word(head->stand.word);
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
		j->runner.fd = 5;
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

static void load(struct world *w, unsigned int head)
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

static void save(void)
{
	struct m_keeper *m = mine();

	save_handover(m);
	save_claims(m);
	save_jobs(m);
	if (exits)
		keeper_dies(W, me);
}

void keeper_open(void)
{
	static struct world none;
	struct err err = { 0 };

	W = &none;
	assert(duties_open(&K, &err) == 0);
	/* A keeper whose clock is behind: its generation is no higher than any other. */
	K.handover->generation = 0;
	assert(K.handover->asker == -1 && K.handover->state.phase == HANDOVER_IDLE);
}

/* ---- what may happen to a keeper */

void keeper_begins(struct world *w, unsigned int head)
{
	/* As run() in keeper/keeper.c. */
	const struct job standby = { .operation = OPERATION_STANDBY, .fd = -1 };
	struct err err;

	memset(&w->head[head].keeper, 0, sizeof(w->head[head].keeper));
	w->head[head].keeper.runs = true;
	load(w, head);
	jobs_add(&K, &standby, &err);
	save();
}

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

		snprintf(stand.word, sizeof(stand.word), "%s", stand_words[item->word]);
		put_name(stand.peer, sizeof(stand.peer), item->peer);
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

void keeper_hears(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];
	struct item item = h->queue[0];

	memmove(h->queue, h->queue + 1, sizeof(h->queue) - sizeof(h->queue[0]));
	memset(&h->queue[QUEUE_MAX - 1], 0, sizeof(h->queue[0]));
	h->n_queue--;
	load(w, head);
	if (item.kind == ITEM_VIEW)
		hear_view(item.to);
	else
		hear_message(&item);
	save();
}

void keeper_ends_job(struct world *w, unsigned int head)
{
	load(w, head);
	on_job_io(&job_io, 5, 0, &K);
	save();
}

void keeper_times_out(struct world *w, unsigned int head, bool claim)
{
	sd_event_source *s;

	load(w, head);
	s = claim ? K.claims->deadline : K.handover->deadline;
	s->armed = false;
	s->on_time(s, 0, &K);
	save();
}

/* As lose() in keeper/peers.c. */
void keeper_loses_group(struct world *w, unsigned int head)
{
	group_leave(w, head);
	load(w, head);
	mine()->clustered = false;
	mine()->view = mine()->met = mine()->holds = 0;
	calls->changed(&K);
	save();
}

bool keeper_watches(const struct world *w, unsigned int head)
{
	const struct m_keeper *k = &w->head[head].keeper;

	return rules.guard && k->runs && k->state == STATE_SERVING;
}

/* As watch_disk() and lose() in keeper/guard_watch.c. */
void keeper_loses_disk(struct world *w, unsigned int head)
{
	const struct job job = { .operation = OPERATION_LOSE, .fd = -1 };
	struct err err = { 0 };

	w->head[head].silent = true;
	w->head[head].note = (struct m_note){ .state = GUARDNOTE_LOST };
	load(w, head);
	jobs_add(&K, &job, &err);
	save();
}

void keeper_asked(struct world *w, unsigned int head, const char *request, bool agent,
		  bool takeover, bool knows, unsigned int gone, int to,
		  enum requester requester)
{
	struct json_object *o = json_object_new_object();
	struct err err = { 0 };
	char names[64] = "";
	size_t len = 0;

	json_object_object_add(o, "do", json_object_new_string(request));
	if (agent) {
		json_object_object_add(o, "agent", json_object_new_boolean(true));
		json_object_object_add(o, "budget_ms", json_object_new_int(BUDGET));
	}
	if (takeover)
		json_object_object_add(o, "takeover", json_object_new_boolean(true));
	for (unsigned int i = 0; i < rules.heads; i++)
		if (gone >> i & 1)
			len += snprintf(names + len, sizeof(names) - len, "%s%s",
					len ? " " : "", head_name(i));
	if (knows)
		json_object_object_add(o, "gone", json_object_new_string(names));
	if (to >= 0)
		json_object_object_add(o, "target",
				       json_object_new_string(head_name(to)));
	load(w, head);
	if (requests_take(&K, o, fd_of(requester), &err) < 0)
		control_answer(&K, fd_of(requester), &err, false, NULL);
	save();
	json_object_put(o);
}

const char *keeper_word(const struct world *w, unsigned int head)
{
	load((struct world *)w, head);
	return jobs_word(&K);
}

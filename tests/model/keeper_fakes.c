// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_fakes: what baton's keeper runs on, apart from its group (keeper_peers.c): the
 * event loop, the socket (control.h), the child that runs an operation (runner.h), and what
 * it looks at on its head.
 *
 * The child is one of the world's (head.c). Of the loop there are timers, each armed or not;
 * when its time is over, the world decides. What decides nothing is in keeper_silent.c.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "core/claim.h"
#include "disk.h"
#include "keeper/control.h"
#include "keeper/handover_internal.h"
#include "keeper/jobs.h"
#include "keeper/runner.h"
#include "keeper_internal.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/rival.h"
#include "os/whois.h"

/* ---- sd-event: timers that are armed or not, and callbacks to call */

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
	return K.handover->asker == requester_fd(FD_AGENT_GONE) ? LATE : 0;
}

void event_end_timer(sd_event_source *timer)
{
	timer->armed = false;
	timer->on_time(timer, 0, &K);
}

void event_end_child(void)
{
	on_job_io(&job_io, CHILD_FD, 0, &K);
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

	if (fd == requester_fd(FD_AGENT))
		agent_answer(W, me, failed, failed && silent,
			     failed && changed && err->code == BATON_EXIT_FAILED &&
				     strcmp(jobs_word(k), "serving") == 0);
	else if (fd == requester_fd(FD_OPERATOR))
		W->head[me].operator= 0;
	json_object_put(more);
}

bool control_is_gone(struct keeper *k, const struct job *job)
{
	return job->fd == requester_fd(FD_AGENT_GONE) ||
	       job->fd == requester_fd(FD_OPERATOR_GONE);
}

void control_tell_waiting(struct keeper *k, const struct job *job, enum operation before)
{
}

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
	runner->fd = CHILD_FD;
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

/* Of a start it is asked here, of nothing else. */
bool runner_has_changed(const struct runner *runner)
{
	return runner->before != STATE_SERVING;
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

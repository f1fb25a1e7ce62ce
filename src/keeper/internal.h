/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal: the keeper as its own files see it; keeper.c says what each is for. */
#ifndef BATON_KEEPER_INTERNAL_H
#define BATON_KEEPER_INTERNAL_H

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "core/claim.h"
#include "keeper/handover_table.h"
#include "keeper/move_record.h"
#include "keeper/op.h"
#include "keeper/peer_connections.h"
#include "keeper/runner.h"
#include "keeper/status_child.h"
#include "os/corosync.h"

struct keeper;

/* ---- jobs.c: operations, one at a time */

/* Requests that wait for the operation before them. */
#define JOBS_WAITING_MAX 8

/** enum job_for - whom an operation is done for */
enum job_for {
	JOB_KEEPER,   /* nobody: the keeper itself */
	JOB_CLIENT,   /* who has asked through the socket */
	JOB_HANDOVER, /* the hand-over under way */
	JOB_QUESTION, /* another head, which wants to know whether this one is ready */
};

/**
 * struct job - an operation that runs or waits
 * @client: JOB_CLIENT's connection, owned
 * @question, @from: JOB_QUESTION's number, and who asks
 * @claim: of a start that the other heads have agreed to (claims.c), 0 = of none
 */
struct job {
	enum operation operation;
	enum job_for who;
	int client;
	uint64_t question;
	char from[MESSAGE_HEAD_MAX + 1];
	uint64_t claim;
};

struct jobs {
	struct runner runner;
	bool busy;
	struct job job;
	struct job waiting[JOBS_WAITING_MAX];
	size_t n_waiting;
	sd_event_source *io;
	sd_event_source *timer;
	bool was_ready;
};

/**
 * jobs_add - begin an operation now, or when those before it have ended
 * @job: copied; its client's connection is taken over if this goes well
 * @patience_ms: for an operation that somebody else left going
 */
int jobs_add(struct keeper *k, const struct job *job, unsigned int patience_ms,
	     struct err *err);
/** jobs_word - the running operation, else the service's state. */
const char *jobs_word(const struct keeper *k);
/** jobs_will_start - does a start wait that the other heads do not see? */
bool jobs_will_start(const struct keeper *k);
void jobs_release(struct keeper *k);

/* ---- requests.c: the socket */

/* Connections that have not asked for anything yet, and those that follow. */
#define REQUESTS_VISITORS_MAX  16
#define REQUESTS_FOLLOWERS_MAX 8

/** struct visitor - somebody who has connected; fd -1 = a free place */
struct visitor {
	int fd;
	sd_event_source *source;
	sd_event_source *patience;
};

struct requests {
	int listener;
	struct visitor visitors[REQUESTS_VISITORS_MAX];
	struct visitor followers[REQUESTS_FOLLOWERS_MAX];
};

int requests_open(struct keeper *k, struct err *err);
/** requests_tell - to all who follow. */
void requests_tell(struct keeper *k, struct json_object *event);
/**
 * requests_answer - the last answer to a request; closes its connection
 * @more: members to add, taken over; may be NULL
 */
void requests_answer(struct keeper *k, int fd, const struct err *err, bool changed,
		     struct json_object *more);
void requests_close(struct keeper *k);

/* ---- census.c: how much clients hold, counted while they are served */

/**
 * struct census
 * @most: of any one client, by the last count …
 * @told: … and as the other heads know it
 * @calls_fd: a number that grows when anything changes, or -errno
 * @calls: at the beginning of the last count …
 * @counted: … which went well
 * @next_ms: the next not before
 * @pid, @fd: of the child that counts
 */
struct census {
	uint32_t most;
	uint32_t told;
	int calls_fd;
	uint64_t calls;
	bool counted;
	int64_t next_ms;
	pid_t pid;
	int fd;
};

/** census_open - the caller is in the namespaces whose calls are counted. */
void census_open(struct census *census);
/** census_sample - count if it is time. Return: true if the other heads have to know. */
bool census_sample(struct keeper *k);
void census_pause(struct census *census);
void census_forget(struct census *census);
void census_close(struct census *census);

/* ---- grace.c: the grace period is ended when it has lasted long enough */

/** struct vigil - a child that sits through the grace period */
struct vigil {
	struct status_child child;
	sd_event_source *io;
	bool begun;
	int64_t next_ms;
};

/** grace_sample - send it, once for each time that the service begins to serve. */
void grace_sample(struct keeper *k);
/** grace_pause - an operation begins. */
void grace_pause(struct keeper *k);

/* ---- watch.c: what is looked after while the service serves */

struct watch {
	struct op op; /* sockets inside */
	sd_event_source *timer;
	int counters;              /* of its TCP connections, opened inside; or -errno */
	struct conn_counts counts; /* the last that were read … */
	bool settled;       /* … and what was listed then stays until they change */
	int64_t listed_ms;  /* when that was */
	struct conns conns; /* the last that were there … */
	bool unrecorded;    /* … not yet on the disk */
	bool untold;        /* … not yet with the other heads */
	bool told;          /* they have a table of ours */
	uint64_t serial;    /* of it */
	pid_t recorder;
	pid_t expirer;
	int64_t expired_ms; /* when clients were last looked at … */
	int expire_s;       /* … and for how long none has to be ended then */
	int64_t mended_ms;
	struct census census;
	struct vigil vigil;
	struct peer_connections
		peer_conns; /* what the serving head has told, while it is another */
	int64_t replica_ms; /* … when */
};

int watch_open(struct keeper *k, struct err *err);
/** watch_sample - look at the connections now, and again when it is time. */
void watch_sample(struct keeper *k);
/** watch_peers_changed - somebody may have come who does not know the connections. */
void watch_peers_changed(struct keeper *k);
void watch_message(struct keeper *k, const char *from, const struct message *message);
/** watch_describe - what is known of another head's connections, NULL = nothing. */
struct json_object *watch_describe(const struct keeper *k);
/** watch_pause - an operation begins. */
void watch_pause(struct keeper *k);
/** watch_forget - let go of the namespaces: they may be new ones, or shall go. */
void watch_forget(struct keeper *k);
void watch_close(struct keeper *k);

/* ---- peers.c: the keepers of the service on the other heads */

#define PEERS_QUEUE_MAX 256

struct peer {
	char head[MESSAGE_HEAD_MAX + 1];
	char version[MESSAGE_VERSION_MAX + 1];
	char digest[SERVICE_DIGEST_TEXT];
	int protocol;
};

struct peers {
	struct corosync *corosync; /* NULL = not in a cluster */
	struct err why;            /* … because */
	char self[MESSAGE_HEAD_MAX + 1];
	sd_event_source *io;
	sd_event_source *retry;
	sd_event_source *flush;
	char *queue[PEERS_QUEUE_MAX];
	size_t n_queue;
	struct peer known[COROSYNC_HEADS_MAX]; /* what they have said of themselves */
	size_t n_known;
};

int peers_open(struct keeper *k, struct err *err);
/** peers_join - try to become a member now, if this head is none. */
void peers_join(struct keeper *k);
/** peers_send - to all; without a cluster, to ourselves. */
void peers_send(struct keeper *k, const struct message *message);
/** peers_find - what corosync knows of a head, NULL = there is none of this name. */
const struct corosync_head *peers_find(const struct keeper *k, const char *head);
/** peers_introduced - what a head's keeper has said of itself, NULL = nothing. */
const struct peer *peers_introduced(const struct keeper *k, const char *head);
void peers_close(struct keeper *k);

/* ---- handover.c: the hand-over */

struct handover {
	struct handover_state state;
	struct move_record move;
	uint64_t generation; /* the highest seen */
	sd_event_source *deadline;
	sd_event_source *flush;
	struct json_object *held; /* steps of this head that the others do not know yet */
	int asker;                /* who has asked this head to hand over, -1 = nobody */
	int64_t until_ms;         /* when he gives up, 0 = never */
	bool changed;             /* … and anything was done for it */
	struct json_object *last; /* the record of the last hand-over that has ended */
};

int handover_open(struct keeper *k, struct err *err);
/**
 * handover_begin - hand over to @target
 * @budget_ms: how long the asker waits; 0 = as long as it takes
 * @fd: the asker, taken over if this returns 0
 */
int handover_begin(struct keeper *k, const char *target, unsigned int budget_ms, int fd,
		   struct err *err);
/** handover_overrule - somebody wants a start or a stop of this head. */
void handover_overrule(struct keeper *k);
void handover_message(struct keeper *k, const char *from, const struct message *message);
/** handover_peers_changed - heads have come or gone. */
void handover_peers_changed(struct keeper *k);
/** handover_ended - the operation it began has ended; @err = NULL: well. */
void handover_ended(struct keeper *k, const struct err *err);
/** handover_step - a step of an operation of ours. Return: true if it is the hand-over's. */
bool handover_step(struct keeper *k, struct json_object *entry);
/** handover_hides - is the running operation part of the hand-over's own record? */
bool handover_hides(const struct keeper *k);
/** handover_check_target - could @target be handed the service at all? */
int handover_check_target(struct keeper *k, const char *target, struct err *err);
/** handover_check_source - would this head take it from @from, which says @message? */
int handover_check_source(struct keeper *k, const char *from,
			  const struct message *message, struct err *err);
void handover_close(struct keeper *k);

/* ---- claims.c: one service, one start */

struct claims {
	char holder[MESSAGE_HEAD_MAX + 1]; /* whose claim is in force, "" = nobody's */
	uint64_t holder_id;                /* which of them */
	uint64_t id;                       /* of the last one of this head */
	bool pending;                      /* it is being judged */
	bool delivered;                    /* … and was seen by all */
	bool takeover;
	bool agent; /* Pacemaker asks, and says of these heads that they are gone */
	char gone[CLAIM_GONE_MAX];
	int fd; /* who has asked for it */
	struct claim_head heads[COROSYNC_HEADS_MAX];
	size_t n;
	sd_event_source *deadline;
};

int claims_open(struct keeper *k, struct err *err);
/**
 * claims_begin - start the service here, if the other heads let it
 * @terms: copied
 * @fd: who asks, taken over if this returns 0
 */
int claims_begin(struct keeper *k, const struct claim_terms *terms, int fd,
		 struct err *err);
void claims_message(struct keeper *k, const char *from, const struct message *message);
void claims_peers_changed(struct keeper *k);
/** claims_unconfirmed - it does not serve, as was believed: so the start is claimed; as above. */
int claims_unconfirmed(struct keeper *k, int fd, struct err *err);
/** claims_ended - a start that was claimed has ended. */
void claims_ended(struct keeper *k, uint64_t id);
/** claims_alone - nobody is heard any more: whose claim was in force is not known. */
void claims_alone(struct keeper *k);
/** claims_overrule - somebody wants a stop of this head. */
void claims_overrule(struct keeper *k);
/** claims_is_foreign - is another head's claim in force? */
bool claims_is_foreign(const struct keeper *k);
void claims_close(struct keeper *k);

/* ---- questions.c: what heads ask each other, and what a command asks of all */

#define QUESTIONS_MAX 8

/** struct question - of a command here; id 0 = a free place */
struct question {
	uint64_t id;
	int fd;
	char target[MESSAGE_HEAD_MAX + 1]; /* "" = all heads, for their facts */
	struct json_object *answers;
	sd_event_source *deadline;
};

/** struct inquiry - of a head, whose answer a child of ours is looking up */
struct inquiry {
	struct status_child child;
	uint64_t id;
	char from[MESSAGE_HEAD_MAX + 1];
	sd_event_source *io;
	sd_event_source *deadline;
	struct keeper *k;
};

struct questions {
	struct question asked[QUESTIONS_MAX];
	struct inquiry looking[QUESTIONS_MAX];
	uint64_t last;
};

/** questions_ask_heads, questions_ask_ready - take over @fd if they return 0. */
int questions_ask_heads(struct keeper *k, int fd, struct err *err);
int questions_ask_ready(struct keeper *k, const char *target, int fd, struct err *err);
void questions_message(struct keeper *k, const char *from, const struct message *message);
/** questions_job_ended - the look at our readiness has ended; @err = NULL: ready. */
void questions_job_ended(struct keeper *k, const struct job *job, const struct err *err);
void questions_close(struct keeper *k);

/* ---- all of it */

struct keeper {
	const struct service *svc;
	struct paths paths;
	sd_event *event;
	struct err err;
	int lock;
	enum service_state state;
	struct jobs jobs;
	struct requests requests;
	struct watch watch;
	struct peers peers;
	struct handover handover;
	struct questions questions;
	struct claims claims;
};

/** keeper_arm - (re)arm a one-shot timer; @ms 0 = disarm. */
void keeper_arm(sd_event_source *timer, unsigned int ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world: one state of the world in which keepers live: heads, disk, corosync's groups,
 * Pacemaker, operators. All bytes, so that two states are the same if their bytes are.
 *
 * What is written here is the world around baton, and how much of a keeper has to be
 * remembered. What a keeper does about an event is not written here: keeper_real.c puts a
 * keeper into baton's own structs, calls baton's own functions, and reads it back.
 */
#ifndef BATON_MODEL_WORLD_H
#define BATON_MODEL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plan.h"

#define HEADS_MAX   3
#define QUEUE_MAX   12
#define WAITING_MAX 4
#define NOBODY      0xff

/** struct item - what a keeper's corosync will deliver next: a message or a membership */
struct item {
	uint8_t kind; /* ITEM_VIEW, or ITEM_MESSAGE + enum message_type */
	uint8_t from;
	uint8_t to;   /* head, NOBODY = all; ITEM_VIEW: mask of the members */
	uint8_t id;   /* message.generation */
	uint8_t word; /* STAND: index in stand_words[] */
	uint8_t flags;
	uint8_t peer; /* STAND: 1 + head, 0 = none */
	uint8_t code; /* exit status of a reason */
};

enum { ITEM_VIEW = 1, ITEM_MESSAGE = 2 };
enum { ITEM_HOLDS = 1, ITEM_REASON = 2 };

struct m_job {
	uint8_t operation;
	uint8_t owner; /* index of a struct job_owner, in the order in which they were seen */
	uint8_t fd; /* enum requester */
	uint8_t id;
};

/* Who waits at a connection to a keeper. A requester that has given up leaves a dead one. */
enum requester { FD_NONE, FD_AGENT, FD_OPERATOR, FD_AGENT_GONE, FD_OPERATOR_GONE };

struct m_answer {
	uint8_t bits;
	uint8_t word;
	uint8_t peer;
};

/** struct m_keeper - all that a keeper remembers that its decisions depend on */
struct m_keeper {
	uint8_t runs;
	uint8_t clustered;
	uint8_t view;  /* of the group, as it has been told */
	uint8_t met;   /* heads whose hello it has heard */
	uint8_t holds; /* … and said that they may have the disk */
	/* struct handover */
	uint8_t phase;
	uint8_t generation;
	uint8_t begun;          /* a higher one, if it has begun that */
	uint8_t own_generation; /* of the hand-over under way */
	uint8_t peer;           /* 1 + head */
	uint8_t reason;
	uint8_t code;
	uint8_t asker;
	uint8_t changed;
	uint8_t handover_timer;
	/* struct claims */
	uint8_t holder; /* 1 + head */
	uint8_t holder_id;
	uint8_t id;
	uint8_t claim_bits;
	uint8_t gone;
	uint8_t claim_fd;
	uint8_t n_answers;
	struct m_answer answers[HEADS_MAX];
	/* struct jobs */
	uint8_t ready;
	uint8_t state;
	uint8_t busy;
	uint8_t n_waiting;
	struct m_job job;
	struct m_job waiting[WAITING_MAX];
};

/* Whose child runs an operation. */
enum { CHILD_KEEPER, CHILD_ORPHAN, CHILD_AGENT, CHILDREN };
enum { CHILD_NONE, CHILD_WAITS, CHILD_RUNS, CHILD_OVER };

/** struct m_terms - what a keeper has told its child of the other heads (core/guard.h) */
struct m_terms {
	uint8_t bits;
	uint8_t source; /* 1 + head */
	uint8_t heads;
};

/** struct m_guarding - how far a child has come with the disk (disk.c) */
struct m_guarding {
	uint8_t stage;
	uint8_t rounds;
	uint8_t first; /* the key to be removed next, and those after it */
	uint8_t then;
};

/** struct m_child - a process that runs an operation (keeper/runner.c) */
struct m_child {
	uint8_t stage;
	uint8_t operation;
	uint8_t before; /* the standing that its plan was made from */
	uint8_t was_silent;
	uint8_t was_taken; /* the disk, with nothing decided about it */
	uint8_t at;        /* steps done */
	uint8_t undoes;
	uint8_t cancelled;
	uint8_t failed;
	uint8_t code;
	uint8_t died; /* or NOT_BEGUN */
	struct m_terms terms;
	struct m_guarding guarding;
};

enum { NOT_BEGUN = 2 };

/** enum standing_kind - what is set up on a head */
enum standing_kind {
	IS_ABSENT,
	IS_STANDBY,
	IS_MOUNTED, /* or not released: it may write */
	IS_SERVING,
};

enum agent_kind {
	AGENT_NONE,
	AGENT_START,
	AGENT_STOP,
	AGENT_MIGRATE_TO,
	AGENT_MIGRATE_FROM,
};

enum agent_stage {
	AGENT_ASKS,       /* has not reached the keeper yet */
	AGENT_WAITS,      /* for its answer */
	AGENT_BRINGS,     /* for the keeper that it has started */
	AGENT_LOOKS,      /* at Pacemaker's nodes: who is gone? */
	AGENT_ASKS_AGAIN, /* with that */
	AGENT_WAITS_AGAIN,
	AGENT_STOPS, /* without a keeper */
};

/** struct m_agent - an action of ocf:baton:service that Pacemaker runs on a head */
struct m_agent {
	uint8_t kind;
	uint8_t stage;
	uint8_t tried;
	uint8_t gone;
	uint8_t hasty; /* it has not waited for the keepers of nodes that are online */
	uint8_t target;
};

/* What Pacemaker knows of a node, and of the resource on it. */
enum node { NODE_UNSEEN, NODE_ONLINE, NODE_UNCLEAN, NODE_CLEAN };
enum resource { RESOURCE_UNKNOWN, RESOURCE_STOPPED, RESOURCE_STARTED, RESOURCE_FAILED };

/* What a head has noted of its registration (os/guardnote.h); in memory, so a boot ends it. */
struct m_note {
	uint8_t state;
	uint8_t unproven;
	uint8_t life;
};

struct m_head {
	uint8_t on;
	uint8_t part; /* the lowest head that its network reaches */
	uint8_t standing;
	uint8_t tail;     /* the membership that its corosync has announced last */
	uint8_t operator; /* an operator waits for an answer */
	struct m_note note;
	uint8_t silent; /* nothing of the service gets in or out */
	uint8_t shut;   /* its filesystem writes nothing more */
	uint8_t stale;  /* another head could write while it had the filesystem mounted */
	struct m_keeper keeper;
	struct m_child child[CHILDREN];
	struct m_agent agent;
	uint8_t dc; /* the node that decides for Pacemaker, as far as this one knows */
	uint8_t node[HEADS_MAX];
	uint8_t resource[HEADS_MAX];
	uint8_t n_queue;
	struct item queue[QUEUE_MAX];
};

/*
 * struct m_disk - the registrations, and who has reserved: write exclusive, registrants
 * only. It outlives everything else. Without a guard nobody is registered.
 */
struct m_disk {
	uint8_t life[HEADS_MAX]; /* by which key each head is registered; 0 = by none */
	uint8_t unproven;        /* heads whose key says so */
	uint8_t holder;          /* 1 + head, 0 = everybody can write */
};

struct world {
	uint8_t faults; /* left */
	uint8_t orders; /* left */
	uint8_t lied;
	struct m_disk disk;
	struct m_head head[HEADS_MAX];
};

#define ORDERS_UNLIMITED 255

/** struct rules - which world it is; set once, from the command line */
struct rules {
	unsigned int heads;
	bool alone;   /* a start sees a head that serves: it answers for the address */
	bool liar;    /* fencing and operators may say that a living head is dead */
	bool guard;   /* the disk is reserved by who serves */
	bool stopped; /* nobody serves yet */
	bool cut;     /* the network is cut already, which is one more fault */
	bool no_pacemaker;
	bool no_operator;
	bool no_claim; /* deliberate faults */
	bool no_free;
	bool no_look;
	bool no_stay;
	unsigned int faults;
	unsigned int orders;
	unsigned int lag; /* no new order while a keeper has more messages to hear */
};

extern struct rules rules;
extern bool queue_overflow;

/** struct action - something that may happen */
struct action {
	uint8_t kind;
	uint8_t head;
	uint8_t what;
	uint8_t how;
};

#define ACTIONS_MAX 160

/** world_begin - the first state: one head serves (or none does), the others stand by */
void world_begin(struct world *w);
/** world_actions - all that may happen in @w; returns how many */
size_t world_actions(const struct world *w, struct action actions[ACTIONS_MAX]);
/** world_act - let it happen, and make the state canonical */
void world_act(struct world *w, const struct action *action);
/** world_is_internal - does it happen by itself, without order, fault or Pacemaker? */
bool world_is_internal(const struct action *action);
/** world_is_fault - does it cost a fault? */
bool world_is_fault(const struct action *action);
/** world_tell - in English, what @action is in @w */
void world_tell(const struct world *w, const struct action *action, char *text,
		size_t size);
/** world_describe - one line on each head */
void world_describe(const struct world *w, char *text, size_t size);
/** world_canonical - rename generations and the numbers of claims */
void world_canonical(struct world *w);
/** world_rename - the same state, if head i were called to[i] */
void world_rename(struct world *w, const struct world *from, const uint8_t *to);
/**
 * world_is_left_over - is a claim in force, or a hand-over going on, that nothing will end?
 *
 * Nothing is under way, nobody waits, and no deadline is set.
 */
bool world_is_left_over(const struct world *w);
/**
 * world_writers - mask of the heads that can write to the disk
 *
 * Its filesystem is mounted and not shut down, and the disk would carry the write out.
 */
unsigned int world_writers(const struct world *w);
/** world_is_overwritten - can one write whose filesystem another has been able to change? */
bool world_is_overwritten(const struct world *w);

/* ---- for the parts of the world */

const char *head_name(unsigned int head);
int head_find(const char *name);
bool is_member(const struct world *w, unsigned int head);
void group_push(struct world *w, unsigned int to, const struct item *item);
void group_join(struct world *w, unsigned int head);
void group_leave(struct world *w, unsigned int head);
bool lock_is_free(const struct world *w, unsigned int head);
void child_begin(struct world *w, unsigned int head, unsigned int whose,
		 unsigned int operation);
void child_cancel(struct world *w, unsigned int head);
const char *child_next_step(const struct m_child *child);
struct standing child_found(const struct m_child *child);
void agent_answer(struct world *w, unsigned int head, bool failed, bool silent,
		  bool again);
void keeper_dies(struct world *w, unsigned int head);
void head_dies(struct world *w, unsigned int head);

#endif

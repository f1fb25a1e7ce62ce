/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan: from what stands and what is wanted to what has to be done; makes no system call. */
#ifndef BATON_CORE_PLAN_H
#define BATON_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

/** enum operation - what is wanted of a service on this head */
enum operation {
	OPERATION_STANDBY,
	OPERATION_PREPARE, /* could it be taken over from a head that serves it? */
	OPERATION_TAKE,    /* start, once that head has granted it */
	OPERATION_START,
	OPERATION_CONFIRM, /* a start of what serves already: does it? */
	OPERATION_STOP,
	OPERATION_HAND_OVER, /* stop, so that another head can take it; may be given up */
	OPERATION_TEARDOWN,
	OPERATION_MEND, /* put daemons that have died back in their place */
};

/** enum phase - a table of steps (keeper/op.h), or the end of a plan */
enum phase {
	PHASE_END,
	PHASE_REPIN, /* of namespaces whose pins have been taken away */
	PHASE_STANDBY,
	PHASE_PREPARE,
	PHASE_ADMIT,
	PHASE_START,
	PHASE_SYNC, /* before a stop, while it still serves */
	PHASE_STOP,
	PHASE_TEARDOWN,
	PHASE_MEND,
};

/**
 * struct standing - what of a service stands on this head
 * @prepared: namespaces are pinned and rpc.mountd runs in them
 * @pinned: namespaces are pinned
 * @lost: they are not, or not all, and something of the service may stand in them; nothing
 *        but @held is known then
 * @attached: its filesystem is mounted
 * @threads: knfsd's, running
 * @link_up: one of its links is up
 * @address: every address is on its link, and that up
 * @carrier: the links have one; meaningless while they are down
 * @nfsdcld: runs
 * @drained: the drain's filter is awake: calls are held off
 * @held: the disk is not mounted, but this head has taken it and not released it
 */
struct standing {
	bool pinned;
	bool lost;
	bool prepared;
	bool attached;
	bool nfsdcld;
	bool link_up;
	bool address;
	bool carrier;
	bool drained;
	bool held;
	int threads;
};

/** enum service_state - what that amounts to */
enum service_state {
	STATE_ABSENT,  /* no namespaces */
	STATE_STANDBY, /* nothing but what standby makes */
	STATE_PARTIAL, /* some of what serves, not all: a crash, or a failed stop */
	STATE_SERVING,
};

/** plan_state - judge what stands. */
enum service_state plan_state(const struct standing *standing);

/** plan_state_name - "absent", "standby", "partial", "serving". */
const char *plan_state_name(enum service_state state);

/** plan_operation_name - "standby", "start", "stop", "teardown" … */
const char *plan_operation_name(enum operation operation);

#define PLAN_MAX 6

/**
 * struct plan - phases in their order, closed by PHASE_END
 * @undo: run when one of them fails; PHASE_END = nothing can be undone
 * @refused: nothing may be done, as it is in the wrong state for this
 */
struct plan {
	enum phase phases[PLAN_MAX];
	enum phase undo;
	bool refused;
};

/**
 * plan_make - what has to be done
 * @operation: wanted
 * @standing: as it is; an empty plan means that it is so already
 */
struct plan plan_make(enum operation operation, const struct standing *standing);

#endif

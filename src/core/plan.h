/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan: what is set up + what is wanted -> what has to be done; makes no system call. */
#ifndef BATON_CORE_PLAN_H
#define BATON_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

/** enum operation - what is wanted of a service on this head */
enum operation {
	OPERATION_STANDBY,
	OPERATION_PREPARE, /* could it be taken over from the head that serves it? */
	OPERATION_TAKE,    /* start, once that head has granted it */
	OPERATION_START,
	OPERATION_CONFIRM, /* a start when it serves already: does it? */
	OPERATION_STOP,
	OPERATION_HAND_OVER, /* stop, so that another head can take it; can be aborted */
	OPERATION_LOSE, /* another head has taken the disk: stop without a word to anybody */
	OPERATION_TEARDOWN,
	OPERATION_MEND,   /* restart daemons that have died */
	OPERATION_RELOAD, /* apply a service file that was edited */
};

/** enum phase - a table of steps (keeper/op.h), or the end of a plan */
enum phase {
	PHASE_END,
	PHASE_REPIN, /* namespaces whose pins were removed */
	PHASE_STANDBY,
	PHASE_PREPARE,
	PHASE_ADMIT,
	PHASE_START,
	PHASE_SYNC, /* before a stop, while it still serves */
	PHASE_LOSE,
	PHASE_STOP,
	PHASE_TEARDOWN,
	PHASE_MEND,
	PHASE_RELOAD, /* while it serves */
};

/**
 * struct standing - what is set up of a service on this head
 * @prepared: namespaces are pinned and rpc.mountd runs in them
 * @pinned: namespaces are pinned
 * @lost: some or all pins are missing, and something of the service may still be in those
 *        namespaces; then only @held is known
 * @attached: its filesystem is mounted
 * @failed: and the kernel has shut it down after an I/O error: what is written fails
 * @threads: running threads of knfsd
 * @link_up: one of its links is up
 * @address: every address is on its link, and the link is up
 * @carrier: the links have carrier; meaningless while they are down
 * @nfsdcld: it runs
 * @drained: the drain's filter is awake: calls are held off
 * @lost_disk: another head has taken the disk
 * @silent: nothing gets in or out: the disk does not confirm the reservation
 * @held: the disk is not mounted, but this head has taken it and not released it
 */
struct standing {
	bool pinned;
	bool lost;
	bool prepared;
	bool attached;
	bool failed;
	bool nfsdcld;
	bool link_up;
	bool address;
	bool carrier;
	bool drained;
	bool silent;
	bool lost_disk;
	bool held;
	int threads;
};

/** enum service_state - what the standing amounts to */
enum service_state {
	STATE_ABSENT,  /* no namespaces */
	STATE_STANDBY, /* nothing but what standby sets up */
	STATE_PARTIAL, /* part of what serving needs: a crash, or a failed stop */
	STATE_SERVING,
};

/** plan_state - derive the state. */
enum service_state plan_state(const struct standing *standing);

/** plan_state_name - "absent", "standby", "partial", "serving". */
const char *plan_state_name(enum service_state state);

/** plan_operation_starts - does it make this head serve? */
bool plan_operation_starts(enum operation operation);

/** plan_operation_name - "standby", "start", "stop", "teardown" … */
const char *plan_operation_name(enum operation operation);

#define PLAN_MAX 6

/**
 * struct plan - phases in order, ended by PHASE_END
 * @undo: run when one of them fails; PHASE_END = nothing can be undone
 * @refused: the service is in the wrong state for this; do nothing
 */
struct plan {
	enum phase phases[PLAN_MAX];
	enum phase undo;
	bool refused;
};

/**
 * plan_make - what has to be done
 * @operation: what is wanted
 * @standing: what is set up; the plan is empty if nothing has to be done
 */
struct plan plan_make(enum operation operation, const struct standing *standing);

#endif

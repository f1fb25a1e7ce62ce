// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guard: the reservation of the service's disk.
 *
 * Theory of operation
 *
 *   take:     look -> register -> preempt who else is registered -> reserve -> look -> watch
 *   release:  release -> unregister -> look
 *
 * The type is 'write exclusive, registrants only': whoever is registered may write,
 * everybody may read. So at most one head may ever be registered, and a start does not
 * mount before it has seen that it is the only one. Who may be preempted is decided by
 * core/guard.c from what the claim has found out.
 *
 * A disk with several paths is registered on each; multipathd does so for a path that comes
 * later (os/multipathd.h). It is told before the mount, and of the end before the paths are
 * unregistered.
 *
 * Each start takes another key (its "life"): what an earlier one of this head has left
 * behind, after a power cut or on a session that no longer exists, is preempted like
 * anybody else's. A conflict means that another head was quicker. Then this head gives up
 * and does not register again by itself.
 *
 * A head that was preempted may still have the filesystem mounted, whatever was said of
 * it. As long as it has not spoken for itself (it has booted, and its keeper says that it
 * has not got the disk), the reservation outlives the stop here: else that head could write
 * again. The next start preempts it. The key says so, as it outlives this head, too. Only
 * what that head says after the start here counts: before, it may have had a start of its
 * own under way, or have begun one, cut off from us (duties.c on_job_ended(),
 * claims_may_hold(), has_seen_us() in peers.c).
 *
 * A crash leaves the registration, which the next start of this head removes, and of any
 * other one after a claim.
 */
#include "keeper/guard.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keeper/guard_paths.h"
#include "keeper/guard_watch.h"
#include "keeper/released.h"
#include "os/child.h"
#include "os/guardnote.h"
#include "os/lowerdisk.h"
#include "os/multipathd.h"
#include "os/persist.h"
#include "os/rival.h"

/* Another head may come in between, but not for ever. */
#define ROUNDS 5
/* How much longer than `guard-timeout` a head may take to notice that it is over. */
#define NOTICE_S 3
/* How often to see meanwhile whether this head still has the disk. */
#define LOOK_MS 500

static int look(const struct lowerdisk *disk, struct pr_keys *keys,
		struct pr_reservation *reservation, struct err *err)
{
	int rc = persist_read_keys(disk, keys, err);

	return rc < 0 ? rc : persist_read_reservation(disk, reservation, err);
}

static int give_up(const struct lowerdisk *disk, struct err *err)
{
	err_set(err, BATON_EXIT_PEER, 0, "another head has taken %s meanwhile",
		disk->name);
	return -EBUSY;
}

/* ---- taking */

/* Looks before anything is changed: may it be taken, and by which key? */
static int choose_key(struct op *op, const struct lowerdisk *disk,
		      struct guard_plan *plan, uint64_t *key, struct err *err)
{
	const char *self = op->terms->self, *service = op->svc->name;
	struct pr_reservation reservation;
	struct pr_keys keys;
	unsigned int life;
	int rc = look(disk, &keys, &reservation, err);

	if (rc == 0)
		rc = guard_make_plan(plan, op->terms, service, 0, &keys, &reservation,
				     err);
	if (rc < 0)
		return rc;
	life = guard_free_life(&keys, self, service);
	*key = guard_make_key(self, service, life, guard_is_unproven(op->terms, plan));
	return life ? 0
		    : err_set(err, BATON_EXIT_DEVICE, EUSERS,
			      "this head has left too many registrations at %s",
			      disk->name);
}

static int preempt(const struct lowerdisk *disk, uint64_t key,
		   const struct guard_plan *plan, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < plan->n && rc == 0; i++)
		rc = persist_do(disk, PR_PREEMPT_AND_ABORT, key, plan->preempt[i], err);
	return rc;
}

/*
 * Somebody has registered since the first look. First it is noted, then done: after a crash
 * in between, the reservation must stay, too.
 */
static int doubt(struct op *op, const struct lowerdisk *disk, struct guardnote *note,
		 struct err *err)
{
	uint64_t before = note->key;
	int rc;

	if (guard_key_is_unproven(before))
		return 0;
	note->key = guard_key_doubt(before);
	rc = guardnote_write(&op->paths, note, err);
	return rc < 0 ? rc : persist_do(disk, PR_REGISTER, before, note->key, err);
}

/* After a conflict only a look: the answer to a command that was carried out may be lost. */
static int take_disk(struct op *op, const struct lowerdisk *disk, struct guardnote *note,
		     struct err *err)
{
	int rc = persist_do(disk, PR_REGISTER_AND_IGNORE, 0, note->key, err);
	bool conflict = rc == -EBADE;

	for (int round = 0; round < ROUNDS && rc == 0; round++) {
		struct pr_reservation reservation;
		struct guard_plan plan;
		struct pr_keys keys;

		rc = look(disk, &keys, &reservation, err);
		if (rc < 0 || guard_is_held(note->key, disk->paths, &keys, &reservation))
			return rc;
		if (conflict || !guard_has_key(&keys, note->key))
			break;
		rc = guard_make_plan(&plan, op->terms, op->svc->name, note->key, &keys,
				     &reservation, err);
		if (rc == 0 && guard_is_unproven(op->terms, &plan))
			rc = doubt(op, disk, note, err);
		if (rc == 0 && plan.n > 0)
			rc = preempt(disk, note->key, &plan, err);
		else if (rc == 0)
			rc = persist_do(disk, PR_RESERVE, note->key, 0, err);
		conflict = rc == -EBADE;
		if (conflict)
			rc = 0;
	}
	return rc < 0 ? rc : give_up(disk, err);
}

/*
 * multipathd registers what comes from now on. What came between the first look at the paths
 * and now, either of both has registered: it must be so, as it would be written through.
 */
static int keep_paths(struct op *op, const struct lowerdisk *before, uint64_t key,
		      struct err *err)
{
	struct pr_reservation reservation;
	struct lowerdisk disk = { 0 };
	struct pr_keys keys = { 0 };
	char name[32];
	int rc = multipathd_guard(before->name, key, err);

	if (rc == 0)
		rc = lowerdisk_open(op->svc->device, &disk, err);
	if (rc == 0)
		rc = look(&disk, &keys, &reservation, err);
	if (rc == 0 && !guard_is_held(key, keys.n, &keys, &reservation))
		rc = give_up(&disk, err);
	if (rc == 0 && keys.n < disk.paths && guard_paths_find(&disk, key, name))
		rc = err_set(err, BATON_EXIT_DEVICE, EIO,
			     "%s has a path that multipathd has not registered: %s",
			     disk.name, name);
	lowerdisk_close(&disk);
	return rc;
}

static int take(struct op *op, const struct lowerdisk *disk, struct err *err)
{
	struct guardnote note = { .state = GUARDNOTE_TAKING, .since = time(NULL) };
	char text[GUARD_KEY_TEXT];
	struct guard_plan plan;
	int rc = choose_key(op, disk, &plan, &note.key, err);

	if (rc < 0)
		return rc;
	memcpy(note.disk, disk->wwid, sizeof(note.disk));
	unlink(op->paths.guard_path);
	/* First: what is noted is removed by a stop, also after a crash in here. */
	rc = guardnote_write(&op->paths, &note, err);
	if (rc == 0)
		rc = take_disk(op, disk, &note, err);
	if (rc == 0 && disk->is_multipath)
		rc = keep_paths(op, disk, note.key, err);
	if (rc < 0)
		return rc;
	note.state = GUARDNOTE_HELD;
	rc = guardnote_write(&op->paths, &note, err);
	snprintf(op->note, sizeof(op->note), "registered as %s%s",
		 guard_format_key(note.key, text),
		 plan.others ? "; another head's registration was removed"
		 : plan.n    ? "; an earlier registration was removed"
			     : "");
	if (guard_must_wait(op->terms))
		op->silent_ms =
			child_now_ms() + (op->svc->guard_timeout + NOTICE_S) * 1000ll;
	return rc;
}

/*
 * It was served with a reservation, and somebody has changed the service file since. What
 * was noted is over, unless this head is still registered.
 */
static int forget(const struct op *op, struct err *err)
{
	const struct guardnote note = guardnote_read(&op->paths);
	struct lowerdisk disk;
	struct pr_keys keys = { 0 };
	bool is_another;
	int rc;

	if (note.state == GUARDNOTE_NONE)
		return 0;
	rc = lowerdisk_open(op->svc->device, &disk, NULL);
	/* "-": it cannot be told. */
	is_another = rc == 0 && strcmp(disk.wwid, "-") != 0 &&
		     strcmp(disk.wwid, note.disk) != 0;
	if (rc == 0 && !is_another)
		rc = persist_read_keys(&disk, &keys, NULL);
	lowerdisk_close(&disk);
	if (rc == 0 && guard_has_key(&keys, note.key))
		return err_set(
			err, BATON_EXIT_DEVICE, EBUSY,
			"guard = none, but the disk is still reserved: see `baton guard %s`",
			op->svc->name);
	/* It is another disk by now, or this head is registered no more. */
	if (rc == 0 || note.state == GUARDNOTE_LOST)
		guardnote_set_state(&op->paths, GUARDNOTE_NONE);
	return 0;
}

/* Those of another cluster's software, such as fence_scsi, would be refused in the pause. */
static int check_strangers(const struct service *svc, const char *disk,
			   const struct pr_keys *keys, struct err *err)
{
	char name[MESSAGE_HEAD_MAX + 64];

	for (size_t i = 0; i < keys->n; i++) {
		if (guard_is_batons(keys->v[i]))
			continue;
		guard_name_head(keys->v[i], svc->name, "", name, sizeof(name));
		return err_set(err, BATON_EXIT_DEVICE, EBUSY,
			       "%s is registered by %s: see `baton guard %s`", disk, name,
			       svc->name);
	}
	return 0;
}

int guard_check(const struct service *svc, struct err *err)
{
	struct lowerdisk disk = { 0 };
	struct pr_keys keys;
	int rc = rival_check_guard(svc, err);

	if (rc == 0)
		rc = lowerdisk_open(svc->device, &disk, err);
	if (rc == 0)
		rc = lowerdisk_check(svc->device, &disk, err);
	if (rc == 0)
		rc = persist_check(&disk, &keys, err);
	if (rc == 0)
		rc = check_strangers(svc, disk.name, &keys, err);
	lowerdisk_close(&disk);
	return rc < 0 && svc->guard == GUARD_RESERVATION
		       ? err_wrap(err, rc, "guard = reservation")
		       : rc;
}

int guard_take(struct op *op, struct err *err)
{
	struct lowerdisk disk;
	int rc;

	if (op->svc->guard == GUARD_NONE)
		return forget(op, err);
	rc = lowerdisk_open(op->svc->device, &disk, err);
	if (rc == 0)
		rc = take(op, &disk, err);
	if (rc == 0)
		rc = guard_watch_start(op->svc, &op->paths, err);
	lowerdisk_close(&disk);
	return rc;
}

int guard_outwait(struct op *op, struct err *err)
{
	bool waits = op->silent_ms > child_now_ms();
	int64_t left;

	for (;;) {
		if (op->svc->guard == GUARD_RESERVATION &&
		    guardnote_read(&op->paths).state != GUARDNOTE_HELD)
			return err_set(err, BATON_EXIT_PEER, EBUSY,
				       "another head has taken the disk meanwhile");
		left = op->silent_ms - child_now_ms();
		if (left <= 0)
			break;
		poll(NULL, 0, left < LOOK_MS ? left : LOOK_MS);
	}
	if (waits)
		snprintf(op->note, sizeof(op->note),
			 "waited until a head that nobody has fenced must be silent");
	return 0;
}

/* ---- giving up */

/* From now on multipathd unregisters what comes. Without it nothing comes. */
static void forget_paths(const struct lowerdisk *disk)
{
	if (disk->is_multipath)
		multipathd_unguard(disk->name, NULL);
}

static int unregister(const struct lowerdisk *disk, uint64_t key, struct err *err)
{
	int rc = persist_do(disk, PR_RELEASE, key, 0, err);

	/* Not its holder on this path: unregistering ends what there is. */
	if (rc < 0 && rc != -EOPNOTSUPP)
		return rc;
	return persist_do(disk, PR_REGISTER, key, 0, err);
}

/* Removes what this head has left on paths that are gone, under another life. */
static int remove_ghosts(struct op *op, const struct lowerdisk *disk,
			 const struct pr_keys *keys, struct err *err)
{
	const char *self = op->terms->self, *service = op->svc->name;
	uint64_t key = guard_make_key(self, service, guard_free_life(keys, self, service),
				      false);
	struct guard_plan ghosts = { 0 };
	int rc, last;

	for (size_t i = 0; i < keys->n; i++)
		if (guard_is_heads(keys->v[i], self, service))
			guard_add(&ghosts, keys->v[i]);
	if (!ghosts.n)
		return 0;
	rc = persist_do(disk, PR_REGISTER_AND_IGNORE, 0, key, err);
	if (rc == 0)
		rc = preempt(disk, key, &ghosts, err);
	/* Whatever happened: nobody knows of this key. */
	last = unregister(disk, key, rc < 0 ? NULL : err);
	return rc < 0 ? rc : last;
}

static int release(struct op *op, const struct lowerdisk *disk, uint64_t key,
		   struct err *err)
{
	struct pr_keys keys = { 0 };
	int rc;

	forget_paths(disk);
	rc = unregister(disk, key, err);
	/* Registered on a path that is gone, or not yet. */
	if (rc < 0 && rc != -EBADE)
		return rc;
	rc = persist_read_keys(disk, &keys, err);
	if (rc == 0)
		rc = remove_ghosts(op, disk, &keys, err);
	/* A path may have gone in between, and its registration stays. */
	if (rc == 0)
		rc = persist_read_keys(disk, &keys, err);
	for (size_t i = 0; i < keys.n && rc == 0; i++)
		if (guard_is_heads(keys.v[i], op->terms->self, op->svc->name))
			rc = err_set(err, BATON_EXIT_DEVICE, EIO,
				     "a registration of this head is left at %s",
				     disk->name);
	return rc;
}

/* What becomes of the registration; the note says why, unless it is simply gone. */
static enum guardnote_state give_back(struct op *op, const struct guardnote *note)
{
	struct lowerdisk disk;
	struct pr_keys keys;
	struct err why = { 0 };
	int rc = lowerdisk_open(op->svc->device, &disk, &why);
	enum guardnote_state state = GUARDNOTE_NONE;

	if (rc == 0)
		rc = persist_read_keys(&disk, &keys, &why);
	if (rc == 0 && note->state == GUARDNOTE_HELD &&
	    !guard_has_key(&keys, note->key)) {
		state = GUARDNOTE_LOST;
		forget_paths(&disk);
		snprintf(op->note, sizeof(op->note),
			 "another head had removed the registration");
	} else if (rc == 0 && guard_has_key(&keys, note->key) &&
		   guard_must_stay(guard_key_is_unproven(note->key), op->terms)) {
		state = GUARDNOTE_KEPT;
		snprintf(op->note, sizeof(op->note),
			 "the disk stays reserved: not every other head has said itself "
			 "that it has let go of it");
	} else if (rc < 0 || release(op, &disk, note->key, &why) < 0) {
		state = GUARDNOTE_KEPT;
		snprintf(op->note, sizeof(op->note), "not released: %.200s", why.text);
	}
	lowerdisk_close(&disk);
	return state;
}

int guard_release(struct op *op, struct err *err)
{
	const struct guardnote note = guardnote_read(&op->paths);
	struct err why = { 0 };

	if (!guardnote_is_registered(&note))
		return 0;
	/* Only a stop that goes on after a failed unmount comes here. */
	if (released_check(op, &why) < 0) {
		snprintf(op->note, sizeof(op->note), "stays: %.200s", why.text);
		return 0;
	}
	/* First: who watches the registration must not take this for a loss. */
	guardnote_set_state(&op->paths, GUARDNOTE_GOING);
	guard_watch_end(&op->paths);
	/* Never for a moment without a reservation: the start removes the old key. */
	if (!op->starts || op->svc->guard == GUARD_NONE)
		guardnote_set_state(&op->paths, give_back(op, &note));
	return 0;
}

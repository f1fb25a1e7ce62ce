// SPDX-License-Identifier: GPL-2.0-or-later
/* guard_clear: ends a registration at a service's disk by hand. */
#include "keeper/guard_clear.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/guard.h"
#include "os/diskhold.h"
#include "os/guardnote.h"
#include "os/lock.h"
#include "os/lowerdisk.h"
#include "os/persist.h"

/* Only who is registered may preempt; so it registers for that moment, if it is not. */
static int clear_disk(const struct lowerdisk *disk, uint64_t own, const char *self,
		      const char *service, uint64_t key, struct err *err)
{
	struct pr_keys keys;
	uint64_t by = own;
	int rc = persist_read_keys(disk, &keys, err), last = 0;

	if (rc < 0 || !guard_has_key(&keys, key))
		return rc;
	if (own && !guard_has_key(&keys, own)) {
		err_set(err, BATON_EXIT_PEER, 0,
			"another head has taken the disk from this one");
		return -EBUSY;
	}
	if (!own || own == key) {
		by = guard_make_key(self, service, guard_free_life(&keys, self, service),
				    false);
		rc = persist_do(disk, PR_REGISTER_AND_IGNORE, 0, by, err);
	}
	if (rc == 0)
		rc = persist_read_keys(disk, &keys, err);
	/* If it was this path's own, it has just been replaced. */
	if (rc == 0 && guard_has_key(&keys, key))
		rc = persist_do(disk, PR_PREEMPT_AND_ABORT, by, key, err);
	if (by != own) {
		persist_do(disk, PR_RELEASE, by, 0, NULL);
		last = persist_do(disk, PR_REGISTER, by, 0, rc < 0 ? NULL : err);
	}
	return rc < 0 ? rc : last;
}

static int clear(const struct service *svc, const struct paths *paths, const char *self,
		 uint64_t key, struct err *err)
{
	const struct guardnote note = guardnote_read(paths);
	bool holds = diskhold_exists(paths);
	struct lowerdisk disk;
	int rc;

	/* It would be registered again, after another head may have taken the disk. */
	if (holds && note.state != GUARDNOTE_HELD)
		return err_set(err, BATON_EXIT_STANDING, EBUSY,
			       "this head has not released the disk");
	if (holds && key == note.key)
		return err_set(err, BATON_EXIT_STANDING, EBUSY,
			       "this head has the disk; stop the service");
	rc = lowerdisk_open(svc->device, &disk, err);
	if (rc == 0)
		rc = clear_disk(&disk, holds ? note.key : 0, self, svc->name, key, err);
	lowerdisk_close(&disk);
	if (rc == 0 && key == note.key)
		guardnote_set_state(paths, GUARDNOTE_NONE);
	return rc;
}

int guard_clear(const struct service *svc, const struct paths *paths, const char *self,
		uint64_t key, struct err *err)
{
	_cleanup_close_ int lock = open(paths->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int rc = lock < 0 ? -errno : lock_take(lock);

	/* Nothing was ever set up on this head: nobody is at work here. */
	if (rc == -ENOENT)
		rc = 0;
	if (rc == -EWOULDBLOCK)
		return err_set(err, BATON_EXIT_KEEPER, -rc,
			       "an operation on it is going on");
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "lock %s", paths->lock);
	return clear(svc, paths, self, key, err);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* released: has this head let go of the service's disk? If not, what keeps it busy? */
#include "keeper/released.h"

#include <errno.h>

#include "os/blockdev.h"
#include "os/diskhold.h"

bool released_has_user(const struct op *op)
{
	return blockdev_check_unused(op->svc->device, NULL, NULL) == -EBUSY;
}

int released_check(const struct op *op, struct err *err)
{
	int rc = diskhold_check(&op->paths, op->svc, err);
	struct err who = { 0 };

	/* Ask the kernel first: the search for a name is long, and cannot see all. */
	if (rc < 0 && blockdev_check_unused(op->svc->device, NULL, &who) == -EBUSY) {
		*err = who;
		err->code = BATON_EXIT_STANDING;
	}
	return rc;
}

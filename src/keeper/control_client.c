// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control_client: the owner of jobs that only their connection wants. It needs nothing of
 * control.c but its functions, so the explorer (tests/model), which has its own of those,
 * links it as it is.
 */
#include "keeper/control.h"

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

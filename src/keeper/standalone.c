// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * standalone: runs an operation without a keeper, because a stop must work even if the
 * keeper is dead.
 */
#include "keeper/standalone.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "keeper/ledger.h"
#include "keeper/runner.h"
#include "os/child.h"

/* How long before the end it says that its turn has not come. */
#define LAST_WORDS_MS 200

/* Returns 0 when the operation is over. */
static int follow(struct runner *runner, int64_t until_ms,
		  void (*on_step)(struct json_object *, void *), void *data)
{
	for (;;) {
		struct pollfd p = { .fd = runner->fd, .events = POLLIN };
		int64_t left = until_ms - child_now_ms(), wait = runner_left_ms(runner);

		if (left <= 0)
			return -ETIMEDOUT;
		wait = wait < left ? wait : left;
		poll(&p, 1, wait < INT_MAX ? wait : INT_MAX);
		if (runner_dispatch(runner, on_step, data))
			return 0;
	}
}

int standalone_run(const struct service *svc, enum operation operation,
		   const struct asker *asker, unsigned int patience_ms, int64_t until_ms,
		   void (*on_step)(struct json_object *, void *), void *data,
		   bool *changed, struct err *err)
{
	int64_t left_ms = until_ms - child_now_ms() - LAST_WORDS_MS;
	struct runner runner;
	struct paths paths;
	int rc;

	if (patience_ms > left_ms)
		patience_ms = left_ms > 0 ? left_ms : 0;
	rc = runner_start(&runner, svc, operation, NULL, NULL, NULL, patience_ms,
			  until_ms == INT64_MAX ? 0 : until_ms, err);

	if (rc < 0)
		return rc;
	rc = follow(&runner, until_ms, on_step, data);
	if (rc < 0) {
		err_set(err, BATON_EXIT_STANDING, 0, "%s: not finished in time",
			runner.step);
	} else if (runner.result.text[0]) {
		*err = runner.result;
		rc = -1;
	}
	*changed = runner_has_changed(&runner);
	paths_init(&paths, svc->name);
	json_object_object_add(runner.record, "by", asker_to_json(asker));
	if (*changed)
		ledger_append(&paths, svc->name, runner.record);
	runner_release(&runner);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* owed: waits until every reply is acknowledged, or there is no more progress. */
#include "os/owed.h"

#include <errno.h>
#include <poll.h>

#include "os/child.h"
#include "os/sent.h"

/* sock_diag notifies of closed sockets only, not of empty queues. */
#define AGAIN_MS 2

static void keep_only(struct sents *now, const struct sents *only)
{
	size_t n = 0;

	for (size_t i = 0; i < now->n; i++)
		if (sents_has(only, now->v[i].cookie))
			now->v[n++] = now->v[i];
	now->n = n;
}

int owed_look(struct diag *diag, const struct owed_terms *terms, struct sents *now,
	      struct err *err)
{
	int rc = sent_list(diag, terms->port, DIAG_STATES_OWING, now, err);

	if (rc == 0 && terms->only)
		keep_only(now, terms->only);
	return rc;
}

static void swap(struct sents *a, struct sents *b)
{
	struct sents c = *a;

	*a = *b;
	*b = c;
}

int owed_wait(struct diag *diag, const struct owed_terms *terms, struct sents *last,
	      struct sents *lost, struct err *err)
{
	struct backlog backlog = { 0 };
	struct sents now = { 0 };
	int rc;

	for (;;) {
		int64_t at = child_now_ms();
		size_t owing;

		rc = owed_look(diag, terms, &now, err);
		if (rc == 0 && lost && backlog_lost(last, &now, lost) < 0)
			rc = err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "connections");
		if (rc < 0)
			break;
		swap(&now, last);
		owing = backlog_look(&backlog, last, terms->part, terms->lease_s, at);
		rc = owing;
		if (owing == 0 || at >= terms->until_ms ||
		    at - backlog.progress_ms >= terms->stall_ms)
			break;
		poll(NULL, 0, AGAIN_MS);
	}
	sents_free(&now);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* backlog: what a server still owes its clients over TCP, and whether it gets less. */
#include "core/backlog.h"

#include <stdio.h>
#include <string.h>

/* For ", and 4294967295 more". */
#define MORE_LEN 24

uint32_t backlog_bytes(const struct sent *s, enum backlog_part part)
{
	uint32_t unacknowledged = s->unacknowledged > 1 ? s->unacknowledged : 0;

	if (part == BACKLOG_UNACKNOWLEDGED)
		return unacknowledged;
	return s->unread + (unacknowledged ? s->unsent : 0);
}

bool backlog_is_gone(const struct sent *s, unsigned int lease_s)
{
	return s->known && s->unacknowledged > 1 && s->silent_ms >= lease_s * 1000ull;
}

size_t backlog_look(struct backlog *b, const struct sents *now, enum backlog_part part,
		    unsigned int lease_s, int64_t now_ms)
{
	uint64_t acked = 0, unread = 0;
	size_t owing = 0;

	for (size_t i = 0; i < now->n; i++) {
		const struct sent *s = &now->v[i];

		acked += s->acked;
		unread += s->unread;
		owing += backlog_bytes(s, part) > 0 && !backlog_is_gone(s, lease_s);
	}
	if (acked != b->acked || unread != b->unread || b->progress_ms == 0)
		b->progress_ms = now_ms;
	b->acked = acked;
	b->unread = unread;
	return owing;
}

bool backlog_owes(const struct sent *s)
{
	return s->unread > 0 || s->unacknowledged > 1;
}

int backlog_lost(struct sents *before, struct sents *now, struct sents *lost)
{
	int rc = 0;

	sents_sort(before);
	sents_sort(now);
	for (size_t i = 0, j = 0; i < before->n && rc == 0; i++) {
		while (j < now->n && now->v[j].cookie < before->v[i].cookie)
			j++;
		if (j < now->n && now->v[j].cookie == before->v[i].cookie)
			continue;
		if (backlog_owes(&before->v[i]))
			rc = sents_add(lost, &before->v[i]);
	}
	return rc;
}

void backlog_name(const struct sents *sents, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sents->n; i++) {
		char one[IPADDR_TEXT + 48], ip[IPADDR_TEXT];
		size_t n =
			snprintf(one, sizeof(one), "%s%s:%u (%u bytes)", len ? ", " : "",
				 ipaddr_format(&sents->v[i].ip, ip), sents->v[i].port,
				 sents->v[i].unread + sents->v[i].unacknowledged);

		if (len + n + MORE_LEN >= size) {
			snprintf(text + len, size - len, ", and %zu more", sents->n - i);
			return;
		}
		memcpy(text + len, one, n + 1);
		len += n;
	}
}

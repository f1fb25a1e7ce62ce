// SPDX-License-Identifier: GPL-2.0-or-later
/* evacuation: in which order several services are moved, and where to. */
#include "core/evacuation.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
	const struct evacuation_move *x = a, *y = b;

	return strcmp(x->service, y->service);
}

static size_t find(const struct evacuation_move *moves, size_t n, const char *name,
		   size_t len)
{
	size_t i = 0;

	while (i < n && (strncmp(moves[i].service, name, len) != 0 ||
			 moves[i].service[len] != '\0'))
		i++;
	return i;
}

int evacuation_sort(struct evacuation_move *moves, size_t n, const char *first,
		    struct err *err)
{
	size_t done = 0, len;

	if (n)
		qsort(moves, n, sizeof(*moves), compare_names);
	for (const char *word = first; word; word = word[len] ? word + len + 1 : NULL) {
		struct evacuation_move move;
		size_t i;

		len = strcspn(word, ",");
		i = find(moves, n, word, len);
		if (i == n)
			return err_set(err, BATON_EXIT_USAGE, 0,
				       "--order: '%.*s' is not a service that would be "
				       "moved",
				       len < 40 ? (int)len : 40, word);
		/* Named twice: its first place counts. */
		if (i < done)
			continue;
		move = moves[i];
		memmove(&moves[done + 1], &moves[done], (i - done) * sizeof(*moves));
		moves[done++] = move;
	}
	return 0;
}

void evacuation_spread(struct evacuation_move *moves, size_t n,
		       struct evacuation_head *heads, size_t n_heads)
{
	for (struct evacuation_move *m = moves; m < moves + n; m++) {
		size_t best = 0;

		for (size_t i = 1; i < n_heads; i++)
			if (m->fit[i] > m->fit[best] ||
			    (m->fit[i] == m->fit[best] &&
			     heads[i].services < heads[best].services))
				best = i;
		m->to = n_heads && m->fit[best] ? heads[best].name : NULL;
		if (m->to)
			heads[best].services++;
	}
}

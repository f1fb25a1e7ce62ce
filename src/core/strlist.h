/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strlist: a growable list of texts. */
#ifndef BATON_CORE_STRLIST_H
#define BATON_CORE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct strlist - texts in order; start from all zero, end with strlist_free()
 * @failed: memory was short and some are missing; checked once, at the end
 */
struct strlist {
	char **v;
	size_t n;
	bool failed;
};

/** strlist_add - append a text. */
__attribute__((format(printf, 2, 3))) void strlist_add(struct strlist *lines,
						       const char *fmt, ...);

/** strlist_has - does it contain @text? */
bool strlist_has(const struct strlist *lines, const char *text);

/** strlist_join - all in one, for the caller to free; NULL if memory is or was short. */
char *strlist_join(const struct strlist *lines, const char *between);

/** strlist_free - release the texts and clear the list. */
void strlist_free(struct strlist *lines);

static inline void cleanup_strlist(struct strlist *lines)
{
	strlist_free(lines);
}
#define _cleanup_strlist_ __attribute__((cleanup(cleanup_strlist)))

#endif

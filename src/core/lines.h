/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines: a growable list of texts. */
#ifndef BATON_CORE_LINES_H
#define BATON_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct lines - texts in their order; start from all zero, end with lines_free()
 * @failed: memory was short, and some are missing; asked once, at the end
 */
struct lines {
	char **v;
	size_t n;
	bool failed;
};

/** lines_add - append a text. */
__attribute__((format(printf, 2, 3))) void lines_add(struct lines *lines, const char *fmt,
						     ...);

/** lines_has - is there one that is @text? */
bool lines_has(const struct lines *lines, const char *text);

/** lines_join - all in one, for the caller to free; NULL if memory is short, or was. */
char *lines_join(const struct lines *lines, const char *between);

/** lines_free - release them and clear the list. */
void lines_free(struct lines *lines);

static inline void cleanup_lines(struct lines *lines)
{
	lines_free(lines);
}
#define _cleanup_lines_ __attribute__((cleanup(cleanup_lines)))

#endif

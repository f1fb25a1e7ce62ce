/* SPDX-License-Identifier: GPL-2.0-or-later */
/* array: append to a growable array. */
#ifndef BATON_CORE_ARRAY_H
#define BATON_CORE_ARRAY_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/**
 * grow - make sure there is room for one more element; doubles the room when it is full
 * @v: the elements, malloc'd, or NULL; do not use it any more unless NULL comes back
 * @n: how many there are
 * @room: how many there is room for; updated
 * @size: of an element, in bytes
 *
 * Return: the elements, possibly at a new address; NULL if memory is short.
 */
static inline void *array_grow(void *v, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;

	if (n < *room)
		return v;
	v = reallocarray(v, more, size);
	if (v)
		*room = more;
	return v;
}

/**
 * array_add - append a copy of an element
 * @list: has the members v, n and room; all zero at first
 * @element: of the same type as those in it
 *
 * Return: 0, or -ENOMEM with the list unchanged.
 */
#define array_add(list, element)                                                         \
	({                                                                               \
		__typeof__((list)->v) more_ =                                            \
			array_grow((list)->v, (list)->n, &(list)->room, sizeof(*more_)); \
                                                                                         \
		if (more_) {                                                             \
			(list)->v = more_;                                               \
			more_[(list)->n++] = *(element);                                 \
		}                                                                        \
		more_ ? 0 : -ENOMEM;                                                     \
	})

#endif

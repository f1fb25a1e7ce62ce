/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evacuation: in which order several services are moved, and where to. */
#ifndef BATON_CORE_EVACUATION_H
#define BATON_CORE_EVACUATION_H

#include "core/cluster.h"
#include "core/err.h"

/**
 * struct evacuation_head - a head
 * @name: of the head
 * @services: how many it serves
 */
struct evacuation_head {
	const char *name;
	size_t services;
};

/**
 * struct evacuation_move - a service that is to be moved
 * @service: its name
 * @from: where it is served
 * @fit: how well each head suits it, in the order of the heads; 0 = not that one
 * @to: where it is to go; NULL = there is no head for it
 */
struct evacuation_move {
	const char *service;
	const char *from;
	unsigned char fit[CLUSTER_NODES];
	const char *to;
};

/**
 * evacuation_sort - first those that are named, in that order, then the others by name
 * @moves: sorted in place
 * @n: how many
 * @first: NAME,NAME,…; NULL = none
 * @err: BATON_EXIT_USAGE: one of them is not there
 *
 * Return: 0, or -EINVAL.
 */
int evacuation_sort(struct evacuation_move *moves, size_t n, const char *first,
		    struct err *err);

/**
 * evacuation_spread - give each service, in order, to the best head that serves fewest
 * @moves: get their @to
 * @n: how many
 * @heads: count the services that they get
 * @n_heads: how many; of equal ones the first gets it
 */
void evacuation_spread(struct evacuation_move *moves, size_t n,
		       struct evacuation_head *heads, size_t n_heads);

#endif

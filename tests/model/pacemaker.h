/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pacemaker: what Pacemaker knows of nodes and resource, and what it does. */
#ifndef BATON_MODEL_PACEMAKER_H
#define BATON_MODEL_PACEMAKER_H

#include "world.h"

/** pacemaker_boots - a head has come up; it knows what the heads that it reaches know */
void pacemaker_boots(struct world *w, unsigned int head);
/** pacemaker_meets - the network is whole again; @dc: the node that decides */
void pacemaker_meets(struct world *w, unsigned int dc);
/** pacemaker_is_late - is a node gone, and @head's Pacemaker does not know it yet? */
bool pacemaker_is_late(const struct world *w, unsigned int head);
void pacemaker_notices(struct world *w, unsigned int head);
/** pacemaker_fenced - the nodes that @head reaches believe that @node is off */
void pacemaker_fenced(struct world *w, unsigned int head, unsigned int node);

/* What it would do next. @head stands for all that it reaches. */
enum {
	DO_FENCE,
	DO_PROBE,
	DO_STOP,
	DO_START,
	DO_MOVE, /* what | how << 4: from, to */
	DO_MONITOR,
};

/** pacemaker_wants - calls @add for each thing that it may do now */
void pacemaker_wants(const struct world *w, unsigned int head,
		     void (*add)(void *data, unsigned int what, unsigned int node,
				 unsigned int to),
		     void *data);
void pacemaker_does(struct world *w, unsigned int what, unsigned int head,
		    unsigned int node, unsigned int to);

#endif

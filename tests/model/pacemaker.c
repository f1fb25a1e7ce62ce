// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pacemaker: what Pacemaker knows of nodes and resource, and what it does.
 *
 * Its rules, as far as they matter: an unclean node is fenced before anything is started.
 * A node that comes is probed. What has failed is stopped; a stop that fails makes the
 * node unclean. What runs nowhere is started somewhere; what runs is moved by migrate_to,
 * migrate_from and stop. One action at a time in a partition with quorum. With two heads
 * each has quorum once it has seen the other (two_node, wait_for_all).
 */
#include "pacemaker.h"

#include <string.h>

#include "head.h"
#include "keeper_real.h"

static bool reaches(const struct world *w, unsigned int a, unsigned int b)
{
	return w->head[a].on && w->head[b].on && w->head[a].part == w->head[b].part;
}

static void set_resource(struct world *w, unsigned int from, unsigned int node,
			 enum resource resource)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (reaches(w, from, i))
			w->head[i].resource[node] = resource;
}

static void set_node(struct world *w, unsigned int from, unsigned int which,
		     enum node node)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (reaches(w, from, i))
			w->head[i].node[which] = node;
}

static void set_dc(struct world *w, unsigned int from, unsigned int dc)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (reaches(w, from, i))
			w->head[i].dc = dc;
}

void pacemaker_boots(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];
	unsigned int dc = head;

	for (unsigned int i = 0; i < rules.heads; i++) {
		if (i == head || !reaches(w, head, i))
			continue;
		memcpy(h->node, w->head[i].node, sizeof(h->node));
		memcpy(h->resource, w->head[i].resource, sizeof(h->resource));
		dc = w->head[i].dc;
	}
	set_node(w, head, head, NODE_ONLINE);
	set_resource(w, head, head, RESOURCE_UNKNOWN);
	/* If the DC had gone and nobody had noticed, somebody else is. */
	set_dc(w, head, reaches(w, head, dc) ? dc : head);
}

/* What a node says of itself counts. One that is back is not unclean any more. */
void pacemaker_meets(struct world *w, unsigned int dc)
{
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (!w->head[i].on)
			continue;
		set_node(w, i, i, NODE_ONLINE);
		set_resource(w, i, i, w->head[i].resource[i]);
	}
	/* A node that is off: fenced, if anybody knows that it is. */
	for (unsigned int off = 0; off < rules.heads; off++)
		for (unsigned int i = 0; i < rules.heads && !w->head[off].on; i++)
			if (w->head[i].on && w->head[i].node[off] == NODE_CLEAN) {
				set_node(w, i, off, NODE_CLEAN);
				set_resource(w, i, off, RESOURCE_STOPPED);
			}
	set_dc(w, dc, dc);
}

bool pacemaker_is_late(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->head[head].on && w->head[head].node[i] == NODE_ONLINE &&
		    !reaches(w, head, i))
			return true;
	return false;
}

void pacemaker_notices(struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->head[head].node[i] == NODE_ONLINE && !reaches(w, head, i))
			set_node(w, head, i, NODE_UNCLEAN);
	if (!reaches(w, head, w->head[head].dc))
		set_dc(w, head, head);
}

void pacemaker_fenced(struct world *w, unsigned int head, unsigned int node)
{
	set_node(w, head, node, NODE_CLEAN);
	set_resource(w, head, node, RESOURCE_STOPPED);
}

void agent_ends(struct world *w, unsigned int head, bool success)
{
	const struct m_agent agent = w->head[head].agent;

	memset(&w->head[head].agent, 0, sizeof(agent));
	switch (agent.kind) {
	case AGENT_START:
	case AGENT_MIGRATE_FROM:
		set_resource(w, head, head, success ? RESOURCE_STARTED : RESOURCE_FAILED);
		break;
	case AGENT_STOP:
		set_resource(w, head, head, success ? RESOURCE_STOPPED : RESOURCE_FAILED);
		if (!success)
			set_node(w, head, head, NODE_UNCLEAN);
		break;
	case AGENT_MIGRATE_TO:
		/* Both are to be stopped, unless migrate_from says that it went well. */
		if (success && reaches(w, head, agent.target) &&
		    w->head[agent.target].agent.kind == AGENT_NONE)
			agent_begin(w, agent.target, AGENT_MIGRATE_FROM, head);
		break;
	}
}

static bool is_busy(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (reaches(w, head, i) && w->head[i].agent.kind != AGENT_NONE)
			return true;
	return false;
}

static bool has_quorum(const struct world *w, unsigned int head)
{
	unsigned int n = 0, unseen = 0;

	for (unsigned int i = 0; i < rules.heads; i++) {
		n += reaches(w, head, i);
		unseen += w->head[head].node[i] == NODE_UNSEEN;
	}
	return rules.heads == 2 ? !unseen : n * 2 > rules.heads;
}

/* Somebody else has to fence a node. */
static bool can_fence(const struct world *w, unsigned int head, unsigned int node)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (i != node && reaches(w, head, i))
			return true;
	return false;
}

static bool looks_bad(const struct world *w, unsigned int head)
{
	return w->head[head].standing != IS_SERVING;
}

void pacemaker_wants(const struct world *w, unsigned int head,
		     void (*add)(void *data, unsigned int what, unsigned int node,
				 unsigned int to),
		     void *data)
{
	const struct m_head *h = &w->head[head];
	unsigned int started = 0, at = 0;
	bool unclean = false, busy = false;

	if (is_busy(w, head) || !has_quorum(w, head) || rules.no_pacemaker)
		return;
	/* Until it is noticed that the DC has gone, nobody else decides. */
	if (!reaches(w, head, h->dc))
		return;
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (h->node[i] != NODE_UNCLEAN && h->node[i] != NODE_UNSEEN)
			continue;
		unclean = true;
		if (can_fence(w, head, i))
			add(data, DO_FENCE, i, 0);
	}
	if (unclean)
		return;
	/* A node that has gone without its having noticed has what it had. */
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (h->node[i] != NODE_ONLINE || h->resource[i] == RESOURCE_STOPPED)
			continue;
		if (h->resource[i] == RESOURCE_STARTED) {
			started++;
			at = i;
			continue;
		}
		busy = true;
		if (reaches(w, head, i))
			add(data, h->resource[i] == RESOURCE_UNKNOWN ? DO_PROBE : DO_STOP,
			    i, 0);
	}
	for (unsigned int i = 0; i < rules.heads && started > 1; i++)
		if (h->node[i] == NODE_ONLINE && h->resource[i] == RESOURCE_STARTED &&
		    reaches(w, head, i))
			add(data, DO_STOP, i, 0);
	if (busy || started > 1)
		return;
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (!reaches(w, head, i))
			continue;
		if (!started)
			add(data, DO_START, i, 0);
		else if (i != at && reaches(w, head, at))
			add(data, DO_MOVE, at, i);
	}
	if (started && !reaches(w, head, at))
		return;
	if (started && looks_bad(w, at))
		add(data, DO_MONITOR, at, 0);
}

/* ocf/monitor_verdict.c */
static enum resource probe(const struct world *w, unsigned int node)
{
	const char *word = w->head[node].keeper.runs ? keeper_word(w, node) : "";

	if (w->head[node].standing == IS_SERVING)
		return RESOURCE_STARTED;
	if (w->head[node].standing == IS_MOUNTED || w->head[node].silent ||
	    strcmp(word, "start") == 0 || strcmp(word, "take") == 0)
		return RESOURCE_FAILED;
	return RESOURCE_STOPPED;
}

void pacemaker_does(struct world *w, unsigned int what, unsigned int head,
		    unsigned int node, unsigned int to)
{
	switch (what) {
	case DO_FENCE:
		if (!to) {
			if (is_member(w, node))
				keeper_dies(w, node);
			head_dies(w, node);
		}
		pacemaker_fenced(w, head, node);
		break;
	case DO_PROBE:
		set_resource(w, head, node, probe(w, node));
		break;
	case DO_STOP:
		agent_begin(w, node, AGENT_STOP, 0);
		break;
	case DO_START:
		/* Until it has ended, or if that is never heard. */
		set_resource(w, head, node, RESOURCE_FAILED);
		agent_begin(w, node, AGENT_START, 0);
		break;
	case DO_MOVE:
		set_resource(w, head, node, RESOURCE_FAILED);
		set_resource(w, head, to, RESOURCE_FAILED);
		agent_begin(w, node, AGENT_MIGRATE_TO, to);
		break;
	case DO_MONITOR:
		set_resource(w, head, node, RESOURCE_FAILED);
		break;
	}
}

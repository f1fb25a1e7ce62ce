// SPDX-License-Identifier: GPL-2.0-or-later
/* cluster_judge: what the output of Pacemaker's tools means for a move. */
#include "core/cluster_internal.h"

#include <errno.h>

const struct cluster_node *cluster_find_node(const struct cluster_state *state,
					     const char *name)
{
	for (size_t i = 0; i < state->n_nodes; i++)
		if (strcmp(state->nodes[i].name, name) == 0)
			return &state->nodes[i];
	return NULL;
}

const char *cluster_describe(const struct cluster_state *state, char *buf, size_t size)
{
	size_t len;

	len = snprintf(buf, size, "%s", state->role[0] ? state->role : "unknown");
	for (size_t i = 0; i < state->n_heads && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s", i ? " and " : " on ",
				state->heads[i]);
	if (len < size && state->failed)
		len += snprintf(buf + len, size - len, ", failed");
	if (len < size && state->blocked)
		len += snprintf(buf + len, size - len, ", blocked");
	if (len < size && state->pending[0])
		snprintf(buf + len, size - len, ", %s", state->pending);
	return buf;
}

static int check_cluster(const struct cluster_state *state, struct err *err)
{
	if (!state->has_dc)
		return CLUSTER_ERR(err, -EINVAL,
				   "the cluster has no DC now, so it decides nothing");
	if (!state->quorum)
		return CLUSTER_ERR(err, -EINVAL, "the cluster has no quorum");
	if (state->fencing[0])
		return CLUSTER_ERR(err, -EINVAL, "%s is being fenced", state->fencing);
	for (size_t i = 0; i < state->n_nodes; i++)
		if (state->nodes[i].unclean)
			return CLUSTER_ERR(err, -EINVAL,
					   "%s is unclean: it has to be fenced first",
					   state->nodes[i].name);
	if (state->maintenance)
		return CLUSTER_ERR(err, -EINVAL,
				   "the cluster is in maintenance mode; Pacemaker moves "
				   "nothing");
	return 0;
}

/* While an action is in progress, the role is "Migrating", "Stopping" … */
static bool has_rest(const struct cluster_state *state)
{
	return !state->pending[0] && (strcmp(state->role, "Started") == 0 ||
				      strcmp(state->role, "Stopped") == 0);
}

bool cluster_is_busy(const struct cluster_state *state)
{
	/* Between migrate_to and migrate_from it is on both heads. */
	return state->found && (!has_rest(state) || state->n_heads > 1);
}

static int check_resource(const struct cluster_state *state,
			  const struct cluster_resource *resource, struct err *err)
{
	const char *id = resource->primitive;
	char text[300];

	if (resource->inside[0])
		return CLUSTER_ERR(err, -EINVAL,
				   "resource %s is in a %s; a service runs on one head",
				   id, resource->inside);
	if (!state->found)
		return CLUSTER_ERR(err, -EINVAL, "Pacemaker does not show resource %s",
				   id);
	if (!state->managed)
		return CLUSTER_ERR(err, -EINVAL, "Pacemaker does not manage resource %s",
				   id);
	if (!has_rest(state))
		return CLUSTER_ERR(err, -EINVAL, "Pacemaker is at work on it: %s",
				   cluster_describe(state, text, sizeof(text)));
	if (state->failed || state->blocked)
		return CLUSTER_ERR(
			err, -EINVAL,
			"resource %s is %s; see to that first, then `crm_resource "
			"--cleanup --resource %s`",
			id, cluster_describe(state, text, sizeof(text)), id);
	if (state->n_heads != 1)
		return CLUSTER_ERR(err, -EINVAL, "resource %s runs on %s: %s", id,
				   state->n_heads ? "more than one head" : "no head",
				   cluster_describe(state, text, sizeof(text)));
	return 0;
}

static int refuse_unknown(const struct cluster_state *state, const char *head,
			  struct err *err)
{
	char names[300] = "";
	size_t len = 0;

	for (size_t i = 0; i < state->n_nodes && len < sizeof(names); i++)
		len += snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
				state->nodes[i].name);
	err_set(err, BATON_EXIT_USAGE, 0, "there is no head '%.40s'; the cluster has %s",
		head, names);
	return -EINVAL;
}

static int check_target(const struct cluster_state *state, const char *head,
			struct err *err)
{
	const struct cluster_node *node = cluster_find_node(state, head);
	const char *why =
		!node->online ? "is offline"
		: node->pending
			? "is not in the cluster yet, or Pacemaker does not run there"
		: node->standby     ? "is in standby"
		: node->maintenance ? "is in maintenance mode"
				    : NULL;

	if (why)
		err_set(err, BATON_EXIT_PEER, 0, "%s %s", head, why);
	return why ? -EINVAL : 0;
}

int cluster_check_head(const struct cluster_state *state, const char *head,
		       struct err *err)
{
	int rc;

	if (!cluster_find_node(state, head))
		return refuse_unknown(state, head, err);
	rc = check_cluster(state, err);
	return rc < 0 ? rc : check_target(state, head, err);
}

int cluster_check_move(const struct cluster_state *state,
		       const struct cluster_resource *resource, const char *head,
		       struct err *err)
{
	int rc;

	if (!cluster_find_node(state, head))
		return refuse_unknown(state, head, err);
	rc = check_cluster(state, err);
	if (rc == 0)
		rc = check_resource(state, resource, err);
	if (rc == 0 && strcmp(state->heads[0], head) == 0) {
		err_set(err, BATON_EXIT_USAGE, 0, "it is on %s already", head);
		rc = -EINVAL;
	}
	if (rc == 0)
		rc = check_target(state, head, err);
	if (rc == 0 && resource->leftover[0])
		return CLUSTER_ERR(err, -EINVAL,
				   "another move is under way or has left a constraint, "
				   "%s%s%s; if none is: `crm_resource --clear "
				   "--resource %s`",
				   resource->leftover,
				   resource->leftover_end[0] ? " until " : "",
				   resource->leftover_end, resource->id);
	return rc;
}

static const struct cluster_action *find_action(const struct cluster_state *state,
						const struct cluster_resource *resource)
{
	for (size_t i = 0; i < state->n_actions; i++)
		if (strcmp(state->actions[i].resource, resource->primitive) == 0)
			return &state->actions[i];
	return NULL;
}

static bool runs_on(const struct cluster_state *state, const char *head)
{
	return state->found && strcmp(state->role, "Started") == 0 &&
	       state->n_heads == 1 && strcmp(state->heads[0], head) == 0;
}

int cluster_check_forth(const struct cluster_state *planned,
			const struct cluster_resource *resource, const char *head,
			bool *cold, struct err *err)
{
	const struct cluster_action *action = find_action(planned, resource);

	if (!action || !runs_on(planned, head))
		return CLUSTER_ERR(err, -EINVAL,
				   "Pacemaker would not move it to %s; `crm_simulate "
				   "--live-check --show-scores` tells why",
				   head);
	*cold = strcmp(action->action, "migrate") != 0;
	return 0;
}

int cluster_check_back(const struct cluster_state *planned,
		       const struct cluster_resource *resource, const char *head,
		       struct err *err)
{
	const struct cluster_action *action = find_action(planned, resource);

	if (!action)
		return 0;
	return CLUSTER_ERR(err, -EINVAL,
			   "Pacemaker would not leave it on %s (then: %s%s%s); give %s a "
			   "resource-stickiness above the score of its location",
			   head, action->action, action->dest[0] ? " to " : "",
			   action->dest, resource->id);
}

bool cluster_is_idle(const struct cluster_state *state,
		     const struct cluster_resource *resource)
{
	return !cluster_is_busy(state) && !find_action(state, resource) &&
	       !state->more_actions;
}

bool cluster_is_settled(const struct cluster_state *state,
			const struct cluster_resource *resource, const char *head)
{
	return runs_on(state, head) && !state->failed && cluster_is_idle(state, resource);
}

const char *cluster_pick_home(const struct cluster_state *state,
			      const struct cluster_resource *resource)
{
	const char *home = NULL;
	int best = 0;

	for (size_t i = 0; i < resource->n_preferred; i++) {
		const struct cluster_node *node =
			cluster_find_node(state, resource->preferred[i].node);

		if (!node || !node->online || resource->preferred[i].score <= best)
			continue;
		home = node->name;
		best = resource->preferred[i].score;
	}
	return home;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster: what Pacemaker's tools say about a service, understood.
 *
 * The XML is that of pacemaker 2.1: `crm_mon --output-as=xml`, `crm_simulate
 * --output-as=xml` (xml/api/), and the CIB (xml/constraints-*.rng, resources-*.rng). Scores
 * are only read to find a service's home; what Pacemaker would do is never worked out here
 * but asked of its own scheduler, crm_simulate.
 */
#include "core/cluster.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/xml.h"

#define CLUSTER_ERR(err, rc, ...) (err_set(err, BATON_EXIT_CLUSTER, 0, __VA_ARGS__), (rc))

/* An attribute into CLUSTER_NAME bytes, "" if it is missing; false if it is too long. */
static bool read_attribute(xmlNode *node, const char *name, char buf[CLUSTER_NAME])
{
	const char *value = xml_get(node, name);
	bool fits = !value || strlen(value) < CLUSTER_NAME;

	snprintf(buf, CLUSTER_NAME, "%s", value && fits ? value : "");
	return fits;
}

static bool is_true(xmlNode *node, const char *name)
{
	return xml_has(node, name, "true");
}

/* ---- crm_mon and crm_simulate ---- */

static int read_nodes(struct cluster_state *state, const xmlNode *nodes)
{
	for (xmlNode *n = nodes ? nodes->children : NULL; n; n = n->next) {
		struct cluster_node *node = &state->nodes[state->n_nodes];

		if (!xml_is_named(n, "node"))
			continue;
		if (state->n_nodes == CLUSTER_NODES ||
		    !read_attribute(n, "name", node->name))
			return -EPROTO;
		if (!read_attribute(n, "id", node->id))
			node->id[0] = '\0';
		node->online = is_true(n, "online");
		node->pending = is_true(n, "pending");
		node->unclean = is_true(n, "unclean");
		node->standby = is_true(n, "standby") || is_true(n, "standby_onfail");
		node->maintenance = is_true(n, "maintenance");
		state->n_nodes++;
	}
	return 0;
}

static int read_one_resource(struct cluster_state *state, xmlNode *r)
{
	state->found = true;
	if (!read_attribute(r, "role", state->role) ||
	    !read_attribute(r, "pending", state->pending))
		return -EPROTO;
	state->managed = is_true(r, "managed");
	state->failed = is_true(r, "failed") && !is_true(r, "failure_ignored");
	state->blocked = is_true(r, "blocked");
	for (xmlNode *n = r->children; n; n = n->next) {
		if (!xml_is_named(n, "node"))
			continue;
		if (state->n_heads == CLUSTER_NODES ||
		    !read_attribute(n, "name", state->heads[state->n_heads]))
			return -EPROTO;
		state->n_heads++;
	}
	return 0;
}

/* Groups, clones, bundles and their replicas hold resources. */
static int read_resources(struct cluster_state *state, const xmlNode *list,
			  const char *primitive)
{
	int rc = 0;

	for (xmlNode *r = list ? list->children : NULL; r && rc == 0 && !state->found;
	     r = r->next) {
		if (r->type != XML_ELEMENT_NODE)
			continue;
		rc = xml_is_named(r, "resource") && xml_has(r, "id", primitive)
			     ? read_one_resource(state, r)
			     : read_resources(state, r, primitive);
	}
	return rc;
}

static int read_actions(struct cluster_state *state, const xmlNode *actions)
{
	for (xmlNode *n = actions ? actions->children : NULL; n; n = n->next) {
		struct cluster_action *a = &state->actions[state->n_actions];
		char node[CLUSTER_NAME];

		/* What must be done and cannot be has another name: it will not be done. */
		if (!xml_is_named(n, "rsc_action"))
			continue;
		if (state->n_actions == CLUSTER_ACTIONS) {
			state->more_actions++;
			continue;
		}
		if (!read_attribute(n, "action", a->action) ||
		    !read_attribute(n, "resource", a->resource) ||
		    !read_attribute(n, "source", a->source) ||
		    !read_attribute(n, "dest", a->dest) ||
		    !read_attribute(n, "node", node))
			return -EPROTO;
		if (!a->source[0])
			snprintf(a->source, sizeof(a->source), "%s", node);
		state->n_actions++;
	}
	return 0;
}

static void read_summary(struct cluster_state *state, const xmlNode *root)
{
	xmlNode *summary = xml_find_child(root, "summary");
	xmlNode *dc = xml_find_child(summary, "current_dc");
	xmlNode *options = xml_find_child(summary, "cluster_options");

	state->has_dc = is_true(dc, "present");
	state->quorum = is_true(dc, "with_quorum");
	state->maintenance = is_true(options, "maintenance-mode");
	/* Where nothing is said of it, it is on. */
	state->stonith = !xml_has(options, "stonith-enabled", "false");
}

static int read_fencing(struct cluster_state *state, const xmlNode *history)
{
	for (xmlNode *n = history ? history->children : NULL; n; n = n->next)
		if (xml_is_named(n, "fence_event") && xml_has(n, "status", "pending"))
			return read_attribute(n, "target", state->fencing) ? 0 : -EPROTO;
	return 0;
}

int cluster_read_state(struct cluster_state *state, const char *text, size_t len,
		       const char *primitive, struct err *err)
{
	_cleanup_xml_ xmlDoc *doc = xml_parse(text, len);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL, *status = root;
	int rc;

	memset(state, 0, sizeof(*state));
	if (!root || !xml_is_named(root, "pacemaker-result"))
		return CLUSTER_ERR(err, -EPROTO, "Pacemaker's answer is no such XML");
	/* crm_simulate tells what was, and what would be. */
	if (xml_find_child(root, "revised_cluster_status"))
		status = xml_find_child(root, "revised_cluster_status");
	else if (xml_find_child(root, "cluster_status"))
		status = xml_find_child(root, "cluster_status");
	read_summary(state, root);
	rc = read_nodes(state, xml_find_child(status, "nodes"));
	if (rc == 0)
		rc = read_resources(state, xml_find_child(status, "resources"),
				    primitive);
	if (rc == 0)
		rc = read_actions(state, xml_find_child(root, "actions"));
	if (rc == 0)
		rc = read_fencing(state, xml_find_child(root, "fence_history"));
	if (rc < 0)
		return CLUSTER_ERR(err, rc,
				   "Pacemaker names more nodes, or with longer names, "
				   "than baton can take");
	if (!state->n_nodes)
		return CLUSTER_ERR(err, -EPROTO, "Pacemaker's answer names no nodes");
	return 0;
}

void cluster_read_error(const char *text, size_t len, char *buf, size_t size)
{
	_cleanup_xml_ xmlDoc *doc = xml_parse(text, len);
	xmlNode *status =
		xml_find_child(doc ? xmlDocGetRootElement(doc) : NULL, "status");
	xmlNode *errors = xml_find_child(status, "errors");

	*buf = '\0';
	for (xmlNode *n = errors ? errors->children : NULL; n; n = n->next) {
		xmlChar *content;

		if (!xml_is_named(n, "error"))
			continue;
		/* The last one says it best. */
		content = xmlNodeGetContent(n);
		snprintf(buf, size, "%s", content ? (const char *)content : "");
		xmlFree(content);
	}
}

/* ---- the CIB ---- */

/* A primitive may have its kind and its attributes from a template. */
static xmlNode *find_template(const xmlNode *resources, xmlNode *primitive)
{
	char id[CLUSTER_NAME];

	if (!read_attribute(primitive, "template", id) || !id[0])
		return NULL;
	for (xmlNode *n = resources->children; n; n = n->next)
		if (xml_is_named(n, "template") && xml_has(n, "id", id))
			return n;
	return NULL;
}

/* Returns whether there is such an attribute at all. */
static bool read_parameter(xmlNode *primitive, char value[CLUSTER_NAME])
{
	for (xmlNode *set = primitive ? primitive->children : NULL; set;
	     set = set->next) {
		if (!xml_is_named(set, "instance_attributes"))
			continue;
		for (xmlNode *n = set->children; n; n = n->next)
			if (xml_is_named(n, "nvpair") && xml_has(n, "name", "service"))
				return read_attribute(n, "value", value);
	}
	return false;
}

static bool is_service(const xmlNode *resources, xmlNode *primitive, const char *service)
{
	xmlNode *template = find_template(resources, primitive);
	xmlNode *kind = template ? template : primitive;
	char value[CLUSTER_NAME];

	return xml_has(kind, "class", "ocf") && xml_has(kind, "provider", "baton") &&
	       xml_has(kind, "type", "service") &&
	       (read_parameter(primitive, value) || read_parameter(template, value)) &&
	       strcmp(value, service) == 0;
}

/* @outer is the outermost thing around @list that is moved as a whole, or NULL. */
static int find_primitives(struct cluster_resource *resource, const xmlNode *resources,
			   const xmlNode *list, xmlNode *outer, const char *service)
{
	int n = 0;

	for (xmlNode *r = list ? list->children : NULL; r; r = r->next) {
		if (xml_is_named(r, "primitive") && is_service(resources, r, service)) {
			if (!read_attribute(r, "id", resource->primitive) ||
			    !read_attribute(outer ? outer : r, "id", resource->id))
				return -EPROTO;
			if (outer && !xml_is_named(outer, "group"))
				snprintf(resource->inside, sizeof(resource->inside), "%s",
					 (const char *)outer->name);
			n++;
		} else if (xml_is_named(r, "group") || xml_is_named(r, "clone") ||
			   xml_is_named(r, "master") || xml_is_named(r, "bundle")) {
			int inner = find_primitives(resource, resources, r,
						    outer ? outer : r, service);

			if (inner < 0)
				return inner;
			n += inner;
		}
	}
	return n;
}

int cluster_parse_score(const char *text)
{
	long score;

	/* As pcmk_parse_score() has it, whatever the case. */
	if (strcasecmp(text + (*text == '+'), "INFINITY") == 0)
		return CLUSTER_INFINITY;
	if (strcasecmp(text, "-INFINITY") == 0)
		return -CLUSTER_INFINITY;
	score = strtol(text, NULL, 10);
	return score > CLUSTER_INFINITY    ? CLUSTER_INFINITY
	       : score < -CLUSTER_INFINITY ? -CLUSTER_INFINITY
					   : (int)score;
}

static int note_score(struct cluster_resource *resource, const char *node,
		      const char *score)
{
	int value = cluster_parse_score(score);

	for (size_t i = 0; i < resource->n_preferred; i++) {
		long sum = (long)resource->preferred[i].score + value;

		if (strcmp(resource->preferred[i].node, node) != 0)
			continue;
		/* -INFINITY wins. */
		if (value == -CLUSTER_INFINITY || sum < -CLUSTER_INFINITY)
			sum = -CLUSTER_INFINITY;
		resource->preferred[i].score =
			resource->preferred[i].score == -CLUSTER_INFINITY
				? -CLUSTER_INFINITY
			: sum > CLUSTER_INFINITY ? CLUSTER_INFINITY
						 : (int)sum;
		return 0;
	}
	if (resource->n_preferred == CLUSTER_NODES)
		return -EPROTO;
	snprintf(resource->preferred[resource->n_preferred].node, CLUSTER_NAME, "%s",
		 node);
	resource->preferred[resource->n_preferred++].score = value;
	return 0;
}

/* "#uname eq NODE" alone is what pcs and crmsh write for a node; other rules are no home. */
static int read_rule(struct cluster_resource *resource, xmlNode *rule)
{
	char node[CLUSTER_NAME] = "", score[CLUSTER_NAME];

	for (xmlNode *e = rule->children; e; e = e->next) {
		if (e->type != XML_ELEMENT_NODE)
			continue;
		if (node[0] || !xml_is_named(e, "expression") ||
		    !xml_has(e, "attribute", "#uname") || !xml_has(e, "operation", "eq"))
			return 0;
		if (!read_attribute(e, "value", node))
			return -EPROTO;
	}
	return read_attribute(rule, "score", score) && node[0] && score[0]
		       ? note_score(resource, node, score)
		       : 0;
}

static bool concerns(xmlNode *location, const struct cluster_resource *resource)
{
	if (xml_has(location, "rsc", resource->id) ||
	    xml_has(location, "rsc", resource->primitive))
		return true;
	for (xmlNode *set = location->children; set; set = set->next) {
		if (!xml_is_named(set, "resource_set"))
			continue;
		for (xmlNode *ref = set->children; ref; ref = ref->next)
			if (xml_is_named(ref, "resource_ref") &&
			    (xml_has(ref, "id", resource->id) ||
			     xml_has(ref, "id", resource->primitive)))
				return true;
	}
	return false;
}

/* Has a constraint with a lifetime ended? As crm_resource writes it, in UTC. */
static bool has_ended(const char *end, time_t now)
{
	struct tm tm = { 0 };
	const char *rest = strptime(end, "%Y-%m-%d %H:%M:%S", &tm);

	return rest && (strcmp(rest, "Z") == 0 || !*rest) && timegm(&tm) <= now;
}

static int note_leftover(struct cluster_resource *resource, xmlNode *location,
			 const char *id, time_t now)
{
	char end[CLUSTER_NAME] = "";

	for (xmlNode *rule = location->children; rule; rule = rule->next)
		for (xmlNode *e = xml_is_named(rule, "rule") ? rule->children : NULL; e;
		     e = e->next)
			if (xml_is_named(e, "date_expression") &&
			    !read_attribute(e, "end", end))
				return -EPROTO;
	if (end[0] && has_ended(end, now))
		return 0;
	snprintf(resource->leftover, sizeof(resource->leftover), "%s", id);
	snprintf(resource->leftover_end, sizeof(resource->leftover_end), "%s", end);
	return 0;
}

static int read_location(struct cluster_resource *resource, xmlNode *location, time_t now)
{
	char id[CLUSTER_NAME], node[CLUSTER_NAME], score[CLUSTER_NAME];
	int rc = 0;

	if (!read_attribute(location, "id", id) ||
	    !read_attribute(location, "node", node) ||
	    !read_attribute(location, "score", score))
		return -EPROTO;
	/* Pacemaker's own names for what --move and --ban make (lib/pacemaker). */
	if (strncmp(id, "cli-prefer-", 11) == 0 || strncmp(id, "cli-ban-", 8) == 0)
		return note_leftover(resource, location, id, now);
	if (node[0] && score[0])
		return note_score(resource, node, score);
	for (xmlNode *rule = location->children; rule && rc == 0; rule = rule->next)
		if (xml_is_named(rule, "rule"))
			rc = read_rule(resource, rule);
	return rc;
}

int cluster_read_resource(struct cluster_resource *resource, const char *text, size_t len,
			  const char *service, time_t now, struct err *err)
{
	_cleanup_xml_ xmlDoc *doc = xml_parse(text, len);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlNode *config = xml_find_child(root, "configuration"), *constraints;
	xmlNode *resources = xml_find_child(config, "resources");
	int n;

	memset(resource, 0, sizeof(*resource));
	if (!root || !xml_is_named(root, "cib") || !resources)
		return CLUSTER_ERR(err, -EPROTO, "Pacemaker's configuration is no CIB");
	n = find_primitives(resource, resources, resources, NULL, service);
	if (n == 0)
		return CLUSTER_ERR(err, -ENOENT,
				   "the cluster has no resource ocf:baton:service with "
				   "service=%s",
				   service);
	if (n > 1)
		return CLUSTER_ERR(err, -EEXIST,
				   "%d resources in the cluster have service=%s; there "
				   "must be one",
				   n, service);
	constraints = xml_find_child(config, "constraints");
	for (xmlNode *c = constraints ? constraints->children : NULL; c && n > 0;
	     c = c->next)
		if (xml_is_named(c, "rsc_location") && concerns(c, resource) &&
		    read_location(resource, c, now) < 0)
			n = -EPROTO;
	if (n < 0)
		return CLUSTER_ERR(err, n,
				   "Pacemaker's configuration has ids that are longer "
				   "than baton can take");
	return 0;
}

/* ---- judgement ---- */

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
				   "nobody decides in the cluster now (no DC)");
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

/* An action that has been sent and not yet answered makes the role "Migrating", "Stopping" … */
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

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster_state: parses the output of crm_mon and crm_simulate.
 *
 * The XML is Pacemaker 2.1's: `crm_mon --output-as=xml`, `crm_simulate --output-as=xml`
 * (xml/api/).
 */
#include "core/cluster_internal.h"

#include <errno.h>

static int read_nodes(struct cluster_state *state, const xmlNode *nodes)
{
	for (xmlNode *n = nodes ? nodes->children : NULL; n; n = n->next) {
		struct cluster_node *node = &state->nodes[state->n_nodes];

		if (!xml_is_named(n, "node"))
			continue;
		if (state->n_nodes == CLUSTER_NODES ||
		    !cluster_read_attribute(n, "name", node->name))
			return -EPROTO;
		if (!cluster_read_attribute(n, "id", node->id))
			node->id[0] = '\0';
		node->online = xml_has(n, "online", "true");
		node->pending = xml_has(n, "pending", "true");
		node->unclean = xml_has(n, "unclean", "true");
		node->standby = xml_has(n, "standby", "true") ||
				xml_has(n, "standby_onfail", "true");
		node->maintenance = xml_has(n, "maintenance", "true");
		state->n_nodes++;
	}
	return 0;
}

static int read_one_resource(struct cluster_state *state, xmlNode *r)
{
	state->found = true;
	if (!cluster_read_attribute(r, "role", state->role) ||
	    !cluster_read_attribute(r, "pending", state->pending))
		return -EPROTO;
	state->managed = xml_has(r, "managed", "true");
	state->failed =
		xml_has(r, "failed", "true") && !xml_has(r, "failure_ignored", "true");
	state->blocked = xml_has(r, "blocked", "true");
	for (xmlNode *n = r->children; n; n = n->next) {
		if (!xml_is_named(n, "node"))
			continue;
		if (state->n_heads == CLUSTER_NODES ||
		    !cluster_read_attribute(n, "name", state->heads[state->n_heads]))
			return -EPROTO;
		state->n_heads++;
	}
	return 0;
}

/* Groups, clones, bundles and their replicas contain resources. */
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

		/* An impossible action has another element: it will not be done. */
		if (!xml_is_named(n, "rsc_action"))
			continue;
		if (state->n_actions == CLUSTER_ACTIONS) {
			state->more_actions++;
			continue;
		}
		if (!cluster_read_attribute(n, "action", a->action) ||
		    !cluster_read_attribute(n, "resource", a->resource) ||
		    !cluster_read_attribute(n, "source", a->source) ||
		    !cluster_read_attribute(n, "dest", a->dest) ||
		    !cluster_read_attribute(n, "node", node))
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

	state->has_dc = xml_has(dc, "present", "true");
	state->quorum = xml_has(dc, "with_quorum", "true");
	state->maintenance = xml_has(options, "maintenance-mode", "true");
	/* It is on unless said otherwise; since Pacemaker 3.0.2 under a second name. */
	state->stonith = !xml_has(options, "stonith-enabled", "false") &&
			 !xml_has(options, "fencing-enabled", "false");
}

static int read_fencing(struct cluster_state *state, const xmlNode *history)
{
	for (xmlNode *n = history ? history->children : NULL; n; n = n->next)
		if (xml_is_named(n, "fence_event") && xml_has(n, "status", "pending"))
			return cluster_read_attribute(n, "target", state->fencing)
				       ? 0
				       : -EPROTO;
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
		return CLUSTER_ERR(err, -EPROTO,
				   "Pacemaker's answer is not the expected XML");
	/* crm_simulate prints the state before and after. */
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
		/* The last one is the most specific. */
		content = xmlNodeGetContent(n);
		snprintf(buf, size, "%s", content ? (const char *)content : "");
		xmlFree(content);
	}
}

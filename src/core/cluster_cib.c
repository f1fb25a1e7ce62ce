// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster_cib: a service in Pacemaker's CIB (xml/constraints-*.rng, resources-*.rng).
 *
 * Scores are read only to find a service's home. What Pacemaker would do is never worked
 * out here; its own scheduler, crm_simulate, is asked.
 */
#include "core/cluster_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* A primitive may take its type and its attributes from a template. */
static xmlNode *find_template(xmlNode *resources, xmlNode *primitive)
{
	char id[CLUSTER_NAME];

	if (!cluster_read_attribute(primitive, "template", id) || !id[0])
		return NULL;
	for (xmlNode *n = resources->children; n; n = n->next)
		if (xml_is_named(n, "template") && xml_has(n, "id", id))
			return n;
	return NULL;
}

/* Return: whether there is such an attribute at all. */
static bool read_parameter(xmlNode *primitive, char value[CLUSTER_NAME])
{
	for (xmlNode *set = primitive ? primitive->children : NULL; set;
	     set = set->next) {
		if (!xml_is_named(set, "instance_attributes"))
			continue;
		for (xmlNode *n = set->children; n; n = n->next)
			if (xml_is_named(n, "nvpair") && xml_has(n, "name", "service"))
				return cluster_read_attribute(n, "value", value);
	}
	return false;
}

static bool is_service(xmlNode *resources, xmlNode *primitive, const char *service)
{
	xmlNode *template = find_template(resources, primitive);
	xmlNode *kind = template ? template : primitive;
	char value[CLUSTER_NAME];

	return xml_has(kind, "class", "ocf") && xml_has(kind, "provider", "baton") &&
	       xml_has(kind, "type", "service") &&
	       (read_parameter(primitive, value) || read_parameter(template, value)) &&
	       strcmp(value, service) == 0;
}

/* "20", "20s", "2min"; ISO 8601 is not read (pcmk_parse_interval_spec). */
static long parse_timeout(const char *text)
{
	static const struct {
		const char *name;
		long ms;
	} units[] = {
		{ "", 1000 },     { "s", 1000 },    { "sec", 1000 },
		{ "ms", 1 },      { "msec", 1 },    { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "hr", 3600000 },
	};
	long value;
	char *end;

	errno = 0;
	value = strtol(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (end != text && !errno && value >= 0 && value < 10000000 &&
		    strcasecmp(end, units[i].name) == 0)
			return value * units[i].ms;
	return -1;
}

static const char *find_stop_timeout(xmlNode *primitive)
{
	xml_for_each (op, xml_find_child(primitive, "operations"), "op") {
		if (!xml_has(op, "name", "stop"))
			continue;
		if (xml_get(op, "timeout"))
			return xml_get(op, "timeout");
		xml_for_each (meta, op, "meta_attributes")
			xml_for_each (n, meta, "nvpair")
				if (xml_has(n, "name", "timeout"))
					return xml_get(n, "value");
	}
	return NULL;
}

/* Which of several sets counts, and whether a rule holds, is for Pacemaker to say: "?". */
static const char *find_default_timeout(xmlNode *resources)
{
	const char *found = NULL;

	xml_for_each (meta, xml_find_child(resources->parent, "op_defaults"),
		      "meta_attributes")
		xml_for_each (n, meta, "nvpair")
			if (xml_has(n, "name", "timeout"))
				found = found || xml_find_child(meta, "rule")
						? "?"
						: xml_get(n, "value");
	return found;
}

static long read_stop_timeout(xmlNode *resources, xmlNode *primitive)
{
	const char *text = find_stop_timeout(primitive);

	if (!text)
		text = find_stop_timeout(find_template(resources, primitive));
	if (!text)
		text = find_default_timeout(resources);
	return text ? parse_timeout(text) : CLUSTER_TIMEOUT_MS;
}

/* @outer is the outermost element around @list that is moved as a whole, or NULL. */
static int find_primitives(struct cluster_resource *resource, xmlNode *resources,
			   xmlNode *list, xmlNode *outer, const char *service)
{
	int n = 0;

	for (xmlNode *r = list ? list->children : NULL; r; r = r->next) {
		if (xml_is_named(r, "primitive") && is_service(resources, r, service)) {
			if (!cluster_read_attribute(r, "id", resource->primitive) ||
			    !cluster_read_attribute(outer ? outer : r, "id",
						    resource->id))
				return -EPROTO;
			if (outer && !xml_is_named(outer, "group"))
				snprintf(resource->inside, sizeof(resource->inside), "%s",
					 (const char *)outer->name);
			resource->stop_ms = read_stop_timeout(resources, r);
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

	/* Like pcmk_parse_score(), case does not matter. */
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

/* pcs and crmsh write "#uname eq NODE" alone for a node; other rules give no home. */
static int read_rule(struct cluster_resource *resource, xmlNode *rule)
{
	char node[CLUSTER_NAME] = "", score[CLUSTER_NAME];

	for (xmlNode *e = rule->children; e; e = e->next) {
		if (e->type != XML_ELEMENT_NODE)
			continue;
		if (node[0] || !xml_is_named(e, "expression") ||
		    !xml_has(e, "attribute", "#uname") || !xml_has(e, "operation", "eq"))
			return 0;
		if (!cluster_read_attribute(e, "value", node))
			return -EPROTO;
	}
	return cluster_read_attribute(rule, "score", score) && node[0] && score[0]
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

/* Has a constraint with a lifetime expired? @end is UTC, as crm_resource writes it. */
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
			    !cluster_read_attribute(e, "end", end))
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

	if (!cluster_read_attribute(location, "id", id) ||
	    !cluster_read_attribute(location, "node", node) ||
	    !cluster_read_attribute(location, "score", score))
		return -EPROTO;
	/* Pacemaker's own prefixes, for --move and --ban (lib/pacemaker). */
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
		return CLUSTER_ERR(err, -EPROTO,
				   "Pacemaker's configuration is not a CIB");
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

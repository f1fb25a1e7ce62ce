// SPDX-License-Identifier: GPL-2.0-or-later
/* constraints: how a stock group is placed and held. */
#include "stock/constraints.h"

#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/cluster.h"
#include "core/text.h"
#include "stock/resource.h"

/* ---- attributes of the group ---- */

/* Attributes about placement are kept, those that hold it in place now are not. */
static void take_meta(struct stock_group *stock, const char *id, const char *name,
		      const char *value, void *data)
{
	if (text_has_word("priority migration-threshold failure-timeout", name))
		strlist_add(&stock->meta, "%s=%s", name, value);
	else if (strcmp(name, "resource-stickiness") != 0)
		resource_tell(stock, id, name, value, data);
}

/* Pacemaker adds up the stickiness in a group (Pacemaker Explained, Groups). */
static void take_stickiness(struct stock_group *stock, const xmlNode *config,
			    xmlNode *group)
{
	static const char meta[] = "meta_attributes", name[] = "resource-stickiness";
	const xmlNode *resources = xml_find_child(config, "resources");
	const char *all = resource_get(NULL, group, meta, name);
	bool told = false;
	long sum = 0;

	if (!all)
		all = resource_get(NULL, xml_find_child(config, "rsc_defaults"), meta,
				   name);
	xml_for_each (primitive, group, "primitive") {
		const char *own = resource_get(resources, primitive, meta, name);
		const char *id = xml_get(primitive, "id");

		own = own ? own : all;
		if (!own || !id || !strlist_has(&stock->replaced, id))
			continue;
		told = true;
		sum += cluster_parse_score(own);
	}
	if (!told)
		return;
	if (labs(sum) >= CLUSTER_INFINITY)
		strlist_add(&stock->meta, "%s=%sINFINITY", name, sum < 0 ? "-" : "");
	else
		strlist_add(&stock->meta, "%s=%ld", name, sum);
	strlist_add(
		&stock->remarks,
		"%s: the service gets the sum of its %zu resources' resource-stickiness, "
		"as Pacemaker counts it for a group",
		stock->id, stock->replaced.n);
}

/* Like Pacemaker's crm_str_to_boolean(). */
static bool is_unmanaged(const char *name, const char *value)
{
	static const struct {
		const char *names, *values;
	} rows[] = {
		{ "maintenance-mode maintenance", "true on yes y 1" },
		{ "is-managed is-managed-default", "false off no n 0" },
	};
	char lower[8];
	size_t n = strlen(value);

	if (n >= sizeof(lower))
		return false;
	for (size_t i = 0; i <= n; i++)
		lower[i] = value[i] | (value[i] >= 'A' && value[i] <= 'Z' ? 0x20 : 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (text_has_word(rows[i].names, name) &&
		    text_has_word(rows[i].values, lower))
			return true;
	return false;
}

/* Does anything below @node make Pacemaker leave it alone? */
static void find_unmanaged(struct stock_group *stock, const xmlNode *node)
{
	const char *name, *value;

	for (const xmlNode *c = node ? node->children : NULL; c; c = c->next)
		find_unmanaged(stock, c);
	if (!node || !xml_is_named(node, "nvpair") || stock->unmanaged)
		return;
	name = xml_get(node, "name");
	value = xml_get(node, "value");
	if (name && value && is_unmanaged(name, value) &&
	    asprintf(&stock->unmanaged, "%s=%s", name, value) < 0) {
		stock->unmanaged = NULL;
		stock->remarks.failed = true;
	}
}

/* ---- constraints ---- */

/* Does it name the group, or a part of it that goes? */
static bool concerns(const struct stock_group *stock, const xmlNode *node)
{
	if (node->type != XML_ELEMENT_NODE)
		return false;
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const char *name = (const char *)a->name, *value = xml_get(node, name);

		if (text_has_word("rsc with-rsc first then", name) ||
		    (strcmp(name, "id") == 0 && (xml_is_named(node, "resource_ref") ||
						 xml_is_named(node, "obj_ref"))))
			if (value && (strcmp(value, stock->id) == 0 ||
				      strlist_has(&stock->replaced, value)))
				return true;
	}
	for (const xmlNode *c = node->children; c; c = c->next)
		if (concerns(stock, c))
			return true;
	return false;
}

/* "rsc=web with-rsc=nfs score=INFINITY" */
static char *describe(const xmlNode *node)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (const xmlAttr *a = node->properties; a; a = a->next)
		if (strcmp((const char *)a->name, "id") != 0)
			fprintf(out, " %s=%s", a->name,
				xml_get(node, (const char *)a->name));
	if (node->children)
		fputs(" …", out);
	fclose(out);
	return text;
}

static void take_constraint(struct stock_group *stock, const xmlNode *c)
{
	const char *id = xml_get(c, "id"), *node = xml_get(c, "node"),
		   *score = xml_get(c, "score");
	bool by_hand = id && (strncmp(id, "cli-prefer-", 11) == 0 ||
			      strncmp(id, "cli-ban-", 8) == 0);
	_cleanup_free_ char *text = NULL;

	if (xml_is_named(c, "rsc_location") && node && score && !by_hand &&
	    !xml_get(c, "role") && !xml_get(c, "resource-discovery") && !c->children) {
		strlist_add(&stock->prefers, "%s=%s", node, score);
		return;
	}
	text = describe(c);
	stock->constrained |= !by_hand;
	strlist_add(
		&stock->remarks, "%s %s (%s) is not carried over%s",
		(const char *)c->name, id ? id : "?", text ? text + !!*text : "",
		by_hand ? ": a move by hand left it"
			: ": it is deleted with the group; make it again if it is still needed");
}

static void take_tag(struct stock_group *stock, const xmlNode *tag)
{
	const char *id = xml_get(tag, "id");

	if (concerns(stock, tag))
		strlist_add(
			&stock->remarks,
			"tag %s names it or a part of it: take them out first, as pcs "
			"deletes nothing that a tag names",
			id ? id : "?");
}

/* ---- the whole ---- */

void constraints_take(struct stock_group *stock, const xmlNode *config, xmlNode *group)
{
	static const char *const holding[] = { "crm_config", "rsc_defaults", "nodes" };
	const xmlNode *resources = xml_find_child(config, "resources");
	const xmlNode *constraints = xml_find_child(config, "constraints");

	resource_walk(stock, group, "meta_attributes", stock->id, take_meta, NULL);
	resource_walk(stock, group, "instance_attributes", stock->id, resource_tell,
		      NULL);
	take_stickiness(stock, config, group);
	find_unmanaged(stock, group);
	xml_for_each (primitive, group, "primitive")
		find_unmanaged(stock, resource_find_template(resources, primitive));
	for (size_t i = 0; i < sizeof(holding) / sizeof(*holding); i++)
		find_unmanaged(stock, xml_find_child(config, holding[i]));
	for (xmlNode *c = constraints ? constraints->children : NULL; c; c = c->next)
		if (c->type == XML_ELEMENT_NODE && concerns(stock, c))
			take_constraint(stock, c);
	xml_for_each (tag, xml_find_child(config, "tags"), "tag")
		take_tag(stock, tag);
}

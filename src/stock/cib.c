// SPDX-License-Identifier: GPL-2.0-or-later
/* cib: reads groups of stock agents from the CIB. */
#include "stock/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/text.h"
#include "core/xml.h"
#include "core/mounttable.h"
#include "stock/constraints.h"
#include "stock/resource.h"

#define FAIL(err, rc, ...) (err_set(err, BATON_EXIT_CLUSTER, 0, __VA_ARGS__), (rc))

/* Where a group is read from. */
struct source {
	const xmlNode *config;
	const xmlNode *resources;
	const char *root; /* what is exported with fsid=0 anywhere, or NULL */
};

/* Finds what a primitive below @node exports with fsid=0. */
static const char *find_root(const xmlNode *resources, const xmlNode *node)
{
	static const char kind[] = "instance_attributes";

	for (const xmlNode *c = node->children; c; c = c->next) {
		const char *fsid, *options, *root;

		if (c->type != XML_ELEMENT_NODE)
			continue;
		root = find_root(resources, c);
		if (root)
			return root;
		if (!xml_is_named(c, "primitive") ||
		    resource_find(resources, c) != RESOURCE_EXPORT)
			continue;
		fsid = resource_get(resources, c, kind, "fsid");
		options = resource_get(resources, c, kind, "options");
		if ((fsid && text_has_word("0 root", fsid)) ||
		    (options && group_is_root(options)))
			return resource_get(resources, c, kind, "directory");
	}
	return NULL;
}

static int set(char **to, const char *value)
{
	*to = strdup(value);
	return *to ? 0 : -ENOMEM;
}

/* Finds the exports within the filesystem, which may come after them in the group. */
static int place_exports(struct stock_group *stock)
{
	int rc = 0;

	for (size_t i = 0; i < stock->n_exports && rc == 0; i++) {
		struct stock_export *e = &stock->exports[i];
		const char *inside =
			stock->directory
				? mounttable_find_below(stock->directory, e->path)
				: NULL;

		rc = inside ? set(&e->inside, inside) : 0;
	}
	return rc;
}

static int set_root(struct stock_group *stock, const char *directory)
{
	size_t len = directory ? strcspn(directory, " \t\n") : 0;

	while (len > 1 && directory[len - 1] == '/')
		len--;
	stock->root = len ? strndup(directory, len) : NULL;
	return len && !stock->root ? -ENOMEM : 0;
}

static int take_parts(struct stock_group *stock, const struct source *from,
		      xmlNode *group, struct err *err)
{
	xml_for_each (primitive, group, "primitive") {
		struct err why = { 0 };
		int rc = resource_take(stock, from->resources, primitive, &why);

		if (rc == -EINVAL)
			rc = stock->fault ? 0 : set(&stock->fault, why.text);
		if (rc < 0) {
			*err = why;
			return rc;
		}
	}
	return place_exports(stock);
}

static int read_group(struct stock_groups *stocks, const struct source *from,
		      xmlNode *group, struct err *err)
{
	struct stock_group *stock = stock_groups_add(stocks, xml_get(group, "id"));
	const char *root = find_root(from->resources, group);
	int rc = stock ? take_parts(stock, from, group, err) : -ENOMEM;

	if (rc == 0)
		rc = set_root(stock, root ? root : from->root);
	if (rc < 0)
		return rc;
	stock->in_cluster = true;
	stock->ids = &stocks->ids;
	constraints_take(stock, from->config, group);
	return 0;
}

/* Reads what concerns the whole cluster: the resources' ids, and the servers' scope. */
static int read_resources(struct stock_groups *stocks, const xmlNode *resources,
			  const xmlNode *node)
{
	int rc = 0;

	for (const xmlNode *c = node->children; c && rc == 0; c = c->next) {
		const char *id = xml_get(c, "id"), *scope = NULL;

		if (c->type != XML_ELEMENT_NODE ||
		    !text_has_word("primitive group clone master bundle template",
				   (const char *)c->name))
			continue;
		if (id)
			strlist_add(&stocks->ids, "%s", id);
		if (resource_find(resources, c) == RESOURCE_SERVER)
			scope = resource_get(resources, c, "instance_attributes",
					     "nfs_server_scope");
		if (scope && !stocks->scope)
			rc = set(&stocks->scope, scope);
		if (rc == 0)
			rc = read_resources(stocks, resources, c);
	}
	return rc;
}

static bool has_part(const xmlNode *resources, const xmlNode *group,
		     enum resource_kind part)
{
	xml_for_each (primitive, group, "primitive") {
		if (resource_find(resources, primitive) == part)
			return true;
	}
	return false;
}

static const struct {
	enum resource_kind part;
	const char *name;
	bool moving; /* needed by STOCK_MOVING, too */
} needed[] = {
	{ RESOURCE_FILESYSTEM, "Filesystem", true },
	{ RESOURCE_EXPORT, "exportfs", false },
	{ RESOURCE_ADDRESS, "IPaddr2", true },
};

/* The name of the first part that is missing, or NULL if none is. */
static const char *find_missing(const xmlNode *resources, const xmlNode *group,
				enum stock_need need)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if ((need == STOCK_WHOLE || needed[i].moving) &&
		    !has_part(resources, group, needed[i].part))
			return needed[i].name;
	return NULL;
}

static int check_memory(const struct stock_groups *stocks)
{
	bool failed = stocks->ids.failed;

	for (size_t i = 0; i < stocks->n; i++) {
		const struct stock_group *s = &stocks->v[i];

		failed |= s->replaced.failed || s->others.failed || s->meta.failed ||
			  s->prefers.failed || s->remarks.failed;
	}
	return failed ? -ENOMEM : 0;
}

int cib_read_groups(struct stock_groups *stocks, const char *text, size_t len,
		    const char *group, enum stock_need need, struct err *err)
{
	_cleanup_xml_ xmlDoc *doc = xml_parse(text, len);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	struct source from = { .config = xml_find_child(root, "configuration") };
	int rc;

	from.resources = xml_find_child(from.config, "resources");
	if (!root || !xml_is_named(root, "cib") || !from.resources)
		return FAIL(err, -EPROTO,
			    "this is not a CIB as cibadmin --query prints it");
	from.root = find_root(from.resources, from.resources);
	rc = read_resources(stocks, from.resources, from.resources);
	xml_for_each (g, from.resources, "group") {
		const char *id = xml_get(g, "id"), *missing;

		if (rc < 0 || !id || (group && strcmp(id, group) != 0))
			continue;
		missing = find_missing(from.resources, g, need);
		if (missing && group)
			return FAIL(err, -EINVAL, "group %s has no %s", group, missing);
		if (missing)
			continue;
		rc = read_group(stocks, &from, g, err);
		if (rc == 0 && group && stocks->v[0].fault)
			return FAIL(err, -EINVAL, "%s", stocks->v[0].fault);
	}
	if (rc == 0)
		rc = check_memory(stocks);
	if (rc == -ENOMEM)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "read the CIB");
	if (rc == 0 && !stocks->n && group)
		return FAIL(err, -ENOENT, "the cluster has no group %s", group);
	if (rc == 0 && !stocks->n)
		return FAIL(err, -ENOENT,
			    "the cluster has no group of Filesystem%s and IPaddr2",
			    need == STOCK_WHOLE ? ", exportfs" : "");
	return rc;
}

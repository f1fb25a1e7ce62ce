/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource: what becomes of one resource of a stock group. */
#ifndef BATON_STOCK_RESOURCE_H
#define BATON_STOCK_RESOURCE_H

#include "core/xml.h"
#include "stock/group.h"

enum resource_kind {
	RESOURCE_NONE,
	RESOURCE_FILESYSTEM,
	RESOURCE_EXPORT,
	RESOURCE_ADDRESS,
	RESOURCE_SERVER,
};

/** resource_find - which part of a service is it? @resources has its template. */
enum resource_kind resource_find(const xmlNode *resources, const xmlNode *primitive);

/** resource_find_template - the template of a primitive, or NULL. */
xmlNode *resource_find_template(const xmlNode *resources, const xmlNode *primitive);

/**
 * resource_get - an attribute of a primitive, or of its template
 * @kind: "instance_attributes" or "meta_attributes"
 *
 * Return: its value, which belongs to the document, or NULL.
 */
const char *resource_get(const xmlNode *resources, const xmlNode *primitive,
			 const char *kind, const char *name);

/** resource_call - called for one attribute of the resource @id */
typedef void resource_call(struct stock_group *stock, const char *id, const char *name,
			   const char *value, void *data);

/**
 * resource_walk - visit all sets of attributes of one kind
 * @stock: gets remarks on what is not understood
 * @owner: of the attributes, may be NULL
 */
void resource_walk(struct stock_group *stock, xmlNode *owner, const char *kind,
		   const char *id, resource_call *call, void *data);

/** resource_tell - a resource_call: the attribute becomes a remark. */
resource_call resource_tell;

/**
 * resource_take - read a primitive of a group
 * @stock: each parameter becomes one of its members or a remark
 * @resources: of the cluster, for templates
 * @primitive: the one to read
 * @err: why the group cannot become a service
 *
 * Return: 0, -EPROTO, -EINVAL, or -ENOMEM.
 */
int resource_take(struct stock_group *stock, const xmlNode *resources, xmlNode *primitive,
		  struct err *err);

#endif

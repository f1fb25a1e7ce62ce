/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stockpart: what becomes of one resource of a stock group. */
#ifndef BATON_CORE_STOCKPART_H
#define BATON_CORE_STOCKPART_H

#include "core/stock.h"
#include "core/xml.h"

enum part {
	PART_NONE,
	PART_FILESYSTEM,
	PART_EXPORT,
	PART_ADDRESS,
	PART_SERVER,
};

/** stockpart_find - what part of a service is a primitive? @resources has its template. */
enum part stockpart_find(const xmlNode *resources, const xmlNode *primitive);

/** stockpart_find_template - the template of a primitive, or NULL. */
xmlNode *stockpart_find_template(const xmlNode *resources, const xmlNode *primitive);

/**
 * stockpart_get - an attribute of a primitive, or of its template
 * @kind: "instance_attributes" or "meta_attributes"
 *
 * Return: its value, which belongs to the document, or NULL.
 */
const char *stockpart_get(const xmlNode *resources, const xmlNode *primitive,
			  const char *kind, const char *name);

/** stockpart_call - called for one attribute of the resource @id */
typedef void stockpart_call(struct stock *stock, const char *id, const char *name,
			    const char *value, void *data);

/**
 * stockpart_walk - all sets of attributes of one kind
 * @stock: remarks of it tell what is not understood
 * @owner: whose, may be NULL
 */
void stockpart_walk(struct stock *stock, xmlNode *owner, const char *kind, const char *id,
		    stockpart_call *call, void *data);

/** stockpart_tell - a stockpart_call: the attribute becomes a remark. */
stockpart_call stockpart_tell;

/**
 * stockpart_take - read a primitive of a group
 * @stock: each parameter becomes a member of it, or a remark
 * @resources: of the cluster, for templates
 * @primitive: the one
 * @err: why the group can be no service
 *
 * Return: 0, -EPROTO, -EINVAL, or -ENOMEM.
 */
int stockpart_take(struct stock *stock, const xmlNode *resources, xmlNode *primitive,
		   struct err *err);

#endif

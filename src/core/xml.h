/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml: the few parts of libxml2 that Pacemaker's output needs. */
#ifndef BATON_CORE_XML_H
#define BATON_CORE_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

static inline void cleanup_xml(xmlDoc **doc)
{
	xmlFreeDoc(*doc);
}
#define _cleanup_xml_ __attribute__((cleanup(cleanup_xml)))

/**
 * xml_parse - read a document, with libxml2's own limits of depth and size
 * Return: the document, for _cleanup_xml_, or NULL if it cannot be parsed.
 */
xmlDoc *xml_parse(const char *text, size_t len);

/** xml_is_named - is it an element with that name? */
bool xml_is_named(const xmlNode *node, const char *name);

/** xml_find_child - the first child element of that name, or NULL; @node may be NULL. */
xmlNode *xml_find_child(const xmlNode *node, const char *name);

/**
 * xml_get - an attribute
 * Return: its text, which belongs to the document, or NULL if it is missing.
 */
const char *xml_get(const xmlNode *node, const char *name);

/** xml_has - is there such an attribute with this value? */
bool xml_has(const xmlNode *node, const char *name, const char *value);

/* Iterates over the child elements with that name; the node may be NULL. */
#define xml_for_each(child, node, name)                                                  \
	for (xmlNode *child = (node) ? (node)->children : NULL; child;                   \
	     child = child->next)                                                        \
		if (xml_is_named(child, name))

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* xml: the few parts of libxml2 that Pacemaker's output needs. */
#include "core/xml.h"

#include <libxml/parser.h>
#include <limits.h>
#include <string.h>

xmlDoc *xml_parse(const char *text, size_t len)
{
	xmlDoc *doc;

	/* Without XML_PARSE_HUGE, libxml2 enforces its own limits of depth and size. */
	if (len > INT_MAX)
		return NULL;
	doc = xmlReadMemory(text, (int)len, NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				    XML_PARSE_NOCDATA);
	/* Pacemaker never declares a document type or entities. */
	if (doc && doc->intSubset) {
		xmlFreeDoc(doc);
		return NULL;
	}
	return doc;
}

bool xml_is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)node->name, name) == 0;
}

xmlNode *xml_find_child(const xmlNode *node, const char *name)
{
	for (xmlNode *c = node ? node->children : NULL; c; c = c->next)
		if (xml_is_named(c, name))
			return c;
	return NULL;
}

const char *xml_get(const xmlNode *node, const char *name)
{
	const xmlAttr *a =
		node && node->type == XML_ELEMENT_NODE ? node->properties : NULL;

	for (; a; a = a->next)
		if (strcmp((const char *)a->name, name) == 0)
			break;
	if (!a)
		return NULL;
	/* Without entities declared in the document, it is one text node, or none. */
	return !a->children ? "" : (const char *)a->children->content;
}

bool xml_has(const xmlNode *node, const char *name, const char *value)
{
	const char *has = xml_get(node, name);

	return has && strcmp(has, value) == 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* rehearsal: copies of the CIB on which crm_simulate tries out a move. */
#include "core/rehearsal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cluster.h"
#include "core/xml.h"

/* Schemas of Pacemaker 2. Its "none", for no schema, is unknown to Pacemaker 3. */
#define CURRENT "pacemaker-3."

static bool set(xmlNode *node, const char *name, const char *value)
{
	return xmlSetProp(node, BAD_CAST name, BAD_CAST value) != NULL;
}

static void remove_location(xmlNode *constraints, const char *name)
{
	for (xmlNode *c = constraints->children, *next; c; c = next) {
		next = c->next;
		if (!xml_is_named(c, "rsc_location") || !xml_has(c, "id", name))
			continue;
		xmlUnlinkNode(c);
		xmlFreeNode(c);
	}
}

/* As crm_resource does it (tools/crm_resource_ban.c). */
static bool add_location(xmlNode *constraints, const char *name, const char *id,
			 const char *head)
{
	xmlNode *c = xmlNewChild(constraints, NULL, BAD_CAST "rsc_location", NULL);

	return c && set(c, "id", name) && set(c, "rsc", id) &&
	       set(c, "role", "Started") && set(c, "node", head) &&
	       set(c, "score", "INFINITY");
}

static int change(xmlNode *root, const char *id, const char *head)
{
	xmlNode *constraints =
		xml_find_child(xml_find_child(root, "configuration"), "constraints");
	char name[CLUSTER_NAME + 16];

	if (!constraints)
		return -EPROTO;
	snprintf(name, sizeof(name), "cli-prefer-%s", id);
	/* An expired one may still be there. */
	remove_location(constraints, name);
	return !head || add_location(constraints, name, id, head) ? 0 : -ENOMEM;
}

static bool is_current(const xmlNode *root)
{
	const char *schema = xml_get(root, "validate-with");

	return schema && strncmp(schema, CURRENT, strlen(CURRENT)) == 0;
}

int rehearsal_copy(char **copy, const char *cib, size_t len, const char *id,
		   const char *head, bool validate, struct err *err)
{
	_cleanup_xml_ xmlDoc *doc = xml_parse(cib, len);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlChar *text = NULL;
	int rc = root && xml_is_named(root, "cib") ? 0 : -EPROTO, size;

	*copy = NULL;
	if (rc == 0 && id)
		rc = change(root, id, head);
	if (rc == 0 && !validate && is_current(root) &&
	    !set(root, "validate-with", "none"))
		rc = -ENOMEM;
	if (rc == 0) {
		xmlDocDumpMemory(doc, &text, &size);
		/* libxml2 may use another allocator. */
		*copy = text ? strdup((const char *)text) : NULL;
		xmlFree(text);
		rc = *copy ? 0 : -ENOMEM;
	}
	if (rc == -ENOMEM)
		err_set(err, BATON_EXIT_CLUSTER, ENOMEM,
			"copy Pacemaker's configuration");
	else if (rc < 0)
		err_set(err, BATON_EXIT_CLUSTER, 0,
			"Pacemaker's configuration is not a CIB");
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* drbd: does DRBD itself keep a second head from writing? */
#include "core/drbd.h"

#include <stdio.h>
#include <string.h>

#include "core/xml.h"

/* Is there an element of that name, with this attribute, at any depth? Returns the first. */
static const xmlNode *find_below(const xmlNode *node, const char *name,
				 const char *attribute, const char *value)
{
	const xmlNode *found = NULL;

	for (const xmlNode *c = node ? node->children : NULL; c && !found; c = c->next)
		found = xml_is_named(c, name) && xml_has(c, attribute, value)
				? c
				: find_below(c, name, attribute, value);
	return found;
}

/* An option of a resource, or what all have in common; "" = its default. */
static const char *option(const xmlNode *resource, const xmlNode *common,
			  const char *name)
{
	const xmlNode *found = find_below(resource, "option", "name", name);
	const char *value;

	if (!found)
		found = find_below(common, "option", "name", name);
	value = found ? xml_get(found, "value") : NULL;
	return value ? value : "";
}

enum drbd_guard drbd_judge(const char *text, size_t len, unsigned int minor)
{
	_cleanup_xml_ xmlDoc *doc = xml_parse(text, len);
	const xmlNode *config = doc ? xmlDocGetRootElement(doc) : NULL;
	const xmlNode *common = xml_find_child(config, "common");
	char number[16];

	snprintf(number, sizeof(number), "%u", minor);
	xml_for_each (resource, config, "resource") {
		const char *quorum = option(resource, common, "quorum");

		if (!find_below(resource, "device", "minor", number))
			continue;
		if (strcmp(option(resource, common, "allow-two-primaries"), "yes") == 0)
			return DRBD_BOTH;
		/* One head alone would have a quorum of 1. */
		if (*quorum && strcmp(quorum, "off") != 0 && strcmp(quorum, "1") != 0)
			return DRBD_QUORUM;
		return strcmp(option(resource, common, "fencing"),
			      "resource-and-stonith") == 0
			       ? DRBD_FENCING
			       : DRBD_NONE;
	}
	return DRBD_UNKNOWN;
}

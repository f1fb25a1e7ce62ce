/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster_internal: shared by the code that reads crm_mon's output and the CIB. */
#ifndef BATON_CORE_CLUSTER_INTERNAL_H
#define BATON_CORE_CLUSTER_INTERNAL_H

#include <stdio.h>
#include <string.h>

#include "core/cluster.h"
#include "core/xml.h"

#define CLUSTER_ERR(err, rc, ...) (err_set(err, BATON_EXIT_CLUSTER, 0, __VA_ARGS__), (rc))

/** cluster_read_attribute - "" if it is missing. Return: false if it is too long. */
static inline bool cluster_read_attribute(xmlNode *node, const char *name,
					  char buf[CLUSTER_NAME])
{
	const char *value = xml_get(node, name);
	bool fits = !value || strlen(value) < CLUSTER_NAME;

	snprintf(buf, CLUSTER_NAME, "%s", value && fits ? value : "");
	return fits;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rehearsal: copies of the CIB on which crm_simulate tries out a move. */
#ifndef BATON_CORE_REHEARSAL_H
#define BATON_CORE_REHEARSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/**
 * rehearsal_copy - make the CIB that crm_simulate shall see
 * @copy: gets the XML; the caller frees it
 * @cib: from `cibadmin --query`, or saved by crm_simulate
 * @len: its length
 * @id: of the resource whose constraint is changed, or NULL to change none
 * @head: add the constraint of `crm_resource --move --node HEAD`; NULL = remove it
 * @validate: let Pacemaker's tools validate it
 * @err: why not (BATON_EXIT_CLUSTER)
 *
 * The cluster has validated its own CIB, so a copy need not be validated again. That
 * would be most of a tool's work, because it has to read all schemas for it
 * (doc/facts.md). But a copy with a schema before pacemaker-3.0 is always validated: the
 * same attribute says that it has to be converted (xml/upgrade-*.xsl).
 *
 * Return: 0, -EPROTO if it is not a CIB, or -ENOMEM.
 */
int rehearsal_copy(char **copy, const char *cib, size_t len, const char *id,
		   const char *head, bool validate, struct err *err);

#endif

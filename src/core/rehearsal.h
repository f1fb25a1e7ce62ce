/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rehearsal: copies of the CIB on which crm_simulate plays a move. */
#ifndef BATON_CORE_REHEARSAL_H
#define BATON_CORE_REHEARSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/**
 * rehearsal_copy - the CIB as crm_simulate shall see it
 * @copy: gets the XML; the caller's
 * @cib: what `cibadmin --query` printed, or crm_simulate has saved
 * @len: of it
 * @id: of the resource whose constraint is changed, or NULL to change none
 * @head: add the constraint of `crm_resource --move --node HEAD`; NULL = take it away
 * @validate: let Pacemaker's tools validate it
 * @err: why not (BATON_EXIT_CLUSTER)
 *
 * The cluster has validated what it takes in, so that a copy need not be validated again:
 * that is most of the work of a tool, which has to read all schemas for it (doc/facts.md).
 * But one that follows a schema before pacemaker-3.0 always is: the same attribute says
 * that it has to be translated (xml/upgrade-*.xsl).
 *
 * Return: 0, -EPROTO if it is no CIB, or -ENOMEM.
 */
int rehearsal_copy(char **copy, const char *cib, size_t len, const char *id,
		   const char *head, bool validate, struct err *err);

#endif

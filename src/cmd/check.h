/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: the checks behind `baton check`; they only look. */
#ifndef BATON_CMD_CHECK_H
#define BATON_CMD_CHECK_H

#include "core/report.h"
#include "core/service.h"

/**
 * check_service - does this head have everything that service @name needs to start?
 * @frames: also send frames with another hardware address than the head's
 */
void check_service(struct report *report, const char *name, bool frames);

/**
 * check_passage - do frames of another hardware address than the head's pass over a link?
 *
 * A switch with port security may shut the head's port over them.
 */
void check_passage(struct report *report, const struct service *svc, const char *link);

/** check_heads - what kernel and nfs-utils does each head run, and is that too old? */
void check_heads(struct report *report, const struct service *svc);

/**
 * check_units - do the right units start the service when the head boots, and stop it at a
 * shutdown? Does Pacemaker give a stop the time that it may need?
 */
void check_units(struct report *report, const struct service *svc);

#endif

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

/**
 * check_system - is this head's system set up in a way that gets in a service's way?
 *
 * The settings of nfs-utils, limits on namespaces, SELinux.
 */
void check_system(struct report *report);

/** check_advise_device - what to do about a device that is not on this head. */
const char *check_advise_device(void);

/** check_device_name - may the name of the device, which is here, mean another one? */
void check_device_name(struct report *report, const struct service *svc);

/** check_guard - can the disk, which is here, keep a second head from writing, and does it? */
void check_guard(struct report *report, const struct service *svc);

/** check_heads - what kernel and nfs-utils does each head run, and is that too old? */
void check_heads(struct report *report, const struct service *svc);

/**
 * check_units - do the right units start the service when the head boots, and stop it at a
 * shutdown? Does Pacemaker give a stop the time that it may need?
 */
void check_units(struct report *report, const struct service *svc);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config: a service file's text -> struct service; os/conffile.h reads the file. */
#ifndef BATON_CORE_CONFIG_H
#define BATON_CORE_CONFIG_H

#include <stddef.h>

#include "core/err.h"
#include "core/service.h"

/**
 * config_parse - read the text of a service file
 * @svc: filled; empty (service_free()d) on failure, so freeing it again is harmless
 * @name: of the service
 * @file: where the text comes from, for messages and svc->file
 * @text: the bytes of the file; need not end in a newline or zero
 * @len: their number
 * @err: the first error: "FILE:LINE: KEY: what is wrong, and what is allowed"
 *
 * A line that begins with a blank continues the line before it. The keys, their defaults
 * and limits are declared in core/keys.h.
 *
 * Return: 0, -EINVAL with BATON_EXIT_CONFIG, or -ENOMEM with BATON_EXIT_RESOURCE.
 */
int config_parse(struct service *svc, const char *name, const char *file,
		 const char *text, size_t len, struct err *err);

#endif

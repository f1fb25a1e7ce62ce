/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value: the text of one key's value -> members of struct service. */
#ifndef BATON_CORE_VALUE_H
#define BATON_CORE_VALUE_H

#include "core/err.h"
#include "core/keys.h"
#include "core/service.h"

/**
 * value_set - check a value and put it into the service
 * @svc: values of repeatable keys are added
 * @id: the key
 * @value: its text; modified
 * @line: its line in the file, kept for messages
 * @err: "KEY: what is wrong, and what would be right"
 *
 * Return: 0, -EINVAL with BATON_EXIT_CONFIG, or -ENOMEM (without text).
 */
int value_set(struct service *svc, enum key_id id, char *value, int line,
	      struct err *err);

#endif

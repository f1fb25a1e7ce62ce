// SPDX-License-Identifier: GPL-2.0-or-later
/* environment: what Pacemaker tells an agent besides the action. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "ocf/agent.h"
#include "os/child.h"

/* Kept in reserve for the start of the process and for its last message. */
#define SPARE_MS 2000

static const char *get(const char *prefix, const char *name)
{
	char key[80];
	const char *value;

	snprintf(key, sizeof(key), "%s%s", prefix, name);
	value = getenv(key);
	return value && *value ? value : NULL;
}

const char *ocf_parameter(const struct ocf_request *request, const char *name)
{
	const struct ocf_parameter *p = request->agent->parameters;
	const char *value = get("OCF_RESKEY_", name);

	while (!value && p->name && strcmp(p->name, name) != 0)
		p++;
	return value ? value : p->fallback;
}

int ocf_parameter_bool(const struct ocf_request *request, const char *name, bool *value,
		       struct err *err)
{
	const char *text = ocf_parameter(request, name);
	char low[8];

	snprintf(low, sizeof(low), "%s", text);
	for (char *c = low; *c; c++)
		*c = tolower((unsigned char)*c);
	*value = strlen(text) < sizeof(low) && text_has_word("yes true on 1", low);
	if (*value ||
	    (strlen(text) < sizeof(low) && text_has_word("no false off 0", low)))
		return 0;
	return err_set(err, 0, 0, "%s: '%.20s' is neither yes nor no", name, text);
}

const char *ocf_meta(const char *name)
{
	return get("OCF_RESKEY_CRM_meta_", name);
}

int64_t ocf_left_ms(const struct ocf_request *request)
{
	int64_t left = request->until_ms - child_now_ms();

	return left > 0 ? left : 0;
}

int ocf_read_environment(struct ocf_request *request, struct err *err)
{
	const char *timeout = ocf_meta("timeout"), *interval = ocf_meta("interval"),
		   *level = get("OCF_CHECK_LEVEL", "");
	unsigned long ms = request->action->timeout_s * 1000UL, number = 0;

	/* Pacemaker gives milliseconds. If missing or malformed, use our own timeout. */
	if (timeout && text_parse_number(&number, timeout, 1, INT_MAX) == 0)
		ms = number;
	/* The reverse is in ocf_hand_on_budget(). */
	request->until_ms = child_now_ms() + ms - (ms / 5 < SPARE_MS ? ms / 5 : SPARE_MS);
	request->probe = strcmp(request->action->name, "monitor") == 0 &&
			 (!interval || strcmp(interval, "0") == 0);
	if (level && text_parse_number(&number, level, 0, INT_MAX) < 0) {
		err_set(err, 0, 0, "OCF_CHECK_LEVEL: '%.20s' is not a number", level);
		return -EINVAL;
	}
	request->level = level ? number : 0;
	return 0;
}

void ocf_hand_on_budget(const struct ocf_request *request)
{
	long long left = ocf_left_ms(request);
	char text[24];

	snprintf(text, sizeof(text), "%lld",
		 left + (left / 4 < SPARE_MS ? left / 4 : SPARE_MS) + 1);
	setenv("OCF_RESKEY_CRM_meta_timeout", text, 1);
}

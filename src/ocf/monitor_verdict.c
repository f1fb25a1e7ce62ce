// SPDX-License-Identifier: GPL-2.0-or-later
/* monitor_verdict: what monitor answers, judged by facts and the keeper's word. */
#include "ocf/monitor_verdict.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/plan.h"
#include "core/text.h"

/* What must be true of a serving service: a member of the facts, and the text if not. */
static const struct {
	const char *fact;
	const char *missing;
	bool stands;     /* if true, something of the service is standing */
	bool needs_file; /* can be judged only if the addresses are known */
	bool mendable;
} parts[] = {
	{ "mounted", "the filesystem is not mounted", true, false, false },
	{ "threads", "knfsd has no threads", true, false, false },
	{ "link_up", "no link is up", true, true, false },
	{ "address", "an address or its link is missing", false, true, false },
	{ "nfsdcld", "nfsdcld does not run", true, false, true },
	{ "mountd", "rpc.mountd does not run", false, false, true },
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

static bool is_true(struct json_object *facts, const char *fact)
{
	struct json_object *v;

	return json_object_object_get_ex(facts, fact, &v) && json_object_get_boolean(v);
}

bool monitor_verdict_is_busy(const char *keeper)
{
	return *keeper && !text_has_word("absent standby partial serving", keeper);
}

static bool stands_anything(struct json_object *facts)
{
	for (size_t i = 0; i < N_PARTS; i++)
		if (parts[i].stands && is_true(facts, parts[i].fact))
			return true;
	return false;
}

static void list_missing(struct json_object *facts, bool known, bool *mendable,
			 char *text, size_t size)
{
	size_t len = 0;

	*mendable = true;
	text[0] = '\0';
	for (size_t i = 0; i < N_PARTS; i++) {
		if ((parts[i].needs_file && !known) || is_true(facts, parts[i].fact))
			continue;
		*mendable &= parts[i].mendable;
		if (len < size)
			len += snprintf(text + len, size - len, "%s%s", len ? "; " : "",
					parts[i].missing);
	}
}

/* A start before its first step has nothing standing yet, but will in a moment. */
static enum ocf_exit judge_nothing(const char *keeper, struct err *err)
{
	if (!text_has_word("start take", keeper) || !*keeper)
		return OCF_NOT_RUNNING;
	err_set(err, BATON_EXIT_FAILED, 0, "%s is going on", keeper);
	return OCF_ERR_GENERIC;
}

enum ocf_exit monitor_verdict_facts(struct json_object *facts, bool known,
				    const char *keeper, bool *mendable, struct err *err)
{
	const char *state = json_member_string(facts, "state");
	bool serving = strcmp(state, plan_state_name(STATE_SERVING)) == 0;
	char missing[300];

	*mendable = false;
	if (strcmp(state, plan_state_name(STATE_ABSENT)) == 0 ||
	    strcmp(state, plan_state_name(STATE_STANDBY)) == 0)
		return judge_nothing(keeper, err);
	/* The keeper holds the lock only to make or mend the standby. */
	if (!serving && !stands_anything(facts) &&
	    text_has_word("standby prepare", keeper) && *keeper)
		return OCF_NOT_RUNNING;
	/* What serves has the disk: this is a standby whose namespaces have lost their pins. */
	if (is_true(facts, "lost") && !is_true(facts, "held"))
		return judge_nothing(keeper, err);
	/* Without the file status_child_collect() sees no link: ignore its "partial". */
	if (!known && is_true(facts, "mounted") && is_true(facts, "threads"))
		serving = true;
	list_missing(facts, known, mendable, missing, sizeof(missing));
	*mendable &= serving && missing[0];
	if (serving && is_true(facts, "failed")) {
		*mendable = false;
		snprintf(
			missing, sizeof(missing),
			"the filesystem has failed: the kernel has shut it down after an I/O "
			"error");
	}
	if (serving && !missing[0])
		return OCF_SUCCESS;
	if (!serving && !stands_anything(facts))
		snprintf(missing, sizeof(missing),
			 is_true(facts, "held") ? "this head has not released the disk"
						: "an operation is going on");
	else if (!missing[0])
		snprintf(missing, sizeof(missing), "clients' calls are held off");
	err_set(err, BATON_EXIT_FAILED, 0, "%s%s%s",
		monitor_verdict_is_busy(keeper) ? keeper : "",
		monitor_verdict_is_busy(keeper) ? " is going on: " : "", missing);
	return OCF_ERR_GENERIC;
}

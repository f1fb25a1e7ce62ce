/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: what a check found: a verdict on each item, and what to do about it. */
#ifndef BATON_CORE_REPORT_H
#define BATON_CORE_REPORT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "core/exit.h"

enum verdict {
	VERDICT_OK,
	VERDICT_UNSURE, /* cannot be determined, or depends on what cannot be seen */
	VERDICT_WRONG,
};

/**
 * struct report - findings in order
 * @findings: JSON array
 * @status: of the first failed one
 * @unsure: at least one is unsure
 */
struct report {
	struct json_object *findings;
	enum exit_code status;
	bool unsure;
};

/** report_init - an empty report; end with report_free(). */
void report_init(struct report *report);

/** report_free - release what it holds. */
void report_free(struct report *report);

/**
 * report_add - note a finding
 * @item: what was looked at
 * @verdict: on it
 * @code: exit status if the verdict is wrong
 * @detail: what was found
 * @advice: what to do; not shown with VERDICT_OK
 */
void report_add(struct report *report, const char *item, enum verdict verdict,
		enum exit_code code, const char *detail, const char *advice);

/**
 * report_to_json - all findings, with the overall verdict
 * @report: the findings
 * @key: what the report is about, "service" or "head"
 * @name: its name
 *
 * Return: an object the caller owns.
 */
struct json_object *report_to_json(const struct report *report, const char *key,
				   const char *name);

#endif

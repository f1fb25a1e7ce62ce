// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check_heads: what software do the heads run?
 *
 * While a cluster is upgraded, one head runs newer software than the other. Services move
 * both ways then, but whoever looks for the cause of a difference wants to see it.
 */
#include <string.h>

#include "cmd/check.h"
#include "cmd/service_rows.h"
#include "core/json.h"

/* RHEL 9 has it, and it was read (doc/rhel.md); 2.6.2 is the oldest that was run. */
#define OLDEST "2.5.4"

static void check_head(struct report *report, struct json_object *row,
		       struct json_object *self)
{
	struct json_object *theirs = json_object_object_get(row, "software"),
			   *ours = json_object_object_get(self, "software");
	const char *kernel = json_member_string(theirs, "kernel"),
		   *utils = json_member_string(theirs, "nfs_utils");
	const char *kernel_here = json_member_string(ours, "kernel"),
		   *utils_here = json_member_string(ours, "nfs_utils");
	bool old = utils[0] && strverscmp(utils, OLDEST) < 0;
	char item[128], detail[256];

	snprintf(item, sizeof(item), "software of %s", json_member_string(row, "head"));
	/* Older keepers say nothing of it, and leave the longest WRITE to the kernel. */
	if (!kernel[0] && strcmp(json_member_string(row, "keeper"), "ok") == 0)
		report_add(
			report, item, VERDICT_UNSURE, BATON_EXIT_SOFTWARE,
			"an older baton: with less than 5 GiB of memory that head takes only "
			"short WRITEs, and clients that mount on a newer one hang there",
			"see 'Updating baton' in doc/cluster.md");
	if (!kernel[0])
		return;
	snprintf(detail, sizeof(detail), "Linux %s, nfs-utils %s%s", kernel,
		 utils[0] ? utils : "unknown",
		 row == self || !kernel_here[0] ? ""
		 : strcmp(kernel, kernel_here) == 0 && strcmp(utils, utils_here) == 0
			 ? ", as here"
			 : ", not as here: upgrade all heads, one after the other");
	report_add(
		report, item, old ? VERDICT_UNSURE : VERDICT_OK,
		old ? BATON_EXIT_SOFTWARE : BATON_EXIT_OK, detail,
		"nobody has looked whether baton works with nfs-utils older than " OLDEST);
}

void check_heads(struct report *report, const struct service *svc)
{
	struct json_object *rows = NULL;
	struct err ignored = { 0 };

	service_rows_collect(svc->name, &rows, &ignored);
	for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
		check_head(report, json_object_array_get_idx(rows, i),
			   json_object_array_get_idx(rows, 0));
	json_object_put(rows);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* report_json: the result for programs. */
#include "probe/report.h"

#include <errno.h>
#include <json-c/json.h>

/*
 * json-c's constructors return NULL when out of memory, and adding NULL would print
 * "null". Such a report would pass for a good one, so each result is checked and
 * remembered here.
 */
static _Thread_local bool short_of_memory;

static struct json_object *checked(struct json_object *object)
{
	if (!object)
		short_of_memory = true;
	return object;
}

static void add(struct json_object *to, const char *key, struct json_object *value)
{
	if (json_object_object_add(to, key, checked(value)) < 0)
		short_of_memory = true;
}

static void append(struct json_object *to, struct json_object *value)
{
	if (json_object_array_add(to, checked(value)) < 0)
		short_of_memory = true;
}

static struct json_object *new_count(uint64_t n)
{
	return json_object_new_int64((int64_t)n);
}

static struct json_object *new_scaled(uint64_t ns, double unit)
{
	char text[40];

	snprintf(text, sizeof(text), "%.3f", (double)ns / unit);
	return json_object_new_double_s((double)ns / unit, text);
}

static struct json_object *new_ms(uint64_t ns)
{
	return new_scaled(ns, 1e6);
}

static struct json_object *new_s(uint64_t ns)
{
	return new_scaled(ns, 1e9);
}

static struct json_object *new_text(const char *text)
{
	return json_object_new_string(text);
}

static struct json_object *new_errors(const struct tally_errors *errors)
{
	struct json_object *object = checked(json_object_new_object());
	char name[PROBE_ERRNAME_MAX];

	for (unsigned int i = 0; i < errors->n; i++)
		add(object, probe_errname(errors->row[i].code, name),
		    new_count(errors->row[i].count));
	return object;
}

static struct json_object *new_histogram(const struct hist *hist)
{
	struct json_object *array = checked(json_object_new_array());

	for (unsigned int i = 0; i < hist_used(hist); i++) {
		struct json_object *bucket = checked(json_object_new_object());
		char text[32];

		snprintf(text, sizeof(text), "%g", (double)hist_le_ns(i) / 1e6);
		add(bucket, "le_ms",
		    json_object_new_double_s((double)hist_le_ns(i) / 1e6, text));
		add(bucket, "count", new_count(hist->bucket[i]));
		append(array, bucket);
	}
	return array;
}

static void add_rate(struct json_object *object, const struct run_result *result)
{
	uint64_t bytes = run_bytes_read(result);
	double seconds = (double)result->duration_ns / 1e9;
	char text[40];

	snprintf(text, sizeof(text), "%.3f", (double)bytes / 1e6 / seconds);
	add(object, "bytes", new_count(bytes));
	add(object, "mb_per_s",
	    json_object_new_double_s((double)bytes / 1e6 / seconds, text));
	add(object, "corrupt", new_count(result->corrupt));
	if (result->corrupt)
		add(object, "corrupt_at", new_count(result->corrupt_at));
}

static struct json_object *new_class(const struct run_result *result,
				     const struct tally *tally)
{
	struct json_object *object = checked(json_object_new_object());

	add(object, "calls", new_count(tally->calls));
	add(object, "ok", new_count(tally->ok));
	add(object, "upkeep", new_count(tally->upkeep));
	add(object, "longest_pause_ms", new_ms(tally->longest_ns));
	add(object, "longest_pause_at", new_s(tally->longest_wall_ns));
	add(object, "longest_pause_op", new_text(probe_ops[tally->longest_op].name));
	add(object, "longest_idle_ms", new_ms(tally->longest_idle_ns));
	add(object, "errors", new_errors(&tally->errors));
	if (probe_classes[tally->class].fresh)
		add(object, "spurious", new_errors(&tally->spurious));
	if (tally->class == PROBE_READ)
		add_rate(object, result);
	add(object, "p50_ms", new_ms(hist_percentile(&tally->hist, 500)));
	add(object, "p95_ms", new_ms(hist_percentile(&tally->hist, 950)));
	add(object, "p99_ms", new_ms(hist_percentile(&tally->hist, 990)));
	add(object, "histogram", new_histogram(&tally->hist));
	return object;
}

enum list_kind { LIST_TIMES, LIST_ERRORS };

static struct json_object *new_list(const struct tally_list *list, enum list_kind kind)
{
	struct json_object *array = checked(json_object_new_array());

	for (size_t i = 0; i < list->n; i++) {
		const struct tally_entry *entry = &list->entry[i];
		struct json_object *object = checked(json_object_new_object());
		char name[PROBE_ERRNAME_MAX];

		add(object, "class", new_text(probe_classes[entry->class].name));
		add(object, "op", new_text(probe_ops[entry->op].name));
		add(object, "at", new_s(entry->wall_ns));
		if (kind == LIST_TIMES) {
			add(object, "ms", new_ms(entry->ns));
		} else {
			add(object, "errno", new_text(probe_errname(entry->code, name)));
			add(object, "spurious", json_object_new_boolean(entry->spurious));
		}
		append(array, object);
	}
	return array;
}

static struct json_object *new_records(const struct run_result *result)
{
	struct json_object *object = checked(json_object_new_object());
	struct json_object *bad = checked(json_object_new_array());

	add(object, "acknowledged", new_count(result->acknowledged));
	add(object, "missing", new_count(result->sum.missing));
	add(object, "wrong", new_count(result->sum.wrong));
	add(object, "unread", new_count(result->unread));
	add(object, "direct", json_object_new_boolean(result->direct));
	for (uint32_t i = 0; i < result->sum.n_bad; i++) {
		const struct slots_bad *row = &result->sum.bad[i];
		struct json_object *one = checked(json_object_new_object());

		add(one, "seq", new_count(row->seq));
		add(one, "at", new_s(row->wall_ns));
		add(one, "state",
		    new_text(record_state_text((enum record_state)row->state)));
		append(bad, one);
	}
	add(object, "bad", bad);
	add(object, "bad_omitted",
	    new_count(result->sum.missing + result->sum.wrong - result->sum.n_bad));
	return object;
}

static const char *end_name(enum run_end end)
{
	switch (end) {
	case RUN_END_DURATION:
		return "duration";
	case RUN_END_SIGNAL:
		return "signal";
	case RUN_END_ABORT:
		return "abort";
	case RUN_END_CHILD:
		return "child";
	}
	return "?";
}

int report_print_json(FILE *out, const struct run_result *result)
{
	struct json_object *root, *classes;
	const char *text;
	int rc = 0;

	short_of_memory = false;
	root = checked(json_object_new_object());
	classes = checked(json_object_new_object());
	add(root, "dir", new_text(result->options->dir));
	add(root, "fstype", new_text(result->mount.fstype));
	add(root, "source", new_text(result->mount.source));
	add(root, "started", new_s(result->started_wall_ns));
	add(root, "duration_s", new_s(result->duration_ns));
	add(root, "interval_ms", new_count(result->options->interval_ns / 1000000));
	add(root, "workers", new_count(result->options->workers));
	add(root, "window", new_count(result->options->window));
	add(root, "depth", new_count(result->options->depth));
	add(root, "ended", new_text(end_name(result->end)));
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (probe_parts(result->options, (enum probe_class)i))
			add(classes, probe_classes[i].name,
			    new_class(result, &result->tally[i]));
	add(root, "classes", classes);
	add(root, "pauses", new_list(&result->lists.pauses, LIST_TIMES));
	add(root, "pauses_omitted", new_count(result->lists.pauses.omitted));
	add(root, "events", new_list(&result->lists.events, LIST_ERRORS));
	add(root, "events_omitted", new_count(result->lists.events.omitted));
	add(root, "unfinished", new_list(&result->lists.unfinished, LIST_TIMES));
	add(root, "lock_kept", json_object_new_boolean(result->lock == RUN_LOCK_KEPT));
	add(root, "lock", new_text(run_lock_text(result->lock)));
	add(root, "records", new_records(result));
	add(root, "leftovers", new_count(result->leftovers));
	add(root, "verified", json_object_new_boolean(result->verified));
	add(root, "kept_dir", result->kept ? new_text(result->path) : new_text(""));
	add(root, "verdict", new_text(run_is_clean(result) ? "clean" : "dirty"));
	text = json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text || short_of_memory)
		rc = -ENOMEM;
	else
		fprintf(out, "%s\n", text);
	json_object_put(root);
	return rc;
}

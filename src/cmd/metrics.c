// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics: the state of this head's services for Prometheus, in its text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * One table of metrics: each row is a family, with its scope and the key or the
 * function that gives its samples. What is not known has no sample.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "cmd/service_rows.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/plan.h"
#include "keeper/ledger.h"
#include "os/file.h"
#include "os/guardnote.h"
#include "os/software.h"

/**
 * struct findings - what is exported
 * @rows: of service_rows_collect()
 * @last: for each service {service, records}: the newest record of each operation
 */
struct findings {
	struct json_object *rows;
	struct json_object *last;
};

struct metric;

/**
 * struct family - a metric that is being written
 */
struct family {
	FILE *out;
	const struct metric *metric;
	const struct findings *findings;
};

enum scope {
	SCOPE_BATON,  /* one sample */
	SCOPE_HERE,   /* for each service, of this head */
	SCOPE_OTHERS, /* for each service, of each other head */
	SCOPE_RECORD, /* for each service, of the last operation of each kind */
};

/**
 * struct metric - a row of the table
 * @key: the member of the row or record that is the value ("a.b" descends) …
 * @write: … or what writes the samples
 * @operations: SCOPE_RECORD: of these kinds only; the first NULL = of all
 */
struct metric {
	const char *name;
	const char *help;
	enum scope scope;
	const char *key;
	void (*write)(const struct family *f, const char *service, struct json_object *o);
	const char *operations[3];
};

/* ---- samples ---- */

static void write_label(FILE *out, const char *value)
{
	/* Only valid UTF-8 may come; of what others told only ASCII is sure to be. */
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value >= ' ' && *value < 0x7f ? *value : '?', out);
	}
}

struct label {
	const char *name;
	const char *value;
};

#define LABELS(...) ((const struct label[]){ __VA_ARGS__, { NULL, NULL } })

/* A label without a value is left out. */
static void sample(const struct family *f, double value, const struct label *labels)
{
	FILE *out = f->out;
	const char *separator = "{";

	fputs(f->metric->name, out);
	for (const struct label *l = labels; l->name; l++) {
		if (!l->value[0])
			continue;
		fprintf(out, "%s%s=\"", separator, l->name);
		write_label(out, l->value);
		fputc('"', out);
		separator = ",";
	}
	fprintf(out, "%s %.15g\n", *separator == ',' ? "}" : "", value);
}

static void write_number(const struct family *f, const char *service,
			 struct json_object *row, const char *key)
{
	struct json_object *value = json_member_at(row, key);

	if (value)
		sample(f, json_object_get_double(value), LABELS({ "service", service }));
}

/* ---- this head ---- */

static void build_of(const struct family *f, const char *service, struct json_object *row)
{
	sample(f, 1, LABELS({ "version", BATON_VERSION }));
}

static void keeper_of(const struct family *f, const char *service,
		      struct json_object *row)
{
	const char *keeper = json_member_string(row, "keeper");

	sample(f,
	       keeper[0] && strcmp(keeper, "absent") != 0 &&
		       strcmp(keeper, "silent") != 0,
	       LABELS({ "service", service }));
}

static void state_of(const struct family *f, const char *service, struct json_object *row)
{
	static const enum service_state states[] = { STATE_ABSENT, STATE_STANDBY,
						     STATE_PARTIAL, STATE_SERVING };
	const char *is = json_member_string(row, "state");
	bool known = false;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const char *state = plan_state_name(states[i]);
		bool it = strcmp(is, state) == 0;

		sample(f, it, LABELS({ "service", service }, { "state", state }));
		known |= it;
	}
	sample(f, !known, LABELS({ "service", service }, { "state", "unknown" }));
}

static void clients_of(const struct family *f, const char *service,
		       struct json_object *row)
{
	struct json_object *clients;
	double holding, courtesy;

	if (!json_object_object_get_ex(row, "clients", &clients))
		return;
	courtesy = json_member_double(clients, "courtesy");
	holding = json_member_double(clients, "holding") - courtesy;
	sample(f, holding > 0 ? holding : 0,
	       LABELS({ "service", service }, { "kind", "holding" }));
	sample(f, json_member_double(clients, "idle"),
	       LABELS({ "service", service }, { "kind", "idle" }));
	sample(f, courtesy, LABELS({ "service", service }, { "kind", "courtesy" }));
}

static void guard_of(const struct family *f, const char *service, struct json_object *row)
{
	struct json_object *guard;

	if (!json_object_object_get_ex(row, "guard", &guard))
		return;
	for (enum guardnote_state i = GUARDNOTE_NONE; i <= GUARDNOTE_LOST; i++) {
		const char *state = guardnote_state_name(i);

		sample(f, strcmp(json_member_string(guard, "state"), state) == 0,
		       LABELS({ "service", service }, { "state", state }));
	}
}

static void grace_of(const struct family *f, const char *service, struct json_object *row)
{
	sample(f, json_member_bool(row, "grace"), LABELS({ "service", service }));
}

static void waiting_of(const struct family *f, const char *service,
		       struct json_object *row)
{
	if (!json_member_bool(row, "grace"))
		sample(f, 0, LABELS({ "service", service }));
	else
		write_number(f, service, row, "waiting_total");
}

static void cluster_of(const struct family *f, const char *service,
		       struct json_object *row)
{
	sample(f, json_member_bool(row, "cluster"), LABELS({ "service", service }));
}

/* ---- the other heads ---- */

static void online_of(const struct family *f, const char *service,
		      struct json_object *row)
{
	sample(f, json_member_bool(row, "online"),
	       LABELS({ "service", service },
		      { "head", json_member_string(row, "head") }));
}

static void peer_of(const struct family *f, const char *service, struct json_object *row)
{
	sample(f, strcmp(json_member_string(row, "keeper"), "ok") == 0,
	       LABELS({ "service", service },
		      { "head", json_member_string(row, "head") }));
}

static const char *digest_of(const struct findings *findings, const char *service)
{
	for (size_t i = 0; i < json_object_array_length(findings->rows); i++) {
		struct json_object *row = json_object_array_get_idx(findings->rows, i);

		if (json_member_bool(row, "self") &&
		    strcmp(json_member_string(row, "service"), service) == 0)
			return json_member_string(row, "digest");
	}
	return "";
}

static void match_of(const struct family *f, const char *service, struct json_object *row)
{
	const char *theirs = json_member_string(row, "digest"),
		   *ours = digest_of(f->findings, service);
	bool match = strcmp(theirs, ours) == 0;
	struct json_object *agrees;

	/* Two versions may have different defaults, for what does not matter to a move. */
	if (json_object_object_get_ex(row, "agrees", &agrees))
		match = json_object_get_boolean(agrees);
	if (theirs[0] && ours[0])
		sample(f, match,
		       LABELS({ "service", service },
			      { "head", json_member_string(row, "head") }));
}

/* ---- the ledger ---- */

static void began_of(const struct family *f, const char *service,
		     struct json_object *record)
{
	sample(f, json_member_double(record, "began"),
	       LABELS({ "service", service },
		      { "operation", json_member_string(record, "op") }));
}

static void duration_of(const struct family *f, const char *service,
			struct json_object *record)
{
	sample(f, json_member_double(record, "ms") / 1000,
	       LABELS({ "service", service },
		      { "operation", json_member_string(record, "op") }));
}

static void success_of(const struct family *f, const char *service,
		       struct json_object *record)
{
	sample(f, strcmp(json_member_string(record, "outcome"), "done") == 0,
	       LABELS({ "service", service },
		      { "operation", json_member_string(record, "op") }));
}

static bool is_same_step(struct json_object *a, struct json_object *b)
{
	return strcmp(json_member_string(a, "step"), json_member_string(b, "step")) ==
		       0 &&
	       strcmp(json_member_string(a, "head"), json_member_string(b, "head")) == 0;
}

/* A step that ran twice is one series: the time of both. */
static void steps_of(const struct family *f, const char *service,
		     struct json_object *record)
{
	struct json_object *steps;
	size_t n;

	if (!json_object_object_get_ex(record, "steps", &steps) ||
	    !json_object_is_type(steps, json_type_array))
		return;
	n = json_object_array_length(steps);
	for (size_t i = 0; i < n; i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		double ms = 0;
		size_t first = n;

		for (size_t k = 0; k < n; k++) {
			struct json_object *other = json_object_array_get_idx(steps, k);

			if (!is_same_step(step, other))
				continue;
			first = first < k ? first : k;
			ms += json_member_double(other, "ms");
		}
		if (first == i)
			sample(f, ms / 1000,
			       LABELS({ "service", service },
				      { "operation", json_member_string(record, "op") },
				      { "head", json_member_string(step, "head") },
				      { "step", json_member_string(step, "step") }));
	}
}

static void unsettled_of(const struct family *f, const char *service,
			 struct json_object *record)
{
	struct json_object *steps;
	double n = 0;

	if (!json_object_object_get_ex(record, "steps", &steps) ||
	    !json_object_is_type(steps, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		n += json_member_double(json_object_array_get_idx(steps, i), "unsettled");
	sample(f, n,
	       LABELS({ "service", service },
		      { "operation", json_member_string(record, "op") }));
}

static void pause_of(const struct family *f, const char *service,
		     struct json_object *record)
{
	struct json_object *pause;

	if (json_object_object_get_ex(record, "pause_ms", &pause) && pause)
		sample(f, json_object_get_double(pause) / 1000,
		       LABELS({ "service", service }));
}

static void move_of(const struct family *f, const char *service,
		    struct json_object *record)
{
	sample(f, 1,
	       LABELS({ "service", service },
		      { "from", json_member_string(record, "from") },
		      { "to", json_member_string(record, "to") }));
}

/* ---- all of it ---- */

static const struct metric metrics[] = {
	{ "baton_build_info", "Version of baton, as a label.", SCOPE_BATON,
	  .write = build_of },
	{ "baton_keeper_up", "Whether the keeper of the service on this head answers.",
	  SCOPE_HERE, .write = keeper_of },
	{ "baton_service_state",
	  "1 for the state of the service on this head, 0 for the others.", SCOPE_HERE,
	  .write = state_of },
	{ "baton_service_threads", "Running threads of the service's NFS server.",
	  SCOPE_HERE, .key = "threads" },
	{ "baton_file_edited",
	  "1 if the service file was edited and is not in use: `baton reload` applies it.",
	  SCOPE_HERE, .key = "file_edited" },
	{ "baton_connections", "Connections of NFS clients to the service.", SCOPE_HERE,
	  .key = "connections" },
	{ "baton_clients",
	  "NFSv4 clients by kind: holding (opens, locks or delegations), idle, courtesy.",
	  SCOPE_HERE, .write = clients_of },
	{ "baton_grace_active",
	  "Whether the grace period lasts: clients may only reclaim opens and locks.",
	  SCOPE_HERE, .write = grace_of },
	{ "baton_grace_waiting_clients", "Clients that the grace period waits for.",
	  SCOPE_HERE, .write = waiting_of },
	{ "baton_guard_state",
	  "1 for what has become of this head's registration at the disk, 0 otherwise.",
	  SCOPE_HERE, .write = guard_of },
	{ "baton_guard_silent",
	  "Whether clients are held off, as the disk does not confirm the registration.",
	  SCOPE_HERE, .key = "guard.silent" },
	{ "baton_filesystem_failed",
	  "Whether the kernel has shut the service's filesystem down after an I/O error.",
	  SCOPE_HERE, .key = "failed" },
	{ "baton_filesystem_size_bytes", "Size of the service's filesystem.", SCOPE_HERE,
	  .key = "filesystem.size_bytes" },
	{ "baton_filesystem_avail_bytes",
	  "Space of the service's filesystem that is available.", SCOPE_HERE,
	  .key = "filesystem.avail_bytes" },
	{ "baton_filesystem_files", "Inodes of the service's filesystem.", SCOPE_HERE,
	  .key = "filesystem.files" },
	{ "baton_filesystem_files_free", "Free inodes of the service's filesystem.",
	  SCOPE_HERE, .key = "filesystem.files_free" },
	{ "baton_cluster_joined",
	  "Whether the keeper has joined the service's group of keepers in the cluster.",
	  SCOPE_HERE, .write = cluster_of },
	{ "baton_head_online", "Whether another head is in the cluster.", SCOPE_OTHERS,
	  .write = online_of },
	{ "baton_head_keeper_up",
	  "Whether the keeper of the service on another head answers.", SCOPE_OTHERS,
	  .write = peer_of },
	{ "baton_config_digest_match",
	  "Whether another head has the same configuration of the service.", SCOPE_OTHERS,
	  .write = match_of },
	{ "baton_last_operation_timestamp_seconds",
	  "When the last operation of a kind on this head began.", SCOPE_RECORD,
	  .write = began_of },
	{ "baton_last_operation_duration_seconds",
	  "How long the last operation of a kind on this head took.", SCOPE_RECORD,
	  .write = duration_of },
	{ "baton_last_operation_success",
	  "Whether the last operation of a kind on this head succeeded.", SCOPE_RECORD,
	  .write = success_of },
	{ "baton_last_operation_step_seconds",
	  "How long each step of the last operation of a kind took.", SCOPE_RECORD,
	  .write = steps_of },
	{ "baton_last_move_pause_seconds", "How long the last move kept clients waiting.",
	  SCOPE_RECORD, .write = pause_of, .operations = { "move" } },
	{ "baton_last_operation_unsettled_connections",
	  "Connections of the last move and stop whose clients may repeat executed calls.",
	  SCOPE_RECORD, .write = unsettled_of, .operations = { "move", "stop" } },
	{ "baton_last_grace_late_states",
	  "Opens and locks not reclaimed in time, in the last grace period that had any.",
	  SCOPE_RECORD, .key = "late", .operations = { "grace" } },
	{ "baton_last_grace_absent_clients",
	  "Clients that did not come back, in the last grace period that missed any.",
	  SCOPE_RECORD, .key = "absent", .operations = { "grace" } },
	{ "baton_last_move_info", "Heads of the last move, as labels.", SCOPE_RECORD,
	  .write = move_of, .operations = { "move" } },
};

static void write_one(const struct family *f, const char *service, struct json_object *o)
{
	if (f->metric->key)
		write_number(f, service, o, f->metric->key);
	else
		f->metric->write(f, service, o);
}

static void write_rows(const struct family *f)
{
	struct json_object *rows = f->findings->rows;

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (json_member_bool(row, "self") == (f->metric->scope == SCOPE_HERE))
			write_one(f, json_member_string(row, "service"), row);
	}
}

static bool is_meant(const struct metric *metric, struct json_object *record)
{
	const char *const *op = metric->operations;

	while (*op && strcmp(*op, json_member_string(record, "op")) != 0)
		op++;
	return *op || !metric->operations[0];
}

static void write_records(const struct family *f)
{
	struct json_object *last = f->findings->last;

	for (size_t i = 0; i < json_object_array_length(last); i++) {
		struct json_object *entry = json_object_array_get_idx(last, i),
				   *records = json_object_object_get(entry, "records");

		for (size_t k = 0; k < json_object_array_length(records); k++) {
			struct json_object *record =
				json_object_array_get_idx(records, k);

			if (is_meant(f->metric, record))
				write_one(f, json_member_string(entry, "service"),
					  record);
		}
	}
}

static void write_all(FILE *out, const struct findings *findings)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *m = &metrics[i];
		const struct family f = { out, m, findings };

		fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", m->name, m->help,
			m->name);
		switch (m->scope) {
		case SCOPE_BATON:
			write_one(&f, "", NULL);
			break;
		case SCOPE_HERE:
		case SCOPE_OTHERS:
			write_rows(&f);
			break;
		case SCOPE_RECORD:
			write_records(&f);
			break;
		}
	}
}

/* The newest record of each operation, in the order in which they were done. */
static struct json_object *find_last(const char *service)
{
	struct json_object *records, *last = json_object_new_array();
	struct paths paths;
	size_t n;

	paths_init(&paths, service);
	if (ledger_load(&paths, &records, NULL) < 0)
		return last;
	n = json_object_array_length(records);
	for (size_t i = 0; i < n; i++) {
		struct json_object *record = json_object_array_get_idx(records, i);
		const char *op = json_member_string(record, "op");
		bool newest = op[0];

		for (size_t k = i + 1; k < n; k++)
			newest &= strcmp(json_member_string(
						 json_object_array_get_idx(records, k),
						 "op"),
					 op) != 0;
		if (newest)
			json_object_array_add(last, json_object_get(record));
	}
	json_object_put(records);
	return last;
}

static struct json_object *collect_last(struct json_object *rows)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i), *o;
		const char *service = json_member_string(row, "service");

		if (!json_member_bool(row, "self"))
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "service", json_object_new_string(service));
		json_object_object_add(o, "records", find_last(service));
		json_object_array_add(all, o);
	}
	return all;
}

/* Is it this head that lacks something? */
static enum exit_code judge(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT || errnum == ENOMEM
		       ? BATON_EXIT_RESOURCE
		       : BATON_EXIT_FAILED;
}

static int put_out(const struct findings *findings, const char *file, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int rc = 0;

	if (!out)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "metrics");
	write_all(out, findings);
	if (fclose(out))
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "metrics");
	if (file)
		rc = file_publish(file, text, size);
	else
		fwrite(text, 1, size, stdout);
	return rc < 0 ? err_set(err, judge(-rc), -rc, "write %s", file) : 0;
}

int cmd_metrics(int argc, char **argv)
{
	struct common_options options;
	struct findings findings;
	struct err err = { 0 };

	if (common_parse(argc, argv,
			 "Print the state of this head's services in the Prometheus text "
			 "format.",
			 COMMON_NO_NAME | COMMON_NO_JSON | COMMON_OUTPUT, &options) < 0)
		return BATON_EXIT_USAGE;
	if (software_check_root(&err) < 0 ||
	    (options.output && file_check_target(options.output, &err) < 0))
		return common_fail(&err);
	/* A service that cannot be looked at is a finding, not a failure of this command. */
	service_rows_collect(NULL, &findings.rows, &err);
	findings.last = collect_last(findings.rows);
	put_out(&findings, options.output, &err);
	json_object_put(findings.rows);
	json_object_put(findings.last);
	return err.text[0] ? common_fail(&err) : BATON_EXIT_OK;
}

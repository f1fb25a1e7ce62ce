// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * evacuate: move all services away from a head, or those that are at home there back.
 *
 * Nothing is stored about what was moved. Where a service is at home follows from
 * Pacemaker's location constraints or, without them, from the ledger of its moves, which
 * outlives a boot.
 */
#include "cmd/evacuate.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/many.h"
#include "cmd/move_run.h"
#include "cmd/service_rows.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/output.h"
#include "os/child.h"
#include "os/pacemaker.h"
#include "os/software.h"

/* How well a head suits a service. If none is ready, `baton move` says why not. */
enum { FIT_NOT, FIT_NODE, FIT_HAS_KEEPER, FIT_READY };

/**
 * struct evacuate - what is known, and what is to be done
 * @cib, @monitor: what Pacemaker says
 * @rows: what the keepers say (service_rows.h)
 * @cluster: the heads
 * @heads: the same heads, in the same order
 * @moves: the services that are to be moved
 */
struct evacuate {
	const struct common_options *options;
	const char *head;
	bool back;
	char *cib;
	char *monitor;
	struct json_object *rows;
	struct cluster_state cluster;
	struct evacuation_head heads[CLUSTER_NODES];
	struct evacuation_move *moves;
	size_t n;
};

/* ---- what is to be done */

static int look(struct evacuate *e, struct err *err)
{
	const struct child_wait wait = child_wait_for(e->options->timeout * 1000u);
	int rc = pacemaker_query(&e->cib, &wait, err);

	if (rc == 0)
		rc = pacemaker_look_all(&e->monitor, &wait, err);
	if (rc == 0)
		rc = cluster_read_state(&e->cluster, e->monitor, strlen(e->monitor), "",
					err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < e->cluster.n_nodes; i++)
		e->heads[i].name = e->cluster.nodes[i].name;
	service_rows_collect(NULL, &e->rows, err);
	/* A file with an invalid name is no service. */
	if (err->text[0])
		common_fail(err);
	*err = (struct err){ 0 };
	return 0;
}

/* "" if nothing says so: a service whose file is wrong has a row without a head. */
static const char *find_own_name(struct json_object *rows)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (json_member_bool(row, "self") && json_member_string(row, "head")[0])
			return json_member_string(row, "head");
	}
	return "";
}

static int choose_head(struct evacuate *e, struct err *err)
{
	int rc = 0;

	e->head = e->options->head ? e->options->head : find_own_name(e->rows);
	if (!e->head[0] && !json_object_array_length(e->rows))
		return 0;
	if (e->back || !cluster_find_node(&e->cluster, e->head))
		rc = cluster_check_head(&e->cluster, e->head, err);
	if (rc == 0 && e->options->to && strcmp(e->options->to, e->head) == 0)
		return err_set(err, BATON_EXIT_USAGE, 0,
			       "--to: %s is the head that is to be evacuated", e->head);
	if (rc == 0 && e->options->to)
		rc = cluster_check_head(&e->cluster, e->options->to, err);
	return rc;
}

static struct json_object *find_row(const struct evacuate *e, const char *service,
				    const char *head)
{
	for (size_t i = 0; i < json_object_array_length(e->rows); i++) {
		struct json_object *row = json_object_array_get_idx(e->rows, i);

		if (strcmp(json_member_string(row, "service"), service) == 0 &&
		    strcmp(json_member_string(row, "head"), head) == 0)
			return row;
	}
	return NULL;
}

static bool avoids(const struct cluster_resource *resource, const char *head)
{
	for (size_t i = 0; i < resource->n_preferred; i++)
		if (strcmp(resource->preferred[i].node, head) == 0 &&
		    resource->preferred[i].score < 0)
			return true;
	return false;
}

static int judge_head(const struct evacuate *e, const struct evacuation_move *m,
		      const struct cluster_resource *resource, const char *head)
{
	const char *only = e->back ? e->head : e->options->to;
	struct json_object *row = find_row(e, m->service, head), *agrees;

	if (strcmp(head, m->from) == 0 || (only && strcmp(head, only) != 0))
		return FIT_NOT;
	if (!row)
		return FIT_NODE;
	if (json_object_object_get_ex(row, "agrees", &agrees) &&
	    !json_object_get_boolean(agrees))
		return FIT_HAS_KEEPER;
	return strcmp(json_member_string(row, "state"), "standby") == 0 &&
			       !avoids(resource, head) &&
			       cluster_check_head(&e->cluster, head, NULL) == 0
		       ? FIT_READY
		       : FIT_HAS_KEEPER;
}

/* Is it one that has to be moved? Then m->from says from where. */
static bool has_to_move(const struct evacuate *e, struct evacuation_move *m,
			const struct cluster_resource *resource, const char *place,
			bool is_here)
{
	const char *state = json_member_string(find_row(e, m->service, e->head), "state");
	char home[CLUSTER_NAME];

	/* It may be here without Pacemaker's knowledge, or besides: then the move says so. */
	m->from = e->back && place ? place : e->head;
	if (!e->back)
		return is_here || strcmp(state, "serving") == 0 ||
		       strcmp(state, "partial") == 0;
	move_find_home(m->service, &e->cluster, resource, home);
	return strcmp(home, e->head) == 0 && strcmp(m->from, e->head) != 0;
}

/* A service that Pacemaker does not know, or has not started, may be served all the same. */
static void add_service(struct evacuate *e, const char *service)
{
	static struct cluster_resource resource;
	static struct cluster_state state;
	struct evacuation_move *m = &e->moves[e->n];
	const char *place = NULL;
	bool is_here = false;

	resource = (struct cluster_resource){ 0 };
	state = (struct cluster_state){ 0 };
	m->service = service;
	if (cluster_read_resource(&resource, e->cib, strlen(e->cib), service, time(NULL),
				  NULL) == 0)
		cluster_read_state(&state, e->monitor, strlen(e->monitor),
				   resource.primitive, NULL);
	for (size_t i = 0; i < e->cluster.n_nodes && state.n_heads; i++)
		if (strcmp(e->heads[i].name, state.heads[0]) == 0) {
			place = e->heads[i].name;
			e->heads[i].services++;
		}
	for (size_t i = 0; i < state.n_heads; i++)
		is_here |= strcmp(state.heads[i], e->head) == 0;
	if (!has_to_move(e, m, &resource, place, is_here))
		return;
	for (size_t i = 0; i < e->cluster.n_nodes; i++)
		m->fit[i] = judge_head(e, m, &resource, e->heads[i].name);
	e->n++;
}

static int plan(struct evacuate *e, struct err *err)
{
	size_t n = json_object_array_length(e->rows);
	const char *last = "";
	int rc;

	e->moves = calloc(n + 1, sizeof(*e->moves));
	if (!e->moves)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", e->head);
	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(e->rows, i);
		const char *service = json_member_string(row, "service");

		/* A service's rows follow each other. */
		if (strcmp(service, last) != 0)
			add_service(e, service);
		last = service;
	}
	rc = evacuation_sort(e->moves, e->n, e->options->order, err);
	evacuation_spread(e->moves, e->n, e->heads, e->cluster.n_nodes);
	return rc;
}

/* ---- what has been done */

static void show_end(const struct many_move *m, const struct common_options *options)
{
	struct json_object *warnings = json_object_object_get(m->told, "warnings");
	const char *from = json_member_string(m->told, "from"),
		   *to = json_member_string(m->told, "to");

	if (options->json)
		return;
	for (size_t i = 0; warnings && i < json_object_array_length(warnings); i++)
		fprintf(stderr, "baton: %s: %s\n", m->plan->service,
			json_object_get_string(json_object_array_get_idx(warnings, i)));
	/* Why it failed has been said by the move itself. */
	if (many_code(m) == 0 && options->dry_run)
		printf("%s: %s %s %s\n", m->plan->service, from, output_arrow(), to);
	else if (many_code(m) == 0)
		move_show_success(m->plan->service, from, to,
				  json_object_object_get(m->told, "record"));
	fflush(stdout);
}

/* How it went; the result is that of the first move, in order, that failed. */
static struct json_object *summarize(const struct evacuate *e, const struct many_move *v,
				     int64_t began)
{
	struct json_object *o = json_object_new_object(), *all = json_object_new_array();
	int moved = 0, failed = 0, left = 0, result = 0;
	double longest = 0;

	for (const struct many_move *m = v; m < v + e->n; m++) {
		struct json_object *record = json_object_object_get(m->told, "record");
		double pause = json_member_double(record, "pause_ms");
		int code = many_code(m);

		moved += !code;
		failed += code && !m->left;
		left += m->left;
		result = result ? result : code;
		longest = pause > longest ? pause : longest;
		json_object_array_add(all, json_object_get(m->told));
	}
	json_object_object_add(o, "head", json_object_new_string(e->head));
	json_object_object_add(o, "dry_run",
			       json_object_new_boolean(e->options->dry_run));
	json_object_object_add(o, "moves", all);
	json_object_object_add(o, "moved", json_object_new_int(moved));
	json_object_object_add(o, "failed", json_object_new_int(failed));
	json_object_object_add(o, "not_begun", json_object_new_int(left));
	json_object_object_add(o, "ms", json_object_new_int64(child_now_ms() - began));
	json_object_object_add(o, "pause_ms", json_object_new_double(longest));
	json_object_object_add(o, "result", json_object_new_int(result));
	return o;
}

static void show_nothing(const struct evacuate *e)
{
	if (!e->head[0])
		printf("no services here; nothing to do\n");
	else if (e->back)
		printf("no service that is at home on %s is served elsewhere; nothing to "
		       "do\n",
		       e->head);
	else
		printf("%s serves no service; nothing to do\n", e->head);
}

static void show_summary(const struct evacuate *e, struct json_object *o)
{
	int failed = (int)json_member_double(o, "failed"),
	    left = (int)json_member_double(o, "not_begun");
	double pause = json_member_double(o, "pause_ms");

	printf("%s %.0f of %zu services", e->options->dry_run ? "would move" : "moved",
	       json_member_double(o, "moved"), e->n);
	if (failed)
		printf(", %d failed", failed);
	if (left)
		printf(", %d not begun", left);
	if (!e->options->dry_run)
		printf(", in %.1f s", json_member_double(o, "ms") / 1000);
	if (pause > 0)
		printf(", longest pause %.2f s", pause / 1000);
	printf("\n");
}

static int carry_out(const struct evacuate *e)
{
	struct common_options options = *e->options;
	struct many_move *v = calloc(e->n + 1, sizeof(*v));
	int64_t began = child_now_ms();
	struct json_object *o;
	int signal, code;

	if (!v)
		return BATON_EXIT_RESOURCE;
	for (size_t i = 0; i < e->n; i++)
		v[i].plan = &e->moves[i];
	/* So that they are listed in order. */
	if (options.dry_run)
		options.jobs = 1;
	signal = many_run(v, e->n, &options, show_end);
	o = summarize(e, v, began);
	code = signal ? 128 + signal : (int)json_member_double(o, "result");
	if (e->options->json)
		output_json(stdout, o);
	else if (e->n)
		show_summary(e, o);
	else
		show_nothing(e);
	json_object_put(o);
	for (size_t i = 0; i < e->n; i++)
		json_object_put(v[i].told);
	free(v);
	return code;
}

int evacuate_run(const struct common_options *options, bool back)
{
	static struct evacuate e;
	struct err err = { 0 };
	int rc;

	e = (struct evacuate){ .options = options, .back = back };
	rc = software_check_root(&err);
	if (rc == 0)
		rc = look(&e, &err);
	if (rc == 0)
		rc = choose_head(&e, &err);
	if (rc == 0)
		rc = plan(&e, &err);
	rc = rc < 0 ? common_fail(&err) : carry_out(&e);
	free(e.cib);
	free(e.monitor);
	free(e.moves);
	json_object_put(e.rows);
	return rc;
}

int cmd_evacuate(int argc, char **argv)
{
	struct common_options options;

	if (common_parse(
		    argc, argv,
		    "Have Pacemaker move all services away from a head (default: this one), "
		    "for maintenance, each as by `baton move`. A move that fails does not keep "
		    "the others from being tried. `baton return` moves them back.",
		    COMMON_DRY_RUN | COMMON_TIMEOUT | COMMON_NO_REHEARSAL |
			    COMMON_OWN_HEAD | COMMON_MANY | COMMON_TO,
		    &options) < 0)
		return BATON_EXIT_USAGE;
	return evacuate_run(&options, false);
}

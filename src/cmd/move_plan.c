// SPDX-License-Identifier: GPL-2.0-or-later
/* move_plan: what a move would do, and whether it is possible; changes nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/move_internal.h"
#include "cmd/move_run.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/output.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "keeper/op.h"
#include "keeper/runner.h"
#include "os/pacemaker.h"

/* The target's keeper waits for its disk, and ours waits 20 s for that answer. */
#define INQUIRE_MS 25000

static void find_last_source(const char *name, char head[CLUSTER_NAME])
{
	struct json_object *last;
	struct paths paths;

	paths_init(&paths, name);
	last = ledger_find_last(&paths, "move", "done");
	snprintf(head, CLUSTER_NAME, "%s", json_member_string(last, "from"));
	json_object_put(last);
}

void move_find_home(const char *name, const struct cluster_state *state,
		    const struct cluster_resource *resource, char head[CLUSTER_NAME])
{
	const char *home = cluster_pick_home(state, resource);

	if (home)
		snprintf(head, CLUSTER_NAME, "%s", home);
	else
		find_last_source(name, head);
}

static int choose_head(struct move_run *r)
{
	if (r->options->head)
		snprintf(r->to, sizeof(r->to), "%s", r->options->head);
	else
		move_find_home(r->name, &r->state, &r->resource, r->to);
	if (r->to[0])
		return 0;
	return err_set(
		&r->err, BATON_EXIT_CLUSTER, 0,
		"no location constraint prefers a head that is online, and no move "
		"is known here; say where: baton move %s HEAD",
		r->name);
}

static int look(struct move_run *r, char **cib)
{
	const struct child_wait wait = move_wait_until(r, r->until_ms);
	int rc = pacemaker_query(cib, &wait, &r->err);

	if (rc == 0)
		rc = cluster_read_resource(&r->resource, *cib, strlen(*cib), r->name,
					   time(NULL), &r->err);
	if (rc == 0)
		rc = pacemaker_look(&r->state, r->resource.primitive, &wait, &r->err);
	if (rc == 0)
		rc = choose_head(r);
	if (rc == 0 && r->state.n_heads == 1)
		snprintf(r->from, sizeof(r->from), "%s", r->state.heads[0]);
	return rc;
}

static int rehearse(struct move_run *r, const char *cib)
{
	static struct cluster_state forth, back;
	const struct child_wait wait = move_wait_until(r, r->until_ms);
	int rc = pacemaker_rehearse(cib, &r->resource, r->to, &forth, &back, &wait,
				    &r->err);

	if (rc == 0)
		rc = cluster_check_forth(&forth, &r->resource, r->to, &r->cold, &r->err);
	if (rc == 0)
		rc = cluster_check_back(&back, &r->resource, r->to, &r->err);
	if (rc < 0)
		return rc;
	if (r->cold)
		move_warn(r,
			  "Pacemaker would stop and start it, with a longer pause: set "
			  "allow-migrate=true for %s",
			  r->resource.primitive);
	for (size_t i = 0; i < forth.n_actions; i++) {
		const struct cluster_action *a = &forth.actions[i];

		if (strcmp(a->resource, r->resource.primitive) != 0)
			move_warn(r, "Pacemaker would also %s %s%s%s%s%s", a->action,
				  a->resource, a->source[0] ? " from " : "", a->source,
				  a->dest[0] ? " to " : "", a->dest);
	}
	return 0;
}

static int inquire(struct move_run *r)
{
	struct json_object *o;
	struct paths paths;
	int fd, rc;

	paths_init(&paths, r->name);
	fd = ipc_connect(&paths, r->name, &r->err);
	if (fd < 0)
		return fd;
	o = json_object_new_object();
	json_object_object_add(o, "do", json_object_new_string("inquire"));
	json_object_object_add(o, "target", json_object_new_string(r->to));
	rc = ipc_ask(fd, o, INQUIRE_MS, NULL, NULL, NULL, &r->err);
	json_object_put(o);
	close(fd);
	return rc;
}

int move_prepare(struct move_run *r)
{
	_cleanup_free_ char *cib = NULL;
	int rc;

	move_start_clock(r);
	rc = look(r, &cib);
	if (rc < 0)
		return move_explain(r, rc, "");
	/* A giveback of a service that is at home already is no mistake. */
	if (!r->options->head && strcmp(r->from, r->to) == 0)
		return 0;
	rc = cluster_check_move(&r->state, &r->resource, r->to, &r->err);
	if (rc == 0 && !r->options->no_rehearsal)
		rc = move_explain(r, rehearse(r, cib),
				  ", --no-rehearsal skips the rehearsal");
	if (rc == 0)
		rc = inquire(r);
	return rc;
}

static void add_steps(struct json_object *steps, const char *head, enum phase phase)
{
	for (const struct step *s = runner_phase_steps(phase); s && s->name; s++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "head", json_object_new_string(head));
		json_object_object_add(o, "step", json_object_new_string(s->name));
		json_object_object_add(o, "help", json_object_new_string(s->help));
		json_object_array_add(steps, o);
	}
}

static void show_plan(const struct move_run *r, struct json_object *steps)
{
	printf("%s: %s %s %s; would do:\n", r->name, r->from, output_arrow(), r->to);
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *s = json_object_array_get_idx(steps, i);

		printf("  %s  %-11s %s\n", json_member_string(s, "head"),
		       json_member_string(s, "step"), json_member_string(s, "help"));
	}
}

void move_show_plan(const struct move_run *r)
{
	struct json_object *steps = json_object_new_array(), *o;

	/* The phases of keeper/handover.c, or stop and start. */
	if (!r->cold)
		add_steps(steps, r->to, PHASE_PREPARE);
	add_steps(steps, r->from, PHASE_SYNC);
	add_steps(steps, r->from, PHASE_STOP);
	if (r->cold)
		add_steps(steps, r->to, PHASE_ADMIT);
	add_steps(steps, r->to, PHASE_START);
	if (r->options->json) {
		o = move_summary(r);
		json_object_object_add(o, "dry_run", json_object_new_boolean(true));
		json_object_object_add(o, "steps", json_object_get(steps));
		output_json(stdout, o);
		json_object_put(o);
	} else {
		show_plan(r, steps);
	}
	json_object_put(steps);
}

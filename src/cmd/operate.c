// SPDX-License-Identifier: GPL-2.0-or-later
/* operate: start, stop or tear down a service, by its keeper or without one. */
#include "cmd/operate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/output.h"
#include "keeper/ipc.h"
#include "keeper/runner.h"
#include "keeper/standalone.h"
#include "keeper/standing.h"
#include "os/software.h"
#include "os/whois.h"

/* The longest deadline of a step plus a margin: after this the keeper itself hangs. */
#define ANSWER_MS 90000

/* What the command reports at its end. */
struct outcome {
	struct json_object *steps;
	bool show;
	bool changed;
	struct err err;
};

static void on_step(struct json_object *entry, void *data)
{
	struct outcome *outcome = data;

	if (outcome->show)
		common_show_step(entry, NULL);
	if (json_object_object_get_ex(entry, "slow", NULL))
		return;
	json_object_array_add(outcome->steps, json_object_get(entry));
}

static const char *said_state(enum operation operation)
{
	switch (operation) {
	case OPERATION_START:
	case OPERATION_CONFIRM:
	case OPERATION_TAKE:
	case OPERATION_MEND:
	case OPERATION_RELOAD:
		return "serving";
	case OPERATION_STOP:
	case OPERATION_LOSE:
	case OPERATION_HAND_OVER:
		return "stopped, in standby";
	case OPERATION_TEARDOWN:
		return "taken down";
	case OPERATION_STANDBY:
	case OPERATION_PREPARE:
		return "in standby";
	}
	return "?";
}

static struct json_object *begin_summary(const char *name, enum operation operation)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "service", json_object_new_string(name));
	json_object_object_add(o, "operation",
			       json_object_new_string(plan_operation_name(operation)));
	return o;
}

static int tell(const char *name, enum operation operation,
		const struct common_options *options, struct outcome *outcome)
{
	bool failed = outcome->err.text[0];

	if (options->json) {
		struct json_object *o = begin_summary(name, operation);

		json_object_object_add(o, "changed",
				       json_object_new_boolean(outcome->changed));
		json_object_object_add(
			o, "result", json_object_new_int(failed ? outcome->err.code : 0));
		if (failed)
			json_object_object_add(o, "error",
					       json_object_new_string(outcome->err.text));
		json_object_object_add(o, "steps", json_object_get(outcome->steps));
		output_json(stdout, o);
		json_object_put(o);
	} else if (!failed) {
		printf("%s: %s%s\n", name, outcome->changed ? "" : "already ",
		       said_state(operation));
	}
	json_object_put(outcome->steps);
	if (!failed)
		return BATON_EXIT_OK;
	fprintf(stderr, "baton: %s: %s\n", name, outcome->err.text);
	return outcome->err.code ? outcome->err.code : BATON_EXIT_FAILED;
}

static struct json_object *list_steps(const struct plan *plan)
{
	struct json_object *steps = json_object_new_array();

	for (size_t i = 0; plan->phases[i] != PHASE_END; i++)
		for (const struct step *s = runner_phase_steps(plan->phases[i]); s->name;
		     s++) {
			struct json_object *o = json_object_new_object();

			json_object_object_add(o, "step",
					       json_object_new_string(s->name));
			json_object_object_add(o, "help",
					       json_object_new_string(s->help));
			json_object_array_add(steps, o);
		}
	return steps;
}

static void show_plan(const char *name, enum operation operation,
		      const struct standing *standing, bool json)
{
	const struct plan plan = plan_make(operation, standing);
	const char *state = plan_state_name(plan_state(standing));
	struct json_object *steps = list_steps(&plan), *o;

	if (json) {
		o = begin_summary(name, operation);
		json_object_object_add(o, "dry_run", json_object_new_boolean(true));
		json_object_object_add(o, "state", json_object_new_string(state));
		json_object_object_add(o, "steps", steps);
		output_json(stdout, o);
		json_object_put(o);
		return;
	}
	printf("%s: %s; %s\n", name, state,
	       json_object_array_length(steps) ? "would do:" : "nothing to do");
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *s = json_object_array_get_idx(steps, i);

		printf("  %-11s %s\n", json_member_string(s, "step"),
		       json_member_string(s, "help"));
	}
	json_object_put(steps);
}

static int show_dry_run(const struct service *svc, enum operation operation, bool json)
{
	struct standing standing;
	struct err err = { 0 };
	struct op op;
	int rc = op_init(&op, svc, &err);

	if (rc == 0)
		rc = standing_look(&op, &standing, &err);
	op_release(&op);
	if (rc < 0) {
		err_wrap(&err, rc, "%s", svc->name);
		return common_fail(&err);
	}
	show_plan(svc->name, operation, &standing, json);
	return BATON_EXIT_OK;
}

static void ask_keeper(int fd, enum operation operation,
		       const struct common_options *options, struct outcome *outcome)
{
	struct json_object *request = json_object_new_object(), *result = NULL, *changed;

	json_object_object_add(request, "do",
			       json_object_new_string(plan_operation_name(operation)));
	if (options->takeover)
		json_object_object_add(request, "takeover",
				       json_object_new_boolean(true));
	ipc_ask(fd, request, ANSWER_MS, on_step, outcome, &result, &outcome->err);
	json_object_put(request);
	if (json_object_object_get_ex(result, "changed", &changed))
		outcome->changed = json_object_get_boolean(changed);
	json_object_put(result);
}

int operate(const char *name, enum operation operation,
	    const struct common_options *options, unsigned int how)
{
	struct outcome outcome = { .show = !options->json && isatty(STDOUT_FILENO) };
	struct service svc = { 0 };
	struct paths paths;
	int rc = 0, fd = -1;

	if (service_check_name(name, &outcome.err) < 0 ||
	    software_check_root(&outcome.err) < 0)
		return common_fail(&outcome.err);
	paths_init(&paths, name);
	if (!options->dry_run)
		fd = ipc_connect(&paths, name, &outcome.err);
	/* The keeper knows the service: a stop must not fail over a file being edited. */
	if (fd < 0 || !(how & OPERATE_WITHOUT_FILE))
		rc = how & OPERATE_WITHOUT_FILE ? common_load_served(&svc, name)
						: common_load(&svc, name);
	if (rc == 0 && options->dry_run) {
		rc = show_dry_run(&svc, operation, options->json);
	} else if (rc == 0) {
		outcome.steps = json_object_new_array();
		if (fd >= 0) {
			ask_keeper(fd, operation, options, &outcome);
		} else if (how & OPERATE_ALONE && outcome.err.code == BATON_EXIT_KEEPER) {
			const struct asker asker = whois_self(ASKER_COMMAND);

			outcome.err.text[0] = '\0';
			standalone_run(&svc, operation, &asker, svc.disk_timeout * 1000,
				       INT64_MAX, on_step, &outcome, &outcome.changed,
				       &outcome.err);
		}
		rc = tell(name, operation, options, &outcome);
	}
	if (fd >= 0)
		close(fd);
	service_free(&svc);
	return rc;
}

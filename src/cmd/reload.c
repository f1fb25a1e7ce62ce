// SPDX-License-Identifier: GPL-2.0-or-later
/* reload: apply a service file that was edited, on all heads. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "core/json.h"
#include "core/output.h"
#include "keeper/ipc.h"
#include "os/software.h"

/* Longer than a head may take to apply it (keeper/reload.c). */
#define ANSWER_MS 90000

static struct json_object *get_list(struct json_object *o, const char *key)
{
	struct json_object *list;

	return json_object_object_get_ex(o, key, &list) &&
			       json_object_is_type(list, json_type_array)
		       ? list
		       : NULL;
}

static void show_change(struct json_object *change)
{
	const char *old = json_member_string(change, "old"),
		   *new = json_member_string(change, "new"),
		   *when = json_member_string(change, "when");
	struct json_object *value;
	bool was = json_object_object_get_ex(change, "old", &value) && value;
	bool is = json_object_object_get_ex(change, "new", &value) && value;

	printf("  %s", json_member_string(change, "key"));
	if (was && is)
		printf(": %s %s %s", *old ? old : "none", output_arrow(),
		       *new ? new : "none");
	else
		printf(" %s: %s", was ? "removed" : "added", was ? old : new);
	if (*when && strcmp(when, "now") != 0)
		printf(", %s", when);
	putchar('\n');
}

/* Other heads; what is wrong with one of them is in the error. */
static void show_head(struct json_object *head, FILE *out)
{
	if (json_member_bool(head, "self") || json_member_string(head, "error")[0])
		return;
	fprintf(out, "  %s: %s\n", json_member_string(head, "head"),
		json_member_string(head, "outcome"));
}

static void show(const char *name, const struct common_options *options,
		 struct json_object *result)
{
	struct json_object *changes = get_list(result, "changes"),
			   *heads = get_list(result, "heads");
	bool changed = json_member_bool(result, "changed");

	printf("%s: %s\n", name,
	       !changed           ? "already so"
	       : options->dry_run ? "would be reloaded"
				  : "reloaded");
	for (size_t i = 0; changes && i < json_object_array_length(changes); i++)
		show_change(json_object_array_get_idx(changes, i));
	for (size_t i = 0; heads && i < json_object_array_length(heads); i++)
		show_head(json_object_array_get_idx(heads, i), stdout);
}

static void move_member(struct json_object *to, struct json_object *from, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(from, key, &value))
		json_object_object_add(to, key, json_object_get(value));
}

static void show_json(const char *name, const struct common_options *options,
		      struct json_object *result, const struct err *err)
{
	static const char *const keys[] = { "changed", "changes", "heads" };
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "service", json_object_new_string(name));
	json_object_object_add(o, "operation", json_object_new_string("reload"));
	json_object_object_add(o, "dry_run", json_object_new_boolean(options->dry_run));
	json_object_object_add(o, "result",
			       json_object_new_int(err->text[0] ? err->code : 0));
	if (err->text[0])
		json_object_object_add(o, "error", json_object_new_string(err->text));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		move_member(o, result, keys[i]);
	output_json(stdout, o);
	json_object_put(o);
}

static struct json_object *ask(int fd, const struct common_options *options,
			       struct err *err)
{
	struct json_object *request = json_object_new_object(), *result = NULL;
	bool shown = !options->json && isatty(STDOUT_FILENO);

	json_object_object_add(request, "do", json_object_new_string("reload"));
	json_object_object_add(request, "dry_run",
			       json_object_new_boolean(options->dry_run));
	ipc_ask(fd, request, ANSWER_MS, shown ? common_show_step : NULL, NULL, &result,
		err);
	json_object_put(request);
	return result;
}

int cmd_reload(int argc, char **argv)
{
	struct common_options options;
	struct json_object *result;
	struct err err = { 0 };
	struct paths paths;
	int fd;

	if (common_parse(
		    argc, argv,
		    "Apply the service file, which was edited, on all heads: while the "
		    "service is served, without a pause. If anything in it cannot be applied "
		    "on any head, nothing is.",
		    COMMON_DRY_RUN, &options) < 0)
		return BATON_EXIT_USAGE;
	if (service_check_name(options.name, &err) < 0 || software_check_root(&err) < 0)
		return common_fail(&err);
	paths_init(&paths, options.name);
	fd = ipc_connect(&paths, options.name, &err);
	if (fd < 0) {
		err_wrap(&err, fd, "%s", options.name);
		return common_fail(&err);
	}
	result = ask(fd, &options, &err);
	close(fd);
	if (options.json)
		show_json(options.name, &options, result, &err);
	else if (!err.text[0])
		show(options.name, &options, result);
	json_object_put(result);
	if (!err.text[0])
		return BATON_EXIT_OK;
	fprintf(stderr, "baton: %s: %s\n", options.name, err.text);
	return err.code ? err.code : BATON_EXIT_FAILED;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* status: what stands of each service on this head. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "core/output.h"
#include "keeper/survey.h"
#include "keeper/talk.h"
#include "sys/conffile.h"
#include "sys/software.h"
#include "sys/terminal.h"

/* Looking may block as long as knfsd does; an administrator waits so long. */
#define LOOK_MS   5000
#define KEEPER_MS 2000

static const struct column columns[] = {
	{ "service", "SERVICE", OUTPUT_LEFT, NULL },
	{ "state", "STATE", OUTPUT_LEFT, NULL },
	{ "keeper", "KEEPER", OUTPUT_LEFT, NULL },
	{ "addresses", "ADDRESS", OUTPUT_WRAP, NULL },
	{ "connections", "CONNS", OUTPUT_RIGHT, NULL },
	{ "clients.total", "CLIENTS", OUTPUT_RIGHT, NULL },
	{ "clients.holding", "HOLDING", OUTPUT_RIGHT, NULL },
	{ "clients.courtesy", "COURTESY", OUTPUT_RIGHT, NULL },
	{ "grace", "GRACE", OUTPUT_LEFT, NULL },
	{ "error", "ERROR", OUTPUT_WRAP, NULL },
	{ NULL, NULL, OUTPUT_LEFT, NULL },
};

/* "ok", what it is doing, or why it does not answer. */
static const char *ask_keeper(const struct service *svc, char *buf, size_t size)
{
	struct json_object *result = NULL, *state;
	struct err err = { 0 };
	struct paths paths;
	int fd;

	paths_init(&paths, svc->name);
	fd = talk_connect(&paths, svc->name, &err);
	if (fd < 0)
		return "absent";
	snprintf(buf, size, "silent");
	if (talk_request(fd, "status", KEEPER_MS, NULL, NULL, &result, &err) == 0 &&
	    json_object_object_get_ex(result, "state", &state))
		snprintf(buf, size, "%s", json_object_get_string(state));
	json_object_put(result);
	close(fd);
	return buf;
}

static struct json_object *describe(const struct service *svc, enum exit_code *code)
{
	struct json_object *o, *addresses = json_object_new_array();
	struct err err = { 0 };
	char buf[64];

	if (survey_collect(svc, LOOK_MS, &o, &err) < 0) {
		o = json_object_new_object();
		json_object_object_add(o, "state", json_object_new_string("unknown"));
		json_object_object_add(o, "error", json_object_new_string(err.text));
		*code = err.code;
	}
	json_object_object_add(o, "service", json_object_new_string(svc->name));
	json_object_object_add(o, "keeper",
			       json_object_new_string(ask_keeper(svc, buf, sizeof(buf))));
	for (size_t i = 0; i < svc->n_addresses; i++) {
		char ip[IPADDR_TEXT], text[IPADDR_TEXT + 8];

		snprintf(text, sizeof(text), "%s/%u",
			 ipaddr_format(&svc->addresses[i].ip, ip),
			 svc->addresses[i].prefixlen);
		json_object_array_add(addresses, json_object_new_string(text));
	}
	json_object_object_add(o, "addresses", addresses);
	json_object_object_add(o, "device", json_object_new_string(svc->device));
	return o;
}

static void add_service(struct json_object *rows, const char *name, enum exit_code *code)
{
	struct service svc = { 0 };
	struct err err = { 0 };

	if (config_load(&svc, name, NULL, &err) < 0) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "service", json_object_new_string(name));
		json_object_object_add(o, "state", json_object_new_string("unknown"));
		json_object_object_add(o, "error", json_object_new_string(err.text));
		json_object_array_add(rows, o);
		*code = err.code;
		return;
	}
	json_object_array_add(rows, describe(&svc, code));
	service_free(&svc);
}

int cmd_status(int argc, char **argv)
{
	struct json_object *rows;
	enum exit_code code = BATON_EXIT_OK;
	struct common_options options;
	struct err err = { 0 };

	if (common_parse(
		    argc, argv,
		    "Show what stands of a service, or of all, on this head: looked up now, "
		    "not remembered.",
		    COMMON_NAME_OPTIONAL, &options) < 0)
		return BATON_EXIT_USAGE;
	/* Others cannot look into /run/baton: to them everything would seem absent. */
	if ((options.name && service_check_name(options.name, &err) < 0) ||
	    software_check_root(&err) < 0)
		return common_fail(&err);
	rows = json_object_new_array();
	if (options.name) {
		add_service(rows, options.name, &code);
	} else {
		char **names = NULL;

		if (config_list(&names, NULL, &err) < 0)
			code = common_fail(&err);
		for (char **name = names; name && *name; name++)
			add_service(rows, *name, &code);
		config_list_free(names);
	}
	if (options.json)
		output_json(stdout, rows);
	else
		output_table(stdout, columns, rows, terminal_get_width(STDOUT_FILENO));
	json_object_put(rows);
	return code;
}

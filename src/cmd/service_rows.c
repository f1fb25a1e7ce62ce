// SPDX-License-Identifier: GPL-2.0-or-later
/* service_rows: the state of each service on every head, one row each, for status and metrics. */
#include "cmd/service_rows.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/json.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "keeper/status_child.h"
#include "os/conffile.h"
#include "os/served.h"
#include "os/software.h"

/* A look may block as long as knfsd does; an administrator waits this long. */
#define LOOK_MS 5000
/* The keeper answers for itself at once, for the other heads within 2 s. */
#define KEEPER_MS 2000
#define HEADS_MS  5000

static struct json_object *text(const char *s)
{
	return json_object_new_string(s);
}

static int ask(const struct service *svc, const char *what, int deadline_ms,
	       struct json_object **answer)
{
	struct err err = { 0 };
	struct paths paths;
	int fd, rc;

	*answer = NULL;
	paths_init(&paths, svc->name);
	fd = ipc_connect(&paths, svc->name, &err);
	if (fd < 0)
		return -ENOTCONN;
	rc = ipc_request(fd, what, deadline_ms, NULL, NULL, answer, &err);
	close(fd);
	return rc;
}

/* What this head's keeper is doing, or why it does not answer. */
static const char *ask_keeper(const struct service *svc, char *buf, size_t size)
{
	struct json_object *answer;
	int rc = ask(svc, "status", KEEPER_MS, &answer);
	const char *state = json_member_string(answer, "state");

	snprintf(buf, size, "%s",
		 state[0]          ? state
		 : rc == -ENOTCONN ? "absent"
				   : "silent");
	json_object_put(answer);
	return buf;
}

static void add_service(struct json_object *row, const struct service *svc)
{
	struct json_object *addresses = json_object_new_array();

	for (size_t i = 0; i < svc->n_addresses; i++) {
		char ip[IPADDR_TEXT], address[IPADDR_TEXT + 8];

		snprintf(address, sizeof(address), "%s/%u",
			 ipaddr_format(&svc->addresses[i].ip, ip),
			 svc->addresses[i].prefixlen);
		json_object_array_add(addresses, text(address));
	}
	json_object_object_add(row, "service", text(svc->name));
	json_object_object_add(row, "addresses", addresses);
	json_object_object_add(row, "device", text(svc->device));
}

/* Nothing counts the clients that hold nothing. */
static void add_idle(struct json_object *row)
{
	struct json_object *clients;
	int idle;

	if (!json_object_object_get_ex(row, "clients", &clients) ||
	    !json_object_is_type(clients, json_type_object))
		return;
	idle = (int)(json_member_double(clients, "total") -
		     json_member_double(clients, "holding"));
	json_object_object_add(clients, "idle", json_object_new_int(idle > 0 ? idle : 0));
}

static void add_error(struct json_object *row, const char *error)
{
	json_object_object_add(row, "state", text("unknown"));
	json_object_object_add(row, "error", text(error));
}

/* ---- only this head ---- */

static void add_last_move(struct json_object *row, const struct service *svc)
{
	struct json_object *last;
	struct paths paths;

	paths_init(&paths, svc->name);
	last = ledger_find_last(&paths, "move", NULL);
	if (last)
		json_object_object_add(row, "last", last);
}

static struct json_object *look_here(const struct service *svc, struct err *err)
{
	static struct json_object *software;
	struct json_object *row;
	struct utsname uts;

	if (status_child_collect(svc, status_child_add_clients, LOOK_MS, &row, err) < 0) {
		row = json_object_new_object();
		add_error(row, err->text);
	}
	/* Once for all services. */
	if (!software)
		software = software_describe();
	json_object_object_add(row, "software", json_object_get(software));
	uname(&uts);
	json_object_object_add(row, "head", text(uts.nodename));
	json_object_object_add(row, "self", json_object_new_boolean(true));
	json_object_object_add(row, "online", json_object_new_boolean(true));
	add_last_move(row, svc);
	return row;
}

/* ---- all heads, by the keeper ---- */

/* Copies the members of @entry that have the same name in a row. */
static void copy_known(struct json_object *row, struct json_object *entry)
{
	static const char *const keys[] = { "head",    "self",   "online",
					    "version", "digest", "cluster",
					    "last",    "agrees", "conflict" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct json_object *value;

		if (json_object_object_get_ex(entry, keys[i], &value) && value)
			json_object_object_add(row, keys[i], json_object_get(value));
	}
}

static struct json_object *make_row(struct json_object *entry)
{
	struct json_object *row, *value = NULL;
	const char *keeper = "ok";

	json_object_object_get_ex(entry, "facts", &value);
	row = json_object_is_type(value, json_type_object) ? json_object_get(value)
							   : json_object_new_object();
	copy_known(row, entry);
	if (!json_member_bool(entry, "online"))
		keeper = "offline";
	else if (json_object_object_get_ex(entry, "keeper", &value) &&
		 !json_object_get_boolean(value))
		keeper = "absent";
	else if (json_object_object_get_ex(entry, "error", &value)) {
		keeper = "silent";
		json_object_object_add(row, "error", json_object_get(value));
	}
	if (!json_member_string(row, "state")[0])
		json_object_object_add(row, "state", text("unknown"));
	json_object_object_add(row, "keeper", text(keeper));
	return row;
}

/* Adds this head, or the others; returns how many. */
static size_t add_entries(struct json_object *rows, struct json_object *heads, bool self)
{
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(heads); i++) {
		struct json_object *entry = json_object_array_get_idx(heads, i);

		if (json_member_bool(entry, "self") != self ||
		    !json_member_string(entry, "head")[0])
			continue;
		json_object_array_add(rows, make_row(entry));
		n++;
	}
	return n;
}

/* This head first, then the others in the cluster's order; false without this head. */
static bool add_heads(struct json_object *rows, const struct service *svc,
		      const char *doing)
{
	struct json_object *answer, *heads;
	size_t here = 0;

	if (ask(svc, "heads", HEADS_MS, &answer) == 0 &&
	    json_object_object_get_ex(answer, "heads", &heads) &&
	    json_object_is_type(heads, json_type_array)) {
		here = add_entries(rows, heads, true);
		if (here)
			json_object_object_add(json_object_array_get_idx(rows, 0),
					       "keeper", text(doing));
		add_entries(rows, heads, false);
	}
	json_object_put(answer);
	return here > 0;
}

/* ---- warnings ---- */

__attribute__((format(printf, 2, 3))) static void warn(struct json_object *row,
						       const char *fmt, ...)
{
	struct json_object *warnings;
	char line[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!json_object_object_get_ex(row, "warnings", &warnings)) {
		warnings = json_object_new_array();
		json_object_object_add(row, "warnings", warnings);
	}
	json_object_array_add(warnings, text(line));
}

static bool differ(struct json_object *a, struct json_object *b, const char *key)
{
	const char *va = json_member_string(a, key), *vb = json_member_string(b, key);

	/* "?" is the version of a keeper that has not introduced itself yet. */
	return va[0] && vb[0] && va[0] != '?' && vb[0] != '?' && strcmp(va, vb) != 0;
}

/* A keeper of 0.1.0 does not say whether they agree. */
static void compare_config(struct json_object *row, struct json_object *self)
{
	const char *head = json_member_string(row, "head"),
		   *conflict = json_member_string(row, "conflict");

	if (conflict[0])
		warn(row, "the configuration on %s differs from this head's: %s", head,
		     conflict);
	else if (!json_object_object_get_ex(row, "agrees", NULL) &&
		 differ(row, self, "digest"))
		warn(row, "the configuration on %s differs from this head's", head);
}

static void tell_if_edited(struct json_object *row)
{
	const char *error = json_member_string(row, "file_error"),
		   *service = json_member_string(row, "service");

	if (error[0])
		warn(row,
		     "the service file on %s is not the one in use, and is wrong: %s",
		     json_member_string(row, "head"), error);
	else if (json_member_bool(row, "file_edited"))
		warn(row,
		     "the service file on %s was edited and is not in use; "
		     "`baton reload %s` applies it",
		     json_member_string(row, "head"), service);
}

static bool holds_disk(struct json_object *row)
{
	struct json_object *guard = json_object_object_get(row, "guard");

	return strcmp(json_member_string(guard, "state"), "held") == 0;
}

/*
 * Whoever looks after the service should know what the disk does for it. A head that holds
 * it is registered alone: then what another one has noted of its own registration is over.
 */
static void tell_guard(struct json_object *row, bool is_held)
{
	const char *head = json_member_string(row, "head"), *state, *path;
	struct json_object *guard;

	if (!json_object_object_get_ex(row, "guard", &guard))
		return;
	state = json_member_string(guard, "state");
	path = json_member_string(guard, "unregistered");
	if (*path)
		warn(row,
		     "the path %s of %s is up and multipathd has not registered it: what is "
		     "written through it fails",
		     path, head);
	if (strcmp(json_member_string(guard, "kind"), "none") == 0 &&
	    strcmp(json_member_string(row, "state"), "serving") == 0)
		warn(row,
		     "only fencing keeps another head from writing to the disk (guard = "
		     "none); `baton check %s` says what the disk can do",
		     json_member_string(row, "service"));
	if (strcmp(state, "lost") == 0)
		warn(row, "another head has taken the disk from %s", head);
	else if (json_member_bool(guard, "silent") && !json_member_bool(row, "failed"))
		warn(row,
		     "the disk does not confirm the reservation of %s, which holds clients "
		     "off",
		     head);
	else if (strcmp(state, "kept") == 0 && !is_held)
		warn(row, "the disk stays reserved by %s, %s; see `baton guard %s`", head,
		     json_member_bool(guard, "unproven")
			     ? "because another head may still have it mounted"
			     : "which could not release it",
		     json_member_string(row, "service"));
}

static void tell_if_failed(struct json_object *row)
{
	struct json_object *guard = json_object_object_get(row, "guard");

	/* Who has lost the disk has shut it down itself. */
	if (json_member_bool(row, "failed") &&
	    strcmp(json_member_string(guard, "state"), "lost") != 0)
		warn(row,
		     "the filesystem has failed on %s (an I/O error: see the kernel's log), and "
		     "clients %s until the service is stopped and started",
		     json_member_string(row, "head"),
		     json_member_bool(guard, "silent") ? "are held off" : "get errors");
}

static void compare(struct json_object *rows)
{
	struct json_object *self = json_object_array_get_idx(rows, 0), *serving = NULL;
	bool is_held = false;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		is_held |= holds_disk(json_object_array_get_idx(rows, i));
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *head = json_member_string(row, "head");

		tell_if_edited(row);
		tell_if_failed(row);
		tell_guard(row, is_held);
		compare_config(row, self);
		if (differ(row, self, "version"))
			warn(row, "%s runs baton %s, this head %s", head,
			     json_member_string(row, "version"),
			     json_member_string(self, "version"));
		if (strcmp(json_member_string(row, "state"), "serving") != 0)
			continue;
		if (serving)
			warn(row, "%s serves it, and so does %s: power one of them off",
			     head, json_member_string(serving, "head"));
		serving = row;
	}
}

/* ---- all services ---- */

static void append(struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < json_object_array_length(from); i++)
		json_object_array_add(
			to, json_object_get(json_object_array_get_idx(from, i)));
}

/* The rows of a service with a valid file. */
static void look(struct json_object *rows, const struct service *svc, struct err *err)
{
	struct json_object *heads = json_object_new_array();
	char doing[64];

	ask_keeper(svc, doing, sizeof(doing));
	if (strcmp(doing, "absent") == 0 || strcmp(doing, "silent") == 0 ||
	    !add_heads(heads, svc, doing)) {
		struct json_object *row = look_here(svc, err);

		json_object_object_add(row, "keeper", text(doing));
		json_object_array_add(rows, row);
	}
	append(rows, heads);
	json_object_put(heads);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		add_service(row, svc);
		add_idle(row);
	}
	compare(rows);
}

static int add_rows(struct json_object *all, const char *name)
{
	struct json_object *rows = json_object_new_array();
	struct service svc = { 0 };
	struct err err = { 0 };

	if (served_load(&svc, name, &err) < 0) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "service", text(name));
		json_object_object_add(row, "self", json_object_new_boolean(true));
		add_error(row, err.text);
		json_object_array_add(rows, row);
	} else {
		look(rows, &svc, &err);
	}
	append(all, rows);
	json_object_put(rows);
	service_free(&svc);
	return err.code;
}

int service_rows_collect(const char *name, struct json_object **rows, struct err *err)
{
	char **names = NULL;
	int code = 0;

	*rows = json_object_new_array();
	if (name)
		return add_rows(*rows, name);
	if (config_list(&names, NULL, err) < 0)
		code = err->code;
	for (char **n = names; n && *n; n++) {
		int one = add_rows(*rows, *n);

		code = one ? one : code;
	}
	config_list_free(names);
	return code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* guard: who is registered at a service's disk, and the end of a registration that is left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "core/cleanup.h"
#include "core/guard.h"
#include "core/json.h"
#include "core/output.h"
#include "keeper/guard_clear.h"
#include "keeper/ipc.h"
#include "os/guardnote.h"
#include "os/lowerdisk.h"
#include "os/persist.h"
#include "os/software.h"
#include "os/terminal.h"

/* The other heads answer within 2 s. */
#define HEADS_MS 5000

static const struct table_column columns[] = {
	{ "DISK", "disk", 0, 0, false, "the disk beneath the service's device" },
	{ "HEAD", "head", 0, SCOLS_FL_WRAP, false, "whose key it is" },
	{ "KEY", "key", 0, 0, false, "by which it is registered" },
	{ "HOLDER", "holder", 0, 0, false, "does it hold the reservation?" },
	{ "PORT", "port", 0, SCOLS_FL_RIGHT, false, "relative target port of the path" },
	{ "INITIATOR", "initiator", 0.4, SCOLS_FL_WRAP, false,
	  "the other end of the path" },
	{ 0 },
};

/* What is known of the heads: from the keeper, else only this head's name. */
struct known {
	char self[MESSAGE_HEAD_MAX + 1];
	char all[GUARD_HEADS_MAX];
	struct json_object *heads;
};

static void ask_heads(struct known *known, const struct paths *paths, const char *name)
{
	struct json_object *answer = NULL;
	struct err err = { 0 };
	struct utsname uts;
	int fd = ipc_connect(paths, name, &err);

	uname(&uts);
	snprintf(known->self, sizeof(known->self), "%s", uts.nodename);
	if (fd >= 0 &&
	    ipc_request(fd, "heads", HEADS_MS, NULL, NULL, &answer, &err) == 0 &&
	    json_object_object_get_ex(answer, "heads", &known->heads))
		json_object_get(known->heads);
	if (fd >= 0)
		close(fd);
	json_object_put(answer);
	for (size_t i = 0; known->heads && i < json_object_array_length(known->heads);
	     i++) {
		struct json_object *o = json_object_array_get_idx(known->heads, i);
		const char *head = json_member_string(o, "head");
		size_t used = strlen(known->all);

		if (json_member_bool(o, "self"))
			snprintf(known->self, sizeof(known->self), "%s", head);
		snprintf(known->all + used, sizeof(known->all) - used, "%s%s",
			 used ? " " : "", head);
	}
	if (!known->all[0])
		snprintf(known->all, sizeof(known->all), "%s", known->self);
}

/* ---- looking */

static void add_registrant(struct json_object *rows, const char *disk,
			   const struct pr_registrant *r, const char *service,
			   const struct known *known)
{
	struct json_object *o = json_object_new_object();
	char text[GUARD_KEY_TEXT], head[MESSAGE_HEAD_MAX + 64];

	guard_name_head(r->key, service, known->all, head, sizeof(head));
	json_object_object_add(o, "disk", json_object_new_string(disk));
	json_object_object_add(o, "head", json_object_new_string(head));
	json_object_object_add(o, "key",
			       json_object_new_string(guard_format_key(r->key, text)));
	json_object_object_add(o, "holder", json_object_new_boolean(r->holder));
	if (r->initiator[0]) {
		json_object_object_add(o, "port", json_object_new_int(r->port));
		json_object_object_add(o, "initiator",
				       json_object_new_string(r->initiator));
	}
	json_object_array_add(rows, o);
}

/* Of a disk that does not tell its paths at least the keys are known. */
static int list_keys(const struct lowerdisk *disk, struct pr_registrant *v, size_t max,
		     struct err *err)
{
	struct pr_reservation reservation;
	struct pr_keys keys;
	int rc = persist_read_keys(disk, &keys, err);

	if (rc == 0)
		rc = persist_read_reservation(disk, &reservation, err);
	for (size_t i = 0; rc == 0 && i < keys.n && i < max; i++)
		v[i] = (struct pr_registrant){ .key = keys.v[i],
					       .holder = reservation.key == keys.v[i] };
	return rc < 0 ? rc : (int)keys.n;
}

static int look(struct json_object *rows, const struct service *svc,
		const struct known *known, struct err *err)
{
	struct pr_registrant *v = calloc(PR_KEYS_MAX, sizeof(*v));
	struct lowerdisk disk = { 0 };
	int rc = v ? lowerdisk_open(svc->device, &disk, err)
		   : err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", svc->name);

	if (rc == 0) {
		rc = persist_read_full_status(&disk, v, PR_KEYS_MAX, err);
		if (rc == -EOPNOTSUPP)
			rc = list_keys(&disk, v, PR_KEYS_MAX, err);
		for (int k = 0; k < rc && k < PR_KEYS_MAX; k++)
			add_registrant(rows, disk.name, &v[k], svc->name, known);
	}
	lowerdisk_close(&disk);
	free(v);
	return rc < 0 ? rc : 0;
}

static void say_note(const struct guardnote *note, const char *name)
{
	time_t since = note->since;
	char when[32];
	struct tm tm;

	strftime(when, sizeof(when), "%F %T", localtime_r(&since, &tm));
	if (note->state == GUARDNOTE_HELD)
		printf("%s: this head has it since %s%s\n", name, when,
		       guard_key_is_unproven(note->key)
			       ? "; when it started, a head that it was taken from had "
				 "not said itself that it had let go of the disk"
			       : "");
	else if (note->state == GUARDNOTE_KEPT)
		printf("%s: stopped here, and the disk stays reserved by this head, %s\n",
		       name,
		       guard_key_is_unproven(note->key)
			       ? "because another one may still have it mounted"
			       : "which could not release it");
	else if (note->state == GUARDNOTE_LOST)
		printf("%s: another head has taken the disk from this one\n", name);
}

static int show(const struct service *svc, const struct known *known,
		const struct guardnote *note, const struct common_options *options)
{
	struct json_object *rows = json_object_new_array(), *o;
	struct err err = { 0 };

	if (look(rows, svc, known, &err) < 0) {
		json_object_put(rows);
		err_wrap(&err, 0, "%s", svc->name);
		return common_fail(&err);
	}
	if (options->json) {
		o = json_object_new_object();
		json_object_object_add(o, "service", json_object_new_string(svc->name));
		json_object_object_add(
			o, "guard",
			json_object_new_string(service_guard_name(svc->guard)));
		json_object_object_add(
			o, "state",
			json_object_new_string(guardnote_state_name(note->state)));
		if (note->state != GUARDNOTE_NONE) {
			json_object_object_add(o, "since",
					       json_object_new_int64(note->since));
			json_object_object_add(o, "unproven",
					       json_object_new_boolean(
						       guard_key_is_unproven(note->key)));
		}
		json_object_object_add(o, "registered", rows);
		output_json(stdout, o);
		json_object_put(o);
		return BATON_EXIT_OK;
	}
	say_note(note, svc->name);
	if (json_object_array_length(rows))
		table_print(stdout, &options->table, rows,
			    terminal_get_width(STDOUT_FILENO));
	else
		printf("%s: nobody is registered at %s\n", svc->name, svc->device);
	json_object_put(rows);
	return BATON_EXIT_OK;
}

/* ---- clearing */

/* By the key as it is shown, or by the name of a head. */
static int find_key(uint64_t *key, const char *who, struct json_object *rows,
		    struct err *err)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *o = json_object_array_get_idx(rows, i);
		const char *text = json_member_string(o, "key");

		if (strcmp(who, text) != 0 &&
		    strcmp(who, json_member_string(o, "head")) != 0)
			continue;
		*key = strtoull(text, NULL, 16);
		return 0;
	}
	err_set(err, BATON_EXIT_USAGE, 0, "'%.60s' is not registered at the disk", who);
	return -ENOENT;
}

/* What the keeper of a head says; NULL = nothing. */
static struct json_object *facts_of(const struct known *known, const char *head)
{
	struct json_object *facts;

	for (size_t i = 0; known->heads && i < json_object_array_length(known->heads);
	     i++) {
		struct json_object *o = json_object_array_get_idx(known->heads, i);

		if (strcmp(json_member_string(o, "head"), head) == 0)
			return json_object_object_get_ex(o, "facts", &facts) ? facts
									     : NULL;
	}
	return NULL;
}

static bool confirm(const char *what)
{
	char answer[16];

	if (!isatty(STDIN_FILENO))
		return false;
	printf("%s\nIs it off, or was it started again since? If it still has the disk "
	       "mounted, it can then write again.\nType yes to go on: ",
	       what);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
}

/* May the key go? A head that answers is believed, of another one somebody must know. */
static int check_owner(uint64_t key, const struct service *svc, const struct known *known,
		       bool takeover, struct err *err)
{
	char head[MESSAGE_HEAD_MAX + 64];
	bool is_known = guard_name_head(key, svc->name, known->all, head, sizeof(head));
	struct json_object *facts = is_known ? facts_of(known, head) : NULL;

	if (facts &&
	    (json_member_bool(facts, "mounted") || json_member_bool(facts, "held"))) {
		err_set(err, BATON_EXIT_PEER, 0, "%s has the disk (%s); stop it there",
			head, json_member_string(facts, "state"));
		return -EBUSY;
	}
	/* It keeps off a third head, of which nobody has heard. */
	if (guard_key_is_unproven(key) && guard_is_batons(key)) {
		snprintf(
			head, sizeof(head),
			"a head that the disk was taken from has not said itself that it "
			"has let go of it");
		facts = NULL;
	} else if (is_known && strcmp(head, known->self) == 0) {
		return 0;
	}
	if (facts || takeover || confirm(head))
		return 0;
	err_set(err, BATON_EXIT_PEER, 0,
		"%.200s%s. If that is known to be off, or was started again since: add "
		"--takeover",
		head, guard_key_is_unproven(key) ? "" : " does not answer");
	return -EBUSY;
}

static int clear(const struct service *svc, const struct known *known,
		 const struct paths *paths, const struct common_options *options)
{
	struct json_object *rows = json_object_new_array();
	struct err err = { 0 };
	uint64_t key = 0;
	int rc = look(rows, svc, known, &err);

	if (rc == 0)
		rc = find_key(&key, options->clear, rows, &err);
	if (rc == 0)
		rc = check_owner(key, svc, known, options->takeover, &err);
	if (rc == 0)
		rc = guard_clear(svc, paths, known->self, key, &err);
	json_object_put(rows);
	if (rc < 0) {
		err_wrap(&err, 0, "%s", svc->name);
		return common_fail(&err);
	}
	printf("%s: %s is no longer registered\n", svc->name, options->clear);
	return BATON_EXIT_OK;
}

int cmd_guard(int argc, char **argv)
{
	struct common_options options;
	struct known known = { 0 };
	struct service svc = { 0 };
	struct err err = { 0 };
	struct paths paths;
	int rc;

	if (common_parse_table(
		    argc, argv,
		    "Show who is registered at a service's disk (guard = reservation), by "
		    "which path, and since when this head serves. With --clear, end the "
		    "registration of a head that will not come back.",
		    COMMON_CLEAR | COMMON_TAKEOVER, columns, &options) < 0)
		return BATON_EXIT_USAGE;
	if (service_check_name(options.name, &err) < 0 || software_check_root(&err) < 0)
		return common_fail(&err);
	rc = common_load_served(&svc, options.name);
	if (rc == 0) {
		const struct guardnote note =
			(paths_init(&paths, svc.name), guardnote_read(&paths));

		ask_heads(&known, &paths, svc.name);
		rc = options.clear ? clear(&svc, &known, &paths, &options)
				   : show(&svc, &known, &note, &options);
	}
	json_object_put(known.heads);
	service_free(&svc);
	return rc;
}

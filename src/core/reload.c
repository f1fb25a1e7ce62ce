// SPDX-License-Identifier: GPL-2.0-or-later
/* reload: what differs between two versions of a service file, and can it be applied? */
#include "core/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/strlist.h"

static void add_gateway(struct strlist *values, const struct ipaddr *gateway)
{
	char text[IPADDR_TEXT];

	if (gateway->family)
		strlist_add(values, "%s", ipaddr_format(gateway, text));
}

static void add_addresses(struct strlist *values, const struct service *svc)
{
	char text[IPADDR_TEXT];

	for (size_t i = 0; i < svc->n_addresses; i++) {
		const struct address *a = &svc->addresses[i];

		strlist_add(values, "%s/%u@%s", ipaddr_format(&a->ip, text), a->prefixlen,
			    a->link);
	}
}

static void add_versions(struct strlist *values, unsigned int versions)
{
	static const char *const minor[] = { "4.0", "4.1", "4.2" };

	for (size_t i = 0; i < sizeof(minor) / sizeof(minor[0]); i++)
		if (versions & (VERSION_4_0 << i))
			strlist_add(values, "%s", minor[i]);
}

/* The value of a key as in a service file; exports are compared one by one. */
static char *format_value(const struct service *svc, enum key_id key)
{
	struct strlist values = { 0 };
	char *text;

	switch (key) {
	case KEY_DEVICE:
		strlist_add(&values, "%s", svc->device);
		break;
	case KEY_FSTYPE:
		strlist_add(&values, "%s", svc->fstype);
		break;
	case KEY_OPTIONS:
		strlist_add(&values, "%s", svc->options);
		break;
	case KEY_ADDRESS:
		add_addresses(&values, svc);
		break;
	case KEY_GATEWAY:
		add_gateway(&values, &svc->gateway4);
		add_gateway(&values, &svc->gateway6);
		break;
	case KEY_LEASE:
		strlist_add(&values, "%u", svc->lease);
		break;
	case KEY_GRACE:
		strlist_add(&values, "%u", svc->grace);
		break;
	case KEY_COURTESY:
		strlist_add(&values, "%u", svc->courtesy);
		break;
	case KEY_DRAIN:
		strlist_add(&values, "%u", svc->drain);
		break;
	case KEY_DISK_TIMEOUT:
		strlist_add(&values, "%u", svc->disk_timeout);
		break;
	case KEY_THREADS:
		strlist_add(&values, "%u", svc->threads);
		break;
	case KEY_GUARD:
		strlist_add(&values, "%s", service_guard_name(svc->guard));
		break;
	case KEY_GUARD_TIMEOUT:
		strlist_add(&values, "%u", svc->guard_timeout);
		break;
	case KEY_LINK:
		strlist_add(&values, "%s", service_link_name(svc->link));
		break;
	case KEY_VERSIONS:
		add_versions(&values, svc->versions);
		break;
	case KEY_EXPORT:
	case KEY_COUNT:
		break;
	}
	text = strlist_join(&values, " ");
	strlist_free(&values);
	return text;
}

static char *format_export(const struct export *e)
{
	bool quoted = strchr(e->path, ' ') != NULL;
	char *text = NULL;

	return asprintf(&text, quoted ? "\"%s\" %s" : "%s %s", e->path, e->clients) < 0
		       ? NULL
		       : text;
}

/* Takes over both texts. */
static int add(struct reload_changes *changes, enum key_id key, char *before, char *after)
{
	const struct reload_change change = { key, before, after };

	if ((before || after) && array_add(changes, &change) == 0)
		return 0;
	free(before);
	free(after);
	return -ENOMEM;
}

static int compare_value(struct reload_changes *changes, enum key_id key,
			 const struct service *before, const struct service *after)
{
	char *a = format_value(before, key), *b = format_value(after, key);

	if (a && b && strcmp(a, b) != 0)
		return add(changes, key, a, b);
	free(a);
	free(b);
	return a && b ? 0 : -ENOMEM;
}

static const struct export *find_export(const struct service *svc, const char *path)
{
	for (size_t i = 0; i < svc->n_exports; i++)
		if (strcmp(svc->exports[i].path, path) == 0)
			return &svc->exports[i];
	return NULL;
}

static int compare_exports(struct reload_changes *changes, const struct service *before,
			   const struct service *after)
{
	int rc = 0;

	for (size_t i = 0; i < before->n_exports && rc == 0; i++) {
		const struct export *old = &before->exports[i];
		const struct export *now = find_export(after, old->path);

		if (!now)
			rc = add(changes, KEY_EXPORT, format_export(old), NULL);
		else if (strcmp(old->clients, now->clients) != 0)
			rc = add(changes, KEY_EXPORT, format_export(old),
				 format_export(now));
	}
	for (size_t i = 0; i < after->n_exports && rc == 0; i++)
		if (!find_export(before, after->exports[i].path))
			rc = add(changes, KEY_EXPORT, NULL,
				 format_export(&after->exports[i]));
	return rc;
}

int reload_compare(struct reload_changes *changes, const struct service *before,
		   const struct service *after)
{
	int rc = 0;

	for (enum key_id key = 0; key < KEY_COUNT && rc == 0; key++)
		rc = key == KEY_EXPORT ? compare_exports(changes, before, after)
				       : compare_value(changes, key, before, after);
	return rc;
}

int reload_check(const struct service *before, const struct service *after, bool serving,
		 struct err *err)
{
	struct reload_changes changes = { 0 };
	int rc = reload_compare(&changes, before, after);

	if (rc < 0)
		err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "compare the files");
	for (size_t i = 0; i < changes.n && rc == 0 && serving; i++)
		if (keys[changes.v[i].key].reload == RELOAD_NEVER)
			rc = err_set(err, BATON_EXIT_CONFIG, 0,
				     "%s cannot be changed while the service is served: "
				     "stop it, then `baton reload %s`, then start it",
				     keys[changes.v[i].key].name, before->name);
	/* The new lease holds only from the next start on, the new drain from now. */
	if (rc == 0 && serving && after->drain != before->drain &&
	    after->drain * 2 > before->lease)
		rc = err_set(
			err, BATON_EXIT_CONFIG, 0,
			"drain: %u is longer than half of the lease that holds until "
			"the next start, %u: stop it, then `baton reload %s`, then "
			"start it",
			after->drain, before->lease, before->name);
	reload_free(&changes);
	return rc == -EINVAL ? -EBUSY : rc;
}

bool reload_is_same(const struct service *before, const struct service *after)
{
	struct reload_changes changes = { 0 };
	bool same = strcmp(before->digest, after->digest) == 0 &&
		    reload_compare(&changes, before, after) == 0 && changes.n == 0;

	reload_free(&changes);
	return same;
}

const char *reload_when(enum key_id key)
{
	switch (keys[key].reload) {
	case RELOAD_STOP:
		return "at the next stop";
	case RELOAD_START:
		return "at the next start";
	case RELOAD_NEVER:
	case RELOAD_NOW:
		break;
	}
	return NULL;
}

/* All changes together have to fit into an answer of the keeper. */
#define TEXT_MAX 300

static void add_text(struct json_object *o, const char *key, const char *text)
{
	char cut[TEXT_MAX + sizeof("...")];
	size_t n = TEXT_MAX;

	if (text && strlen(text) > n) {
		/* Not within a character of UTF-8. */
		while (n > 0 && (text[n] & 0xc0) == 0x80)
			n--;
		snprintf(cut, sizeof(cut), "%.*s...", (int)n, text);
		text = cut;
	}
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

struct json_object *reload_to_json(const struct reload_changes *changes, bool serving)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < changes->n; i++) {
		const struct reload_change *c = &changes->v[i];
		struct json_object *o = json_object_new_object();
		const char *when = serving ? reload_when(c->key) : NULL;

		add_text(o, "key", keys[c->key].name);
		add_text(o, "old", c->before);
		add_text(o, "new", c->after);
		add_text(o, "when", when ? when : "now");
		json_object_array_add(list, o);
	}
	return list;
}

void reload_free(struct reload_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		free(changes->v[i].before);
		free(changes->v[i].after);
	}
	free(changes->v);
	memset(changes, 0, sizeof(*changes));
}

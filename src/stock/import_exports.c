// SPDX-License-Identifier: GPL-2.0-or-later
/* import_exports: the exports of a stock service -> lines of a service file. */
#include "stock/import_exports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/export_option.h"
#include "core/text.h"
#include "core/mounttable.h"

/* Defaults that exportfs writes out in its table. */
static bool is_default(const char *option)
{
	return text_has_word("sync wdelay hide nocrossmnt secure root_squash "
			     "no_all_squash no_subtree_check secure_locks acl no_pnfs "
			     "anonuid=65534 anongid=65534",
			     option);
}

/* Is there only sec=sys, so that the options after it just repeat those before it? */
static bool is_plain_sys(const char *options)
{
	const char *sec = strstr(options, "sec=");

	return sec && strncmp(sec, "sec=sys", 7) == 0 && (!sec[7] || sec[7] == ',') &&
	       !strstr(sec + 1, "sec=");
}

static int add_client(struct import *t, FILE *out, const struct stock_group *stock,
		      const struct stock_export *e)
{
	_cleanup_free_ char *copy = strdup(e->options), *scratch = NULL;
	bool v6 = strchr(e->client, ':') != NULL;
	bool plain = !stock->in_cluster && is_plain_sys(e->options);
	size_t size;
	FILE *none = open_memstream(&scratch, &size);
	const char *comma = "";
	char *rest = copy;

	if (!copy || !none) {
		if (none)
			fclose(none);
		return -ENOMEM;
	}
	fputc(' ', out);
	/* exportfs(8) wants brackets around IPv6 addresses, exports(5) does not. */
	for (const char *c = e->client; *c; c++)
		if (!v6 || !strchr("[]", *c))
			fputc(*c, out);
	fputc('(', out);
	while (*e->options && rest) {
		char *item = strsep(&rest, ",");
		struct err why = { 0 };

		if (plain && strcmp(item, "sec=sys") == 0)
			break;
		if (!*item || (!stock->in_cluster && is_default(item)))
			continue;
		if (exportopt_copy(none, item, &why)) {
			strlist_add(&t->remarks, "export %s for %s: %s", e->path,
				    e->client, why.text);
			continue;
		}
		fprintf(out, "%s%s", comma, item);
		comma = ",";
	}
	fputc(')', out);
	fclose(none);
	return 0;
}

/* A host, network, wildcard or @netgroup: nothing that would be read as several words. */
static bool is_single(const char *client)
{
	return *client && !strpbrk(client, " \t()\"");
}

/* Why an export cannot belong to the service, or NULL. */
static const char *find_fault(const struct stock_group *stock,
			      const struct stock_export *e)
{
	if (!e->inside)
		return "it is in another filesystem";
	if (!is_single(e->client))
		return "its client is not a single name";
	for (size_t i = 0; i < stock->n_exports; i++) {
		const struct stock_export *outer = &stock->exports[i];
		const char *below =
			outer->inside && is_single(outer->client)
				? mounttable_find_below(outer->inside, e->inside)
				: NULL;

		if (below && *below)
			return "it is inside another export; its clients will reach it "
			       "through that one, with its rights";
	}
	return NULL;
}

/* Is it the first export of its path? */
static bool is_first(const struct stock_group *stock, size_t k)
{
	for (size_t i = 0; i < k; i++) {
		const struct stock_export *e = &stock->exports[i];

		if (e->inside && is_single(e->client) &&
		    strcmp(e->inside, stock->exports[k].inside) == 0)
			return false;
	}
	return true;
}

static void add_mount_line(struct import *t, const struct stock_group *stock,
			   const struct stock_export *e)
{
	const char *now =
		stock->root ? mounttable_find_below(stock->root, e->path) : NULL;
	const struct address *a = &stock->addresses[0];
	bool v6 = stock->n_addresses && a->ip.family == AF_INET6;
	char ip[IPADDR_TEXT] = "ADDRESS";

	if (stock->n_addresses)
		ipaddr_format(&a->ip, ip);
	now = now ? now : e->path;
	strlist_add(&t->mounts, "%s%s%s:/%s%s, until now :%s", v6 ? "[" : "", ip,
		    v6 ? "]" : "", t->name, e->inside, *now ? now : "/");
}

static int add_export(struct import *t, const struct stock_group *stock, size_t k)
{
	const char *inside = stock->exports[k].inside;
	const char *quote = strchr(inside, ' ') ? "\"" : "";
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int rc = out ? 0 : -ENOMEM;

	if (rc < 0)
		return rc;
	fprintf(out, "export = %s%s%s", quote, *inside ? inside : "/", quote);
	for (size_t i = k; i < stock->n_exports && rc == 0; i++) {
		const struct stock_export *e = &stock->exports[i];

		if (e->inside && is_single(e->client) && strcmp(e->inside, inside) == 0)
			rc = add_client(t, out, stock, e);
	}
	if (fclose(out))
		rc = -ENOMEM;
	if (rc == 0)
		strlist_add(&t->keys, "%s", text);
	return rc;
}

int import_exports_add(struct import *t, const struct stock_group *stock, struct err *err)
{
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < stock->n_exports && rc == 0; i++) {
		const struct stock_export *e = &stock->exports[i];
		const char *fault = find_fault(stock, e);

		if (fault)
			strlist_add(&t->remarks,
				    "export %s for %s is not carried over: %s", e->path,
				    e->client, fault);
		if (!e->inside || !is_single(e->client) || !is_first(stock, i))
			continue;
		add_mount_line(t, stock, e);
		if (fault)
			continue;
		any = true;
		rc = add_export(t, stock, i);
	}
	if (rc == 0 && !any)
		return err_set(err, BATON_EXIT_CONFIG, 0, "%s: nothing of %s is exported",
			       stock->id, stock->directory);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* group: the model of a service that runs under stock agents. */
#include "stock/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stock_group *stock_groups_add(struct stock_groups *stocks, const char *id)
{
	struct stock_group *more = reallocarray(stocks->v, stocks->n + 1, sizeof(*more));
	struct stock_group *stock;

	if (!more)
		return NULL;
	stocks->v = more;
	stock = &more[stocks->n];
	memset(stock, 0, sizeof(*stock));
	stock->id = strdup(id);
	if (!stock->id)
		return NULL;
	stocks->n++;
	return stock;
}

static void free_stock(struct stock_group *s)
{
	for (size_t i = 0; i < s->n_exports; i++) {
		free(s->exports[i].path);
		free(s->exports[i].inside);
		free(s->exports[i].client);
		free(s->exports[i].options);
	}
	free(s->exports);
	free(s->id);
	free(s->device);
	free(s->directory);
	free(s->fstype);
	free(s->options);
	free(s->root);
	free(s->unmanaged);
	free(s->fault);
	strlist_free(&s->replaced);
	strlist_free(&s->others);
	strlist_free(&s->meta);
	strlist_free(&s->prefers);
	strlist_free(&s->remarks);
}

void stock_groups_free(struct stock_groups *stocks)
{
	for (size_t i = 0; i < stocks->n; i++)
		free_stock(&stocks->v[i]);
	free(stocks->v);
	free(stocks->scope);
	strlist_free(&stocks->ids);
	memset(stocks, 0, sizeof(*stocks));
}

int group_add_export(struct stock_group *stock, const char *path, const char *inside,
		     const char *client, const char *options)
{
	struct stock_export *e;
	size_t len = strlen(path);

	e = reallocarray(stock->exports, stock->n_exports + 1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	stock->exports = e;
	e += stock->n_exports++;
	while (len > 1 && path[len - 1] == '/')
		len--;
	e->path = strndup(path, len);
	e->inside = inside ? strdup(inside) : NULL;
	e->client = strdup(client);
	e->options = strdup(options);
	return e->path && !inside == !e->inside && e->client && e->options ? 0 : -ENOMEM;
}

const char *group_find_option(const char *options, const char *name, size_t *len)
{
	const char *value = NULL;
	size_t n = strlen(name);

	for (const char *p = options; (p = strstr(p, name)); p += n)
		if ((p == options || p[-1] == ',') && p[n] == '=')
			value = p + n + 1;
	*len = value ? strcspn(value, ",") : 0;
	return value;
}

bool group_is_root(const char *options)
{
	size_t len;
	const char *fsid = group_find_option(options, "fsid", &len);

	return (len == 1 && *fsid == '0') ||
	       (len == 4 && strncmp(fsid, "root", len) == 0);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* stockhead: exported filesystems, from the exports and the mounts of a head. */
#include "core/stock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/etab.h"

struct reader {
	struct stocks *stocks;
	const struct stock_mount *mounts;
	size_t n;
	const char *group;
	struct lines left; /* exports that cannot move, and why */
};

static struct stock *find_stock(struct stocks *stocks, const struct stock_mount *mount)
{
	for (size_t i = 0; i < stocks->n; i++)
		if (strcmp(stocks->v[i].id, mount->directory) == 0)
			return &stocks->v[i];

	struct stock *stock = stocks_add(stocks, mount->directory);

	if (!stock)
		return NULL;
	stock->device = strdup(mount->source);
	stock->directory = strdup(mount->directory);
	stock->fstype = strdup(mount->fstype);
	stock->options = strdup(mount->options);
	return stock->device && stock->directory && stock->fstype && stock->options
		       ? stock
		       : NULL;
}

static bool is_meant(const struct reader *r, const char *directory)
{
	return !r->group || strcmp(directory, r->group) == 0 ||
	       strcmp(strrchr(directory, '/') + 1, r->group) == 0;
}

static int take_entry(const char *path, const char *client, const char *options,
		      void *data)
{
	struct reader *r = data;
	const struct stock_mount *mount = stock_find_mount(r->mounts, r->n, path);
	struct stock *stock;

	if (!mount || strcmp(mount->directory, "/") == 0 ||
	    strncmp(mount->source, "/dev/", 5) != 0) {
		lines_add(&r->left,
			  "export %s for %s is not carried over: it is in the filesystem "
			  "%s (%s), which cannot move",
			  path, client, mount ? mount->directory : "/",
			  mount ? mount->source : "?");
		return 0;
	}
	if (!is_meant(r, mount->directory))
		return 0;
	stock = find_stock(r->stocks, mount);
	return stock ? stock_add_export(stock, path, client, options) : -ENOMEM;
}

int stocks_read_exports(struct stocks *stocks, const char *text, size_t len,
			const char *file, const struct stock_mount *mounts, size_t n,
			const char *group, struct err *err)
{
	struct reader r = { .stocks = stocks, .mounts = mounts, .n = n, .group = group };
	int rc = etab_parse(text, len, file, take_entry, &r, err);

	for (size_t i = 0; i < stocks->n && rc == 0; i++)
		for (size_t k = 0; k < r.left.n; k++)
			lines_add(&stocks->v[i].remarks, "%s", r.left.v[k]);
	if (rc == 0 && r.left.failed)
		rc = -ENOMEM;
	if (rc == 0 && stocks->n == 0) {
		if (group)
			err_set(err, BATON_EXIT_CONFIG, 0,
				"%s exports nothing of a filesystem mounted on %s", file,
				group);
		else
			err_set(err, BATON_EXIT_CONFIG, 0,
				"%s exports nothing of a filesystem that could move%s%s",
				file, r.left.n ? ": " : "", r.left.n ? r.left.v[0] : "");
		rc = -ENOENT;
	}
	lines_free(&r.left);
	return rc == -ENOMEM ? err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "read %s", file)
			     : rc;
}

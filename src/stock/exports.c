// SPDX-License-Identifier: GPL-2.0-or-later
/* exports: the exported filesystems of a head, from its exports and mounts. */
#include "stock/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/mounttable.h"
#include "stock/etab.h"

struct reader {
	struct stock_groups *stocks;
	const struct mounttable_entry *mounts;
	size_t n;
	const char *group;
	char *root;          /* what is exported with fsid=0, or NULL */
	struct strlist left; /* exports that cannot move, and why */
};

/* The mount that shows most of a disk: the head's own root, else the topmost one. */
static const struct mounttable_entry *find_whole(const struct reader *r, dev_t dev)
{
	const struct mounttable_entry *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct mounttable_entry *m = &r->mounts[i];

		if (m->dev != dev)
			continue;
		if (strcmp(m->directory, "/") == 0)
			return m;
		if (!best || strlen(m->root) < strlen(best->root))
			best = m;
	}
	return best;
}

static struct stock_group *find_stock(struct stock_groups *stocks,
				      const struct mounttable_entry *whole)
{
	for (size_t i = 0; i < stocks->n; i++)
		if (strcmp(stocks->v[i].id, whole->directory) == 0)
			return &stocks->v[i];

	struct stock_group *stock = stock_groups_add(stocks, whole->directory);

	if (!stock)
		return NULL;
	stock->device = strdup(whole->source);
	stock->directory = strdup(whole->directory);
	stock->fstype = strdup(whole->fstype);
	stock->options = strdup(whole->options);
	return stock->device && stock->directory && stock->fstype && stock->options
		       ? stock
		       : NULL;
}

/* Is the group one of the disk's mount points, or the last part of one? */
static bool is_meant(const struct reader *r, dev_t dev)
{
	for (size_t i = 0; i < r->n && r->group; i++) {
		const char *directory = r->mounts[i].directory;

		if (r->mounts[i].dev == dev &&
		    (strcmp(directory, r->group) == 0 ||
		     strcmp(strrchr(directory, '/') + 1, r->group) == 0))
			return true;
	}
	return !r->group;
}

/*
 * Where a path of @mount is if the disk is mounted like @whole; NULL if it is not in
 * there. With btrfs, only a part of the disk may be mounted (subvol=).
 */
static int find_inside(char **inside, const struct mounttable_entry *whole,
		       const struct mounttable_entry *mount, const char *path)
{
	_cleanup_free_ char *top = NULL, *full = NULL;
	bool partial = strcmp(whole->fstype, "btrfs") == 0;
	size_t len;
	const char *subvol = group_find_option(whole->options, "subvol", &len);
	const char *below;

	top = partial && subvol ? strndup(subvol, len) : strdup("/");
	if (!top || asprintf(&full, "%s%s", strcmp(mount->root, "/") ? mount->root : "",
			     mounttable_find_below(mount->directory, path)) < 0)
		return -ENOMEM;
	below = mounttable_find_below(top, full);
	*inside = below ? strdup(below) : NULL;
	return below && !*inside ? -ENOMEM : 0;
}

static int take_entry(const char *path, const char *client, const char *options,
		      void *data)
{
	struct reader *r = data;
	const struct mounttable_entry *mount = mounttable_find(r->mounts, r->n, path);
	const struct mounttable_entry *whole = mount ? find_whole(r, mount->dev) : NULL;
	_cleanup_free_ char *inside = NULL;
	struct stock_group *stock;

	if (!r->root && group_is_root(options)) {
		r->root = strdup(path);
		if (!r->root)
			return -ENOMEM;
	}
	if (!mount || strcmp(whole->directory, "/") == 0 ||
	    strncmp(mount->source, "/dev/", 5) != 0) {
		strlist_add(
			&r->left,
			"export %s for %s is not carried over: it is in the filesystem "
			"%s (%s), which cannot move",
			path, client, mount ? whole->directory : "/",
			mount ? mount->source : "?");
		return 0;
	}
	if (!is_meant(r, mount->dev))
		return 0;
	stock = find_stock(r->stocks, whole);
	if (!stock || find_inside(&inside, whole, mount, path) < 0)
		return -ENOMEM;
	return group_add_export(stock, path, inside, client, options);
}

int exports_read_groups(struct stock_groups *stocks, const char *text, size_t len,
			const char *file, const struct mounttable_entry *mounts, size_t n,
			const char *group, struct err *err)
{
	struct reader r = { .stocks = stocks, .mounts = mounts, .n = n, .group = group };
	int rc = etab_parse(text, len, file, take_entry, &r, err);

	for (size_t i = 0; i < stocks->n && rc == 0; i++) {
		struct stock_group *stock = &stocks->v[i];

		for (size_t k = 0; k < r.left.n; k++)
			strlist_add(&stock->remarks, "%s", r.left.v[k]);
		stock->root = r.root ? strdup(r.root) : NULL;
		if (r.root && !stock->root)
			rc = -ENOMEM;
	}
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
	strlist_free(&r.left);
	free(r.root);
	return rc == -ENOMEM ? err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "read %s", file)
			     : rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* mounts: what is mounted in the caller's mount namespace. */
#include "os/mounts.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>

struct mounts {
	struct libmnt_table *table;
	struct mounttable_entry *v;
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* The strings belong to libmount's table. */
static void fill(struct mounts *m)
{
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	for (size_t n = 0; it && mnt_table_next_fs(m->table, it, &fs) == 0; n++)
		m->v[n] = (struct mounttable_entry){
			.source = or_empty(mnt_fs_get_source(fs)),
			.directory = or_empty(mnt_fs_get_target(fs)),
			.fstype = or_empty(mnt_fs_get_fstype(fs)),
			.options = or_empty(mnt_fs_get_options(fs)),
			.root = or_empty(mnt_fs_get_root(fs)),
			.dev = mnt_fs_get_devno(fs),
		};
	mnt_free_iter(it);
}

int mounts_read(struct mounts **mounts, const struct mounttable_entry **v, size_t *n,
		struct err *err)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (m)
		m->table = mnt_new_table_from_file("/proc/self/mountinfo");
	if (m && m->table) {
		*n = mnt_table_get_nents(m->table);
		m->v = calloc(*n + 1, sizeof(*m->v));
	}
	if (!m || !m->table || !m->v) {
		int rc = err_set(err, BATON_EXIT_RESOURCE, errno ? errno : ENOMEM,
				 "read /proc/self/mountinfo");

		mounts_free(m);
		return rc;
	}
	fill(m);
	*mounts = m;
	*v = m->v;
	return 0;
}

void mounts_free(struct mounts *mounts)
{
	if (!mounts)
		return;
	mnt_unref_table(mounts->table);
	free(mounts->v);
	free(mounts);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record: the clientele of an address, in a directory on the shared disk, or of each head.
 *
 * Packets are sent by it, so the directory must be root's alone. A disk may hang: what
 * touches it is done by a child, but for the reading at start, which the disk is up for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "sever/cluster.h"
#include "sever/internal.h"
#include "sys/aside.h"
#include "sys/child.h"
#include "sys/file.h"

/* A healthy disk has long written it, and clients wait meanwhile. */
#define PATIENCE_MS 3000

/* What the child is to write. */
struct writing {
	const struct sever *sever;
	const char *text;
};

static void name_record(const struct sever *s, char path[PATH_MAX])
{
	char name[CLIENTELE_NAME];

	snprintf(path, PATH_MAX, "%s/%s", s->state,
		 clientele_name(&s->ip, s->port, name));
}

static int64_t until(const struct sever *s)
{
	int64_t soon = child_now_ms() + PATIENCE_MS;

	return soon < s->until_ms ? soon : s->until_ms;
}

static int check_directory(const struct sever *s, struct err *err)
{
	_cleanup_close_ int fd =
		open(s->state, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && s->cluster && errno == ENOENT)
		return err_set(err, BATON_EXIT_CLUSTER, 0,
			       "baton-record.service does not run here");
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "%s", s->state);
	if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, BATON_EXIT_FAILED, EPERM,
			       "%s: others than root may write there", s->state);
	return 0;
}

static int work_prepare(void *data, struct err *err)
{
	const struct sever *s = data;

	if (!s->cluster && mkdir(s->state, 0700) < 0 && errno != EEXIST)
		return err_set(err, BATON_EXIT_FAILED, errno, "%s", s->state);
	return check_directory(s, err);
}

/* Told to the heads, it comes back to our own receiver, which writes it. */
static int work_store(void *data, struct err *err)
{
	const struct writing *w = data;
	_cleanup_free_ char *have = NULL;
	char path[PATH_MAX];
	size_t len;
	int rc = check_directory(w->sever, err);

	if (rc < 0)
		return rc;
	name_record(w->sever, path);
	if (file_read_all(path, CONNS_MAX_LEN, &have, &len) == 0 &&
	    len == strlen(w->text) && memcmp(have, w->text, len) == 0)
		return 0;
	if (w->sever->cluster)
		return cluster_tell(basename(path), w->text, until(w->sever), err);
	rc = file_replace(path, w->text, strlen(w->text), 1);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "%s", path) : 0;
}

int record_prepare(const struct sever *s, struct err *err)
{
	return aside_run(work_prepare, (void *)s, s->state, until(s), err);
}

int record_store(const struct sever *s, const struct clientele *clientele,
		 struct err *err)
{
	_cleanup_free_ char *text = clientele_format(clientele);
	struct writing w = { s, text };

	/* No clients at all is what a cut network looks like: keep what we know. */
	if (clientele->conns.n == 0)
		return 0;
	if (!text)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "record");
	return aside_run(work_store, &w, s->state, until(s), err);
}

int record_load(const struct sever *s, struct clientele *clientele, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	size_t len;
	int rc = check_directory(s, err);

	memset(clientele, 0, sizeof(*clientele));
	if (rc < 0)
		return rc;
	name_record(s, path);
	rc = file_read_all(path, CONNS_MAX_LEN, &text, &len);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_set(err, BATON_EXIT_FAILED, -rc, "%s", path);
	rc = clientele_parse(clientele, &s->ip, s->port, text, len, err);
	return rc < 0 ? err_wrap(err, rc, "%s", path) : 0;
}

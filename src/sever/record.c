// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record: the record of an address, in a directory on the shared disk or on each head.
 *
 * Packets are sent from it, so the directory must be root's alone. Where clients can
 * write around it, its name can be replaced at any moment, so it is opened once, and
 * everything else uses that descriptor. The disk may hang, and the directory may not be
 * on a disk that is there, so a child does the work.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/file.h"
#include "os/timed_child.h"
#include "sever/cluster.h"
#include "sever/internal.h"

/* A healthy disk would have written it by then, and clients wait meanwhile. */
#define PATIENCE_MS 3000

/* Data for the child that writes. */
struct writing {
	const struct sever *sever;
	const char *text;
};

/* Results of the child that reads: its memory is shared with us. */
struct reading {
	const struct sever *sever;
	bool make;
	bool found;
	size_t len;
	char text[CONNS_MAX_LEN];
};

/* The root filesystem never leaves its head, so a mount must be missing. */
static int check_filesystem(const struct sever *s, const struct stat *st, struct err *err)
{
	struct stat root;

	if (s->cluster || stat("/", &root) < 0 || st->st_dev != root.st_dev)
		return 0;
	return err_set(err, BATON_EXIT_FAILED, 0,
		       "%s: on this head's root filesystem: is the disk mounted?",
		       s->state);
}

/* A slash at the end would follow a link. */
static void name_directory(const struct sever *s, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s", s->state);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/';)
		path[--n] = '\0';
}

int record_open_directory(const struct sever *s, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, rc;

	name_directory(s, path);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && s->cluster && errno == ENOENT) {
		err_set(err, BATON_EXIT_CLUSTER, 0,
			"baton-record.service does not run here");
		return -ENOENT;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		rc = err_set(err, BATON_EXIT_FAILED, errno, "%s", s->state);
	else
		rc = check_filesystem(s, &st, err);
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int make_directory(const struct sever *s, struct err *err)
{
	char path[PATH_MAX], parent[PATH_MAX];
	struct stat st;
	int rc;

	name_directory(s, path);
	name_directory(s, parent);
	if (stat(dirname(parent), &st) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "%s", s->state);
	rc = check_filesystem(s, &st, err);
	if (rc == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		rc = err_set(err, BATON_EXIT_FAILED, errno, "%s", s->state);
	return rc;
}

/* It must be root's alone; @make: make it if it is missing. */
static int open_own(const struct sever *s, bool make, struct err *err)
{
	int fd = record_open_directory(s, err), rc;
	struct stat st;

	if (fd == -ENOENT && make && !s->cluster) {
		rc = make_directory(s, err);
		fd = rc < 0 ? rc : record_open_directory(s, err);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		rc = err_set(err, BATON_EXIT_FAILED, errno, "%s", s->state);
	else if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		rc = err_set(err, BATON_EXIT_FAILED, EPERM,
			     "%s: users other than root may write there", s->state);
	else
		return fd;
	close(fd);
	return rc;
}

/* Gives the record's name, and a path through the directory, which is returned open. */
static int locate(const struct sever *s, bool make, char name[CLIENT_RECORD_NAME],
		  char path[PATHS_MAX], struct err *err)
{
	int fd = open_own(s, make, err);

	client_record_name(&s->ip, s->port, name);
	snprintf(path, PATHS_MAX, "/proc/self/fd/%d/%s", fd, name);
	return fd;
}

/* A record sent to the heads comes back to our own receiver, which writes it. */
static int work_store(void *data, struct err *err)
{
	const struct writing *w = data;
	const struct sever *s = w->sever;
	char path[PATHS_MAX], name[CLIENT_RECORD_NAME];
	_cleanup_close_ int fd = locate(s, true, name, path, err);
	_cleanup_free_ char *have = NULL;
	size_t len;
	int rc;

	if (fd < 0)
		return fd;
	if (file_read_all(path, CONNS_MAX_LEN, &have, &len) == 0 &&
	    len == strlen(w->text) && memcmp(have, w->text, len) == 0)
		return 0;
	if (s->cluster)
		return cluster_tell(name, w->text, sever_until(s, PATIENCE_MS), err);
	rc = file_replace(path, w->text, strlen(w->text), 1);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "%s/%s", s->state, name) : 0;
}

int record_store(const struct sever *s, const struct client_record *record,
		 struct err *err)
{
	_cleanup_free_ char *text = client_record_format(record);
	struct writing w = { s, text };

	/* No clients at all is what a cut network looks like: keep the old record. */
	if (record->conns.n == 0)
		return 0;
	if (!text)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "record");
	return timed_child_run(work_store, &w, s->state, sever_until(s, PATIENCE_MS),
			       err);
}

static int work_load(void *data, struct err *err)
{
	struct reading *r = data;
	const struct sever *s = r->sever;
	char path[PATHS_MAX], name[CLIENT_RECORD_NAME];
	_cleanup_close_ int fd = locate(s, r->make, name, path, err);
	_cleanup_free_ char *text = NULL;
	size_t len;
	int rc;

	if (fd < 0)
		return fd;
	rc = file_read_all(path, sizeof(r->text), &text, &len);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_set(err, BATON_EXIT_FAILED, -rc, "%s/%s", s->state, name);
	memcpy(r->text, text, len);
	r->len = len;
	r->found = true;
	return 0;
}

int record_load(const struct sever *s, bool make, struct client_record *record,
		struct err *err)
{
	struct reading *r = timed_child_share(sizeof(*r));
	char name[CLIENT_RECORD_NAME];
	int rc;

	memset(record, 0, sizeof(*record));
	if (!r)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "record");
	r->sever = s;
	r->make = make;
	rc = timed_child_run(work_load, r, s->state, sever_until(s, PATIENCE_MS), err);
	if (rc == 0 && r->found) {
		rc = client_record_parse(record, &s->ip, s->port, r->text, r->len, err);
		if (rc < 0)
			err_wrap(err, rc, "%s/%s", s->state,
				 client_record_name(&s->ip, s->port, name));
	}
	timed_child_unshare(r, sizeof(*r));
	return rc;
}

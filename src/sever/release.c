// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * release: the NFSv4 state of the clients of an address that leaves.
 *
 * An open file pins its filesystem. The kernel keeps a client that is gone for as long as
 * nobody wants what it holds (a courtesy client, since 5.19), so waiting for its lease
 * does not help. First the kernel is asked to revoke what is held on the filesystem. What
 * it could not revoke (before 6.9) goes with the client itself. Both may wait for calls
 * that hang with a disk, so a child does it, with children of its own for the clients
 * that may hang.
 */
#include "sever/release_verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "os/child.h"
#include "os/nfsd.h"
#include "os/timed_child.h"
#include "sever/internal.h"

/* For counting lock holders, while clients or a disk wait; for ending one client. */
#define COUNT_MS 1000
#define END_MS   2000

/* Results of the child, valid even if it does not end. */
struct counts {
	unsigned int ended;
	unsigned int shared;
};

struct releasing {
	const struct sever *sever;
	const struct conns *ours;
	const struct conns *others;
	bool revoke;
	dev_t fs;
	struct counts *counts;
};

/* Data for read_holding(). */
struct reading {
	struct holding holding;
	dev_t fs;
};

static int add_held(const struct held *held, void *data)
{
	struct reading *r = data;

	holding_add(&r->holding, held, r->fs);
	return 0;
}

static int read_holding(const char *dir, const char *number, dev_t fs,
			struct holding *holding)
{
	struct reading r = { .fs = fs };
	int rc = nfsd_walk_held(dir, number, add_held, &r);

	*holding = r.holding;
	return rc;
}

/* The child's counts, valid even if it does not end. */
struct counting {
	const struct conns *conns;
	unsigned int n;
};

static int may_be_lock(const struct held *held, void *data)
{
	return (held->lock || held->delegated) && !held->revoked;
}

static int count_one(const char *dir, const char *number, struct client *client,
		     void *data)
{
	struct counting *c = data;

	if (release_came_by(client, c->conns) &&
	    nfsd_walk_held(dir, number, may_be_lock, NULL) == 1)
		c->n++;
	free(client->id);
	return 0;
}

static int work_count(void *data, struct err *err)
{
	return nfsd_walk_clients(NFSD_CLIENTS, count_one, data);
}

unsigned int release_count_lockers(const struct sever *s, const struct conns *conns)
{
	struct counting *c = conns->n ? timed_child_share(sizeof(*c)) : NULL;
	unsigned int n;

	if (!c)
		return 0;
	c->conns = conns;
	timed_child_run(work_count, c, "count locks", sever_until(s, COUNT_MS), NULL);
	n = c->n;
	timed_child_unshare(c, sizeof(*c));
	return n;
}

/* Ending a client waits for its hung calls; the other clients need not wait for it. */
struct ending {
	const char *dir;
	const char *number;
};

static int work_end(void *data, struct err *err)
{
	const struct ending *e = data;

	return nfsd_expire_client(e->dir, e->number);
}

static int end_client(const struct releasing *r, const char *dir, const char *number)
{
	struct ending e = { dir, number };
	int rc = timed_child_run(work_end, &e, number, sever_until(r->sever, END_MS),
				 NULL);

	r->counts->ended += rc == 0;
	return rc;
}

static int release_one(const char *dir, const char *number, struct client *client,
		       void *data)
{
	const struct releasing *r = data;
	struct holding holding;
	int rc = read_holding(dir, number, r->fs, &holding);

	if (rc == -ENOENT || rc == -ENXIO) {
		rc = 0;
	} else if (rc == 0) {
		switch (release_judge(client, &holding, r->fs != 0, r->ours, r->others)) {
		case RELEASE_NOTHING:
			break;
		case RELEASE_SHARED:
			r->counts->shared++;
			break;
		case RELEASE_DUE:
			rc = end_client(r, dir, number);
			break;
		}
	}
	free(client->id);
	return rc;
}

/* The device that nfs4_show_superblock() shows. On some filesystems (btrfs) stat(2) gives
 * another one; then clients are recognised only by their connections. */
static dev_t find_filesystem(const struct sever *s)
{
	_cleanup_close_ int fd =
		s->state && !s->cluster ? record_open_directory(s, NULL) : -1;
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_dev : 0;
}

static int work_revoke(void *data, struct err *err)
{
	_cleanup_close_ int fd = record_open_directory(data, err);

	return fd < 0 ? fd : nfsd_release_filesystem(NFSD_UNLOCK, fd, err);
}

static int work_release(void *data, struct err *err)
{
	struct releasing *r = data;
	const struct sever *s = r->sever;
	int rc;

	r->fs = find_filesystem(s);
	/* What is held then shows the effect. If it hangs, clients can still be ended. */
	if (r->fs && r->revoke)
		timed_child_run(work_revoke, (void *)s, "revoke",
				sever_until(s, (s->until_ms - child_now_ms()) / 2), NULL);
	rc = nfsd_walk_clients(NFSD_CLIENTS, release_one, r);
	if (rc == 0 || rc == -ENOENT)
		return 0;
	return err_set(err, BATON_EXIT_FAILED, -rc, "%s", NFSD_CLIENTS);
}

static void tell(const struct sever *s, const struct counts *counts)
{
	if (counts->ended)
		sever_say(s, false, "%u client%s ended, with the NFSv4 state of each",
			  counts->ended, counts->ended == 1 ? "" : "s");
	if (counts->shared)
		sever_say(s, true,
			  "%u client%s by another address of this head and may keep "
			  "files of this filesystem open: see `baton check --shared`",
			  counts->shared, counts->shared == 1 ? " comes" : "s come");
}

int release_state(const struct sever *s, const struct conns *ours,
		  const struct conns *others, bool revoke, struct err *err)
{
	struct counts *counts = timed_child_share(sizeof(*counts));
	struct releasing r = { s, ours, others, revoke, 0, counts };
	int rc;

	if (!counts)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "release NFSv4 state");
	rc = timed_child_run(work_release, &r, "release NFSv4 state", s->until_ms, err);
	tell(s, counts);
	timed_child_unshare(counts, sizeof(*counts));
	return rc;
}

int sever_release(const struct sever *s, struct err *err)
{
	_cleanup_conns_ struct conns ours = { 0 }, others = { 0 };
	_cleanup_close_ int fd = -1;
	struct diag *diag;
	int rc;

	if (s->state && !s->cluster) {
		fd = record_open_directory(s, err);
		if (fd < 0)
			return fd;
	}
	rc = diag_open(&diag, err);
	if (rc < 0)
		return rc;
	rc = sever_list(s, diag, &ours, &others, err);
	diag_close(diag);
	return rc < 0 ? rc : release_state(s, &ours, &others, true, err);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * release: the NFSv4 state of the clients of an address that leaves.
 *
 * An open file pins its filesystem, and a client that has gone is kept for as long as
 * nobody wants what it holds (a courtesy client, from 5.19 on), so waiting for its lease
 * does not help. First the kernel is asked to revoke what is held on the filesystem; what
 * it could not (before 6.9) goes with the client itself. Both may wait for calls that hang
 * with the disk, so a child does it.
 */
#include "core/release.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sever/internal.h"
#include "sys/aside.h"
#include "sys/nfsd.h"

/* What the child tells, also when it does not end. */
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

/* What read_holding() collects. */
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

struct counting {
	const struct conns *conns;
	unsigned int n;
};

static int count_one(const char *dir, const char *number, struct client *client,
		     void *data)
{
	struct counting *c = data;
	struct holding holding;

	if (release_came_by(client, c->conns) &&
	    read_holding(dir, number, 0, &holding) == 0 && holding.locks)
		c->n++;
	free(client->id);
	return 0;
}

unsigned int release_count_lockers(const struct conns *conns)
{
	struct counting c = { conns, 0 };

	/* Only a warning hangs on it. */
	if (conns->n)
		nfsd_walk_clients(NFSD_CLIENTS, count_one, &c);
	return c.n;
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
			rc = nfsd_expire_client(dir, number);
			r->counts->ended += rc == 0;
			break;
		}
	}
	free(client->id);
	return rc;
}

/* The device that nfs4_show_superblock() shows; of some filesystems (btrfs) stat(2) tells
 * another, and then clients are known by their connections alone. */
static dev_t find_filesystem(const struct sever *s)
{
	struct stat st;

	return s->state && !s->cluster && stat(s->state, &st) == 0 ? st.st_dev : 0;
}

static int work_release(void *data, struct err *err)
{
	struct releasing *r = data;
	int rc;

	r->fs = find_filesystem(r->sever);
	/* What it did is seen by what is held then. */
	if (r->fs && r->revoke)
		nfsd_release_filesystem(NFSD_UNLOCK, r->sever->state, NULL);
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
	struct counts *counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct releasing r = { s, ours, others, revoke, 0, counts };
	int rc;

	if (counts == MAP_FAILED)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "release NFSv4 state");
	rc = aside_run(work_release, &r, "release NFSv4 state", s->until_ms, err);
	tell(s, counts);
	munmap(counts, sizeof(*counts));
	return rc;
}

int sever_release(const struct sever *s, struct err *err)
{
	_cleanup_conns_ struct conns ours = { 0 }, others = { 0 };
	struct diag *diag;
	int rc = diag_open(&diag, err);

	if (rc < 0)
		return rc;
	rc = sever_list(s, diag, &ours, &others, err);
	diag_close(diag);
	return rc < 0 ? rc : release_state(s, &ours, &others, true, err);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* nfsdheld: how much clients hold, in the knfsd of the caller's namespaces. */
#include "os/nfsdheld.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/client.h"
#include "os/child.h"
#include "os/nfsd.h"

#define CALLS "/proc/net/rpc/nfsd"
/* Not every single one checks the clock. */
#define BATCH 64

struct counting {
	struct holdings *holdings;
	int64_t until_ms;
	uint32_t count;
	uint32_t locks;
	bool late;
};

static bool is_late(struct counting *c, uint32_t n)
{
	if (n % BATCH == 0 && child_now_ms() >= c->until_ms)
		c->late = true;
	return c->late;
}

static int count_held(const struct held *held, void *data)
{
	struct counting *c = data;

	if (!held->revoked) {
		c->count++;
		c->locks += held->lock;
	}
	return is_late(c, c->count);
}

static int count_client(const char *dir, const char *number, struct client *client,
			void *data)
{
	struct counting *c = data;
	int rc = 0;

	c->count = 0;
	if (!is_late(c, 0))
		rc = nfsd_walk_held(dir, number, count_held, c);
	/* Treat it as a timeout, so that nobody takes the count as complete. */
	if (rc == -E2BIG) {
		c->late = true;
		rc = 0;
	}
	if (rc >= 0)
		rc = holdings_add(c->holdings, client->id, client->len, c->count);
	free(client->id);
	return rc == -ENOENT || rc == -ENXIO ? 0 : rc;
}

/* Counts the byte ranges beyond one for each lock. */
static int count_ranges(const char *locks, const char *fs, struct counting *c)
{
	_cleanup_fclose_ FILE *f = fopen(locks, "re");
	_cleanup_free_ char *line = NULL;
	uint32_t n = 0, ours = 0;
	struct stat st;
	size_t room = 0;
	dev_t dev;

	if (!f || stat(fs, &st) < 0)
		return -errno;
	while (!is_late(c, ++n) && getline(&line, &room, f) > 0)
		ours += holding_parse_range(line, &dev) && dev == st.st_dev;
	c->holdings->ranges = ours > c->locks ? ours - c->locks : 0;
	return 0;
}

int nfsdheld_count(const char *dir, const char *locks, const char *fs, int64_t until_ms,
		   struct holdings *holdings)
{
	struct counting c = { .holdings = holdings, .until_ms = until_ms };
	int rc = nfsd_walk_clients(dir, count_client, &c);

	if (rc == 0 && c.locks && locks)
		rc = count_ranges(locks, fs, &c);
	return rc < 0 ? rc : c.late ? -ETIMEDOUT : 0;
}

int nfsdheld_open_calls(void)
{
	int fd = open(CALLS, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int nfsdheld_read_calls(int fd, struct holding_calls *calls)
{
	char text[4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return holding_parse_calls(calls, text);
}

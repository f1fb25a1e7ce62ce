// SPDX-License-Identifier: GPL-2.0-or-later
/* guard_paths: is each path to a guarded disk registered? */
#include "keeper/guard_paths.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "os/file.h"
#include "os/persist.h"

bool guard_paths_find(const struct lowerdisk *disk, uint64_t key, char name[32])
{
	struct lowerdisk one = *disk;
	struct pr_keys keys;
	bool is_held = false;

	name[0] = '\0';
	one.paths = 1;
	for (size_t i = 0; i < disk->paths; i++) {
		int rc;

		one.path[0] = disk->path[i];
		rc = persist_do(&one, PR_REGISTER, key, key, NULL);
		is_held |= rc == 0;
		/* One that is down, or gone, does not answer at all. */
		if (rc < 0 && rc != -EBADE && persist_read_keys(&one, &keys, NULL) < 0)
			continue;
		if (rc < 0 && !name[0])
			snprintf(name, 32, "%s", one.path[0].name);
	}
	return is_held && name[0];
}

static int find(const struct service *svc, const struct guardnote *note, char name[32])
{
	struct lowerdisk disk;
	int rc = lowerdisk_open(svc->device, &disk, NULL);

	/* Another disk that has its name for a moment says nothing about it. */
	if (rc == 0 && strcmp(disk.wwid, note->disk) != 0)
		rc = -EAGAIN;
	if (rc == 0 && disk.is_multipath)
		rc = guard_paths_find(&disk, note->key, name);
	lowerdisk_close(&disk);
	return rc;
}

void guard_paths_look(const struct service *svc, const struct paths *paths,
		      const struct guardnote *note, int settle_ms)
{
	char first[32], name[32], before[32] = "";
	int rc = find(svc, note, first);
	struct guardnote now;

	if (rc > 0) {
		poll(NULL, 0, settle_ms);
		rc = find(svc, note, name);
	}
	if (rc == 0)
		unlink(paths->guard_path);
	/* A stop notes it before it unregisters them. */
	now = guardnote_read(paths);
	if (rc <= 0 || strcmp(first, name) != 0 || now.state != GUARDNOTE_HELD ||
	    now.key != note->key ||
	    (guard_paths_read(paths, before) && strcmp(before, name) == 0))
		return;
	dprintf(STDERR_FILENO,
		SD_WARNING
		"%s: guard: %s is up and multipathd has not registered it: what "
		"is written through it fails\n",
		svc->name, name);
	file_publish(paths->guard_path, name, strlen(name));
}

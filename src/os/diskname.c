// SPDX-License-Identifier: GPL-2.0-or-later
/* diskname: does a path of /dev always lead to the same disk, and which one does? */
#include "os/diskname.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAPPER "/dev/mapper/mpath"

/* mpatha, mpathb …; a partition of it: mpatha1, mpathap1, mpatha-part1. */
static bool is_numbered_by_multipath(const char *device)
{
	const char *rest = device + strlen(MAPPER);

	if (strncmp(device, MAPPER, strlen(MAPPER)) != 0 || !islower(*rest))
		return false;
	while (islower(*rest))
		rest++;
	if (strncmp(rest, "-part", 5) == 0)
		rest += 5;
	return rest[strspn(rest, "0123456789")] == '\0';
}

bool diskname_is_stable(const char *device)
{
	struct stat st;

	if (is_numbered_by_multipath(device))
		return false;
	/* udev makes links. What lies in /dev itself and is none has the kernel's name. */
	return strncmp(device, "/dev/", 5) != 0 || strchr(device + 5, '/') ||
	       strncmp(device + 5, "drbd", 4) == 0 || lstat(device, &st) < 0 ||
	       !S_ISBLK(st.st_mode);
}

/* The best first: what the disk itself, or its volume, says of itself. */
static size_t rank(const char *name)
{
	static const char *const best[] = { "dm-uuid-mpath-", "dm-uuid-LVM-", "wwn-",
					    "nvme-eui.",      "nvme-uuid.",   "md-uuid-",
					    "scsi-3" };
	size_t n = sizeof(best) / sizeof(best[0]);

	for (size_t i = 0; i < n; i++)
		if (strncmp(name, best[i], strlen(best[i])) == 0)
			return i;
	return n;
}

/* qsort(3), of scandir(3) */
static int by_rank(const struct dirent **a, const struct dirent **b)
{
	size_t x = rank((*a)->d_name), y = rank((*b)->d_name);

	return x != y ? (x > y) - (x < y) : strcmp((*a)->d_name, (*b)->d_name);
}

/* dm-name-mpatha is no better than mpatha. */
static int is_candidate(const struct dirent *d)
{
	return d->d_name[0] != '.' && strncmp(d->d_name, "dm-name-", 8) != 0;
}

static bool find_in(const char *directory, dev_t rdev, char path[PATH_MAX])
{
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, is_candidate, by_rank);
	bool found = false;

	for (int i = 0; i < n; i++) {
		struct stat st;

		if (!found) {
			snprintf(path, PATH_MAX, "%s/%s", directory, entries[i]->d_name);
			found = stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
				st.st_rdev == rdev;
		}
		free(entries[i]);
	}
	free(entries);
	return found;
}

bool diskname_find_stable(dev_t rdev, char path[PATH_MAX])
{
	return find_in("/dev/disk/by-id", rdev, path) ||
	       find_in("/dev/disk/by-uuid", rdev, path);
}

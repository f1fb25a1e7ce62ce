// SPDX-License-Identifier: GPL-2.0-or-later
/* unwritten: how much is in memory that is still to be written to a disk. */
#include "os/unwritten.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "os/file.h"

/* The sum of two lines "NAME: N kB". */
static bool add_up(const char *path, const char *dirty, const char *writeback,
		   uint64_t *bytes)
{
	unsigned long long a, b;
	char text[8192];
	const char *at;

	if (file_read(path, text, sizeof(text)) <= 0)
		return false;
	at = strstr(text, dirty);
	if (!at || sscanf(at + strlen(dirty), ": %llu", &a) != 1)
		return false;
	at = strstr(text, writeback);
	if (!at || sscanf(at + strlen(writeback), ": %llu", &b) != 1)
		return false;
	*bytes = (a + b) * 1024;
	return true;
}

/* A partition's pages are counted with its disk. */
static bool find_disk(const char *device, char number[32])
{
	char path[80];
	struct stat st;
	ssize_t n;

	if (stat(device, &st) < 0)
		return false;
	snprintf(number, 32, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	snprintf(path, sizeof(path), "/sys/dev/block/%s/partition", number);
	if (stat(path, &st) < 0)
		return true;
	snprintf(path, sizeof(path), "/sys/dev/block/%s/../dev", number);
	n = file_read(path, number, 32);
	if (n > 0)
		number[strcspn(number, "\n")] = '\0';
	return n > 0;
}

uint64_t unwritten_bytes(const char *device)
{
	char number[32], path[80];
	uint64_t bytes = 0;

	if (find_disk(device, number)) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/bdi/%s/stats", number);
		if (add_up(path, "BdiReclaimable", "BdiWriteback", &bytes))
			return bytes;
	}
	add_up("/proc/meminfo", "\nDirty", "\nWriteback", &bytes);
	return bytes;
}

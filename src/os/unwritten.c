// SPDX-License-Identifier: GPL-2.0-or-later
/* unwritten: how much is in memory that is still to be written to a disk. */
#include "os/unwritten.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "os/file.h"

#define NUMBER 32

/* A partition's pages are counted with its disk. */
static bool find_disk(dev_t disk, char number[NUMBER])
{
	char path[80];
	struct stat st;
	ssize_t n;

	snprintf(number, NUMBER, "%u:%u", major(disk), minor(disk));
	snprintf(path, sizeof(path), "/sys/dev/block/%s/partition", number);
	if (stat(path, &st) < 0)
		return true;
	snprintf(path, sizeof(path), "/sys/dev/block/%s/../dev", number);
	n = file_read(path, number, NUMBER);
	if (n > 0)
		number[strcspn(number, "\n")] = '\0';
	return n > 0;
}

/* A line "NAME: N kB". */
static int64_t find_bytes(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	unsigned long long kb;

	return at && sscanf(at + strlen(name), ": %llu", &kb) == 1 ? (int64_t)kb * 1024
								   : -1;
}

int64_t unwritten_bytes(dev_t disk)
{
	char number[NUMBER], path[80], text[8192];
	int64_t dirty, writing;

	if (!find_disk(disk, number))
		return -1;
	snprintf(path, sizeof(path), "/sys/kernel/debug/bdi/%s/stats", number);
	if (file_read(path, text, sizeof(text)) <= 0)
		return -1;
	dirty = find_bytes(text, "BdiReclaimable");
	writing = find_bytes(text, "BdiWriteback");
	return dirty < 0 || writing < 0 ? -1 : dirty + writing;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountinfo: which mount a directory is on, from /proc/self/mountinfo's lines. Pure. */
#ifndef BATON_CORE_MOUNTINFO_H
#define BATON_CORE_MOUNTINFO_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct mountinfo - what is told of a mount
 * @fstype: "nfs4", "ext4", or "unknown"
 * @source: e.g. "192.0.2.50:/"
 * @options: of the superblock, comma separated
 */
struct mountinfo {
	char fstype[32];
	char source[256];
	char options[512];
};

/**
 * mountinfo_parse - parse one line of the file (proc_pid_mountinfo(5))
 * @line: the line; modified
 * @id: mount id to look for, from statx(2)
 * @info: filled in if it is this line
 *
 * Return: is it that line?
 */
bool mountinfo_parse(char *line, uint64_t id, struct mountinfo *info);

/** mountinfo_is_nfs - is it an NFS mount? */
bool mountinfo_is_nfs(const struct mountinfo *info);

/** mountinfo_has - is @option among the options, as a whole word? */
bool mountinfo_has(const struct mountinfo *info, const char *option);

#endif

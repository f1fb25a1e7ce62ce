// SPDX-License-Identifier: GPL-2.0-or-later
/* names: namespace operations whose result is known in advance. */
/*
 * Theory of operation
 *
 * A round creates a file exclusively, renames it, makes a directory and removes both, all
 * with names never used before and in a directory nobody else works in. So each call
 * succeeds; EEXIST, ENOENT or ENOTEMPTY mean that the server ran a call twice (executed,
 * the reply lost, sent again after a move) or lost one.
 *
 * After such a spurious error the object is taken to be in the state the call aims at, as
 * it is after a replay; if it was a lost call instead, the next one shows it as well.
 * After any other error its fate is unknown: the rest of its calls is left out, and what
 * may be left of it is found by the listing at the end. A round, once begun, is finished.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/lane.h"

struct names {
	struct lane lane;
	int dir;
	char file[24];
	char renamed[24];
	char subdir[24];
};

static int make_call(const struct names *names, enum probe_op op)
{
	int fd;

	switch (op) {
	case OP_CREATE:
		fd = openat(names->dir, names->file,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		return fd < 0 || close(fd) ? errno : 0;
	case OP_RENAME:
		return renameat(names->dir, names->file, names->dir, names->renamed)
			       ? errno
			       : 0;
	case OP_MKDIR:
		return mkdirat(names->dir, names->subdir, 0700) ? errno : 0;
	case OP_UNLINK:
		return unlinkat(names->dir, names->renamed, 0) ? errno : 0;
	case OP_RMDIR:
		return unlinkat(names->dir, names->subdir, AT_REMOVEDIR) ? errno : 0;
	case OP_WRITE:
	case OP_REREAD:
	case OP_OPEN:
	case OP_OPEN_NEW:
	case OP_CLOSE:
	case OP_REMOVE:
	case OP_PROCESS:
	case OP_GETLK:
	case OP_READBACK:
	case OP_LIST:
	case OP_CLEANUP:
	case PROBE_N_OPS:
		break;
	}
	return EINVAL;
}

static void one_round(struct names *names, uint64_t round)
{
	static const struct {
		enum probe_op op;
		bool on_dir;
	} calls[] = {
		{ OP_CREATE, false }, { OP_RENAME, false }, { OP_MKDIR, true },
		{ OP_UNLINK, false }, { OP_RMDIR, true },
	};
	bool lost_file = false, lost_dir = false;

	snprintf(names->file, sizeof(names->file), "c%010" PRIu64, round);
	snprintf(names->renamed, sizeof(names->renamed), "r%010" PRIu64, round);
	snprintf(names->subdir, sizeof(names->subdir), "d%010" PRIu64, round);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		bool *lost = calls[i].on_dir ? &lost_dir : &lost_file;
		int code;

		if (*lost)
			continue;
		lane_begin(&names->lane, calls[i].op, round);
		code = lane_end(&names->lane, make_call(names, calls[i].op));
		*lost = code && !probe_is_spurious(calls[i].op, code);
		lane_pace(&names->lane);
	}
}

void names_run(void *arg, int in, int out)
{
	const struct lane_plan *plan = arg;
	char path[PATH_MAX + 16];
	struct names names;

	snprintf(path, sizeof(path), "%s/" LANE_NAMES, plan->path);
	names.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (names.dir < 0)
		lane_refuse(out, OP_CREATE, errno);
	lane_ready(&names.lane, in, out, plan);
	for (uint64_t round = 0; !names.lane.stopping; round++)
		one_round(&names, round);
	lane_done(&names.lane);
}

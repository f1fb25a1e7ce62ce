// SPDX-License-Identifier: GPL-2.0-or-later
/* names: namespace operations with results known in advance. */
/*
 * Theory of operation
 *
 * A round creates a file exclusively, renames it, makes a directory and removes both. All
 * names are new, in a directory of the part, where nobody else works. So each call
 * succeeds. EEXIST, ENOENT or ENOTEMPTY mean that the server ran a call twice (it was
 * executed, the reply was lost, and it was sent again after a move) or lost one. A client
 * makes changes in one directory one after the other; with several directories, as many
 * are under way at once, and a hand-over has to get through that.
 *
 * After such a spurious error the object is assumed to be in the state that the call
 * aimed at, as it is after a replay. If the call was lost instead, the next call shows it
 * as well. After any other error its fate is unknown: the rest of its calls is left out,
 * and the listing at the end finds what may be left of it. A round that has begun is
 * finished.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/lane.h"

struct names {
	struct lane *lane;
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
	case OP_READ:
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
		lane_begin(names->lane, calls[i].op, round);
		code = lane_end(names->lane, make_call(names, calls[i].op));
		*lost = code && !probe_is_spurious(calls[i].op, code);
		lane_pace(names->lane);
	}
}

static void names_part(struct lane *lane, void *arg)
{
	const int *dirs = arg;
	struct names names = { .lane = lane, .dir = dirs[lane->part] };

	for (uint64_t round = 0; !lane->stopping; round++)
		one_round(&names, round);
}

void names_run(void *arg, int in, int out)
{
	const struct lane_plan *plan = arg;
	int dirs[PROBE_PARTS_MAX];

	for (unsigned int i = 0; i < probe_parts(plan->options, PROBE_NAMESPACE); i++) {
		char path[PATH_MAX + 16];

		snprintf(path, sizeof(path), "%s/" LANE_WORKER, plan->path, i);
		if (mkdir(path, 0700))
			lane_refuse(out, OP_MKDIR, errno);
		dirs[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dirs[i] < 0)
			lane_refuse(out, OP_CREATE, errno);
	}
	lane_run(in, out, plan, PROBE_NAMESPACE, names_part, dirs);
}

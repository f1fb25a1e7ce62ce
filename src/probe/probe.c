// SPDX-License-Identifier: GPL-2.0-or-later
/* probe: the vocabulary of the probe: classes, operations, error codes. */
#include "probe/probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct probe_class_row probe_classes[PROBE_N_CLASSES] = {
#define X(id, text, is_fresh, is_stream)                                                 \
	[PROBE_##id] = { .name = text, .fresh = is_fresh, .stream = is_stream },
	PROBE_CLASSES(X)
#undef X
};

const struct probe_op_row probe_ops[PROBE_N_OPS] = {
#define X(id, text, flag) [OP_##id] = { .name = text, .counted = flag },
	PROBE_OPS(X)
#undef X
};

unsigned int probe_parts(const struct probe_options *options, enum probe_class class)
{
	switch (class) {
	case PROBE_NAMESPACE:
		return (unsigned int)options->workers;
	case PROBE_WRITE:
		return (unsigned int)options->window;
	case PROBE_OPEN:
		return 1;
	case PROBE_READ:
		return (unsigned int)options->depth;
	case PROBE_N_CLASSES:
		break;
	}
	return 0;
}

uint64_t probe_interval(const struct probe_options *options, enum probe_class class)
{
	return probe_classes[class].stream ? 0 : options->interval_ns;
}

uint64_t probe_slots(const struct probe_options *options)
{
	return options->slots - options->slots % options->window;
}

const char *probe_errname(int code, char text[PROBE_ERRNAME_MAX])
{
	const char *name = NULL;

	if (code == PROBE_ESHORT)
		name = "short";
	else if (code == PROBE_EEXITED)
		name = "exited";
	else if (code == PROBE_ECORRUPT)
		name = "corrupt";
	else if (code == 0)
		name = "other";
	else if (code > 0)
		name = strerrorname_np(code);
	else if (code <= PROBE_ESIGNAL0)
		name = sigabbrev_np(PROBE_ESIGNAL0 - code);
	if (!name)
		snprintf(text, PROBE_ERRNAME_MAX, "errno %d", code);
	else
		snprintf(text, PROBE_ERRNAME_MAX, "%s%s",
			 code <= PROBE_ESIGNAL0 ? "SIG" : "", name);
	return text;
}

bool probe_is_spurious(enum probe_op op, int code)
{
	switch (op) {
	case OP_CREATE:
	case OP_RENAME:
	case OP_MKDIR:
	case OP_UNLINK:
	case OP_RMDIR:
	case OP_OPEN_NEW:
	case OP_REMOVE:
		return code == EEXIST || code == ENOENT || code == ENOTEMPTY;
	case OP_WRITE:
	case OP_REREAD:
	case OP_READ:
	case OP_OPEN:
	case OP_CLOSE:
	case OP_PROCESS:
	case OP_GETLK:
	case OP_READBACK:
	case OP_LIST:
	case OP_CLEANUP:
	case PROBE_N_OPS:
		return false;
	}
	return false;
}

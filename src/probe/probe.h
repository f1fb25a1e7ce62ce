/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe: the vocabulary of the probe: classes, operations, options, error codes. */
#ifndef BATON_PROBE_PROBE_H
#define BATON_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * X(NAME, name, fresh, stream): one child process each. fresh: makes names never used
 * before. stream: its parts form one stream, as fast as possible, and pause together.
 */
#define PROBE_CLASSES(X)                                                                 \
	X(WRITE, "write", false, false)                                                  \
	X(OPEN, "open", true, false)                                                     \
	X(NAMESPACE, "namespace", true, false)                                           \
	X(READ, "read", false, true)

enum probe_class {
#define X(id, name, fresh, stream) PROBE_##id,
	PROBE_CLASSES(X)
#undef X
		PROBE_N_CLASSES,
};

/*
 * X(NAME, name, counted): upkeep (not counted) is watched for errors and pauses like
 * anything else, but kept out of calls and histogram, because it would dilute the
 * figures.
 */
#define PROBE_OPS(X)                                                                     \
	X(WRITE, "write", true)                                                          \
	X(REREAD, "reread", false)                                                       \
	X(OPEN, "open+lock", true)                                                       \
	X(OPEN_NEW, "create+lock", true)                                                 \
	X(CLOSE, "unlock+close", false)                                                  \
	X(REMOVE, "remove", false)                                                       \
	X(CREATE, "create", true)                                                        \
	X(RENAME, "rename", true)                                                        \
	X(MKDIR, "mkdir", true)                                                          \
	X(UNLINK, "unlink", true)                                                        \
	X(RMDIR, "rmdir", true)                                                          \
	X(READ, "read", true)                                                            \
	X(PROCESS, "process", false)                                                     \
	X(GETLK, "getlk", false)                                                         \
	X(READBACK, "readback", false)                                                   \
	X(LIST, "list", false)                                                           \
	X(CLEANUP, "cleanup", false)

enum probe_op {
#define X(id, name, counted) OP_##id,
	PROBE_OPS(X)
#undef X
		PROBE_N_OPS,
};

struct probe_class_row {
	const char *name;
	bool fresh;
	bool stream;
};

struct probe_op_row {
	const char *name;
	bool counted;
};

extern const struct probe_class_row probe_classes[PROBE_N_CLASSES];
extern const struct probe_op_row probe_ops[PROBE_N_OPS];

/* Error codes are positive errnos, and these. */
#define PROBE_ESHORT   (-1)    /* fewer bytes written or read than asked for */
#define PROBE_EEXITED  (-2)    /* a child of ours exited by itself */
#define PROBE_ECORRUPT (-3)    /* the bytes read are not those written */
#define PROBE_ESIGNAL0 (-1000) /* PROBE_ESIGNAL0 - N: a child of ours died of signal N */

#define PROBE_ERRNAME_MAX 24

/**
 * probe_errname - the name of an error code, e.g. "EIO", "short", "SIGKILL", "errno 524"
 * @code: see above
 * @text: PROBE_ERRNAME_MAX bytes
 *
 * Return: @text.
 */
const char *probe_errname(int code, char text[PROBE_ERRNAME_MAX]);

/**
 * probe_is_spurious - is this the error of a call that had already been executed?
 * @op: the operation
 * @code: its error
 *
 * The namespace class and every other open use new names, so the result of such a call is
 * known in advance. These errors mean that the server ran it twice, or lost one. If the
 * session of an exclusive create was lost, a Linux client sends the create with a new
 * verifier (fs/nfs/nfs4proc.c, nfs4_opendata_alloc()), so the server cannot recognise it.
 */
bool probe_is_spurious(enum probe_op op, int code);

/**
 * struct probe_options - what the administrator asked for
 * @dir: where to probe
 * @duration_ns: 0 = until a signal
 * @interval_ns: from the start of a call to the start of the next one of its part
 * @pause_ns: minimum length of pauses that are listed one by one
 * @patience_ns: how long to wait for an outstanding call at the end
 * @slots: records that the file may hold before it is rewritten from its start
 * @workers: parts of the namespace class
 * @window: parts of the write class: this many writes are out at once
 * @depth: parts of the read class; 0 = none
 * @read_blocks: size of the file it reads, in BLOCK_BYTES
 */
struct probe_options {
	const char *dir;
	uint64_t duration_ns;
	uint64_t interval_ns;
	uint64_t pause_ns;
	uint64_t patience_ns;
	uint64_t slots;
	uint64_t workers;
	uint64_t window;
	uint64_t depth;
	uint64_t read_blocks;
};

/* A class makes its calls in at most this many parts, side by side. */
#define PROBE_PARTS_MAX 64

/** probe_parts - number of parts of a class in this run; 0 = the class is not in it */
unsigned int probe_parts(const struct probe_options *options, enum probe_class class);

/** probe_interval - from the start of a call to the start of the next one of its part */
uint64_t probe_interval(const struct probe_options *options, enum probe_class class);

/**
 * probe_slots - number of records that the file holds: a multiple of the window
 *
 * Part P writes the records whose number is P modulo the window. So each slot belongs to
 * one part, and no record overtakes another that is still out in the same slot.
 */
uint64_t probe_slots(const struct probe_options *options);

#endif

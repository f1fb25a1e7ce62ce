/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lane: the pipe between a probe child and its parent: their messages, and the pace of
 * the calls.
 */
#ifndef BATON_PROBE_LANE_H
#define BATON_PROBE_LANE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/probe.h"

enum lane_message_type {
	LANE_READY,   /* files and locks in place, calls follow */
	LANE_REFUSED, /* they could not be set up: @code, @op */
	LANE_BEGIN,   /* a call is about to be made */
	LANE_END,     /* it has returned @code, 0 = success */
	LANE_REREAD,  /* record @seq, read before its slot is reused, has state @code */
	LANE_DONE,    /* stopped as asked; nothing follows */
};

/**
 * struct lane_message - one message, written whole (far below PIPE_BUF)
 * @part: the part of the class that makes the call
 * @seq: of a record, if there is one
 * @ns: monotonic
 * @wall_ns: wall clock
 */
struct lane_message {
	int32_t type;
	int32_t op;
	int32_t code;
	uint32_t part;
	uint64_t seq;
	uint64_t ns;
	uint64_t wall_ns;
};

/**
 * struct lane_plan - what a class needs to know, prepared by the parent
 * @options: of the run
 * @path: the directory of the run
 * @run: id of the run
 */
struct lane_plan {
	const struct probe_options *options;
	char path[PATH_MAX];
	uint64_t run;
};

/**
 * struct lane - the child's end for one part
 * @part: its number, from 0
 * @stopping: the parent has asked to stop
 */
struct lane {
	int in;
	int out;
	unsigned int part;
	uint64_t interval_ns;
	uint64_t next_ns;
	uint64_t begin_seq;
	enum probe_op op;
	bool stopping;
};

/**
 * lane_run - make the calls of a class, from LANE_READY to LANE_DONE
 * @work: makes the calls of one part until it is to stop; all parts run side by side
 * @arg: its argument
 *
 * The parts are threads: they share an fcntl(2) lock and one pipe. Returns when the
 * parent lets go.
 */
void lane_run(int in, int out, const struct lane_plan *plan, enum probe_class class,
	      void (*work)(struct lane *lane, void *arg), void *arg);

/** lane_refuse - say why there will be no calls, and end the process */
_Noreturn void lane_refuse(int out, enum probe_op op, int errnum);

/** lane_begin - a call follows immediately */
void lane_begin(struct lane *lane, enum probe_op op, uint64_t seq);

/**
 * lane_end - the call has returned
 * @code: 0, an errno or a code of probe.h
 * Return: @code.
 */
int lane_end(struct lane *lane, int code);

/** lane_reread - report the state of a record read back before its slot is reused */
void lane_reread(struct lane *lane, uint64_t seq, int state);

/** lane_pace - wait until the next call is due, or not at all if asked to stop */
void lane_pace(struct lane *lane);

/* The workers of the classes: @arg is a struct lane_plan. */
void writer_run(void *arg, int in, int out);
void opens_run(void *arg, int in, int out);
void names_run(void *arg, int in, int out);
void reader_run(void *arg, int in, int out);

/* Names in the directory of the run. */
#define LANE_RECORDS  "records"
#define LANE_BLOCKS   "blocks" /* what the reader reads */
#define LANE_OPENS    "opens"
#define LANE_STANDING "standing" /* within opens/: the file that always exists */
#define LANE_NAMES    "names"
#define LANE_WORKER   LANE_NAMES "/%02u" /* the directory of a part */

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* probe: tries out a cluster from one of its clients, before it is trusted. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "core/err.h"
#include "probe/block.h"
#include "probe/clock.h"
#include "probe/record.h"
#include "probe/report.h"
#include "probe/run.h"

#define MIB (1024 * 1024)

/* Options without a short form. */
enum { KEY_WORKERS = 256, KEY_WINDOW, KEY_READ, KEY_DEPTH, KEY_READ_SIZE };

struct arguments {
	struct probe_options options;
	bool json;
	bool read;
	bool help;
	struct err err;
};

/* One row for each number; its limits are checked and shown from here. */
static const struct number {
	int key;
	const char *name;
	uint64_t least;
	uint64_t most;
	uint64_t unit;
	size_t offset; /* in struct probe_options */
} numbers[] = {
#define NUMBER(key, name, least, most, unit, member)                                     \
	{                                                                                \
		key, name, least, most, unit, offsetof(struct probe_options, member)     \
	}
	NUMBER('d', "duration", 0, 365 * 86400, NS_PER_S, duration_ns),
	NUMBER('i', "interval", 1, 60000, NS_PER_MS, interval_ns),
	NUMBER('p', "pause", 1, 3600000, NS_PER_MS, pause_ns),
	NUMBER('w', "patience", 1, 86400, NS_PER_S, patience_ns),
	NUMBER('s', "size", 1, 65536, MIB / RECORD_SIZE, slots),
	NUMBER(KEY_WORKERS, "workers", 1, PROBE_PARTS_MAX, 1, workers),
	NUMBER(KEY_WINDOW, "window", 1, PROBE_PARTS_MAX, 1, window),
	NUMBER(KEY_DEPTH, "depth", 1, PROBE_PARTS_MAX, 1, depth),
	NUMBER(KEY_READ_SIZE, "read-size", 1, 65536, MIB / BLOCK_BYTES, read_blocks),
#undef NUMBER
};

static const struct argp_option options[] = {
	{ "duration", 'd', "S", 0, "run for S seconds; 0 = until SIGINT or SIGTERM (60)",
	  0 },
	{ "interval", 'i', "MS", 0, "one call of each class every MS milliseconds (20)",
	  0 },
	{ "pause", 'p', "MS", 0, "list each pause of MS milliseconds or more (100)", 0 },
	{ "size", 's', "MIB", 0, "let the record file grow to at most MIB (256)", 0 },
	{ "patience", 'w', "S", 0,
	  "wait S seconds for outstanding calls, at the start and at the end (30)", 0 },
	{ "workers", KEY_WORKERS, "N", 0,
	  "run N name workers in parallel, each in its own directory (1)", 0 },
	{ "window", KEY_WINDOW, "N", 0,
	  "keep N writes in flight, all under the one lock (1)", 0 },
	{ "read", KEY_READ, NULL, 0, "also read a file as fast as possible", 0 },
	{ "depth", KEY_DEPTH, "N", 0, "keep N reads of 128 KiB in flight (8)", 0 },
	{ "read-size", KEY_READ_SIZE, "MIB", 0, "size of the file to read (256)", 0 },
	{ "json", 'j', NULL, 0, "print the report as one JSON object", 0 },
	{ "help", 'h', NULL, 0, "print this help", -1 },
	{ 0 },
};

static error_t parse_number(struct arguments *args, const struct number *number,
			    const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value < number->least ||
	    value > number->most) {
		err_set(&args->err, BATON_EXIT_USAGE, 0,
			"--%s: '%.40s' is not a number from %llu to %llu", number->name,
			text, (unsigned long long)number->least,
			(unsigned long long)number->most);
		return EINVAL;
	}
	*(uint64_t *)((char *)&args->options + number->offset) = value * number->unit;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].key == key)
			return parse_number(args, &numbers[i], arg);
	switch (key) {
	case 'j':
		args->json = true;
		return 0;
	case KEY_READ:
		args->read = true;
		return 0;
	case 'h':
		args->help = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->options.dir) {
			err_set(&args->err, BATON_EXIT_USAGE, 0,
				"one directory only, not '%.80s' too", arg);
			return EINVAL;
		}
		args->options.dir = arg;
		return 0;
	case ARGP_KEY_ERROR:
		if (!*args->err.text)
			err_set(&args->err, BATON_EXIT_USAGE, 0,
				"'%.80s': not an option, or its value is missing or too much",
				state->argv[state->next > 1 ? state->next - 1 : 1]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "DIR",
	.doc = "Make calls in DIR, on a client, while its export is moved: synchronous writes "
	       "under a lock, new opens, namespace operations and, with --read, reads. Report "
	       "every pause and error, and read back every acknowledged write.\v"
	       "Exit status: 0 clean, 11 an error or a loss was seen, 1 DIR cannot be used, "
	       "2 wrong command line. baton-probe(8) has the details.",
};

static int fail(const struct err *err)
{
	fprintf(stderr, "probe: %s\n", err->text);
	return err->code;
}

static int print_report(const struct run_result *result, bool json)
{
	int rc = 0;

	if (json)
		rc = report_print_json(stdout, result);
	else
		report_print_table(stdout, result);
	/* A report that is missing must not look like a good one. */
	if (rc < 0) {
		fprintf(stderr, "probe: out of memory for the report\n");
		return run_is_clean(result) ? BATON_EXIT_RESOURCE : BATON_EXIT_PROBE;
	}
	return run_is_clean(result) ? BATON_EXIT_OK : BATON_EXIT_PROBE;
}

static int complete_reads(struct arguments *args)
{
	struct probe_options *o = &args->options;

	if (args->read) {
		o->depth = o->depth ? o->depth : 8;
		o->read_blocks =
			o->read_blocks ? o->read_blocks : 256 * (MIB / BLOCK_BYTES);
	} else if (o->depth || o->read_blocks) {
		return err_set(&args->err, BATON_EXIT_USAGE, 0, "--%s: only with --read",
			       o->depth ? "depth" : "read-size");
	}
	return 0;
}

int cmd_probe(int argc, char **argv)
{
	static struct run_result result;
	struct arguments args = {
		.options = {
			.duration_ns = 60 * NS_PER_S,
			.interval_ns = 20 * NS_PER_MS,
			.pause_ns = 100 * NS_PER_MS,
			.patience_ns = 30 * NS_PER_S,
			.slots = 256 * (MIB / RECORD_SIZE),
			.workers = 1,
			.window = 1,
		},
	};
	int status;

	/* We print our own messages: argp would add a second line to each. */
	if (argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP,
		       NULL, &args))
		return fail(&args.err);
	if (args.help) {
		argp_help(&argp, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK,
			  (char *)"baton probe");
		return BATON_EXIT_OK;
	}
	if (!args.options.dir) {
		err_set(&args.err, BATON_EXIT_USAGE, 0, "which directory?");
		return fail(&args.err);
	}
	if (complete_reads(&args) < 0)
		return fail(&args.err);
	if (run_probe(&args.options, &result, &args.err) < 0)
		status = fail(&args.err);
	else
		status = print_report(&result, args.json);
	run_result_free(&result);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* report_table: the result for people. */
#include "probe/report.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "core/output.h"

/* Lines of a list; the others are announced and are in the JSON. */
#define TABLE_LINES 12

/* Cells of the histogram: 17 of 4 columns each and a label of 11 make 79. */
#define TABLE_CELLS 17

/* Three digits: "0.21 ms", "12.3 ms", " 456 ms", "1.03 s". */
static const char *format_ns(char *text, size_t size, uint64_t ns)
{
	double value = (double)ns / 1e6;
	const char *unit = "ms";

	if (ns >= 1000000000) {
		value /= 1e3;
		unit = "s";
	}
	snprintf(text, size, "%.*f %s", value < 9.995 ? 2 : (value < 99.95 ? 1 : 0),
		 value, unit);
	return text;
}

static const char *format_time(char *text, size_t size, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	struct tm tm;
	size_t n;

	localtime_r(&seconds, &tm);
	n = strftime(text, size, "%H:%M:%S", &tm);
	snprintf(text + n, size - n, ".%03u", (unsigned int)(wall_ns / 1000000 % 1000));
	return text;
}

/* 1234567 -> "1 234 567" */
static const char *format_count(char *text, size_t size, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t o = 0;

	for (int i = 0; i < len && o + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			text[o++] = ' ';
		text[o++] = digits[i];
	}
	text[o] = '\0';
	return text;
}

static void print_head(FILE *out, const struct run_result *result)
{
	char when[32], length[24];
	time_t seconds = (time_t)(result->started_wall_ns / 1000000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%F %T", &tm);
	fprintf(out, "%s  (%s %s)\n", result->options->dir, result->mount.fstype,
		result->mount.source);
	fprintf(out, "from %s, %s, one call each %" PRIu64 " ms in each class%s\n", when,
		format_ns(length, sizeof(length), result->duration_ns),
		result->options->interval_ns / 1000000,
		result->end == RUN_END_DURATION ? "" : "; ended early");
	if (result->options->workers > 1)
		fprintf(out, "%" PRIu64 " workers change names, each at this pace\n",
			result->options->workers);
	if (result->options->window > 1)
		fprintf(out, "%" PRIu64 " writes at once, each at this pace\n",
			result->options->window);
	fputc('\n', out);
}

static void print_classes(FILE *out, const struct run_result *result)
{
	fprintf(out, "%-9s%9s%7s%9s%8s%8s%8s%21s\n", "", "calls", "errors", "spurious",
		"p50", "p95", "p99", "longest pause, at");
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		const struct tally *tally = &result->tally[i];
		char calls[32], errors[32], spurious[32] = "-", p[4][24], at[32];

		if (!probe_parts(result->options, tally->class))
			continue;
		format_count(calls, sizeof(calls), tally->calls);
		format_count(errors, sizeof(errors), tally->errors.total);
		if (probe_classes[tally->class].fresh)
			format_count(spurious, sizeof(spurious), tally->spurious.total);
		format_ns(p[0], sizeof(p[0]), hist_percentile(&tally->hist, 500));
		format_ns(p[1], sizeof(p[1]), hist_percentile(&tally->hist, 950));
		format_ns(p[2], sizeof(p[2]), hist_percentile(&tally->hist, 990));
		format_ns(p[3], sizeof(p[3]), tally->longest_ns);
		fprintf(out, "%-9s%9s%7s%9s%8s%8s%8s%8s%13s\n", probe_classes[i].name,
			calls, errors, spurious, p[0], p[1], p[2], p[3],
			format_time(at, sizeof(at), tally->longest_wall_ns));
	}
}

static void bucket_label(char *text, size_t size, unsigned int bucket)
{
	double ms = (double)hist_le_ns(bucket) / 1e6;

	if (ms < 1)
		snprintf(text, size, "%s", ms < 0.4 ? ".25" : ".5");
	else if (ms < 1000)
		snprintf(text, size, "%.0f", ms);
	else if (ms < 60e3)
		snprintf(text, size, "%.0fs", ms / 1e3);
	else if (ms < 3600e3)
		snprintf(text, size, "%.0fm", ms / 60e3);
	else
		snprintf(text, size, "%.0fh", ms / 3600e3);
}

/* Logarithmic height: one slow call among a hundred thousand must be visible. */
static const char *bar(uint64_t n, uint64_t most)
{
	static const char *const levels[2][8] = {
		/* Darker and darker; digits would read as counts. */
		{ ".", ":", "-", "=", "+", "*", "#", "@" },
		{ "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
	};
	int bits = 0, all = 1;

	if (!n)
		return " ";
	while (n >>= 1)
		bits++;
	while (most >>= 1)
		all++;
	/* The fullest cell is a whole block; even a single call is one eighth. */
	return levels[output_is_utf8()][((bits + 1) * 8 + all - 1) / all - 1];
}

static uint64_t cell_count(const struct hist *hist, unsigned int cell, unsigned int from)
{
	uint64_t n = hist->bucket[from + cell];

	/* What does not fit goes into the last cell, not out of sight. */
	if (cell == TABLE_CELLS - 1)
		for (unsigned int b = from + cell + 1; b < HIST_BUCKETS; b++)
			n += hist->bucket[b];
	return n;
}

static void print_histogram(FILE *out, const struct run_result *result)
{
	unsigned int from = HIST_BUCKETS, to = 0, cells;

	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		const struct hist *hist = &result->tally[i].hist;

		for (unsigned int b = 0; b < from; b++)
			if (hist->bucket[b])
				from = b;
		if (hist_used(hist) > to)
			to = hist_used(hist);
	}
	if (from >= to)
		return;
	cells = to - from < TABLE_CELLS ? to - from : TABLE_CELLS;
	fprintf(out, "\n%-10s", "up to ms");
	for (unsigned int c = 0; c < cells; c++) {
		char label[16] = "more";

		if (c < TABLE_CELLS - 1 || to - from <= TABLE_CELLS)
			bucket_label(label, sizeof(label), from + c);
		fprintf(out, "%4s", label);
	}
	fputc('\n', out);
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		const struct hist *hist = &result->tally[i].hist;
		uint64_t most = 0;

		if (!probe_parts(result->options, (enum probe_class)i))
			continue;
		for (unsigned int c = 0; c < cells; c++)
			if (cell_count(hist, c, from) > most)
				most = cell_count(hist, c, from);
		fprintf(out, "%-10s", probe_classes[i].name);
		for (unsigned int c = 0; c < cells; c++) {
			const char *block = bar(cell_count(hist, c, from), most);

			fprintf(out, "  %s%s", block, block);
		}
		fputc('\n', out);
	}
}

static void print_entry(FILE *out, const struct tally_entry *entry, const char *what)
{
	char when[32];

	fprintf(out, "  %s  %-10s %-13s%10s\n",
		format_time(when, sizeof(when), entry->wall_ns),
		probe_classes[entry->class].name, probe_ops[entry->op].name, what);
}

static void print_rest(FILE *out, uint64_t shown, uint64_t all)
{
	if (all > shown)
		fprintf(out, "  ... and %" PRIu64 " more (--json lists %s)\n",
			all - shown, all > TALLY_LIST_MAX ? "the first of them" : "them");
}

static void print_times(FILE *out, const struct tally_list *list, const char *title)
{
	char text[24];
	size_t shown = list->n < TABLE_LINES ? list->n : TABLE_LINES;

	if (!list->n)
		return;
	fprintf(out, "\n%s: %" PRIu64 "\n", title, list->n + list->omitted);
	for (size_t i = 0; i < shown; i++)
		print_entry(out, &list->entry[i],
			    format_ns(text, sizeof(text), list->entry[i].ns));
	print_rest(out, shown, list->n + list->omitted);
}

static void print_events(FILE *out, const struct tally_list *list)
{
	char name[PROBE_ERRNAME_MAX], text[64];
	size_t shown = list->n < TABLE_LINES ? list->n : TABLE_LINES;

	if (!list->n)
		return;
	fprintf(out, "\nErrors: %" PRIu64 "\n", list->n + list->omitted);
	for (size_t i = 0; i < shown; i++) {
		snprintf(text, sizeof(text), "%s%s",
			 probe_errname(list->entry[i].code, name),
			 list->entry[i].spurious ? " (executed twice)" : "");
		print_entry(out, &list->entry[i], text);
	}
	print_rest(out, shown, list->n + list->omitted);
}

static void print_proof(FILE *out, const struct run_result *result)
{
	char n[4][32], when[32];

	fprintf(out, "\nLock     %s\n", run_lock_text(result->lock));
	fprintf(out, "Records  %s acknowledged: %s missing, %s wrong, %s not read back\n",
		format_count(n[0], sizeof(n[0]), result->acknowledged),
		format_count(n[1], sizeof(n[1]), result->sum.missing),
		format_count(n[2], sizeof(n[2]), result->sum.wrong),
		format_count(n[3], sizeof(n[3]), result->unread));
	for (uint32_t i = 0; i < result->sum.n_bad && i < TABLE_LINES; i++) {
		const struct slots_bad *bad = &result->sum.bad[i];

		fprintf(out, "         %s  record %" PRIu64 ", at byte %" PRIu64 ": %s\n",
			format_time(when, sizeof(when), bad->wall_ns), bad->seq,
			bad->seq % probe_slots(result->options) * RECORD_SIZE,
			record_state_text((enum record_state)bad->state));
	}
	if (result->sum.missing + result->sum.wrong > TABLE_LINES)
		fprintf(out, "         ... and %" PRIu64 " more\n",
			result->sum.missing + result->sum.wrong - TABLE_LINES);
	if (result->leftovers)
		fprintf(out, "Names    %" PRIu64 " that should not be there\n",
			result->leftovers);
}

static void print_reads(FILE *out, const struct run_result *result)
{
	uint64_t bytes = run_bytes_read(result);

	if (!result->options->depth)
		return;
	fprintf(out, "Reads    %.0f MB, %.1f MB/s, %" PRIu64 " of 128 KiB out at once\n",
		(double)bytes / 1e6, (double)bytes * 1e3 / (double)result->duration_ns,
		result->options->depth);
	if (result->corrupt)
		fprintf(out,
			"         CORRUPT: %" PRIu64 ", the first at byte %" PRIu64 "\n",
			result->corrupt, result->corrupt_at);
}

static void print_notes(FILE *out, const struct run_result *result)
{
	char text[24];

	if (!mountinfo_is_nfs(&result->mount))
		fprintf(out, "Note     fstype %s: not NFS\n", result->mount.fstype);
	if (mountinfo_has(&result->mount, "soft") ||
	    mountinfo_has(&result->mount, "softerr"))
		fprintf(out, "Note     mounted soft: the client itself gives up calls\n");
	if (result->takes_again)
		fprintf(out,
			"Note     nfs.recover_lost_locks is on: a lost lock is silently "
			"taken again\n");
	if (result->acknowledged && !result->direct)
		fprintf(out, "Note     not read past the page cache: no O_DIRECT here\n");
	if (result->sum.missing + result->sum.wrong == 0 && !result->verified)
		fprintf(out, "Note     the verification was not completed\n");
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (result->tally[i].longest_idle_ns >= result->options->pause_ns)
			fprintf(out,
				"Note     %s: the probe itself was held up for %s, and blind\n",
				probe_classes[i].name,
				format_ns(text, sizeof(text),
					  result->tally[i].longest_idle_ns));
	if (result->kept)
		fprintf(out, "Kept     %s\n", result->path);
}

void report_print_table(FILE *out, const struct run_result *result)
{
	char title[64], pause[24];

	print_head(out, result);
	print_classes(out, result);
	print_histogram(out, result);
	snprintf(title, sizeof(title), "Pauses of %s and more",
		 format_ns(pause, sizeof(pause), result->lists.pause_ns));
	print_times(out, &result->lists.pauses, title);
	print_times(out, &result->lists.unfinished, "Calls without an answer at the end");
	print_events(out, &result->lists.events);
	print_proof(out, result);
	print_reads(out, result);
	print_notes(out, result);
	fprintf(out, "\nVerdict  %s\n", run_is_clean(result) ? "clean" : "DIRTY");
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* etab: parses exports(5) and exportfs' own table. */
#include "stock/etab.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

struct parser {
	const char *next, *end;
	const char *file;
	int line;  /* current line of the text */
	int began; /* first line of the entry */
	char *word;
	char *defaults; /* options after "-", for the following clients in the line */
	etab_entry_fn *fn;
	void *data;
	struct err *err;
};

static int fail(struct parser *p, const char *what)
{
	return err_set(p->err, BATON_EXIT_CONFIG, 0, "%s:%d: %s", p->file, p->began,
		       what);
}

/* "\040"; an incomplete one at the end of the text is left as it is. */
static bool is_octal(const char *c, const char *end)
{
	return end - c > 3 && c[1] >= '0' && c[1] <= '3' && c[2] >= '0' && c[2] <= '7' &&
	       c[3] >= '0' && c[3] <= '7' && strncmp(c + 1, "000", 3) != 0;
}

/* Skips blanks, comments and escaped newlines; false at the end of the entry's line. */
static bool skip_blanks(struct parser *p)
{
	while (p->next < p->end) {
		if (*p->next == ' ' || *p->next == '\t' || *p->next == '\r') {
			p->next++;
		} else if (*p->next == '\\' && p->next + 1 < p->end &&
			   p->next[1] == '\n') {
			p->next += 2;
			p->line++;
		} else if (*p->next == '#') {
			while (p->next < p->end && *p->next != '\n')
				p->next++;
		} else {
			return *p->next != '\n';
		}
	}
	return false;
}

/* Reads the next word into p->word, without quotes and escapes (support/nfs/xio.c). */
static int read_word(struct parser *p)
{
	bool quoted = false;
	size_t size;
	FILE *out;

	free(p->word);
	p->word = NULL;
	out = open_memstream(&p->word, &size);
	if (!out)
		return -ENOMEM;
	for (; p->next < p->end && *p->next != '\n'; p->next++) {
		char c = *p->next;

		if (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '#'))
			break;
		if (!quoted && c == '\\' && p->next + 1 < p->end && p->next[1] == '\n')
			break;
		if (c == '"') {
			quoted = !quoted;
		} else if (c == '\\' && is_octal(p->next, p->end)) {
			fputc((p->next[1] - '0') << 6 | (p->next[2] - '0') << 3 |
				      (p->next[3] - '0'),
			      out);
			p->next += 3;
		} else {
			fputc(c, out);
		}
	}
	if (fclose(out))
		return -ENOMEM;
	return quoted ? fail(p, "a quote is not closed") : 0;
}

static int take_client(struct parser *p, const char *path)
{
	char *open = strchr(p->word, '('), *close;
	_cleanup_free_ char *options = NULL;

	if (*p->word == '-') {
		if (strpbrk(p->word, "()"))
			return fail(p, "default options have parentheses");
		free(p->defaults);
		p->defaults = strdup(p->word + 1);
		return p->defaults ? 0 : -ENOMEM;
	}
	if (open) {
		close = strchr(open, ')');
		if (!close || close[1])
			return fail(p, "options are not in one pair of parentheses, "
				       "without blanks");
		*open++ = *close = '\0';
	}
	if (asprintf(&options, "%s%s%s", p->defaults ? p->defaults : "",
		     p->defaults && *p->defaults && open && *open ? "," : "",
		     open ? open : "") < 0)
		return -ENOMEM;
	/* "(ro)" alone is for everyone: exports(5). */
	return p->fn(path, *p->word ? p->word : "*", options, p->data);
}

static int read_entry(struct parser *p)
{
	_cleanup_free_ char *path = NULL;
	bool clients = false;
	int rc;

	p->began = p->line;
	free(p->defaults);
	p->defaults = NULL;
	rc = read_word(p);
	if (rc)
		return rc;
	path = p->word;
	p->word = NULL;
	if (*path != '/')
		return fail(p, "a path that begins with '/' is missing");
	while (skip_blanks(p) && rc == 0) {
		rc = read_word(p);
		clients |= rc == 0 && *p->word != '-';
		if (rc == 0)
			rc = take_client(p, path);
	}
	if (rc || clients)
		return rc;
	return p->fn(path, "*", p->defaults ? p->defaults : "", p->data);
}

int etab_parse(const char *text, size_t len, const char *file, etab_entry_fn *fn,
	       void *data, struct err *err)
{
	struct parser p = { .next = text,
			    .end = text + len,
			    .file = file,
			    .line = 1,
			    .fn = fn,
			    .data = data,
			    .err = err };
	int rc = 0;

	if (memchr(text, '\0', len))
		return err_set(err, BATON_EXIT_CONFIG, 0, "%s: is not text", file);
	while (p.next < p.end && rc == 0) {
		if (skip_blanks(&p)) {
			rc = read_entry(&p);
		} else if (p.next < p.end) {
			p.next++;
			p.line++;
		}
	}
	free(p.word);
	free(p.defaults);
	return rc;
}

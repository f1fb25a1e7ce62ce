// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * config: a service file's text -> struct service.
 *
 * libinih splits lines. The reader below feeds it the text, because libinih cuts long
 * lines, ignores what follows a section's bracket, ends a line at a zero byte, and (as
 * built by distributions) does not tell its handler the line number. A value is set when
 * the next key begins, because lines that begin with a blank continue it.
 */
#include "core/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/digest.h"
#include "core/keys.h"
#include "core/value.h"

#define SECTION "service"

struct parser {
	struct service *svc;
	const char *file;
	struct err *err;
	int rc;                 /* first failure; everything after it is skipped */
	const char *next, *end; /* text not read yet */
	int line;
	int section;     /* line of [service], 0 = not yet */
	bool continues;  /* this line continues the one before */
	enum key_id key; /* whose value is being collected, KEY_COUNT = none */
	int key_line;
	char *value;
	unsigned int seen[KEY_COUNT]; /* how often */
	int lines[KEY_COUNT];         /* last line of each, 0 = the default holds */
	char *values[KEY_COUNT];      /* "key=value\n" of each that is given */
};

__attribute__((format(printf, 3, 4))) static int fail(struct parser *p, int line,
						      const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (line)
		p->rc = err_set(p->err, BATON_EXIT_CONFIG, 0, "%s:%d: %s", p->file, line,
				text);
	else
		p->rc = err_set(p->err, BATON_EXIT_CONFIG, 0, "%s: %s", p->file, text);
	return p->rc;
}

static int fail_memory(struct parser *p)
{
	p->rc = err_set(p->err, BATON_EXIT_RESOURCE, ENOMEM, "%s", p->file);
	return p->rc;
}

/* Parses the value collected so far into the service. */
static int set_value(struct parser *p)
{
	struct err why = { 0 };
	int rc = value_set(p->svc, p->key, p->value, p->key_line, &why);

	if (rc == -ENOMEM)
		return fail_memory(p);
	return rc ? fail(p, p->key_line, "%s", why.text) : 0;
}

/* Runs of blanks between words count as one. */
static void squeeze_blanks(char *text)
{
	char *to = text;

	for (const char *c = text; *c; c++)
		if ((*c != ' ' && *c != '\t') || (to > text && to[-1] != ' '))
			*to++ = *c == '\t' ? ' ' : *c;
	*to = '\0';
}

/* Keeps every value as given, key by key. */
static int note_value(struct parser *p)
{
	char *joined, *before = p->values[p->key];

	if (asprintf(&joined, "%s%s=%s\n", before ? before : "", keys[p->key].name,
		     p->value) < 0)
		return fail_memory(p);
	free(before);
	squeeze_blanks(joined);
	p->values[p->key] = joined;
	return 0;
}

/* Sets and notes the value collected so far. */
static int finish_value(struct parser *p)
{
	const struct key *k = &keys[p->key];
	int rc = 0;

	if (p->rc)
		return p->rc;
	if (p->key != KEY_COUNT) {
		if (!*p->value && !(k->fallback && !*k->fallback))
			rc = fail(p, p->key_line, "%s: the value is missing", k->name);
		else if (p->seen[p->key])
			rc = note_value(p);
		/* This may change the text. */
		if (!rc)
			rc = set_value(p);
		free(p->value);
		p->value = NULL;
		p->key = KEY_COUNT;
	}
	return rc;
}

static int continue_value(struct parser *p, const char *more)
{
	char *joined;
	size_t n = strcspn(more, " \t=");
	_cleanup_free_ char *word = strndup(more, n);

	if (!word)
		return fail_memory(p);
	if (more[n + strspn(more + n, " \t")] == '=' && keys_find(word) != KEY_COUNT)
		return fail(
			p, p->line,
			"the blank before '%s' makes this line continue line %d; begin it in "
			"the first column",
			word, p->key_line);
	if (asprintf(&joined, "%s%s%s", p->value, *p->value ? " " : "", more) < 0)
		return fail_memory(p);
	free(p->value);
	p->value = joined;
	return 0;
}

static int begin_value(struct parser *p, const char *name, const char *value)
{
	enum key_id id = keys_find(name);

	if (finish_value(p))
		return p->rc;
	if (!p->section)
		return fail(p, p->line, "'%.40s' comes before the section [" SECTION "]",
			    name);
	if (id == KEY_COUNT) {
		char known[200] = "";

		for (enum key_id i = 0; i < KEY_COUNT; i++)
			snprintf(known + strlen(known), sizeof(known) - strlen(known),
				 " %s", keys[i].name);
		return fail(p, p->line,
			    "unknown key '%.40s'; known to baton " BATON_VERSION ":%s",
			    name, known);
	}
	if (p->seen[id] == keys[id].limit && keys[id].limit == 1)
		return fail(p, p->line, "%s: is already set in line %d", name,
			    p->lines[id]);
	if (p->seen[id] == keys[id].limit)
		return fail(p, p->line, "%s: may be given at most %u times", name,
			    keys[id].limit);
	p->seen[id]++;
	p->lines[id] = p->key_line = p->line;
	p->key = id;
	p->value = strdup(value);
	return p->value ? 0 : fail_memory(p);
}

/* ini_handler: returns 1 to go on. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;

	if (p->rc)
		return 0;
	if (strstr(value, " #") || strstr(value, "\t#") || *value == '#')
		fail(p, p->line,
		     "'#' begins a comment only at the start of a line; here use ' ;'");
	else if (p->continues)
		continue_value(p, value);
	else
		begin_value(p, name, value);
	return !p->rc;
}

static int check_section(struct parser *p, const char *start)
{
	size_t n = strlen(start);

	if (finish_value(p))
		return p->rc;
	while (n && isspace((unsigned char)start[n - 1]))
		n--;
	if (n != strlen("[" SECTION "]") || strncmp(start, "[" SECTION "]", n) != 0)
		return fail(p, p->line,
			    "unknown section '%.*s'; only [" SECTION "] is known",
			    n > 40 ? 40 : (int)n, start);
	if (p->section)
		return fail(p, p->line, "section [" SECTION "] already begins in line %d",
			    p->section);
	p->section = p->line;
	return 0;
}

/* Copies one line without its comment, and checks what libinih would not notice. */
static int copy_line(struct parser *p, char *line, size_t size)
{
	const char *nl = memchr(p->next, '\n', p->end - p->next);
	size_t n = (nl ? nl : p->end) - p->next;
	const char *start;
	size_t blanks = 0, taken = n;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = p->next[i];

		if ((c < ' ' && c != '\t' && !(c == '\r' && i == n - 1)) || c == 0x7f)
			return fail(p, p->line, "control character 0x%02x in column %zu",
				    c, i + 1);
	}
	while (blanks < n && (p->next[blanks] == ' ' || p->next[blanks] == '\t'))
		blanks++;
	/* A comment may be of any length. */
	if (blanks < n && p->next[blanks] == '#')
		taken = 0;
	if (taken + 2 > size)
		return fail(
			p, p->line,
			"longer than %zu bytes; continue in the next line, which begins with a blank",
			size - 2);
	memcpy(line, p->next, taken);
	line[taken] = '\0';
	p->next += nl ? n + 1 : n;
	for (char *c = line; (c = strchr(c, ';')); c++)
		if (c == line || c[-1] == ' ' || c[-1] == '\t') {
			*c = '\0';
			break;
		}
	start = line + strspn(line, " \t\r");
	p->continues = start > line && *start && *start != '#' && p->key != KEY_COUNT;
	if (*start == '[' && !p->continues)
		return check_section(p, start);
	return 0;
}

/* ini_reader */
static char *read_line(char *line, int size, void *user)
{
	struct parser *p = user;

	if (p->rc || p->next == p->end)
		return NULL;
	p->line++;
	return copy_line(p, line, size) ? NULL : line;
}

/* ---- the whole ---- */

static int check_gateway(struct parser *p, const struct ipaddr *ip)
{
	bool within = false, family = false;
	char text[IPADDR_TEXT];

	if (!ip->family)
		return 0;
	ipaddr_format(ip, text);
	for (size_t i = 0; i < p->svc->n_addresses; i++) {
		const struct address *a = &p->svc->addresses[i];

		if (ipaddr_equal(&a->ip, ip))
			return fail(p, p->lines[KEY_GATEWAY],
				    "gateway: '%s' is an address of the service itself",
				    text);
		within |= address_is_near(a, ip);
		family |= a->ip.family == ip->family;
	}
	if (ip->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&ip->v6))
		within = family;
	if (!within)
		return fail(
			p, p->lines[KEY_GATEWAY],
			"gateway: '%s' is not in the network of any address of this service",
			text);
	return 0;
}

/* What the disk refuses must be all of the filesystem, and its end must be possible. */
static int check_guard(struct parser *p)
{
	static const char *const elsewhere[] = { "logdev=", "rtdev=", "journal_dev=",
						 "journal_path=" };
	const struct service *svc = p->svc;
	int line = p->lines[KEY_GUARD];

	if (svc->guard == GUARD_NONE)
		return 0;
	if (strcmp(svc->fstype, "btrfs") == 0)
		return fail(
			p, line,
			"guard: reservation is not for btrfs, which cannot be shut down "
			"when another head takes the disk");
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (strstr(svc->options, elsewhere[i]))
			return fail(
				p, line,
				"guard: reservation is of one disk, and options has %s",
				elsewhere[i]);
	return 0;
}

/* Checks across keys and lines. */
static int check_whole(struct parser *p)
{
	struct service *svc = p->svc;

	if (!p->section)
		return fail(p, 0, "section [" SECTION "] is missing");
	for (enum key_id id = 0; id < KEY_COUNT; id++) {
		if (p->seen[id])
			continue;
		if (keys[id].required)
			return fail(p, 0, "key '%s' is missing", keys[id].name);
		if (!keys[id].fallback)
			continue;
		p->key = id;
		p->value = strdup(keys[id].fallback);
		if (!p->value)
			return fail_memory(p);
		if (finish_value(p))
			return p->rc;
	}
	if (svc->grace < svc->lease)
		return fail(
			p,
			p->lines[KEY_GRACE] ? p->lines[KEY_GRACE] : p->lines[KEY_LEASE],
			"grace: %u%s is shorter than lease %u: clients that renew late would "
			"lose their locks",
			svc->grace, p->lines[KEY_GRACE] ? "" : " (the default)",
			svc->lease);
	/* Clients whose calls are held off cannot renew. */
	if (svc->drain * 2 > svc->lease)
		return fail(
			p,
			p->lines[KEY_DRAIN] ? p->lines[KEY_DRAIN] : p->lines[KEY_LEASE],
			"drain: %u%s is longer than half of lease %u: leases would run out "
			"meanwhile",
			svc->drain, p->lines[KEY_DRAIN] ? "" : " (the default)",
			svc->lease);
	if (check_guard(p))
		return p->rc;
	if (check_gateway(p, &svc->gateway4) || check_gateway(p, &svc->gateway6))
		return p->rc;
	return 0;
}

int config_parse(struct service *svc, const char *name, const char *file,
		 const char *text, size_t len, struct err *err)
{
	struct parser p = {
		.svc = svc, .file = file, .err = err, .next = text, .key = KEY_COUNT
	};
	int bad;

	memset(svc, 0, sizeof(*svc));
	p.end = text + len;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p.next += 3;
	if (service_check_name(name, err))
		return -EINVAL;
	snprintf(svc->name, sizeof(svc->name), "%s", name);
	svc->file = strdup(file);
	svc->text = strndup(text, len);
	if (!svc->file || !svc->text) {
		fail_memory(&p);
		service_free(svc);
		return p.rc;
	}

	bad = ini_parse_stream(read_line, &p, take_pair, &p);
	if (!p.rc && bad == -2)
		fail_memory(&p);
	else if (!p.rc && bad)
		fail(&p, bad, "is neither 'key = value' nor '[" SECTION "]'");
	if (!finish_value(&p))
		check_whole(&p);
	if (!p.rc && digest_make(svc, (const char *const *)p.values) < 0)
		fail_memory(&p);
	free(p.value);
	for (enum key_id key = 0; key < KEY_COUNT; key++)
		free(p.values[key]);
	if (p.rc)
		service_free(svc);
	return p.rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* conn: the table of a service's TCP connections, and its text form. */
#include "core/conn.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/cleanup.h"
#include "core/text.h"

/* The longest line: two IPv6 addresses, two ports, three blanks. */
#define LINE_MAX_LEN (2 * (IPADDR_TEXT - 1) + 2 * 5 + 3)

int conns_add(struct conns *conns, const struct conn *conn)
{
	return array_add(conns, conn);
}

void conns_free(struct conns *conns)
{
	free(conns->v);
	memset(conns, 0, sizeof(*conns));
}

static int compare_ip(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->family == AF_INET)
		return memcmp(&a->v4, &b->v4, sizeof(a->v4));
	return memcmp(&a->v6, &b->v6, sizeof(a->v6));
}

int conn_compare(const void *pa, const void *pb)
{
	const struct conn *a = pa, *b = pb;
	int d = compare_ip(&a->local, &b->local);

	if (!d)
		d = (int)a->lport - b->lport;
	if (!d)
		d = compare_ip(&a->remote, &b->remote);
	if (!d)
		d = (int)a->rport - b->rport;
	return d;
}

void conns_sort(struct conns *conns)
{
	size_t n = 0;

	if (conns->n == 0)
		return;
	qsort(conns->v, conns->n, sizeof(*conns->v), conn_compare);
	for (size_t i = 1; i < conns->n; i++)
		if (conn_compare(&conns->v[n], &conns->v[i]) != 0)
			conns->v[++n] = conns->v[i];
	conns->n = n + 1;
}

bool conns_are_established(const struct conns *conns)
{
	for (size_t i = 0; i < conns->n; i++)
		if (conns->v[i].state != TCP_ESTABLISHED)
			return false;
	return true;
}

bool conns_equal(const struct conns *a, const struct conns *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (conn_compare(&a->v[i], &b->v[i]) != 0)
			return false;
	return true;
}

bool conn_is_of(const struct conn *conn, const struct service *svc)
{
	for (size_t i = 0; i < svc->n_addresses; i++)
		if (ipaddr_equal(&svc->addresses[i].ip, &conn->local))
			return conn->lport == NFS_PORT;
	return false;
}

size_t conns_keep_own(struct conns *conns, const struct service *svc)
{
	size_t kept = 0, before = conns->n;

	for (size_t i = 0; i < before; i++)
		if (conn_is_of(&conns->v[i], svc) && !ipaddr_fault(&conns->v[i].remote))
			conns->v[kept++] = conns->v[i];
	conns->n = kept;
	return before - kept;
}

const char *conn_state_name(uint8_t state)
{
	/* include/net/tcp_states.h; named as in ss(8). */
	static const char *const names[] = {
		"?",          "ESTAB",     "SYN-SENT", "SYN-RECV",   "FIN-WAIT-1",
		"FIN-WAIT-2", "TIME-WAIT", "UNCONN",   "CLOSE-WAIT", "LAST-ACK",
		"LISTEN",     "CLOSING",   "SYN-RECV",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : names[0];
}

char *conns_format(const struct conns *conns)
{
	char local[IPADDR_TEXT], remote[IPADDR_TEXT];
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs(CONNS_HEADER "\n", f);
	for (size_t i = 0; i < conns->n; i++) {
		const struct conn *c = &conns->v[i];

		fprintf(f, "%s %u %s %u\n", ipaddr_format(&c->local, local), c->lport,
			ipaddr_format(&c->remote, remote), c->rport);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Text from a file or a peer goes into messages: '?' replaces control characters. */
static const char *printable(char *text)
{
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return text;
}

static int parse_ip(struct ipaddr *ip, char *text, const char *whose, unsigned int line,
		    struct err *err)
{
	if (ipaddr_parse(ip, text) < 0)
		return err_set(err, BATON_EXIT_FAILED, 0,
			       "line %u: %s address '%s' is not an IP address", line,
			       whose, printable(text));
	return 0;
}

/* A port is 1 to 5 digits; strtoul() would accept blanks, signs and leading zeros. */
static int parse_port(uint16_t *port, char *text, const char *whose, unsigned int line,
		      struct err *err)
{
	size_t n = strlen(text);
	unsigned long v = 0;

	if (n <= 5 && strspn(text, "0123456789") == n && text[0] != '0')
		v = strtoul(text, NULL, 10);
	if (v == 0 || v > UINT16_MAX)
		return err_set(err, BATON_EXIT_FAILED, 0,
			       "line %u: %s port '%s' is not 1..65535", line, whose,
			       printable(text));
	*port = v;
	return 0;
}

static int parse_line(struct conn *conn, char *text, unsigned int line, struct err *err)
{
	char *field[4], *p = text;
	int rc;

	for (int i = 0; i < 4; i++) {
		char *end = strchr(p, ' ');

		if (!end != (i == 3))
			return err_set(err, BATON_EXIT_FAILED, 0,
				       "line %u: not 'ADDRESS PORT ADDRESS PORT'", line);
		field[i] = p;
		if (end) {
			*end = '\0';
			p = end + 1;
		}
	}
	memset(conn, 0, sizeof(*conn));
	rc = parse_ip(&conn->local, field[0], "local", line, err);
	if (rc == 0)
		rc = parse_port(&conn->lport, field[1], "local", line, err);
	if (rc == 0)
		rc = parse_ip(&conn->remote, field[2], "remote", line, err);
	if (rc == 0)
		rc = parse_port(&conn->rport, field[3], "remote", line, err);
	if (rc == 0 && conn->local.family != conn->remote.family)
		rc = err_set(err, BATON_EXIT_FAILED, 0,
			     "line %u: one address is IPv4, the other IPv6", line);
	return rc;
}

/* Copies the next line without its newline. The last line must have one, too: a file cut
 * short by a full disk must not pass for a smaller table. */
static int next_line(const char **text, size_t *len, char line[LINE_MAX_LEN + 1],
		     unsigned int number, struct err *err)
{
	const char *end = memchr(*text, '\n', *len);
	size_t n;

	if (!end)
		return err_set(err, BATON_EXIT_FAILED, 0, "line %u: cut short", number);
	n = end - *text;
	if (n > LINE_MAX_LEN)
		return err_set(err, BATON_EXIT_FAILED, 0, "line %u: too long", number);
	if (memchr(*text, '\0', n))
		return err_set(err, BATON_EXIT_FAILED, 0, "line %u: a zero byte", number);
	memcpy(line, *text, n);
	line[n] = '\0';
	*text += n + 1;
	*len -= n + 1;
	return 0;
}

int conns_parse(struct conns *conns, const char *text, size_t len, struct err *err)
{
	_cleanup_conns_ struct conns out = { 0 };
	char line[LINE_MAX_LEN + 1];
	unsigned int number = 1;
	int rc;

	memset(conns, 0, sizeof(*conns));
	rc = next_line(&text, &len, line, number, err);
	if (rc < 0)
		return rc;
	if (strcmp(line, CONNS_HEADER) != 0)
		return err_set(err, BATON_EXIT_FAILED, 0,
			       "line 1: '%s' instead of '" CONNS_HEADER "'",
			       printable(line));
	while (len) {
		struct conn conn;

		number++;
		rc = next_line(&text, &len, line, number, err);
		if (rc == 0)
			rc = parse_line(&conn, line, number, err);
		if (rc < 0)
			return rc;
		if (out.n == CONNS_MAX)
			return err_set(err, BATON_EXIT_FAILED, E2BIG,
				       "line %u: more than %d connections", number,
				       CONNS_MAX);
		rc = conns_add(&out, &conn);
		if (rc < 0)
			return err_set(err, BATON_EXIT_RESOURCE, -rc, "line %u", number);
	}
	*conns = out;
	memset(&out, 0, sizeof(out));
	return 0;
}

bool conn_counts_equal(const struct conn_counts *a, const struct conn_counts *b)
{
	return a->active == b->active && a->passive == b->passive &&
	       a->established == b->established;
}

/* Copies the next word of a line. Return: what follows it; NULL: no word, or too long. */
static const char *take_word(const char *line, char word[32])
{
	size_t len;

	line += strspn(line, " ");
	len = strcspn(line, " \n");
	if (len == 0 || len >= 32)
		return NULL;
	memcpy(word, line, len);
	word[len] = '\0';
	return line + len;
}

int conn_counts_parse(struct conn_counts *counts, const char *text)
{
	struct conn_counts c = { 0 };
	const struct {
		const char *name;
		uint64_t *value;
	} wanted[] = {
		{ "ActiveOpens", &c.active },
		{ "PassiveOpens", &c.passive },
		{ "CurrEstab", &c.established },
	};
	const size_t n = sizeof(wanted) / sizeof(wanted[0]);
	const char *names = strstr(text, "\nTcp:"),
		   *values = names ? strstr(names + 1, "\nTcp:") : NULL;
	char name[32], word[32];
	size_t found = 0;

	/* A line that is cut short could end in the middle of a number. */
	if (!values || !strchr(values + 1, '\n'))
		return -EINVAL;
	names += strlen("\nTcp:");
	values += strlen("\nTcp:");
	while (found < n && (names = take_word(names, name)) &&
	       (values = take_word(values, word))) {
		unsigned long value;

		if (strcmp(name, wanted[found].name) != 0)
			continue;
		if (text_parse_number(&value, word, 0, ULONG_MAX) < 0)
			return -EINVAL;
		*wanted[found++].value = value;
	}
	if (found < n)
		return -EINVAL;
	*counts = c;
	return 0;
}

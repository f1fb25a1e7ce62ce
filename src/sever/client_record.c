// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_record: the file with the clients of an address, which the next head reads to
 * tickle them.
 */
#include "sever/client_record.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/text.h"

#define LAST "locks "

const char *client_record_name(const struct ipaddr *ip, uint16_t port,
			       char name[CLIENT_RECORD_NAME])
{
	char address[IPADDR_TEXT];

	snprintf(name, CLIENT_RECORD_NAME, "%s-%u", ipaddr_format(ip, address), port);
	return name;
}

int client_record_parse_name(struct ipaddr *ip, uint16_t *port, const char *name)
{
	const char *dash = strrchr(name, '-');
	char address[IPADDR_TEXT];
	unsigned long number;

	if (!dash || (size_t)(dash - name) >= sizeof(address) ||
	    text_parse_number(&number, dash + 1, 1, UINT16_MAX) < 0)
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)(dash - name), name);
	*port = number;
	return ipaddr_parse(ip, address) < 0 ? -EINVAL : 0;
}

char *client_record_format(const struct client_record *record)
{
	_cleanup_free_ char *conns = conns_format(&record->conns);
	char *text;

	if (!conns || asprintf(&text, "%s" LAST "%u\n", conns, record->lockers) < 0)
		return NULL;
	return text;
}

/* Removes the last line. */
static int take_last(unsigned int *lockers, const char *text, size_t *len)
{
	const char *end, *begin;
	unsigned long value;
	char number[12];
	size_t n;

	if (*len == 0 || text[*len - 1] != '\n')
		return -1;
	end = text + *len - 1;
	begin = memrchr(text, '\n', end - text);
	begin = begin ? begin + 1 : text;
	n = strlen(LAST);
	if ((size_t)(end - begin) <= n || strncmp(begin, LAST, n) != 0 ||
	    (size_t)(end - begin) - n >= sizeof(number))
		return -1;
	snprintf(number, sizeof(number), "%.*s", (int)(end - begin - n), begin + n);
	if (text_parse_number(&value, number, 0, UINT_MAX) < 0)
		return -1;
	*lockers = value;
	*len = begin - text;
	return 0;
}

int client_record_parse(struct client_record *record, const struct ipaddr *ip,
			uint16_t port, const char *text, size_t len, struct err *err)
{
	char address[IPADDR_TEXT];
	int rc;

	memset(record, 0, sizeof(*record));
	if (take_last(&record->lockers, text, &len) < 0)
		return err_set(err, BATON_EXIT_FAILED, 0,
			       "cut short, or no record of connections");
	rc = conns_parse(&record->conns, text, len, err);
	for (size_t i = 0; i < record->conns.n && rc == 0; i++) {
		const struct conn *c = &record->conns.v[i];

		if (!ipaddr_equal(&c->local, ip) || c->lport != port)
			rc = err_set(err, BATON_EXIT_FAILED, 0, "line %zu: not of %s:%u",
				     i + 2, ipaddr_format(ip, address), port);
	}
	if (rc < 0)
		client_record_free(record);
	else
		conns_sort(&record->conns);
	return rc;
}

void client_record_free(struct client_record *record)
{
	conns_free(&record->conns);
	memset(record, 0, sizeof(*record));
}

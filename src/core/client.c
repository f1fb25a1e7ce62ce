// SPDX-License-Identifier: GPL-2.0-or-later
/* client: an NFSv4 client, as described by knfsd's /proc/fs/nfsd/clients/N/info. */
#include "core/client.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/array.h"
#include "core/cleanup.h"
#include "core/text.h"

/* The value of the line "@key: …" and its length; NULL if there is no such line. */
static const char *find_line(const char *text, const char *key, size_t *len)
{
	size_t n = strlen(key);

	while (*text) {
		size_t line = strcspn(text, "\n");

		if (line > n + 1 && strncmp(text, key, n) == 0 &&
		    strncmp(text + n, ": ", 2) == 0) {
			*len = line - n - 2;
			return text + n + 2;
		}
		text += line + (text[line] == '\n');
	}
	return NULL;
}

/* Reads @n digits of @base at @p; -1 if they are not all digits. */
static int digits(const char *p, int n, int base)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		const char *all = "0123456789abcdef", *found;

		found = p[i] ? strchr(all, p[i] >= 'A' && p[i] <= 'F' ? p[i] + 32 : p[i])
			     : NULL;
		if (!found || found - all >= base)
			return -1;
		value = value * base + (int)(found - all);
	}
	return value <= 255 ? value : -1;
}

/* Removes the quotation marks; @to has room for @len bytes. */
static int unquote(unsigned char *to, size_t *n, const char *p, size_t len)
{
	const char *end = p + len - 1;

	if (len < 2 || *p != '"' || *end != '"')
		return -EINVAL;
	for (p++, *n = 0; p < end; (*n)++) {
		int value = (unsigned char)*p, used = 1;

		if (value == '\\') {
			used = 4;
			value = end - p < 4   ? -1
				: p[1] == 'x' ? digits(p + 2, 2, 16)
					      : digits(p + 1, 3, 8);
		}
		if (value < 0 || *p == '"')
			return -EINVAL;
		to[*n] = value;
		p += used;
	}
	return 0;
}

/* "192.0.2.20:783" or "[2001:db8::20]:783" */
static int take_address(struct client *c, const char *text)
{
	const char *value, *colon;
	char quoted[IPADDR_TEXT + 16];
	size_t len, n, skip;
	unsigned long port;

	value = find_line(text, "address", &len);
	if (!value || len >= sizeof(quoted) ||
	    unquote((unsigned char *)quoted, &n, value, len) < 0)
		return -EINVAL;
	quoted[n] = '\0';
	colon = strrchr(quoted, ':');
	skip = quoted[0] == '[';
	if (!colon || colon < quoted + 2 || (skip && colon[-1] != ']') ||
	    text_parse_number(&port, colon + 1, 0, UINT16_MAX))
		return -EINVAL;
	quoted[colon - quoted - skip] = '\0';
	if (ipaddr_parse(&c->ip, quoted + skip) < 0)
		return -EINVAL;
	if (c->ip.family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&c->ip.v6)) {
		struct in_addr v4 = { c->ip.v6.s6_addr32[3] };

		c->ip = (struct ipaddr){ .family = AF_INET, .v4 = v4 };
	}
	c->port = port;
	return 0;
}

/* Only within the line: the next one may begin with a digit. */
static int64_t read_seconds(const char *text)
{
	unsigned long seconds;
	char number[24];
	size_t len;
	const char *value = find_line(text, "seconds from last renew", &len);

	if (!value || len >= sizeof(number))
		return -1;
	memcpy(number, value, len);
	number[len] = '\0';
	/* A renewal during the kernel's subtraction gives a negative number. */
	if (number[0] == '-' && isdigit((unsigned char)number[1]))
		return 0;
	return text_parse_number(&seconds, number, 0, INT64_MAX) < 0 ? -1
								     : (int64_t)seconds;
}

static void take_status(struct client *c, const char *text)
{
	static const struct {
		const char *word;
		enum client_status status;
	} words[] = {
		{ "confirmed", CLIENT_CONFIRMED },
		{ "courtesy", CLIENT_COURTESY },
		{ "expirable", CLIENT_COURTESY },
	};
	size_t len;
	const char *value = find_line(text, "status", &len);

	for (size_t i = 0; value && i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len &&
		    strncmp(value, words[i].word, len) == 0)
			c->status = words[i].status;
	c->renewed_s = read_seconds(text);
}

int client_parse(struct client *client, const char *text)
{
	_cleanup_free_ unsigned char *id = NULL;
	size_t len;
	const char *name = find_line(text, "name", &len);

	memset(client, 0, sizeof(*client));
	if (!name || take_address(client, text) < 0)
		return -EINVAL;
	id = malloc(len + 1);
	if (!id)
		return -ENOMEM;
	if (unquote(id, &client->len, name, len) < 0)
		return -EINVAL;
	take_status(client, text);
	client->id = id;
	id = NULL;
	return 0;
}

static bool ends_with(const char *line, const char *end)
{
	size_t len = strcspn(line, "\n"), n = strlen(end);

	return len >= n && strncmp(line + len - n, end, n) == 0;
}

void held_parse(struct held *held, const char *line)
{
	static const char key[] = "superblock: \"";
	const char *at = strstr(line, key);
	unsigned int major, minor;

	memset(held, 0, sizeof(*held));
	held->revoked = ends_with(line, ", admin-revoked }");
	if (strncmp(line, "- 0x", 4) != 0)
		return;
	held->lock = strstr(line, ": { type: lock, ") != NULL;
	held->delegated = strstr(line, ": { type: deleg, access: w") != NULL;
	if (at && sscanf(at + strlen(key), "%x:%x:", &major, &minor) == 2)
		held->dev = makedev(major, minor);
}

const char *client_name(const unsigned char *id, size_t len, char *text, size_t size)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		text[i] = id[i] >= ' ' && id[i] < 0x7f ? (char)id[i] : '?';
	text[i] = '\0';
	return text;
}

int clients_add(struct clients *clients, const struct client *client)
{
	return array_add(clients, client);
}

void clients_free(struct clients *clients)
{
	for (size_t i = 0; i < clients->n; i++)
		free(clients->v[i].id);
	free(clients->v);
	memset(clients, 0, sizeof(*clients));
}

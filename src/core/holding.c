// SPDX-License-Identifier: GPL-2.0-or-later
/* holding: how much each client has to reclaim after a move, and its text form. */
#include "core/holding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/array.h"
#include "core/cleanup.h"
#include "core/text.h"

/* NFS4_OPAQUE_LIMIT */
#define NAME_MAX_LEN 1024

const struct holding *holdings_find(const struct holdings *h, const unsigned char *id,
				    size_t len)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].len == len && memcmp(h->v[i].id, id, len) == 0)
			return &h->v[i];
	return NULL;
}

unsigned char *holding_copy_id(const unsigned char *id, size_t len)
{
	unsigned char *copy = malloc(len + 1);

	if (copy)
		memcpy(copy, id, len);
	return copy;
}

/* Takes over the id, even on failure. */
static int append(struct holdings *h, const struct holding *one)
{
	int rc = array_add(h, one);

	if (rc < 0)
		free(one->id);
	return rc;
}

int holdings_add(struct holdings *h, const unsigned char *id, size_t len, uint32_t count)
{
	struct holding *known = (struct holding *)holdings_find(h, id, len);
	struct holding one = { .len = len, .count = count };

	if (known) {
		known->count = known->count > count ? known->count : count;
		return 0;
	}
	one.id = holding_copy_id(id, len);
	return one.id && append(h, &one) == 0 ? 0 : -ENOMEM;
}

uint32_t holdings_largest(const struct holdings *h)
{
	uint64_t most = 0;

	for (size_t i = 0; i < h->n; i++)
		most = h->v[i].count > most ? h->v[i].count : most;
	most += h->ranges;
	return most < HOLDING_MAX ? most : HOLDING_MAX;
}

int holding_is_news(uint32_t before, uint32_t now)
{
	uint32_t apart = before > now ? before - now : now - before;

	return apart > before / 10;
}

static int by_count(const void *pa, const void *pb)
{
	const struct holding *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->id, b->id, a->len);
}

char *holdings_format(struct holdings *h)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), by_count);
	fprintf(f, HOLDINGS_HEADER "\npace %u\nranges %u\n", h->pace_us, h->ranges);
	for (size_t i = 0; i < h->n && i < HOLDINGS_MAX; i++) {
		fprintf(f, "%u ", h->v[i].count);
		for (size_t k = 0; k < h->v[i].len; k++)
			fprintf(f, "%02x", h->v[i].id[k]);
		fputc('\n', f);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int take_id(unsigned char *id, size_t *n, const char *text)
{
	static const char all[] = "0123456789abcdef";
	size_t len = strlen(text);

	if (len % 2 || len > 2 * NAME_MAX_LEN || strspn(text, all) != len)
		return -EINVAL;
	for (*n = 0; *n < len / 2; (*n)++)
		id[*n] = (strchr(all, text[2 * *n]) - all) << 4 |
			 (strchr(all, text[2 * *n + 1]) - all);
	return 0;
}

static int take_client(struct holdings *h, char *line)
{
	unsigned char id[NAME_MAX_LEN];
	char *name = strchr(line, ' ');
	unsigned long count;
	size_t n;

	if (!name)
		return -EINVAL;
	*name++ = '\0';
	if (text_parse_number(&count, line, 0, HOLDING_MAX) < 0 ||
	    take_id(id, &n, name) < 0)
		return -EINVAL;
	return h->n == HOLDINGS_MAX ? -E2BIG : holdings_add(h, id, n, count);
}

static int take_number(uint32_t *to, const char *line, const char *word)
{
	unsigned long value;
	size_t n = strlen(word);

	if (strncmp(line, word, n) != 0 ||
	    text_parse_number(&value, line + n, 0, UINT32_MAX) < 0)
		return -EINVAL;
	*to = value;
	return 0;
}

static int take_line(struct holdings *h, unsigned int number, char *line, struct err *err)
{
	static const char *const expected[] = { HOLDINGS_HEADER, "pace N", "ranges N" };
	int rc;

	if (number == 1)
		rc = strcmp(line, HOLDINGS_HEADER) == 0 ? 0 : -EINVAL;
	else if (number == 2)
		rc = take_number(&h->pace_us, line, "pace ");
	else if (number == 3)
		rc = take_number(&h->ranges, line, "ranges ");
	else
		rc = take_client(h, line);
	if (rc == -E2BIG)
		return err_set(err, BATON_EXIT_FAILED, E2BIG,
			       "line %u: more than %d clients", number, HOLDINGS_MAX);
	if (rc == -ENOMEM)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "line %u", number);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, 0, "line %u: not '%s'", number,
				number <= 3 ? expected[number - 1] : "COUNT NAME")
		      : 0;
}

int holdings_parse(struct holdings *holdings, const char *text, size_t len,
		   struct err *err)
{
	_cleanup_holdings_ struct holdings h = { 0 };
	_cleanup_free_ char *copy = malloc(len + 1);
	unsigned int number = 0;
	char *line = copy, *end;
	int rc = 0;

	memset(holdings, 0, sizeof(*holdings));
	if (!copy)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "holdings");
	memcpy(copy, text, len);
	copy[len] = '\0';
	/* A zero byte cuts a line short, so it has no newline. */
	while (rc == 0 && (end = strchr(line, '\n'))) {
		*end = '\0';
		rc = take_line(&h, ++number, line, err);
		line = end + 1;
	}
	if (rc == 0 && (number < 3 || line != copy + len))
		rc = err_set(err, BATON_EXIT_FAILED, 0, "line %u: cut short", number + 1);
	if (rc < 0)
		return rc;
	*holdings = h;
	memset(&h, 0, sizeof(h));
	return 0;
}

int holding_parse_range(const char *line, dev_t *dev)
{
	unsigned int major, minor;
	char kind[8], mode[16];

	if (sscanf(line, "%*d: %7s %15s %*s %*d %x:%x:", kind, mode, &major, &minor) !=
		    4 ||
	    strcmp(kind, "POSIX") != 0)
		return 0;
	*dev = makedev(major, minor);
	return 1;
}

int holding_parse_calls(struct holding_calls *calls, const char *text)
{
	/* RFC 8881 section 18: CLOSE, DELEGRETURN, LOCK, LOCKU, OPEN, GET_DIR_DELEGATION,
	 * LAYOUTGET, LAYOUTRETURN, WANT_DELEGATION. */
	static const uint64_t wanted = 1ull << 4 | 1ull << 8 | 1ull << 12 | 1ull << 14 |
				       1ull << 18 | 1ull << 46 | 1ull << 50 | 1ull << 51 |
				       1ull << 56;
	const char *p = strstr(text, "\nproc4ops ");
	unsigned long n, value, i;
	struct holding_calls sum = { 0 };
	char *end;

	/* A line that is cut short could end in the middle of a number. */
	if (!p || !strchr(p + 1, '\n'))
		return -EINVAL;
	n = strtoul(p + strlen("\nproc4ops "), &end, 10);
	for (i = 0; i < n && *end == ' '; i++) {
		value = strtoul(end + 1, &end, 10);
		sum.all += value;
		sum.state += i < 64 && (wanted >> i & 1) ? value : 0;
	}
	if (n <= 18 || i < n || *end != '\n')
		return -EINVAL;
	*calls = sum;
	return 0;
}

void holdings_free(struct holdings *holdings)
{
	for (size_t i = 0; i < holdings->n; i++)
		free(holdings->v[i].id);
	free(holdings->v);
	memset(holdings, 0, sizeof(*holdings));
}

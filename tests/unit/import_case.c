// SPDX-License-Identifier: GPL-2.0-or-later
/* import_case: shared by the tests of the import. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "import_case.h"

struct stock_groups stocks;
struct import t;
struct err failure;
char *printed;

static char *slurp(void)
{
	char path[4096], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s/stock.xml", getenv("DATA"));
	f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fread(text, 1, 32768, f) > 1000);
	fclose(f);
	return text;
}

/* Replaces the first @old, or nothing if it is empty. */
static void change(char *text, const char *old, const char *new)
{
	char *at = strstr(text, old);

	assert_non_null(at);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
}

int read_cib(const char *group, const char *old, const char *new)
{
	char *text = slurp();
	int rc;

	change(text, old, new);
	stock_groups_free(&stocks);
	failure.text[0] = '\0';
	rc = cib_read_groups(&stocks, text, strlen(text), group, STOCK_WHOLE, &failure);
	free(text);
	return rc;
}

struct import_own own(const char *ip, unsigned int prefixlen, const char *link,
		      bool secondary)
{
	struct import_own o = { .secondary = secondary };

	assert_int_equal(ipaddr_parse(&o.address.ip, ip), 0);
	o.address.prefixlen = prefixlen;
	snprintf(o.address.link, sizeof(o.address.link), "%s", link);
	return o;
}

/* Translates the first of stocks; the printed file must parse, comments and all. */
int translate(const struct import_own *v, size_t n)
{
	int rc = import_group(&t, &stocks.v[0], v, n, &failure);
	struct service svc;
	size_t size;
	FILE *out;

	free(printed);
	printed = NULL;
	if (rc < 0)
		return rc;
	out = open_memstream(&printed, &size);
	import_print(out, &t, &stocks.v[0]);
	fclose(out);
	if (config_parse(&svc, t.name, "printed", printed, size, &failure))
		fail_msg("%s\n%s", failure.text, printed);
	assert_int_equal(svc.n_exports ? svc.n_addresses > 0 : 0, 1);
	service_free(&svc);
	return 0;
}

int clear(void **state)
{
	import_free(&t);
	stock_groups_free(&stocks);
	free(printed);
	printed = NULL;
	return 0;
}

bool is_told(const char *part)
{
	for (size_t i = 0; i < t.remarks.n; i++)
		if (strstr(t.remarks.v[i], part))
			return true;
	return false;
}

void expect_keys(const char *const *want)
{
	for (size_t i = 0; want[i] || i < t.keys.n; i++) {
		assert_true(i < t.keys.n);
		assert_non_null(want[i]);
		assert_string_equal(t.keys.v[i], want[i]);
	}
}

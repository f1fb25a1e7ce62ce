// SPDX-License-Identifier: GPL-2.0-or-later
/* value: the text of one key's value -> members of struct service. */
#include "core/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/export.h"
#include "core/text.h"

static int refuse(struct err *err, enum key_id id, const char *value, const char *why)
{
	return err_set(err, BATON_EXIT_CONFIG, 0, "%s: '%.80s' %s", keys[id].name, value,
		       why);
}

static int refuse_choice(struct err *err, enum key_id id, const char *value)
{
	return err_set(err, BATON_EXIT_CONFIG, 0,
		       "%s: '%.80s' is not allowed; allowed: %s", keys[id].name, value,
		       keys[id].choices);
}

static int set_text(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_number(unsigned int *field, enum key_id id, const char *value,
		      struct err *err)
{
	const struct key *k = &keys[id];
	unsigned long n;

	if (text_parse_number(&n, value, k->min, k->max))
		return err_set(err, BATON_EXIT_CONFIG, 0,
			       "%s: '%.80s' is not between %u and %u%s%s", k->name, value,
			       k->min, k->max, k->unit ? " " : "",
			       k->unit ? k->unit : "");
	*field = n;
	return 0;
}

static int set_device(struct service *svc, const char *value, struct err *err)
{
	if (strncmp(value, "/dev/", 5) != 0 || !value[5])
		return refuse(err, KEY_DEVICE, value, "is not a path under /dev");
	if (strpbrk(value, " \t"))
		return refuse(err, KEY_DEVICE, value, "has a blank in it");
	if (strstr(value, "//") || strstr(value, "/./") || strstr(value, "/../") ||
	    value[strlen(value) - 1] == '/' || value[strlen(value) - 1] == '.')
		return refuse(err, KEY_DEVICE, value,
			      "is not a plain path: no '//', '.', '..' or last '/'");
	return set_text(&svc->device, value);
}

static int set_options(struct service *svc, const char *value, struct err *err)
{
	static const struct {
		const char *options, *why;
	} refused[] = {
		{ "ro", "is refused: the recovery database is written to this disk" },
		{ "norecovery noload nobarrier barrier=0 nolog_flush",
		  "is refused: acknowledged writes could be lost" },
		{ "bind rbind move remount loop",
		  "is refused: baton mounts the device itself" },
	};
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy;

	if (!copy)
		return -ENOMEM;
	if (strpbrk(value, " \t\"\\"))
		return refuse(err, KEY_OPTIONS, value,
			      "has a blank, quote or backslash in it");
	while (*value && rest) {
		char *item = strsep(&rest, ",");

		if (!*item)
			return refuse(err, KEY_OPTIONS, value, "has an empty item");
		for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
			if (text_has_word(refused[i].options, item))
				return refuse(err, KEY_OPTIONS, item, refused[i].why);
	}
	return set_text(&svc->options, value);
}

/* Like dev_valid_name() in the kernel's net/core/dev.c. */
static bool is_link_name(const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	return true;
}

/* Address bits after the prefix: all zero (-1), all one (1), or mixed (0)? */
static int host_part(const struct ipaddr *ip, unsigned int prefixlen)
{
	const uint8_t *bytes =
		ip->family == AF_INET ? (const uint8_t *)&ip->v4 : ip->v6.s6_addr;
	unsigned int bits = ip->family == AF_INET ? 32 : 128, ones = 0;

	for (unsigned int i = prefixlen; i < bits; i++)
		ones += bytes[i / 8] >> (7 - i % 8) & 1;
	if (bits - prefixlen < 2)
		return 0; /* RFC 3021, RFC 6164: both ends of such a link are hosts */
	return ones == 0 ? -1 : ones == bits - prefixlen ? 1 : 0;
}

static int set_address(struct service *svc, const char *value, struct err *err)
{
	struct address *a = &svc->addresses[svc->n_addresses];
	const char *slash = strchr(value, '/'), *at = strchr(value, '@'), *fault;
	_cleanup_free_ char *copy = NULL;
	char *link, *len;
	unsigned long n;

	if (!slash || !at || at < slash)
		return refuse(err, KEY_ADDRESS, value,
			      "is not ADDRESS/PREFIX@LINK, as in 192.0.2.50/24@ens192");
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	len = copy + (slash - value);
	*len++ = '\0';
	link = copy + (at - value);
	*link++ = '\0';
	if (ipaddr_parse(&a->ip, copy))
		return refuse(err, KEY_ADDRESS, copy, "is not an IPv4 or IPv6 address");
	if (text_parse_number(&n, len, 1, a->ip.family == AF_INET ? 32 : 128))
		return err_set(err, BATON_EXIT_CONFIG, 0,
			       "address: prefix '%.40s' is not between 1 and %d", len,
			       a->ip.family == AF_INET ? 32 : 128);
	a->prefixlen = n;
	if (!is_link_name(link))
		return err_set(
			err, BATON_EXIT_CONFIG, 0,
			"address: '%.40s' is not the name of a network link: 1 to %d characters, "
			"no '/', ':' or blank",
			link, IFNAMSIZ - 1);
	fault = ipaddr_fault(&a->ip);
	if (!fault && host_part(&a->ip, a->prefixlen) < 0)
		fault = "is the address of its whole network";
	if (!fault && a->ip.family == AF_INET && host_part(&a->ip, a->prefixlen) > 0)
		fault = "is the broadcast address of its network";
	if (fault)
		return refuse(err, KEY_ADDRESS, copy, fault);
	for (size_t i = 0; i < svc->n_addresses; i++)
		if (ipaddr_equal(&svc->addresses[i].ip, &a->ip))
			return refuse(err, KEY_ADDRESS, copy, "is given twice");
	memcpy(a->link, link, strlen(link) + 1);
	svc->n_addresses++;
	return 0;
}

static int set_gateway(struct service *svc, const char *value, struct err *err)
{
	struct ipaddr ip, *to;
	const char *fault;

	if (ipaddr_parse(&ip, value))
		return refuse(err, KEY_GATEWAY, value, "is not an IPv4 or IPv6 address");
	to = ip.family == AF_INET ? &svc->gateway4 : &svc->gateway6;
	if (to->family)
		return refuse(err, KEY_GATEWAY, value,
			      "is the second gateway of its family");
	fault = ipaddr_fault(&ip);
	/* Routers announce themselves by link-local addresses (RFC 4861, 6.1.2). */
	if (fault && !(ip.family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&ip.v6)))
		return refuse(err, KEY_GATEWAY, value, fault);
	*to = ip;
	return 0;
}

/* Both are normalised: only "/" ends in a slash. */
static bool is_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	return strcmp(above, "/") == 0 ||
	       (strncmp(path, above, n) == 0 && path[n] == '/');
}

static int set_export(struct service *svc, const char *value, int line, struct err *err)
{
	struct export *e = &svc->exports[svc->n_exports];
	int rc = export_parse(e, value, err);

	if (rc)
		return rc == -ENOMEM ? rc : err_wrap(err, rc, "export");
	e->line = line;
	svc->n_exports++;
	for (size_t i = 0; i + 1 < svc->n_exports; i++) {
		const struct export *other = &svc->exports[i];

		if (strcmp(other->path, e->path) == 0)
			return err_set(
				err, BATON_EXIT_CONFIG, 0,
				"export: '%.80s' is already exported in line %d; name all "
				"its clients there",
				e->path, other->line);
		/* A client of only the inner one could not walk to it. */
		if (is_below(e->path, other->path) || is_below(other->path, e->path))
			return err_set(err, BATON_EXIT_CONFIG, 0,
				       "export: '%.80s' and '%.80s' in line %d: one is "
				       "inside the other; exports must not be nested",
				       e->path, other->path, other->line);
	}
	return 0;
}

static int set_versions(struct service *svc, char *value, struct err *err)
{
	static const struct {
		const char *name;
		unsigned int bit;
	} bits[] = { { "4.0", VERSION_4_0 },
		     { "4.1", VERSION_4_1 },
		     { "4.2", VERSION_4_2 } };
	char *save = NULL;

	for (char *w = strtok_r(value, " \t", &save); w;
	     w = strtok_r(NULL, " \t", &save)) {
		if (strcmp(w, "3") == 0 || strncmp(w, "3.", 2) == 0)
			return refuse(err, KEY_VERSIONS, w,
				      "is refused: the locks of NFSv3 do not move");
		if (!text_has_word(keys[KEY_VERSIONS].choices, w))
			return refuse_choice(err, KEY_VERSIONS, w);
		for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
			if (strcmp(bits[i].name, w) == 0)
				svc->versions |= bits[i].bit;
	}
	return 0;
}

int value_set(struct service *svc, enum key_id id, char *value, int line, struct err *err)
{
	if (keys[id].type == KEY_ONE_OF && !text_has_word(keys[id].choices, value))
		return refuse_choice(err, id, value);
	switch (id) {
	case KEY_DEVICE:
		return set_device(svc, value, err);
	case KEY_FSTYPE:
		return set_text(&svc->fstype, value);
	case KEY_OPTIONS:
		return set_options(svc, value, err);
	case KEY_ADDRESS:
		return set_address(svc, value, err);
	case KEY_GATEWAY:
		return set_gateway(svc, value, err);
	case KEY_EXPORT:
		return set_export(svc, value, line, err);
	case KEY_LEASE:
		return set_number(&svc->lease, id, value, err);
	case KEY_GRACE:
		return set_number(&svc->grace, id, value, err);
	case KEY_COURTESY:
		return set_number(&svc->courtesy, id, value, err);
	case KEY_DRAIN:
		return set_number(&svc->drain, id, value, err);
	case KEY_DISK_TIMEOUT:
		return set_number(&svc->disk_timeout, id, value, err);
	case KEY_THREADS:
		return set_number(&svc->threads, id, value, err);
	case KEY_GUARD:
		svc->guard = strcmp(value, service_guard_name(GUARD_NONE)) == 0
				     ? GUARD_NONE
				     : GUARD_RESERVATION;
		return 0;
	case KEY_GUARD_TIMEOUT:
		return set_number(&svc->guard_timeout, id, value, err);
	case KEY_LINK:
		svc->link = strcmp(value, service_link_name(LINK_IPVLAN)) == 0
				    ? LINK_IPVLAN
				    : LINK_MACVLAN;
		return 0;
	case KEY_VERSIONS:
		return set_versions(svc, value, err);
	case KEY_COUNT:
		break;
	}
	return -EINVAL;
}

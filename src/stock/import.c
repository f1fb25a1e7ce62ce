// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * import: a stock service -> a service file.
 *
 * Only the service file's own parser knows what a service file may contain. Each option
 * is offered to it, and what it refuses becomes a remark with the reason.
 */
#include "stock/import.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/config.h"
#include "core/keys.h"
#include "core/text.h"
#include "core/value.h"
#include "stock/import_exports.h"

#define FAIL(err, ...) err_set(err, BATON_EXIT_CONFIG, 0, __VA_ARGS__)

static int make_name(struct import *t, const struct stock_group *stock, struct err *err)
{
	const char *from = strrchr(stock->id, '/');
	size_t n = 0;

	from = from ? from + 1 : stock->id;
	for (; *from && n < SERVICE_NAME_MAX; from++) {
		char c = isascii((unsigned char)*from) ? (char)tolower(*from) : '-';

		if (!isalnum((unsigned char)c))
			c = '-';
		if (c != '-' || (n && t->name[n - 1] != '-'))
			t->name[n++] = c;
	}
	while (n && t->name[n - 1] == '-')
		n--;
	t->name[n] = '\0';
	if (!n || service_check_name(t->name, NULL) < 0)
		return FAIL(err, "cannot make the name of a service from '%.80s'",
			    stock->id);
	if (stock->in_cluster && strcmp(t->name, stock->id) != 0)
		strlist_add(
			&t->remarks,
			"the service is %s and not %s: names have lower-case letters, "
			"digits and inner hyphens",
			t->name, stock->id);
	return 0;
}

/* ---- the disk ---- */

/* The ways in which mount(8) and udev name a filesystem. */
static const struct {
	const char *prefix, *directory;
} tags[] = {
	{ "-U", "/dev/disk/by-uuid/" },
	{ "--uuid", "/dev/disk/by-uuid/" },
	{ "UUID=", "/dev/disk/by-uuid/" },
	{ "-L", "/dev/disk/by-label/" },
	{ "--label", "/dev/disk/by-label/" },
	{ "LABEL=", "/dev/disk/by-label/" },
	{ "PARTUUID=", "/dev/disk/by-partuuid/" },
	{ "PARTLABEL=", "/dev/disk/by-partlabel/" },
};

/* Encodes "label with blank" as udev does (blkid_encode_string() of libblkid). */
static void add_tagged_device(struct import *t, const char *directory, const char *tag)
{
	char path[1024];
	size_t n = 0;

	for (; *tag && *tag != '"' && n + 5 < sizeof(path); tag++)
		if (isalnum((unsigned char)*tag) || strchr("#+-.:=@_", *tag) ||
		    (unsigned char)*tag >= 0x80)
			path[n++] = *tag;
		else
			n += snprintf(path + n, 5, "\\x%02x", (unsigned char)*tag);
	path[n] = '\0';
	strlist_add(&t->keys, "device = %s%s", directory, path);
}

static void add_device(struct import *t, const char *device)
{
	static const char *const by_order[] = { "/dev/sd", "/dev/vd", "/dev/nvme",
						"/dev/dm-" };

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		size_t len = strlen(tags[i].prefix);

		if (strncmp(device, tags[i].prefix, len) != 0)
			continue;
		device += len;
		device += strspn(device, " =\"");
		add_tagged_device(t, tags[i].directory, device);
		return;
	}
	strlist_add(&t->keys, "device = %s", device);
	for (size_t i = 0; i < sizeof(by_order) / sizeof(*by_order); i++)
		if (strncmp(device, by_order[i], strlen(by_order[i])) == 0)
			strlist_add(&t->remarks,
				    "device %s is named by the order in which disks were "
				    "found: write its path in /dev/disk/by-id, which is "
				    "the same on every head",
				    device);
}

static int add_mount_options(struct import *t, const char *options)
{
	_cleanup_free_ char *copy = strdup(options);
	_cleanup_strlist_ struct strlist kept = { 0 };
	char *rest = copy;

	if (!copy)
		return -ENOMEM;
	while (*options && rest) {
		struct service svc = { 0 };
		struct err why = { 0 };
		char *item = strsep(&rest, ",");
		int rc;

		/* The kernel shows these for every mount; fstab(5) has none of them. */
		if (!*item || text_has_word("rw defaults relatime seclabel", item))
			continue;
		rc = value_set(&svc, KEY_OPTIONS, item, 0, &why);
		service_free(&svc);
		if (rc == -ENOMEM)
			return rc;
		if (rc)
			strlist_add(&t->remarks,
				    "mount option %s is not carried over: %s", item,
				    why.text);
		else
			strlist_add(&kept, "%s", item);
	}
	if (kept.n) {
		_cleanup_free_ char *list = strlist_join(&kept, ",");

		if (!list)
			return -ENOMEM;
		strlist_add(&t->keys, "options = %s", list);
	}
	return 0;
}

/* ---- the addresses ---- */

/* The head's address nearest to @a: the same, or one in the same network. */
static const struct address *find_near(const struct address *a,
				       const struct import_own *own, size_t n)
{
	const struct address *near = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct address *o = &own[i].address;

		if ((a->link[0] && strcmp(o->link, a->link) != 0) ||
		    o->ip.family != a->ip.family)
			continue;
		if (ipaddr_equal(&o->ip, &a->ip))
			return o;
		if (!near && address_is_near(o, &a->ip))
			near = o;
	}
	return near;
}

static void add_address(struct import *t, const struct address *a)
{
	char ip[IPADDR_TEXT];

	strlist_add(&t->keys, "address = %s/%u@%s", ipaddr_format(&a->ip, ip),
		    a->prefixlen, a->link);
}

static void add_told_address(struct import *t, const struct address *told,
			     const struct import_own *own, size_t n)
{
	const struct address *near = find_near(told, own, n);
	struct address a = *told;
	char ip[IPADDR_TEXT];

	ipaddr_format(&a.ip, ip);
	if (!a.link[0] && near)
		memcpy(a.link, near->link, sizeof(a.link));
	if (!a.link[0]) {
		snprintf(a.link, sizeof(a.link), "LINK");
		strlist_add(
			&t->remarks,
			"address %s: no link of this head is in its network; write its "
			"name for LINK",
			ip);
	}
	if (a.prefixlen == (a.ip.family == AF_INET ? 32 : 128)) {
		strlist_add(
			&t->remarks,
			"address %s: a prefix of %u contains no network, and the service "
			"has no other of the head's addresses to reach one by",
			ip, a.prefixlen);
		a.prefixlen = 0;
	}
	if (!a.prefixlen && near)
		a.prefixlen = near->prefixlen;
	if (!a.prefixlen) {
		a.prefixlen = a.ip.family == AF_INET ? 24 : 64;
		strlist_add(
			&t->remarks,
			"address %s: the prefix length is unknown, %u is a guess; correct it",
			ip, a.prefixlen);
	}
	add_address(t, &a);
}

static int add_candidates(struct import *t, const struct import_own *own, size_t n,
			  struct err *err)
{
	size_t n_secondary = 0, added = 0;

	for (size_t i = 0; i < n; i++)
		n_secondary += own[i].secondary;
	for (size_t i = 0; i < n && added < SERVICE_ADDRESSES_MAX; i++) {
		if (n_secondary && !own[i].secondary)
			continue;
		add_address(t, &own[i].address);
		added++;
	}
	if (!added)
		return FAIL(err, "this head has no address that could be the service's");
	strlist_add(&t->remarks,
		    "which addresses move with this service cannot be told from exports "
		    "and mounts: keep its own, strike out the others");
	return 0;
}

static int add_addresses(struct import *t, const struct stock_group *stock,
			 const struct import_own *own, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < stock->n_addresses; i++)
		add_told_address(t, &stock->addresses[i], own, n);
	if (!stock->n_addresses)
		rc = add_candidates(t, own, n, err);
	strlist_add(&t->remarks,
		    "the routes of the head are not the service's: if clients come from "
		    "beyond these networks, add their router, gateway = ADDRESS");
	return rc;
}

/* ---- the whole ---- */

/* The parser decides. */
static int check(struct import *t, const struct stock_group *stock, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct err why = { 0 };
	size_t size;
	FILE *out;
	int rc;

	for (size_t i = 0; i < t->keys.n; i++)
		for (const char *c = t->keys.v[i]; *c; c++)
			if (text_is_control(t->keys.v[i], c - t->keys.v[i]))
				return FAIL(err,
					    "%s cannot become a service: a value has a "
					    "control character in it",
					    stock->id);
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	import_print_service(out, t);
	if (fclose(out))
		return -ENOMEM;
	rc = config_parse(&t->svc, t->name, t->name, text, size, &why);
	if (rc == -ENOMEM)
		return rc;
	return rc ? FAIL(err, "%s cannot become a service: %s", stock->id, why.text) : 0;
}

int import_group(struct import *t, const struct stock_group *stock,
		 const struct import_own *own, size_t n, struct err *err)
{
	bool short_of;
	int rc;

	memset(t, 0, sizeof(*t));
	if (stock->fault)
		return err_set(err, BATON_EXIT_CLUSTER, 0, "%s", stock->fault);
	rc = make_name(t, stock, err);
	if (rc == 0) {
		add_device(t, stock->device);
		strlist_add(&t->keys, "fstype = %s", stock->fstype);
		rc = add_mount_options(t, stock->options);
	}
	if (rc == 0)
		rc = add_addresses(t, stock, own, n, err);
	if (rc == 0)
		rc = import_exports_add(t, stock, err);
	if (stock->unmanaged)
		strlist_add(
			&t->remarks,
			"%s: Pacemaker would not stop the group, and then there would be "
			"two writers; end that, and import again",
			stock->unmanaged);
	for (size_t i = 0; i < stock->remarks.n; i++)
		strlist_add(&t->remarks, "%s", stock->remarks.v[i]);
	if (rc == 0)
		rc = check(t, stock, err);
	short_of = t->keys.failed || t->remarks.failed || t->mounts.failed;
	for (enum command_tool i = 0; i < COMMANDS_TOOLS; i++) {
		commands_make(t->commands[i], i, stock, t->name);
		for (enum command_step k = 0; k < COMMANDS_STEPS; k++)
			short_of |= t->commands[i][k].failed;
	}
	if (rc == -ENOMEM || short_of)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", stock->id);
	return rc;
}

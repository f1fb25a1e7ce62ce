// SPDX-License-Identifier: GPL-2.0-or-later
/* exporttable: the table of exports that rpc.mountd reads (etab), and host names in it. */
#include "core/exporttable.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/cleanup.h"
#include "core/export.h"
#include "core/strlist.h"

/* ---- host names ---- */

struct host *hosts_add(struct hosts *hosts, const char *name)
{
	const struct host host = { .name = strdup(name) };

	if (host.name && array_add(hosts, &host) == 0)
		return &hosts->v[hosts->n - 1];
	free(host.name);
	return NULL;
}

int host_add(struct host *host, const struct ipaddr *ip)
{
	struct ipaddr *more;

	for (size_t i = 0; i < host->n; i++)
		if (ipaddr_equal(&host->v[i], ip))
			return 0;
	more = reallocarray(host->v, host->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	host->v = more;
	host->v[host->n++] = *ip;
	return 0;
}

const struct host *hosts_find(const struct hosts *hosts, const char *name)
{
	for (size_t i = 0; i < hosts->n; i++)
		if (strcasecmp(hosts->v[i].name, name) == 0)
			return &hosts->v[i];
	return NULL;
}

char *hosts_format(const struct hosts *hosts)
{
	char *text = NULL, ip[IPADDR_TEXT];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < hosts->n; i++) {
		fputs(hosts->v[i].name, out);
		for (size_t k = 0; k < hosts->v[i].n; k++)
			fprintf(out, " %s", ipaddr_format(&hosts->v[i].v[k], ip));
		fputc('\n', out);
	}
	return fclose(out) == 0 ? text : NULL;
}

int hosts_parse(struct hosts *hosts, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *lines = NULL, *words;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &lines); line;
	     line = strtok_r(NULL, "\n", &lines)) {
		const char *name = strtok_r(line, " ", &words), *word;
		struct host *host = name ? hosts_add(hosts, name) : NULL;
		struct ipaddr ip;

		if (name && !host)
			return -ENOMEM;
		while (name && (word = strtok_r(NULL, " ", &words)))
			if (ipaddr_parse(&ip, word) == 0 && host_add(host, &ip) < 0)
				return -ENOMEM;
	}
	return 0;
}

void hosts_free(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++) {
		free(hosts->v[i].name);
		free(hosts->v[i].v);
	}
	free(hosts->v);
	memset(hosts, 0, sizeof(*hosts));
}

/* ---- the table ---- */

enum client_kind exporttable_kind(const char *client)
{
	struct ipaddr ip;

	if (strcmp(client, "*") == 0 || strncmp(client, "gss/", 4) == 0)
		return CLIENT_PLAIN;
	if (*client == '@' || strpbrk(client, "*?["))
		return CLIENT_LOOKED_UP;
	if (strchr(client, '/') || ipaddr_parse(&ip, client) == 0)
		return CLIENT_PLAIN;
	return CLIENT_HOST;
}

static int is_host(const char *client, const char *options, void *data)
{
	return exporttable_kind(client) == CLIENT_HOST;
}

bool exporttable_has_hosts(const struct service *svc)
{
	for (size_t i = 0; i < svc->n_exports; i++)
		if (export_for_each_client(svc->exports[i].clients, is_host, NULL) > 0)
			return true;
	return false;
}

/* Data for add_client(): the directory whose clients are being walked. */
struct listing {
	FILE *out;
	const struct hosts *hosts;
	const char *path;
	const char *fsid;
	const char *more;     /* options that come last, so that they count */
	struct strlist *seen; /* who has a line for this directory already */
};

/* Like nfs-utils (support/nfs/exports.c, putexportent()). */
static void put_path(FILE *out, const char *path)
{
	for (const unsigned char *c = (const unsigned char *)path; *c; c++)
		if (isalnum(*c) || strchr("/.-_", *c))
			fputc(*c, out);
		else
			fprintf(out, "\\%03o", *c);
}

static void put_line(struct listing *l, const char *client, const char *options)
{
	if (strlist_has(l->seen, client))
		return;
	strlist_add(l->seen, "%s", client);
	put_path(l->out, l->path);
	fprintf(l->out, "\t%s(%s%s,fsid=%s)\n", client, options, l->more, l->fsid);
}

static int add_client(const char *client, const char *options, void *data)
{
	struct listing *l = data;
	const struct host *host;
	char text[IPADDR_TEXT];

	if (exporttable_kind(client) != CLIENT_HOST) {
		put_line(l, client, options);
		return 0;
	}
	host = hosts_find(l->hosts, client);
	for (size_t i = 0; host && i < host->n; i++)
		put_line(l, ipaddr_format(&host->v[i], text), options);
	return 0;
}

static int add_directory(struct listing *l, const struct export *export, const char *path,
			 const char *fsid, const char *more)
{
	l->path = path;
	l->fsid = fsid;
	l->more = more;
	return export_for_each_client(export->clients, add_client, l);
}

static int add_export(FILE *out, const struct service *svc, const struct paths *paths,
		      const struct hosts *hosts, const struct export *export)
{
	_cleanup_strlist_ struct strlist clients = { 0 }, hidden = { 0 };
	char path[PATH_MAX], fsid[EXPORT_FSID_TEXT];
	struct listing l = { .out = out, .hosts = hosts, .seen = &clients };
	int rc;

	paths_export(path, paths, svc->name, export->path);
	export_fsid(svc->name, export->path, fsid);
	rc = add_directory(&l, export, path, fsid, "");
	if (rc < 0 || strcmp(export->path, "/") != 0)
		return rc < 0 || clients.failed ? -ENOMEM : 0;
	l.seen = &hidden;
	paths_export(path, paths, svc->name, "/.baton");
	export_fsid(svc->name, "/.baton", fsid);
	rc = add_directory(&l, export, path, fsid, ",ro");
	return rc < 0 || clients.failed || hidden.failed ? -ENOMEM : 0;
}

char *exporttable_format(const struct service *svc, const struct paths *paths,
			 const struct hosts *hosts)
{
	_cleanup_strlist_ struct strlist walkers = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct listing root = { .out = out, .hosts = hosts, .seen = &walkers };
	int rc = out ? 0 : -ENOMEM;

	for (size_t i = 0; i < svc->n_exports && rc == 0; i++)
		rc = add_export(out, svc, paths, hosts, &svc->exports[i]);
	/* Clients that may mount an export may walk to it; the last export's options count. */
	for (size_t i = svc->n_exports; i > 0 && rc == 0; i--)
		rc = add_directory(&root, &svc->exports[i - 1], paths->root, "0", ",ro");
	if ((out && fclose(out) != 0) || rc < 0 || walkers.failed) {
		free(text);
		return NULL;
	}
	return text;
}

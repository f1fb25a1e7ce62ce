// SPDX-License-Identifier: GPL-2.0-or-later
/* hosts: the addresses of the host names in a service's exports. */
#include "os/hosts.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/export.h"
#include "os/file.h"

#define REMEMBERED_MAX 65536

/* Data for resolve_client(): the export whose clients are being walked. */
struct resolving {
	struct hosts *hosts;
	const struct hosts *before;
	const struct service *svc;
	const struct export *export;
	bool missing;
	struct err *err;
};

static int take_address(struct host *host, const struct sockaddr *sa)
{
	struct ipaddr ip = { .family = sa->sa_family };

	if (sa->sa_family == AF_INET)
		ip.v4 = ((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	else if (sa->sa_family == AF_INET6)
		ip.v6 = ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	else
		return 0;
	return host_add(host, &ip);
}

static int look_up(struct host *host, const char **why)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int bad = getaddrinfo(host->name, NULL, &hints, &found), rc = 0;

	for (struct addrinfo *a = bad ? NULL : found; a && rc == 0; a = a->ai_next)
		rc = take_address(host, a->ai_addr);
	if (!bad)
		freeaddrinfo(found);
	if (bad)
		*why = bad == EAI_SYSTEM ? strerror(errno) : gai_strerror(bad);
	return rc < 0 || bad == EAI_MEMORY ? -ENOMEM : bad ? -EHOSTUNREACH : 0;
}

static int use_remembered(struct resolving *r, struct host *host)
{
	const struct host *before = hosts_find(r->before, host->name);

	for (size_t i = 0; before && i < before->n; i++)
		if (host_add(host, &before->v[i]) < 0)
			return -ENOMEM;
	r->missing |= host->n == 0;
	return 0;
}

static int resolve_client(const char *client, const char *options, void *data)
{
	struct resolving *r = data;
	const char *why = "";
	struct host *host;
	int rc;

	if (exporttable_kind(client) != CLIENT_HOST || hosts_find(r->hosts, client))
		return 0;
	host = hosts_add(r->hosts, client);
	if (!host)
		return -ENOMEM;
	rc = look_up(host, &why);
	if (rc != -EHOSTUNREACH)
		return rc;
	rc = use_remembered(r, host);
	err_set(r->err, BATON_EXIT_NETWORK, 0, "%s:%d: host '%.80s': %s%s", r->svc->file,
		r->export->line, client, why,
		host->n ? "; its last known addresses are used" : "");
	return rc;
}

/* An older file, to which a reload that fails goes back, may have others. */
static int keep_others(struct hosts *hosts, const struct hosts *before)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct host *old = &before->v[i];
		struct host *host;

		if (hosts_find(hosts, old->name))
			continue;
		host = hosts_add(hosts, old->name);
		for (size_t k = 0; host && k < old->n; k++)
			if (host_add(host, &old->v[k]) < 0)
				host = NULL;
		if (!host)
			return -ENOMEM;
	}
	return 0;
}

int hosts_resolve(struct hosts *hosts, const struct service *svc,
		  const struct paths *paths, struct err *err)
{
	_cleanup_free_ char *known = NULL, *text = NULL;
	struct hosts before = { 0 };
	struct resolving r = { hosts, &before, svc, NULL, false, err };
	size_t len;
	int rc = 0;

	memset(hosts, 0, sizeof(*hosts));
	if (file_read_all(paths->hosts, REMEMBERED_MAX, &known, &len) == 0)
		rc = hosts_parse(&before, known);
	for (size_t i = 0; i < svc->n_exports && rc == 0; i++) {
		r.export = &svc->exports[i];
		rc = export_for_each_client(r.export->clients, resolve_client, &r);
	}
	if (rc == 0)
		rc = keep_others(hosts, &before);
	hosts_free(&before);
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "look up host names");
	text = hosts->n ? hosts_format(hosts) : NULL;
	/* Only a later failure needs it. */
	if (text)
		file_replace(paths->hosts, text, strlen(text), 0);
	return r.missing ? -EHOSTUNREACH : 0;
}

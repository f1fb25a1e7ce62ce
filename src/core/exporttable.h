/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exporttable: the table of exports that rpc.mountd reads (etab), and host names in it. */
#ifndef BATON_CORE_EXPORTTABLE_H
#define BATON_CORE_EXPORTTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/paths.h"
#include "core/service.h"

/**
 * struct host - a host name and its addresses
 * @v: owned
 */
struct host {
	char *name;
	struct ipaddr *v;
	size_t n;
};

/** struct hosts - start from all zero, end with hosts_free() */
struct hosts {
	struct host *v;
	size_t n;
	size_t room;
};

/** hosts_add - add a name, without addresses yet. Return: it, or NULL. */
struct host *hosts_add(struct hosts *hosts, const char *name);

/** host_add - add an address to a name. Return: 0, or -ENOMEM. */
int host_add(struct host *host, const struct ipaddr *ip);

/** hosts_find - the addresses of a name; NULL = it is not there. */
const struct host *hosts_find(const struct hosts *hosts, const char *name);

/** hosts_format - as text, a line "NAME ADDRESS ADDRESS…" each; NULL = no memory. */
char *hosts_format(const struct hosts *hosts);

/** hosts_parse - read that text; what is malformed is left out. Return: 0, or -ENOMEM. */
int hosts_parse(struct hosts *hosts, const char *text);

/** hosts_free - release the list. */
void hosts_free(struct hosts *hosts);

/** enum client_kind - what rpc.mountd needs to know who a client of an export is */
enum client_kind {
	CLIENT_PLAIN,     /* nothing: an address, a network, everyone, gss/… */
	CLIENT_HOST,      /* its addresses */
	CLIENT_LOOKED_UP, /* the name of whoever calls: a wildcard, a netgroup */
};

/** exporttable_kind - of a client in the notation of exports(5) */
enum client_kind exporttable_kind(const char *client);

/** exporttable_has_hosts - does an export name a host? */
bool exporttable_has_hosts(const struct service *svc);

/**
 * exporttable_format - the table
 * @svc: the service
 * @paths: of the service
 * @hosts: the addresses of its host names; a name without any has no access
 *
 * A line is "PATH\tCLIENT(OPTIONS)", as exports(5); rpc.mountd's defaults hold for options
 * that are missing. Each client may also walk the pseudo-root (fsid=0), read-only; and
 * whoever may mount "/" finds an empty directory in place of baton's own.
 *
 * Return: the text, for the caller to free; NULL when out of memory.
 */
char *exporttable_format(const struct service *svc, const struct paths *paths,
			 const struct hosts *hosts);

#endif

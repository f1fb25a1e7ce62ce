// SPDX-License-Identifier: GPL-2.0-or-later
/* shared_look: looks up what stock/shared.c judges, in the head's own namespaces. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/cleanup.h"
#include "core/mounttable.h"
#include "os/diag.h"
#include "os/file.h"
#include "os/mounts.h"
#include "os/nfsconf.h"
#include "os/nfsd.h"
#include "os/nft.h"
#include "os/pacemaker.h"
#include "os/rtnl.h"
#include "os/software.h"
#include "stock/etab.h"
#include "stock/shared.h"

#define ETAB_MAX    (16u << 20)
#define PROGRAM_MAX (16u << 20)
#define CONNTRACK   "/proc/sys/net/netfilter/nf_conntrack_"
#define CONF        "/proc/sys/net/ipv4/conf/"

/* What is being looked up, and the data that its parts point into. */
struct look {
	struct shared facts;
	struct mounts *mounts;
	const struct mounttable_entry *v;
	size_t n;
	struct diag_table conns;
};

/* ---- exports ---- */

/* Of several mount points of a filesystem, the first: nfsserver binds its directory. */
static const char *find_mount_point(const struct look *look, const char *path)
{
	const struct mounttable_entry *mount = mounttable_find(look->v, look->n, path);

	for (size_t i = 0; mount && i < look->n; i++)
		if (look->v[i].dev == mount->dev)
			return look->v[i].directory;
	return "/";
}

static char *copy_fsid(const char *options)
{
	size_t len;
	const char *fsid = group_find_option(options, "fsid", &len);

	return group_is_root(options) ? strdup("0") : strndup(fsid ? fsid : "", len);
}

static int take_export(const char *path, const char *client, const char *options,
		       void *data)
{
	struct look *look = data;
	struct shared *f = &look->facts;
	struct shared_export *e;

	e = reallocarray(f->exports, f->n_exports + 1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	f->exports = e;
	e += f->n_exports++;
	e->path = strdup(path);
	e->client = strdup(client);
	e->fsid = copy_fsid(options);
	e->mount = find_mount_point(look, path);
	return e->path && e->client && e->fsid ? 0 : -ENOMEM;
}

static void look_at_exports(struct look *look)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	int rc = file_read_all(ETAB_FILE, ETAB_MAX, &text, &len);

	if (rc < 0)
		err_set(&err, BATON_EXIT_CONFIG, -rc, "read " ETAB_FILE);
	else
		rc = etab_parse(text, len, ETAB_FILE, take_export, look, &err);
	if (rc < 0)
		snprintf(look->facts.no_exports, sizeof(look->facts.no_exports),
			 "cannot tell what is exported: %.400s", err.text);
}

/* ---- the server ---- */

/* An rpc.nfsd that knows the setting contains its name. Running it is a risk. */
static bool takes_scope(void)
{
	static const char name[] = "\0scope";
	_cleanup_free_ char *program = NULL;
	char path[PATH_MAX];
	size_t len;

	return software_find_program("rpc.nfsd", "nfs-utils", path, NULL) == 0 &&
	       file_read_all(path, PROGRAM_MAX, &program, &len) == 0 &&
	       memmem(program, len, name, sizeof(name));
}

static void look_at_server(struct look *look)
{
	struct shared *f = &look->facts;
	_cleanup_free_ char *real = NULL;
	struct utsname uts;

	uname(&uts);
	snprintf(f->head, sizeof(f->head), "%s", uts.nodename);
	nfsconf_get(NFSCONF_NFS, "nfsd", "scope", f->scope, sizeof(f->scope));
	f->scope_taken = takes_scope();
	f->threads = nfsd_get_threads();
	nfsd_get_times(&f->lease, &f->grace);
	snprintf(f->database, sizeof(f->database), "%s", NFSCONF_STORAGEDIR);
	nfsconf_get(NFSCONF_NFS, "nfsdcld", "storagedir", f->database,
		    sizeof(f->database));
	real = realpath(f->database, NULL);
	f->database_there = real != NULL;
	f->database_mount = find_mount_point(look, real ? real : f->database);
}

/* ---- the network ---- */

static int read_number(const char *path)
{
	char text[16];

	return file_read(path, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

/* Is there a rule that uses connection tracking? */
static bool has_stateful_rules(void)
{
	_cleanup_free_ char *text = NULL;
	struct nft *nft;
	bool found;

	if (nft_open(&nft, NULL) < 0)
		return false;
	found = nft_list(nft, &text, NULL) == 0 &&
		(strstr(text, " ct ") || strstr(text, "\tct "));
	nft_close(nft);
	return found;
}

static void look_at_links(struct shared *f)
{
	int all = read_number(CONF "all/rp_filter"), own;
	struct rtnl *rtnl = NULL;
	struct rtnl_addr *v = NULL;
	size_t n = 0;

	if (rtnl_open(&rtnl, NULL) == 0)
		rtnl_addr_list(rtnl, 0, &v, &n, NULL);
	f->links = calloc(n + 1, sizeof(*f->links));
	for (size_t i = 0; i < n && f->links; i++) {
		struct shared_link *link = &f->links[f->n_links];
		char path[sizeof(CONF "/rp_filter") + IFNAMSIZ];
		bool seen = false;

		if (v[i].ip.family != AF_INET || v[i].ifindex == RTNL_LOOPBACK ||
		    !if_indextoname(v[i].ifindex, link->name))
			continue;
		for (size_t k = 0; k < f->n_links; k++)
			seen |= strcmp(f->links[k].name, link->name) == 0;
		if (seen)
			continue;
		/* The larger of the two values (Documentation/networking/ip-sysctl). */
		snprintf(path, sizeof(path), CONF "%s/rp_filter", link->name);
		own = read_number(path);
		link->strict = (own > all ? own : all) == 1;
		f->n_links++;
	}
	free(v);
	rtnl_close(rtnl);
}

static void look_at_network(struct shared *f)
{
	f->loose = read_number(CONNTRACK "tcp_loose");
	f->liberal = read_number(CONNTRACK "tcp_be_liberal");
	f->tracked = read_number(CONNTRACK "count") > 0 || has_stateful_rules();
	look_at_links(f);
}

/* ---- services and clients ---- */

static void look_at_groups(struct shared *f)
{
	_cleanup_free_ char *text = NULL;
	const struct child_wait wait = child_wait_for(PACEMAKER_PATIENCE_MS);
	struct err err = { 0 };
	int rc = pacemaker_query(&text, &wait, &err);

	if (rc == 0)
		rc = cib_read_groups(&f->stocks, text, strlen(text), NULL, STOCK_MOVING,
				     &err);
	if (rc == 0)
		return;
	/* Some may be half read. */
	stock_groups_free(&f->stocks);
	snprintf(f->no_stocks, sizeof(f->no_stocks),
		 "cannot tell which addresses float: %.400s", err.text);
}

/* The group that has the filesystem, else its mount point. */
static void find_owner(const struct look *look, dev_t dev, struct shared_use *use)
{
	const struct shared *f = &look->facts;

	for (size_t i = 0; i < look->n; i++) {
		if (look->v[i].dev != dev)
			continue;
		if (!use->where)
			use->where = look->v[i].directory;
		for (size_t k = 0; k < f->stocks.n; k++) {
			if (strcmp(f->stocks.v[k].directory, look->v[i].directory) != 0)
				continue;
			use->where = f->stocks.v[k].id;
			use->in_group = true;
		}
	}
}

static int take_use(const struct client *client, dev_t dev, void *data)
{
	struct look *look = data;
	struct shared *f = &look->facts;
	struct shared_use *use;
	char name[128];

	use = reallocarray(f->uses, f->n_uses + 1, sizeof(*use));
	if (!use)
		return -ENOMEM;
	f->uses = use;
	use += f->n_uses;
	memset(use, 0, sizeof(*use));
	find_owner(look, dev, use);
	if (!use->where)
		return 0;
	for (size_t i = 0; i < look->conns.n; i++) {
		const struct conn *c = &look->conns.v[i].conn;

		if (c->rport == client->port && ipaddr_equal(&c->remote, &client->ip))
			use->local = c->local;
	}
	use->client = strdup(client_name(client->id, client->len, name, sizeof(name)));
	if (!use->client)
		return -ENOMEM;
	f->n_uses++;
	return 0;
}

static void look_at_clients(struct look *look)
{
	struct err err = { 0 };
	struct diag *diag;
	int rc = diag_open(&diag, &err);

	if (rc == 0) {
		rc = diag_dump(diag, NFS_PORT, DIAG_STATES_ALL, &look->conns, &err);
		diag_close(diag);
	}
	if (rc == 0)
		rc = nfsd_list_uses(NFSD_CLIENTS, take_use, look, &err);
	if (rc < 0)
		snprintf(look->facts.no_uses, sizeof(look->facts.no_uses),
			 "cannot tell what clients have open: %.400s", err.text);
}

void shared_check(struct report *report)
{
	struct look look = { 0 };
	struct err err = { 0 };

	if (software_check_root(&err) < 0 ||
	    mounts_read(&look.mounts, &look.v, &look.n, &err) < 0) {
		report_add(report, "privilege", VERDICT_WRONG, err.code, err.text,
			   "run baton as root");
		return;
	}
	look_at_exports(&look);
	look_at_server(&look);
	look_at_network(&look.facts);
	look_at_groups(&look.facts);
	look_at_clients(&look);
	shared_judge(&look.facts, report);
	shared_free(&look.facts);
	diag_table_free(&look.conns);
	mounts_free(look.mounts);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shared: what will go wrong when the services of a head share one knfsd.
 *
 * doc/facts.md explains why each of these is a fault; lab/experiments has shown it.
 */
#include "stock/shared.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/keys.h"
#include "core/text.h"
#include "core/mounttable.h"

/* ---- a check: its judge calls say() for each finding ---- */

struct judgement;

struct check {
	const char *item; /* or what its findings are about, one each */
	bool served;      /* only meaningful while there is a server */
	void (*judge)(struct judgement *j);
	enum exit_code code;
	const char *advice;
};

struct judgement {
	const struct shared *facts;
	struct report *report;
	const struct check *check;
};

/* @about is the subject of one of several findings, or NULL. */
__attribute__((format(printf, 4, 5))) static void
say(struct judgement *j, const char *about, enum verdict verdict, const char *fmt, ...)
{
	_cleanup_free_ char *detail = NULL, *item = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&detail, fmt, ap) < 0)
		detail = NULL;
	va_end(ap);
	if (asprintf(&item, "%s%s%s", j->check->item, about ? " " : "",
		     about ? about : "") < 0)
		item = NULL;
	report_add(j->report, item ? item : j->check->item, verdict, j->check->code,
		   detail ? detail : "out of memory", j->check->advice);
}

/* ---- the server ---- */

static void judge_server(struct judgement *j)
{
	if (j->facts->threads > 0)
		say(j, NULL, VERDICT_OK, "%d threads, of the head itself",
		    j->facts->threads);
	else
		say(j, NULL, VERDICT_WRONG,
		    "no NFS server runs in the head's own network namespace");
}

static unsigned int fallback(enum key_id key)
{
	return atoi(keys[key].fallback);
}

static void judge_lease(struct judgement *j)
{
	unsigned int lease = j->facts->lease;

	if (!lease)
		say(j, NULL, VERDICT_UNSURE, "cannot be read");
	else if (lease > fallback(KEY_GRACE))
		say(j, NULL, VERDICT_WRONG,
		    "%u s: an idle client speaks again within %u s, and so long may a "
		    "grace period last that waits for it; a dead one keeps its locks %u s",
		    lease, lease * 2 / 3, lease);
	else
		say(j, NULL, VERDICT_OK, "%u s", lease);
}

static void judge_grace(struct judgement *j)
{
	unsigned int lease = j->facts->lease, grace = j->facts->grace;

	if (!grace)
		say(j, NULL, VERDICT_UNSURE, "cannot be read");
	else if (grace < lease)
		say(j, NULL, VERDICT_WRONG,
		    "%u s, shorter than the lease of %u s: a client that renews late "
		    "comes when reclaiming is over, and loses its locks",
		    grace, lease);
	else
		say(j, NULL, VERDICT_OK, "%u s, not shorter than the lease", grace);
}

/* RFC 8881 section 2.10.4: state can be reclaimed only in the same scope. */
static void judge_scope(struct judgement *j)
{
	const struct shared *f = j->facts;

	if (f->stocks.scope && strcmp(f->stocks.scope, f->head) != 0)
		say(j, NULL, VERDICT_OK,
		    "'%s', nfs_server_scope of the cluster's nfsserver", f->stocks.scope);
	else if (f->scope[0] && f->scope_taken && strcmp(f->scope, f->head) != 0)
		say(j, NULL, VERDICT_OK,
		    "'%s', set in nfs.conf; good if it is the same on every head",
		    f->scope);
	else
		say(j, NULL, VERDICT_WRONG,
		    "'%s', the name of this head%s: the other head has its own, so "
		    "clients take that for another server and do not reclaim "
		    "(RFC 8881, 2.10.4)",
		    f->head,
		    f->scope[0] && !f->scope_taken
			    ? ", as rpc.nfsd(8) here does not know scope= of nfs.conf"
			    : "");
}

/* Counts the exported filesystems. */
static size_t count_mounts(const struct shared *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_exports; i++) {
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= strcmp(f->exports[k].mount, f->exports[i].mount) == 0;
		n += !seen;
	}
	return n;
}

static void judge_records(struct judgement *j)
{
	const struct shared *f = j->facts;
	size_t n = count_mounts(f);
	bool along = false;

	for (size_t i = 0; i < f->n_exports; i++)
		along |= strcmp(f->exports[i].mount, f->database_mount) == 0;
	if (f->no_exports[0])
		say(j, NULL, VERDICT_UNSURE, "%s", f->no_exports);
	else if (!f->database_there)
		say(j, NULL, VERDICT_WRONG,
		    "%s is not there: after a move nobody knows who may reclaim",
		    f->database);
	else if (!along)
		say(j, NULL, VERDICT_WRONG,
		    "%s is in %s, which stays on this head: the other one does not know "
		    "who may reclaim",
		    f->database, f->database_mount);
	else if (n > 1)
		say(j, NULL, VERDICT_WRONG,
		    "%s moves with %s; of the %zu filesystems exported the others move "
		    "without it",
		    f->database, f->database_mount, n);
	else
		say(j, NULL, VERDICT_OK, "%s moves with %s", f->database,
		    f->database_mount);
}

/* ---- exports ---- */

/* The path of an earlier export with the same fsid, or NULL. */
static const char *find_twin(const struct shared *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (*f->exports[i].fsid &&
		    strcmp(f->exports[k].fsid, f->exports[i].fsid) == 0 &&
		    strcmp(f->exports[k].path, f->exports[i].path) != 0)
			return f->exports[k].path;
	return NULL;
}

/* Does it have no fsid, and is it the first such export of its path? */
static bool is_first_without(const struct shared *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!*f->exports[k].fsid &&
		    strcmp(f->exports[k].path, f->exports[i].path) == 0)
			return false;
	return !*f->exports[i].fsid;
}

static void judge_fsid(struct judgement *j)
{
	const struct shared *f = j->facts;
	bool any = false;

	if (f->no_exports[0])
		say(j, NULL, VERDICT_UNSURE, "%s", f->no_exports);
	for (size_t i = 0; i < f->n_exports; i++) {
		const struct shared_export *e = &f->exports[i];
		const char *twin = find_twin(f, i);

		any |= twin || !*e->fsid;
		if (twin)
			say(j, e->path, VERDICT_WRONG,
			    "fsid=%s is also that of %s: file handles of one lead into "
			    "the other",
			    e->fsid, twin);
		else if (is_first_without(f, i))
			say(j, e->path, VERDICT_WRONG,
			    "%s has it without fsid=: its file handles name what this "
			    "head finds, the filesystem's UUID or a device number, and "
			    "may be stale on the other",
			    e->client);
	}
	if (!any && !f->no_exports[0])
		say(j, NULL, VERDICT_OK,
		    f->n_exports ? "every export has one of its own"
				 : "nothing is exported");
}

/* ---- the network ---- */

static void judge_conntrack(struct judgement *j)
{
	const struct shared *f = j->facts;

	if (!f->tracked)
		say(j, NULL, VERDICT_OK, "no connection is tracked on this head");
	else if (f->loose == 0)
		say(j, NULL, VERDICT_WRONG,
		    "nf_conntrack_tcp_loose is 0: a client's answer to a tickle belongs "
		    "to a connection not seen before and is dropped as invalid, so the "
		    "client gets no RST");
	else if (f->liberal == 0)
		say(j, NULL, VERDICT_UNSURE,
		    "nf_conntrack_tcp_be_liberal is 0: an entry left from an earlier stay "
		    "makes segments of a returning connection invalid, where rules drop "
		    "these");
	else
		say(j, NULL, VERDICT_OK, "tracked, loose and liberal");
}

static void judge_rp_filter(struct judgement *j)
{
	const struct shared *f = j->facts;
	_cleanup_free_ char *list = NULL;
	struct strlist strict = { 0 };

	for (size_t i = 0; i < f->n_links; i++)
		if (f->links[i].strict)
			strlist_add(&strict, "%s", f->links[i].name);
	list = strlist_join(&strict, ", ");
	if (f->n_links > 1 && strict.n)
		say(j, NULL, VERDICT_UNSURE,
		    "1 on %s, with %zu links: packets from a client are dropped if the way "
		    "back to it is over another link",
		    list ? list : "?", f->n_links);
	else
		say(j, NULL, VERDICT_OK,
		    strict.n ? "strict, with one link" : "not strict");
	strlist_free(&strict);
}

/* ---- services ---- */

/* Does the cluster, or as far as can be seen this head, export anything of it? */
static bool is_exported(const struct shared *f, const struct stock_group *s)
{
	bool found = s->n_exports || f->no_exports[0];

	for (size_t i = 0; i < f->n_exports && !found; i++)
		found = mounttable_find_below(s->directory, f->exports[i].path);
	return found;
}

static void judge_groups(struct judgement *j)
{
	const struct shared *f = j->facts;
	size_t n = 0;

	if (f->no_stocks[0])
		say(j, NULL, VERDICT_UNSURE, "%s", f->no_stocks);
	for (size_t i = 0; i < f->stocks.n; i++)
		n += is_exported(f, &f->stocks.v[i]);
	for (size_t i = 0; i < f->stocks.n; i++) {
		const struct stock_group *s = &f->stocks.v[i];
		char ip[IPADDR_TEXT] = "its address";

		if (s->n_addresses)
			ipaddr_format(&s->addresses[0].ip, ip);
		if (!is_exported(f, s))
			say(j, s->id, VERDICT_OK, "nothing of %s is exported here",
			    s->directory);
		else if (!s->has_server)
			say(j, s->id, VERDICT_WRONG,
			    "%s moves to an NFS server that keeps running there, not in grace: "
			    "its clients cannot reclaim, their locks are lost (EIO)",
			    ip);
		else if (n > 1)
			say(j, s->id, VERDICT_UNSURE,
			    "its NFS server moves with %s: a group that is served from "
			    "the same head then has none",
			    ip);
		else
			say(j, s->id, VERDICT_OK, "its NFS server moves with %s", ip);
	}
}

static bool is_first_of_client(const struct shared *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(f->uses[k].client, f->uses[i].client) == 0)
			return false;
	return true;
}

/* Lists what one client uses, each service once. */
static void list_services(const struct shared *f, size_t first, struct strlist *services,
			  bool *in_groups, struct ipaddr *local)
{
	*in_groups = true;
	memset(local, 0, sizeof(*local));
	for (size_t i = first; i < f->n_uses; i++) {
		const struct shared_use *u = &f->uses[i];

		if (strcmp(u->client, f->uses[first].client) != 0)
			continue;
		if (!strlist_has(services, u->where))
			strlist_add(services, "%s", u->where);
		*in_groups &= u->in_group;
		if (u->local.family)
			*local = u->local;
	}
}

/* Mounts are recorded nowhere, only what is open; this is for when nothing is open. */
static void judge_mounts(struct judgement *j)
{
	const struct shared *f = j->facts;
	_cleanup_strlist_ struct strlist groups = { 0 };
	_cleanup_free_ char *list = NULL;

	for (size_t i = 0; i < f->stocks.n; i++)
		if (is_exported(f, &f->stocks.v[i]))
			strlist_add(&groups, "%s", f->stocks.v[i].id);
	list = strlist_join(&groups, ", ");
	if (groups.n < 2)
		say(j, NULL, VERDICT_OK, "no client has files of two services open");
	else
		say(j, NULL, VERDICT_UNSURE,
		    "no client has files of two services open; but one that mounts two of %s "
		    "from one head sends all through one address: when that moves, the "
		    "rest hangs",
		    list ? list : "?");
}

static void judge_clients(struct judgement *j)
{
	const struct shared *f = j->facts;
	bool any = false;

	if (f->no_uses[0])
		say(j, NULL, VERDICT_UNSURE, "%s", f->no_uses);
	for (size_t i = 0; i < f->n_uses; i++) {
		_cleanup_strlist_ struct strlist services = { 0 };
		_cleanup_free_ char *list = NULL;
		char ip[IPADDR_TEXT] = "one address";
		struct ipaddr local;
		bool in_groups;

		if (!is_first_of_client(f, i))
			continue;
		list_services(f, i, &services, &in_groups, &local);
		if (services.n < 2)
			continue;
		any = true;
		list = strlist_join(&services, ", ");
		if (local.family)
			ipaddr_format(&local, ip);
		/* Two filesystems may belong together even if no group says so. */
		say(j, f->uses[i].client, in_groups ? VERDICT_WRONG : VERDICT_UNSURE,
		    "has files open in %s, all through %s: when that moves, the rest "
		    "hangs; to a client one knfsd is one server",
		    list ? list : "?", ip);
	}
	if (!any && !f->no_uses[0])
		judge_mounts(j);
}

/* ---- the table ---- */

#define MIGRATE                                                                          \
	"give each service a knfsd of its own: baton import GROUP prints what is needed"

static const struct check checks[] = {
	{ "knfsd", false, judge_server, BATON_EXIT_SOFTWARE,
	  "start nfs-server; a service of baton is checked by baton check NAME" },
	{ "lease", true, judge_lease, BATON_EXIT_CONFIG,
	  "lease-time= and grace-time= in [nfsd] of /etc/nfs.conf, as short as the defaults "
	  "in baton.conf(5), equal on every head" },
	{ "grace", true, judge_grace, BATON_EXIT_CONFIG,
	  "grace-time= in [nfsd] of /etc/nfs.conf, not below lease-time=" },
	{ "scope", true, judge_scope, BATON_EXIT_PEER,
	  "scope= in [nfsd] of /etc/nfs.conf, equal on every head, if rpc.nfsd(8) here has "
	  "--scope; or " MIGRATE },
	{ "records", true, judge_records, BATON_EXIT_TRACKING, MIGRATE },
	{ "fsid", true, judge_fsid, BATON_EXIT_CONFIG,
	  "fsid= in the options of the export, a number or UUID for each path, equal on "
	  "every head" },
	{ "conntrack", false, judge_conntrack, BATON_EXIT_NETWORK,
	  "sysctl net.netfilter.nf_conntrack_tcp_loose=1 "
	  "net.netfilter.nf_conntrack_tcp_be_liberal=1, or notrack for port 2049" },
	{ "rp_filter", false, judge_rp_filter, BATON_EXIT_NETWORK,
	  "sysctl net.ipv4.conf.LINK.rp_filter=2" },
	{ "group", false, judge_groups, BATON_EXIT_TRACKING, MIGRATE },
	{ "client", true, judge_clients, BATON_EXIT_NETWORK, MIGRATE },
};

void shared_judge(const struct shared *shared, struct report *report)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		struct judgement j = { shared, report, &checks[i] };

		if (shared->threads > 0 || !checks[i].served)
			checks[i].judge(&j);
	}
}

void shared_free(struct shared *shared)
{
	for (size_t i = 0; i < shared->n_exports; i++) {
		free(shared->exports[i].path);
		free(shared->exports[i].client);
		free(shared->exports[i].fsid);
	}
	for (size_t i = 0; i < shared->n_uses; i++)
		free(shared->uses[i].client);
	free(shared->exports);
	free(shared->links);
	free(shared->uses);
	stock_groups_free(&shared->stocks);
	memset(shared, 0, sizeof(*shared));
}

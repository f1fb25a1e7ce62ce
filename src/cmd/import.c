// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * import: makes service files from a group of stock agents or a head's exports; changes
 * nothing.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "core/cleanup.h"
#include "core/mounttable.h"
#include "keeper/guard.h"
#include "os/file.h"
#include "os/lowerdisk.h"
#include "os/mounts.h"
#include "os/pacemaker.h"
#include "os/rtnl.h"
#include "stock/import.h"

/* A CIB with a thousand resources takes a few MiB. */
#define INPUT_MAX (64u << 20)

struct arguments {
	const char *cib;
	const char *exports;
	const char *group;
};

/* ---- what is there ---- */

static int read_input(const char *file, char **text, size_t *len, struct err *err)
{
	bool standard = strcmp(file, "-") == 0;
	_cleanup_close_ int opened = standard ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	int rc = standard     ? file_read_fd(STDIN_FILENO, INPUT_MAX, text, len)
		 : opened < 0 ? -errno
			      : file_read_fd(opened, INPUT_MAX, text, len);

	return rc < 0 ? err_set(err, BATON_EXIT_CONFIG, -rc, "read %s",
				standard ? "standard input" : file)
		      : 0;
}

static int read_cluster(const struct arguments *args, struct stock_groups *stocks,
			struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct err why = { 0 };
	size_t len = 0;
	int rc;

	if (args->cib) {
		rc = read_input(args->cib, &text, &len, err);
	} else {
		const struct child_wait wait = child_wait_for(PACEMAKER_PATIENCE_MS);

		rc = pacemaker_query(&text, &wait, &why);
		if (rc < 0)
			err_set(err, why.code, 0,
				"%.400s; --cib and --exports read files", why.text);
	}
	if (rc == 0 && !args->cib)
		len = strlen(text);
	return rc == 0 ? cib_read_groups(stocks, text, len, args->group, STOCK_WHOLE, err)
		       : rc;
}

static int read_head(const struct arguments *args, struct stock_groups *stocks,
		     struct err *err)
{
	_cleanup_free_ char *text = NULL;
	const struct mounttable_entry *v;
	struct mounts *mounts = NULL;
	size_t len, n;
	int rc = read_input(args->exports, &text, &len, err);

	if (rc == 0)
		rc = mounts_read(&mounts, &v, &n, err);
	if (rc == 0)
		rc = exports_read_groups(stocks, text, len, args->exports, v, n,
					 args->group, err);
	mounts_free(mounts);
	return rc;
}

/* This head's addresses; without them the group has to name all links and prefixes. */
static size_t read_own(struct import_own **own)
{
	struct rtnl *rtnl = NULL;
	struct rtnl_addr *v = NULL;
	size_t n = 0, used = 0;

	if (rtnl_open(&rtnl, NULL) == 0)
		rtnl_addr_list(rtnl, 0, &v, &n, NULL);
	*own = calloc(n + 1, sizeof(**own));
	for (size_t i = 0; i < n && *own; i++) {
		struct import_own *o = &(*own)[used];

		if (v[i].ifindex == RTNL_LOOPBACK ||
		    (v[i].ip.family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v[i].ip.v6)) ||
		    !if_indextoname(v[i].ifindex, o->address.link))
			continue;
		o->address.ip = v[i].ip;
		o->address.prefixlen = v[i].prefixlen;
		/* For IPv6 the same bit means "temporary". */
		o->secondary = v[i].ip.family == AF_INET && v[i].flags & IFA_F_SECONDARY;
		used++;
	}
	free(v);
	rtnl_close(rtnl);
	return used;
}

/* ---- the command ---- */

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'c':
		args->cib = arg;
		return 0;
	case 'e':
		args->exports = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args->group) {
			fprintf(stderr,
				"baton import: one group at a time, not also '%s'\n",
				arg);
			return EINVAL;
		}
		args->group = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->cib || !args->exports)
			return 0;
		fprintf(stderr, "baton import: either --cib or --exports, not both\n");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Of two services on one disk neither can be guarded. */
static bool has_neighbour(const struct import *v, size_t n, size_t which)
{
	for (size_t i = 0; i < n; i++)
		if (i != which && v[i].svc.device &&
		    lowerdisk_share(v[i].svc.device, v[which].svc.device))
			return true;
	return false;
}

/*
 * Where the disk itself can keep a second head from writing, it shall. Beside a volume or a
 * partition lie others, which other groups may use, also of other heads: their writes would
 * be refused.
 */
static int add_guard(struct import *v, size_t n, size_t which, struct err *err)
{
	struct import *t = &v[which];
	struct err why = { .text = "another of these services lies on the same disk" };
	bool can = !has_neighbour(v, n, which) && guard_check(&t->svc, &why) == 0;

	if (can && lowerdisk_is_whole(t->svc.device)) {
		strlist_add(&t->keys, "guard = reservation");
		strlist_add(
			&t->remarks,
			"guard = reservation: this head's disk can keep a second head "
			"from writing; whether the other heads' can, `baton check` says "
			"there");
	} else if (can) {
		strlist_add(&t->remarks,
			    "the disk can keep a second head from writing: add guard = "
			    "reservation once nothing else lies on the disk that %s is a "
			    "part of",
			    t->svc.device);
	} else {
		strlist_add(
			&t->remarks,
			"only fencing keeps a second head from writing, not the disk: "
			"%s",
			why.text);
	}
	return t->keys.failed || t->remarks.failed
		       ? err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", t->name)
		       : 0;
}

/* Prints what can become a service, and why the rest cannot. Returns the exit status. */
static int translate_all(const struct stock_groups *stocks, const struct import_own *own,
			 size_t n)
{
	_cleanup_free_ struct import *v = calloc(stocks->n + 1, sizeof(*v));
	_cleanup_free_ struct err *errs = calloc(stocks->n + 1, sizeof(*errs));
	const char *between = "";
	int status = BATON_EXIT_OK;

	if (!v || !errs)
		return BATON_EXIT_RESOURCE;
	for (size_t i = 0; i < stocks->n; i++)
		if (import_group(&v[i], &stocks->v[i], own, n, &errs[i]) < 0)
			service_free(&v[i].svc);
	for (size_t i = 0; i < stocks->n; i++) {
		if (v[i].svc.device && add_guard(v, stocks->n, i, &errs[i]) == 0) {
			fputs(between, stdout);
			between = "\n";
			import_print(stdout, &v[i], &stocks->v[i]);
		} else {
			int code = common_fail(&errs[i]);

			status = status ? status : code;
		}
	}
	for (size_t i = 0; i < stocks->n; i++)
		import_free(&v[i]);
	return status;
}

int cmd_import(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "cib", 'c', "FILE", 0,
		  "read the output of `cibadmin --query`; - is standard input", 0 },
		{ "exports", 'e', "FILE", 0,
		  "read exports(5) or /var/lib/nfs/etab, and this head's mounts", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse_option,
		"[GROUP]",
		"Print a service file for a group of Filesystem, exportfs and IPaddr2, or for "
		"every such group, with the pcs and crmsh commands that replace the group. "
		"Nothing is changed.\v"
		"Without options the configuration is read from the running cluster. Comments "
		"in the file list everything that could not be carried over.",
		NULL,
		NULL,
		NULL,
	};
	static char name[] = "baton import";
	_cleanup_stock_groups_ struct stock_groups stocks = { 0 };
	_cleanup_free_ struct import_own *own = NULL;
	struct arguments args = { 0 };
	struct err err = { 0 };
	size_t n;
	int rc;

	argp_err_exit_status = BATON_EXIT_USAGE;
	argv[0] = program_invocation_name = name;
	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return BATON_EXIT_USAGE;
	rc = args.exports ? read_head(&args, &stocks, &err)
			  : read_cluster(&args, &stocks, &err);
	if (rc < 0)
		return common_fail(&err);
	n = read_own(&own);
	return translate_all(&stocks, own, n);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * standby: sets up everything a start needs, except the disk and the address, in advance.
 *
 * Theory of operation
 *
 * The steps may be repeated, so standby is also how a restarted keeper restores what a
 * killed daemon or an administrator took away. On a serving service the steps find
 * everything in place and change nothing. Teardown is the reverse and runs only when
 * nothing of the service serves any more. They also take away what an earlier service
 * file has set up, as long as nothing is served. A crash half-way leaves namespaces that the
 * next standby completes or the next teardown removes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/ruleset.h"
#include "keeper/op.h"
#include "keeper/released.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/guardnote.h"
#include "os/file.h"
#include "os/hosts.h"
#include "os/idmapd.h"
#include "os/mount.h"
#include "os/mountpoint.h"
#include "os/nfsd.h"
#include "os/nftable.h"
#include "os/orphan.h"
#include "os/rival.h"
#include "os/served.h"
#include "os/software.h"
#include "os/xfs.h"

#define MOUNTD          "rpc.mountd"
#define MODPROBE_MS     10000
#define END_PATIENCE_MS 5000
/*
 * For the steps of a boot, when modules are loaded and everything else starts, too. On a
 * busy machine namespaces and filter were seen to take 6 and 7 s, where 1 s is usual.
 */
#define BOOT_MS 40000

static bool knows_filesystem(const char *fstype)
{
	_cleanup_free_ char *text = NULL;
	char line[64];
	size_t len;

	snprintf(line, sizeof(line), "\t%s\n", fstype);
	return file_read_all("/proc/filesystems", 65536, &text, &len) == 0 &&
	       strstr(text, line);
}

static int load_filesystem(const char *fstype, struct err *err)
{
	const char *const argv[] = { "modprobe", "--quiet", fstype, NULL };

	if (!knows_filesystem(fstype))
		child_run(argv, MODPROBE_MS, NULL);
	/* This gives the reason in the words of `baton check`. */
	return software_check_filesystem(fstype, err);
}

static int run_software(struct op *op, struct err *err)
{
	const char *kind = service_link_name(op->svc->link);
	const char *const modprobe[] = { "modprobe", "--quiet", kind, NULL };
	char module[64];
	int rc = software_check_root(err);

	if (rc == 0)
		rc = served_check(&op->paths, op->svc, err);
	if (rc == 0)
		rc = software_check_nfs(err);
	if (rc == 0)
		rc = load_filesystem("nfsd", err);
	if (rc == 0)
		rc = load_filesystem(op->svc->fstype, err);
	/* Built in; or missing, which is reported when the link is made. */
	snprintf(module, sizeof(module), "/sys/module/%s", kind);
	if (rc == 0 && access(module, F_OK) < 0)
		child_run(modprobe, MODPROBE_MS, NULL);
	return rc;
}

static int run_namespaces(struct op *op, struct err *err)
{
	int rc = child_prepare_pidfile(op->paths.mountd_pid, err);

	if (rc == 0)
		rc = child_prepare_pidfile(op->paths.nfsdcld_pid, err);
	if (rc == 0)
		rc = child_prepare_pidfile(op->paths.idmapd_pid, err);
	if (rc == 0)
		rc = child_prepare_pidfile(op->paths.guard_pid, err);
	if (rc == 0)
		rc = diskhold_prepare(&op->paths, err);
	if (rc == 0)
		rc = guardnote_prepare(&op->paths, err);
	if (rc < 0 || ns_exists(&op->paths))
		return rc;
	rc = ns_repin(&op->paths, err);
	/* No process lives in there any more: they are gone, with everything in them. */
	if (rc != -ESRCH || released_check(op, err) < 0)
		return rc;
	return ns_create(&op->paths, op->svc->name, err);
}

static int set_sysctl(const char *name, const char *value, struct err *err)
{
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	rc = file_write(path, value);
	/* No IPv6 on this head: nothing to set. */
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "set %s", path) : 0;
}

/*
 * Each address answers only on its own link (with two links: no ARP flux), and no router
 * advertisement gives a link an address of its own.
 */
static int run_network(struct op *op, struct err *err)
{
	static const char *const settings[][2] = {
		{ "ipv4/conf/all/arp_ignore", "1" },
		{ "ipv4/conf/all/arp_announce", "2" },
		/* Loose: routed clients may come by the link without the gateway. */
		{ "ipv4/conf/all/rp_filter", "2" },
		/* No TIME-WAIT, no FIN-WAIT-2 without a socket: nothing left to sever. */
		{ "ipv4/tcp_max_tw_buckets", "0" },
		{ "ipv6/conf/all/accept_ra", "0" },
		{ "ipv6/conf/default/accept_ra", "0" },
		{ "ipv6/conf/default/autoconf", "0" },
		{ "ipv6/conf/default/accept_dad", "0" },
	};
	struct err why = { 0 };
	int rc = op_open_diag(op, err);

	/* Else the first stop would find out. */
	if (rc == 0)
		rc = diag_check_destroy(op->diag, err);
	if (rc == 0)
		rc = op_open_rtnl(op, err);
	/* Not the first where the service is silenced: it answers no ARP at all. */
	for (size_t i = nftable_is_awake(RULESET_SILENCE, NULL) > 0;
	     i < sizeof(settings) / sizeof(settings[0]) && rc >= 0; i++)
		rc = set_sysctl(settings[i][0], settings[i][1], err);
	if (rc >= 0)
		rc = rtnl_link_set_up(op->rtnl, RTNL_LOOPBACK, true, err);
	/* Where it is served already, a refusal would come too late. And a head that stands
	 * still for a second has not shown anything. */
	if (rc >= 0 && nfsd_get_threads() <= 0 &&
	    orphan_check(op->diag, &why) == -ENOSYS) {
		*err = why;
		rc = -ENOSYS;
	}
	return rc < 0 ? rc : 0;
}

static int load_filter(struct op *op, const char *ruleset, struct err *err)
{
	int rc = ruleset ? op_open_nft(op, err)
			 : err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "filter");

	return rc < 0 ? rc : nft_apply(op->nft, ruleset, err);
}

/* What is needed in a hurry is compiled now, and sleeps until then. */
static int run_filter(struct op *op, struct err *err)
{
	_cleanup_free_ char *drain = ruleset_drain(NFS_PORT, true);
	_cleanup_free_ char *silence = ruleset_silence(true);
	int rc = load_filter(op, drain, err);

	/* What is awake is so for a reason, and clients are served. */
	if (rc < 0 || op->svc->guard == GUARD_NONE ||
	    nftable_is_awake(RULESET_SILENCE, NULL) > 0)
		return rc;
	return load_filter(op, silence, err);
}

static size_t count_links(const struct service *svc)
{
	char name[IFNAMSIZ];
	size_t n = 0;

	for (size_t i = 0; i < svc->n_addresses; i++) {
		size_t number;

		op_link_name(name, svc, i);
		number = strtoul(name + strlen("nfs"), NULL, 10);
		n = number >= n ? number + 1 : n;
	}
	return n;
}

/* An earlier file had more, or others: only while nothing is served over them. */
static int drop_link(struct op *op, const char *name, struct err *err)
{
	struct rtnl_link link;

	if (rtnl_link_get(op->rtnl, name, &link, NULL) < 0 || link.up)
		return 0;
	return rtnl_link_del(op->rtnl, link.ifindex, err);
}

/* The kernel does not mix kinds: an edited file has another kind, or other parents for it. */
static int drop_other_kind(struct op *op, struct err *err)
{
	const char *kind = service_link_name(op->svc->link);
	int rc = 0;

	for (size_t i = 0; i < SERVICE_ADDRESSES_MAX && rc >= 0; i++) {
		struct rtnl_link link;
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "nfs%zu", i);
		if (rtnl_link_get(op->rtnl, name, &link, NULL) < 0 ||
		    strcmp(link.kind, kind) == 0)
			continue;
		rc = rival_check_link(op->svc, err);
		if (rc == 0)
			rc = drop_link(op, name, err);
	}
	return rc;
}

static int make_link(struct op *op, struct rtnl *head, size_t address, struct err *err)
{
	const char *parent_name = op->svc->addresses[address].link;
	struct mac mac = op_link_mac(op->svc, parent_name);
	struct rtnl_link parent, link;
	char name[IFNAMSIZ];
	int rc = rtnl_link_get(head, parent_name, &parent, err);

	op_link_name(name, op->svc, address);
	/* One that is there already stays, whatever other files say. */
	if (rc == 0 && rtnl_link_get(op->rtnl, name, &link, NULL) < 0)
		rc = rival_check_link(op->svc, err);
	for (int tries = 2; tries > 0 && rc >= 0; tries--) {
		rc = rtnl_link_add_child(head, parent.ifindex, op->rtnl, op->inside.net,
					 name, service_link_name(op->svc->link),
					 op->svc->link == LINK_MACVLAN ? &mac : NULL,
					 &link, err);
		if (rc != -EEXIST)
			break;
		rc = tries > 1 ? drop_link(op, name, err) : rc;
	}
	return rc;
}

static int run_links(struct op *op, struct err *err)
{
	size_t n = count_links(op->svc);
	struct rtnl *head = NULL;
	int rc = drop_other_kind(op, err);

	if (rc >= 0)
		rc = rtnl_open(&head, err);

	for (size_t i = n; i < SERVICE_ADDRESSES_MAX && rc >= 0; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "nfs%zu", i);
		rc = drop_link(op, name, err);
	}
	for (size_t i = 0; i < op->svc->n_addresses && rc >= 0; i++)
		rc = make_link(op, head, i, err);
	rtnl_close(head);
	return rc < 0 ? rc : 0;
}

static int run_tree(struct op *op, struct err *err)
{
	int rc = mount_prepare_tree(op->svc, &op->paths, err);

	/* It was mounted by a version that recorded nothing. */
	if (rc == 0 && mountpoint_exists(op->paths.fs) && !diskhold_exists(&op->paths))
		rc = diskhold_note(&op->paths, op->svc->device, err);
	return rc;
}

static int run_hosts(struct op *op, struct err *err)
{
	struct err why = { 0 };
	int rc;

	hosts_free(&op->hosts);
	rc = hosts_resolve(&op->hosts, op->svc, &op->paths, &why);
	if (rc == -ENOMEM) {
		*err = why;
		return rc;
	}
	/* A head without a name server must be able to stand by. */
	if (why.text[0])
		snprintf(op->note, sizeof(op->note), "%.270s", why.text);
	return 0;
}

int standby_export(struct op *op, struct err *err)
{
	int rc = nfsd_export(op->svc, &op->paths, &op->hosts, err);

	return rc < 0 ? rc : 0;
}

int standby_remember(struct op *op, struct err *err)
{
	return served_save(&op->paths, op->svc, err);
}

/* A failure costs only speed; and an administrator's own choice is kept. */
static void shorten_log(struct op *op)
{
	int now = xfs_shorten_log();

	if (now < 0)
		snprintf(op->note, sizeof(op->note), XFS_SYNCD ": %s", strerror(-now));
	else if (now > XFS_SYNCD_MIN)
		xfs_tell_syncd(now, op->note, sizeof(op->note));
}

static int run_settings(struct op *op, struct err *err)
{
	int rc;

	if (strcmp(op->svc->fstype, "xfs") == 0)
		shorten_log(op);
	rc = nfsd_refuse_delegations(err);
	/* EBUSY also if the server is half started; it has its settings already. */
	return rc < 0 || nfsd_has_server() ? rc : nfsd_apply_settings(op->svc, err);
}

int standby_start_mountd(struct op *op, struct err *err)
{
	/* The head's nfs.conf may name another directory. */
	static const char *const argv[] = { MOUNTD,
					    "--foreground",
					    "--state-directory-path",
					    PATHS_NFS_VAR,
					    "--no-nfs-version",
					    "2",
					    "--no-nfs-version",
					    "3",
					    NULL };

	return child_spawn_daemon(argv, op->paths.mountd_pid, err);
}

/* Without it names fail, and nothing else: no reason not to be ready. */
static int run_idmapd(struct op *op, struct err *err)
{
	struct err why = { 0 };

	if (idmapd_start(&op->paths, op->svc, &why) < 0)
		snprintf(op->note, sizeof(op->note), "%.270s", why.text);
	return 0;
}

const struct step repin_steps[] = {
	{ "namespaces", "pin namespaces again that have lost their pins", PLACE_HEAD,
	  HUNG_MS, run_namespaces, NULL },
	{ 0 },
};

const struct step standby_steps[] = {
	{ "software", "look for nfs-utils, load the kernel modules", PLACE_HEAD, BOOT_MS,
	  run_software, NULL },
	{ "namespaces", "make and pin the network, mount and UTS namespaces", PLACE_HEAD,
	  BOOT_MS, run_namespaces, NULL },
	{ "network", "prepare the network namespace", PLACE_INSIDE, BOOT_MS, run_network,
	  NULL },
	{ "filter", "load the filters, asleep", PLACE_INSIDE, BOOT_MS, run_filter, NULL },
	{ "links", "make the service's links (down)", PLACE_HEAD, BOOT_MS, run_links,
	  NULL },
	{ "tree", "mount nfsdfs, rpc_pipefs and the pseudo-root", PLACE_INSIDE, BOOT_MS,
	  run_tree, NULL },
	{ "settings",
	  "set knfsd's versions, lease and grace, no delegations; keep XFS's log short",
	  PLACE_INSIDE | WAITS_FOR_KNFSD, 5000, run_settings, NULL },
	{ "hosts", "look up the host names of the exports", PLACE_HEAD, 60000, run_hosts,
	  NULL },
	{ "exports", "register the exports", PLACE_INSIDE, BOOT_MS, standby_export,
	  NULL },
	{ "mountd", "start rpc.mountd", PLACE_INSIDE, BOOT_MS, standby_start_mountd,
	  NULL },
	{ "idmapd", "start rpc.idmapd where clients use names", PLACE_INSIDE, BOOT_MS,
	  run_idmapd, NULL },
	{ "remember", "remember the service file", PLACE_HEAD, BOOT_MS, standby_remember,
	  NULL },
	{ 0 },
};

static int end_daemon(const char *program, const char *pidfile, struct err *err)
{
	pid_t pid = child_daemon_pid(pidfile);

	if (pid && child_end(pid, END_PATIENCE_MS) < 0)
		return err_set(err, BATON_EXIT_STANDING, ETIMEDOUT, "end %s (pid %d)",
			       program, pid);
	return 0;
}

static int run_end_mountd(struct op *op, struct err *err)
{
	return end_daemon(MOUNTD, op->paths.mountd_pid, err);
}

static int run_end_idmapd(struct op *op, struct err *err)
{
	return end_daemon("rpc.idmapd", op->paths.idmapd_pid, err);
}

static int run_unpin(struct op *op, struct err *err)
{
	/* What is still open inside would keep the namespaces, and so the links, alive. */
	rtnl_close(op->rtnl);
	nft_close(op->nft);
	diag_close(op->diag);
	rawsock_close(&op->raw);
	op->rtnl = NULL;
	op->nft = NULL;
	op->diag = NULL;
	ns_close(&op->inside);
	served_drop(&op->paths);
	return ns_remove(&op->paths, err);
}

const struct step teardown_steps[] = {
	{ "mountd", "end rpc.mountd", PLACE_HEAD, 2 * END_PATIENCE_MS, run_end_mountd,
	  NULL },
	{ "idmapd", "end rpc.idmapd", PLACE_HEAD, 2 * END_PATIENCE_MS, run_end_idmapd,
	  NULL },
	{ "namespaces", "unpin the namespaces; links and mounts go with them", PLACE_HEAD,
	  HUNG_MS, run_unpin, NULL },
	{ 0 },
};

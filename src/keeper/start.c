// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * start: from standby to serving.
 *
 * Theory of operation
 *
 *   admit:  device -> alone
 *   start:  guard -> mount -> nfsdcld -> listen -> recovery -> knfsd
 *           -> address -> announce -> tickle
 *
 * A head that takes the service in a hand-over looks at the disk and the links beforehand
 * (prepare). It need not look whether it is alone: the other head has said that it goes.
 *
 * The address comes last: before it, nothing of the service can be reached, so no client
 * ever meets a refusal, which would cost it 3 s (doc/facts.md, Linux client). nfsdcld is
 * started as soon as the disk is here, and waited for only where it is needed. The disk
 * is reserved before the first write (guard.c).
 *
 * A failed step is undone by the plan of stop, which removes whatever is standing; a
 * crash at any point leaves a part of this list standing, which the next start stops
 * first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/grace.h"
#include "keeper/guard.h"
#include "keeper/op.h"
#include "os/blockdev.h"
#include "os/child.h"
#include "os/lowerdev.h"
#include "os/mount.h"
#include "os/mountpoint.h"
#include "os/nfsd.h"
#include "os/idmapd.h"
#include "os/nfsdcld.h"
#include "os/rival.h"
#include "os/state.h"
#include "os/tickle.h"

#define NFSDCLD_MS 10000
/* Three probes on a local network, sent while the disk is looked at. */
#define ASK_MS   250
#define ASKED_MS 4000
/* What a client may have to reclaim if the record of it cannot be read. */
#define UNKNOWN_HELD 20000

/* The asking child's report: how many addresses it could ask for, and a failure. */
struct answer {
	size_t asked;
	struct err err;
};

/* 0 = free, 1 = in use, -errno = could not be asked; @err says which. */
static int ask_for(const struct service *svc, const struct address *a, struct err *err)
{
	struct mac holder = { 0 }, own = op_link_mac(svc, a->link);
	char ip[IPADDR_TEXT], mac[MAC_TEXT];
	struct rtnl *rtnl = NULL;
	struct rtnl_link parent;
	int rc = lowerdev_check(a->link, err);

	if (rc == 0)
		rc = rtnl_open(&rtnl, err);
	if (rc == 0)
		rc = rtnl_link_get(rtnl, a->link, &parent, err);
	rtnl_close(rtnl);
	if (rc == 0)
		rc = rawsock_probe_address(parent.ifindex, &parent.mac, &a->ip, ASK_MS,
					   &holder, err);
	if (rc == 1)
		err_set(err, BATON_EXIT_NETWORK, 0,
			svc->link == LINK_MACVLAN &&
					memcmp(&holder, &own, sizeof(own)) == 0
				? "address %s is in use: another head serves it (%s)"
				: "address %s is in use by %s",
			ipaddr_format(&a->ip, ip), mac_format(&holder, mac));
	return rc;
}

/*
 * Asks the network whether anyone has one of our addresses, while the disk is looked at.
 * A child does it; run_alone() waits for its answer.
 */
static int begin_asking(struct op *op, struct err *err)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "pipe");
	pid = child_fork(ends[1], -1);
	if (pid == 0) {
		struct answer answer = { 0 };
		int rc = 0;

		for (size_t i = 0; i < op->svc->n_addresses && rc != 1; i++) {
			rc = ask_for(op->svc, &op->svc->addresses[i], &answer.err);
			answer.asked += rc >= 0;
		}
		/* One of two links may be down; then the other one's answer counts. */
		if (rc != 1 && answer.asked)
			answer.err.text[0] = '\0';
		_exit(write(ends[1], &answer, sizeof(answer)) < 0);
	}
	close(ends[1]);
	op->asking = ends[0];
	return pid < 0 ? err_set(err, BATON_EXIT_RESOURCE, -pid, "fork") : 0;
}

/*
 * A head that answers for the address has the disk mounted: we must not touch the disk.
 * Nor if nobody could be asked, which is what a head that is cut off from the network
 * sees.
 */
static int run_alone(struct op *op, struct err *err)
{
	struct pollfd p = { .fd = op->asking, .events = POLLIN };
	struct answer answer;

	/* The child's own deadline is shorter. */
	if (poll(&p, 1, ASKED_MS) <= 0 ||
	    read(op->asking, &answer, sizeof(answer)) != sizeof(answer))
		return err_set(err, BATON_EXIT_NETWORK, ETIMEDOUT,
			       "ask the network who has the addresses");
	if (!answer.err.text[0])
		return 0;
	*err = answer.err;
	return answer.asked
		       ? -EADDRINUSE
		       : err_wrap(err, -ENETDOWN, "cannot ask who has the addresses");
}

static int run_disk(struct op *op, struct err *err)
{
	const struct service *svc = op->svc;
	int rc = blockdev_check_present(svc->device, NULL, err);

	if (rc == 0)
		rc = rival_check(svc, err);
	if (rc == 0)
		rc = blockdev_check_filesystem(svc->device, svc->fstype, err);
	if (rc == 0)
		rc = blockdev_check_unused(svc->device, op->paths.fs, err);
	if (rc == 0 && svc->guard == GUARD_RESERVATION)
		rc = guard_check(svc, err);
	return rc;
}

static int run_device(struct op *op, struct err *err)
{
	int64_t began = child_now_ms();
	int rc = begin_asking(op, err);

	if (rc == 0)
		rc = run_disk(op, err);
	/* The disk took its time, and the answer is out of date. */
	if (rc == 0 && child_now_ms() > began + ASKED_MS) {
		close(op->asking);
		rc = begin_asking(op, err);
	}
	return rc;
}

/* Clients cannot come by a link that is down. */
static int run_parents(struct op *op, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < op->svc->n_addresses && rc == 0; i++)
		rc = lowerdev_check(op->svc->addresses[i].link, err);
	return rc;
}

static int run_mount(struct op *op, struct err *err)
{
	int rc = 0;

	/* Another mount of it here would share the superblock, and keep it after a stop. */
	if (!mountpoint_exists(op->paths.fs))
		rc = blockdev_check_unused(op->svc->device, NULL, err);
	return rc < 0 ? rc : mount_attach(op->svc, &op->paths, err);
}

static int run_nfsdcld(struct op *op, struct err *err)
{
	int rc = state_prepare(&op->paths, err);

	if (rc == 0)
		rc = recovery_prepare(&op->paths, &op->epochs, err);
	if (rc == 0)
		rc = mount_hide_state(op->svc, &op->paths, err);
	if (rc == 0)
		rc = nfsdcld_start(&op->paths, err);
	if (rc == 0)
		nfsdcld_hurry(&op->paths);
	return rc;
}

/* A half-started server has its grace time already, and it cannot be changed. */
static int set_server(struct op *op, struct err *err)
{
	_cleanup_holdings_ struct holdings before = { 0 };
	struct err why = { 0 };
	unsigned int seconds;
	uint32_t most;
	int rc;

	if (nfsd_has_server())
		return 0;
	rc = nfsd_set_max_block(err);
	/* Somebody may have changed it since standby. */
	if (rc == 0)
		rc = nfsd_refuse_delegations(err);
	/* A reload may have changed the lease since standby; the rest of the settings it
	 * leaves to standby. */
	if (rc == 0)
		rc = nfsd_set_lease(op->svc->lease, err);
	if (rc < 0)
		return rc;
	/* If nobody knows, assume a lot. */
	most = reclaim_load(&op->paths, &before, &why) < 0 ? UNKNOWN_HELD
							   : holdings_largest(&before);
	if (op->told && op->told->held > most)
		most = op->told->held;
	seconds = grace_ceiling(op->svc->grace, most, before.pace_us);
	if (why.text[0])
		snprintf(op->note, sizeof(op->note), "%.110s", why.text);
	else if (seconds > op->svc->grace + 1)
		snprintf(op->note, sizeof(op->note),
			 "grace %u s at most, for %u opens and locks of one client",
			 seconds, most);
	return nfsd_set_grace(seconds, err);
}

static int run_listen(struct op *op, struct err *err)
{
	struct diag_severed severed;
	int rc = op_open_diag(op, err);

	/* A socket left by a crash would answer on a connection that it does not know. */
	if (rc == 0)
		rc = diag_sever(op->diag, NULL, 0, NFS_PORT, &severed, err);
	if (rc == 0 && severed.destroyed)
		snprintf(op->note, sizeof(op->note), "%zu stale sockets destroyed",
			 severed.destroyed);
	if (rc == 0)
		rc = set_server(op, err);
	return rc < 0 ? rc : nfsd_listen(op->svc, &op->paths, err);
}

static int run_recovery(struct op *op, struct err *err)
{
	return nfsdcld_wait(&op->paths, err);
}

static int run_knfsd(struct op *op, struct err *err)
{
	struct nfsdcld_preferred before;
	int rc;

	nfsdcld_prefer(&op->paths, &before);
	rc = nfsd_set_threads(op->svc->threads, err);
	nfsdcld_unprefer(&before);
	return rc;
}

static int verify_knfsd(struct op *op, struct err *err)
{
	return recovery_verify(&op->paths, &op->epochs, err);
}

static int add_addresses(struct op *op, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < op->svc->n_addresses && rc >= 0; i++) {
		const struct address *a = &op->svc->addresses[i];
		struct rtnl_link link;
		char name[IFNAMSIZ];

		op_link_name(name, op->svc, i);
		rc = rtnl_link_get(op->rtnl, name, &link, err);
		if (rc >= 0)
			rc = rtnl_addr_add(op->rtnl, link.ifindex, &a->ip, a->prefixlen,
					   err);
		if (rc >= 0 && !link.up)
			rc = rtnl_link_set_up(op->rtnl, link.ifindex, true, err);
	}
	return rc;
}

static int add_route(struct op *op, const struct ipaddr *gateway, struct err *err)
{
	struct rtnl_link link;
	char name[IFNAMSIZ];
	int rc;

	if (!gateway->family)
		return 0;
	op_link_name(name, op->svc, service_find_gateway(op->svc, gateway));
	rc = rtnl_link_get(op->rtnl, name, &link, err);
	return rc < 0 ? rc : rtnl_route_add_default(op->rtnl, gateway, link.ifindex, err);
}

static int run_address(struct op *op, struct err *err)
{
	int rc = op_open_rtnl(op, err);

	if (rc >= 0)
		rc = guard_outwait(op, err);
	if (rc >= 0)
		rc = add_addresses(op, err);
	if (rc >= 0)
		rc = add_route(op, &op->svc->gateway4, err);
	if (rc >= 0)
		rc = add_route(op, &op->svc->gateway6, err);
	return rc < 0 ? rc : 0;
}

static int announce(struct op *op, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < op->svc->n_addresses; i++) {
		struct rtnl_link link;
		char name[IFNAMSIZ];
		int r;

		op_link_name(name, op->svc, i);
		r = rtnl_link_get(op->rtnl, name, &link, err);
		if (r >= 0)
			r = rawsock_announce(&op->raw, link.ifindex, &link.mac,
					     &op->svc->addresses[i].ip, 1, err);
		if (r < 0)
			rc = r;
	}
	return rc;
}

static int run_announce(struct op *op, struct err *err)
{
	int rc = op_open_raw(op, err);

	return rc < 0 ? rc : announce(op, err);
}

/* @foreign: how many connections are not of this service. */
static int load_connections(struct op *op, size_t *foreign, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int rc = state_read(&op->paths, op->paths.conns, CONNS_MAX_LEN, &text, &len, err);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	rc = conns_parse(&op->conns, text, len, err);
	if (rc < 0)
		return err_wrap(err, rc, "%s", op->paths.conns);
	*foreign = conns_keep_own(&op->conns, op->svc);
	return 0;
}

/* Adds what another head has sent; returns how many of these the disk did not have. */
static size_t add_told(struct op *op)
{
	size_t before;

	conns_sort(&op->conns);
	before = op->conns.n;
	for (size_t i = 0; op->told && i < op->told->conns.n; i++)
		if (conns_add(&op->conns, &op->told->conns.v[i]) < 0)
			break;
	conns_sort(&op->conns);
	return op->conns.n - before;
}

/* Once stopped, nothing leaves the namespace: its links are down. */
static bool announce_again(void *op)
{
	announce(op, NULL);
	return true;
}

static int run_tickle(struct op *op, struct err *err)
{
	const struct tickle again = { &op->raw,       op->diag, NFS_PORT, &op->conns,
				      announce_again, op,       op->lock };
	struct err why = { 0 };
	size_t sent = 0, added, foreign = 0;
	int rc = load_connections(op, &foreign, &why), r;

	added = add_told(op);
	r = rawsock_tickle(&op->raw, &op->conns, &sent, rc == 0 ? &why : NULL);
	/* The service serves; clients that are not tickled only come back later. */
	if (rc < 0 || r < 0)
		snprintf(op->note, sizeof(op->note), "%.100s", why.text);
	else if (added)
		snprintf(op->note, sizeof(op->note),
			 "%zu connections, %zu of them reported by another head", sent,
			 added);
	else
		snprintf(op->note, sizeof(op->note), "%zu connections", sent);
	if (foreign)
		snprintf(op->note + strlen(op->note), sizeof(op->note) - strlen(op->note),
			 "; %zu on the disk ignored: not of this service", foreign);
	tickle_again(&again);
	return 0;
}

/* Links first: the disk may be behind one of them, and would be waited for in vain. A
 * disk that is slow now is no disk to move to. */
const struct step prepare_steps[] = {
	{ "links", "check that the links are up", PLACE_HEAD, HUNG_MS, run_parents,
	  NULL },
	{ "device", "check that the disk is here, of the right kind, and unused",
	  PLACE_HEAD, 10000, run_disk, NULL },
	{ 0 },
};

const struct step admit_steps[] = {
	{ "device", "check that the disk is here, of the right kind, and unused",
	  PLACE_HEAD | WAITS_FOR_DISK, 10000, run_device, NULL },
	{ "alone", "check that nobody else has the addresses", PLACE_HEAD, HUNG_MS,
	  run_alone, NULL },
	{ 0 },
};

const struct step start_steps[] = {
	{ "guard", "register at the disk, reserve it, remove who is registered else",
	  PLACE_HEAD | WAITS_FOR_DISK | IF_GUARDED, 5000, guard_take, NULL },
	{ "mount", "mount the filesystem, bind the exports",
	  PLACE_INSIDE | WAITS_FOR_DISK, 60000, run_mount, NULL },
	{ "nfsdcld", "check the recovery database, start nfsdcld",
	  PLACE_INSIDE | WAITS_FOR_DISK, 10000, run_nfsdcld, NULL },
	/* Another service of this head that is stopping may hold knfsd's mutex. */
	{ "listen", "destroy stale sockets, set block size and grace period, listen",
	  PLACE_INSIDE | WAITS_FOR_KNFSD, 15000, run_listen, NULL },
	{ "recovery", "wait until nfsdcld watches for the kernel",
	  PLACE_INSIDE | WAITS_FOR_DISK, NFSDCLD_MS, run_recovery, NULL },
	{ "knfsd", "start the threads, verify that clients are being recorded",
	  PLACE_INSIDE | WAITS_FOR_KNFSD, 15000, run_knfsd, verify_knfsd },
	{ "address", "bring up addresses and links, set the default route",
	  PLACE_INSIDE | WAITS_FOR_RIVAL, HUNG_MS, run_address, NULL },
	{ "announce", "send gratuitous ARP and unsolicited NA", PLACE_INSIDE, HUNG_MS,
	  run_announce, NULL },
	{ "tickle", "send each known client a bare ACK and a SYN-ACK",
	  PLACE_INSIDE | WAITS_FOR_DISK, 5000, run_tickle, NULL },
	{ 0 },
};

static int run_mend_nfsdcld(struct op *op, struct err *err)
{
	int rc = 0;

	if (!nfsdcld_pid(&op->paths))
		rc = recovery_prepare(&op->paths, &op->epochs, err);
	if (rc == 0)
		rc = nfsdcld_start(&op->paths, err);
	return rc < 0 ? rc : nfsdcld_wait(&op->paths, err);
}

static int run_mend_idmapd(struct op *op, struct err *err)
{
	return idmapd_start(&op->paths, op->svc, err);
}

const struct step mend_steps[] = {
	{ "mountd", "start rpc.mountd", PLACE_INSIDE, HUNG_MS, standby_start_mountd,
	  NULL },
	{ "nfsdcld", "check the recovery database, start nfsdcld",
	  PLACE_INSIDE | WAITS_FOR_DISK, NFSDCLD_MS, run_mend_nfsdcld, NULL },
	{ "idmapd", "start rpc.idmapd where clients use names", PLACE_INSIDE, HUNG_MS,
	  run_mend_idmapd, NULL },
	{ 0 },
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* check_service: does this head have everything that a service needs to start? */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/check.h"
#include "core/cleanup.h"
#include "core/export.h"
#include "core/exporttable.h"
#include "core/service.h"
#include "keeper/op.h"
#include "os/blockdev.h"
#include "os/conffile.h"
#include "os/diag.h"
#include "os/file.h"
#include "os/hosts.h"
#include "os/idmapd.h"
#include "os/lowerdev.h"
#include "os/nfsconf.h"
#include "os/nfsd.h"
#include "os/ns.h"
#include "os/orphan.h"
#include "os/rival.h"
#include "os/software.h"
#include "os/xfs.h"

/* Returned by a check that could not find out; struct err has the reason. */
#define UNSURE 1

/* Adds the result of a check. Shows @err if @rc is not 0, otherwise @detail. */
static void add(struct report *report, const char *item, int rc, const struct err *err,
		const char *detail, const char *advice)
{
	if (rc == -EACCES || rc == -EPERM)
		rc = geteuid() == 0 || err->code == BATON_EXIT_SOFTWARE ? rc : UNSURE;
	if (rc == -EOPNOTSUPP)
		rc = UNSURE;
	report_add(report, item,
		   rc == UNSURE ? VERDICT_UNSURE
		   : rc         ? VERDICT_WRONG
				: VERDICT_OK,
		   rc ? err->code : BATON_EXIT_OK, rc ? err->text : detail, advice);
}

/* ---- this head ---- */

/* What to do about a module that was not found; @otherwise: if the kernel lacks it. */
static const char *advise_module(int rc, const char *otherwise)
{
	if (!software_has_modprobe())
		return "install modprobe (Debian, RHEL: kmod)";
	return rc == -EOPNOTSUPP
		       ? "run depmod; if it is built in, standby will work anyway"
		       : otherwise;
}

/* Without it no stop leaves the address free of sockets. */
static void check_destroy(struct report *report)
{
	struct diag *diag = NULL;
	struct err err = { 0 };
	int rc = diag_open(&diag, &err);

	if (rc == 0)
		rc = diag_check_destroy(diag, &err);
	add(report, "kernel sock_diag", rc == -EOPNOTSUPP ? -ENOSYS : rc, &err,
	    "destroys sockets", "install a kernel with CONFIG_INET_DIAG_DESTROY");
	if (rc == 0) {
		rc = orphan_check(diag, &err);
		add(report, "kernel orphans", rc && rc != -ENOSYS ? UNSURE : rc, &err,
		    "destroyed as well",
		    "install a newer kernel (RHEL 9.3 to 9.5: from 9.6)");
	}
	diag_close(diag);
}

static void check_head(struct report *report)
{
	struct err err = { 0 };
	int rc;

	rc = software_check_root(&err);
	add(report, "privilege", rc, &err, "running as root", "run baton as root");
	rc = software_check_nfs(&err);
	add(report, "programs", rc, &err, "rpc.mountd, nfsdcld and exportfs are here",
	    "install the package");
	rc = software_check_filesystem("nfsd", &err);
	add(report, "kernel nfsd", rc, &err, "there",
	    advise_module(rc, "install a kernel with CONFIG_NFSD"));
	rc = software_check_module("nf_tables", &err);
	add(report, "kernel nf_tables", rc, &err, "there",
	    advise_module(rc, "install a kernel with CONFIG_NF_TABLES"));
	check_destroy(report);
	check_system(report);
}

static void check_delegations(struct report *report, const struct service *svc)
{
	struct err err = { 0 };
	struct paths paths;

	paths_init(&paths, svc->name);
	if (nfsd_may_delegate() && ns_exists(&paths))
		err_set(&err, BATON_EXIT_FAILED, 0,
			"somebody has set fs.leases-enable to 1 again: clients may lock under "
			"a delegation, and lose that lock in a move");
	add(report, "delegations", err.text[0] ? UNSURE : 0, &err,
	    "standby sets fs.leases-enable to 0, so that each lock is the server's",
	    "sysctl fs.leases-enable=0, which each start does as well");
}

/* ---- the disk ---- */

static void check_log(struct report *report)
{
	int now = xfs_get_syncd();
	char detail[160];

	if (now < 0 || xfs_is_default_syncd(now))
		snprintf(detail, sizeof(detail),
			 "standby sets " XFS_SYNCD " to %d, so that a takeover replays "
			 "about 1 s of writing",
			 XFS_SYNCD_MIN);
	else
		xfs_tell_syncd(now, detail, sizeof(detail));
	add(report, "XFS log", 0, NULL, detail, NULL);
}

static void check_device(struct report *report, const struct service *svc)
{
	char own[sizeof("/run/baton/") + SERVICE_NAME_MAX], detail[PATH_MAX + 64];
	_cleanup_free_ char *real = realpath(svc->device, NULL);
	struct err err = { 0 };
	int rc;

	rc = software_check_filesystem(svc->fstype, &err);
	snprintf(detail, sizeof(detail), "kernel %s", svc->fstype);
	add(report, detail, rc, &err, "there",
	    advise_module(rc, "install a kernel that has this filesystem"));
	if (strcmp(svc->fstype, "xfs") == 0)
		check_log(report);

	rc = blockdev_check_present(svc->device, NULL, &err);
	snprintf(detail, sizeof(detail), "%s is %s", svc->device, real ? real : "there");
	add(report, "device", rc, &err, detail, check_advise_device());
	if (rc)
		return;
	check_device_name(report, svc);
	rc = blockdev_check_filesystem(svc->device, svc->fstype, &err);
	snprintf(detail, sizeof(detail), "holds %s", svc->fstype);
	add(report, "filesystem", rc, &err, detail,
	    "correct `device` or `fstype` in the service file; never format without looking");
	snprintf(own, sizeof(own), "/run/baton/%s", svc->name);
	rc = blockdev_check_unused(svc->device, own, &err);
	add(report, "disk free", rc, &err, "used by nothing but this service",
	    "unmount it, and keep fstab and others from mounting it");
	rc = rival_check(svc, &err);
	add(report, "disk alone", rc, &err, "named by no other service file",
	    "correct `device` in one of the two, or remove the file");
	check_guard(report, svc);
}

/* ---- the network ---- */

/* Asks the network; @detail names who answered if that is no fault. */
static int probe_address(const struct service *svc, const struct address *address,
			 char *detail, size_t size, struct err *err)
{
	struct mac holder, own = op_link_mac(svc, address->link);
	char ip[IPADDR_TEXT], mac[MAC_TEXT];
	struct rtnl *rtnl = NULL;
	struct rtnl_link link;
	int rc = rtnl_open(&rtnl, err);

	if (rc == 0)
		rc = rtnl_link_get(rtnl, address->link, &link, err);
	rtnl_close(rtnl);
	if (rc == 0)
		rc = rawsock_probe_address(link.ifindex, &link.mac, &address->ip, 0,
					   &holder, err);
	snprintf(detail, size, "nobody answers");
	if (rc <= 0)
		return rc < 0 ? UNSURE : 0;
	if (svc->link == LINK_MACVLAN && memcmp(&holder, &own, sizeof(own)) == 0) {
		snprintf(detail, size, "another head serves it now");
		return 0;
	}
	err_set(err, BATON_EXIT_NETWORK, 0, "%s is in use by %s",
		ipaddr_format(&address->ip, ip), mac_format(&holder, mac));
	/* Another head that serves it answers with its own hardware address. */
	return svc->link == LINK_IPVLAN ? UNSURE : -EADDRINUSE;
}

/* The head's own stack gets what is sent to an address that has gone, and answers. */
static void check_forwarding(struct report *report, const struct service *svc)
{
	char path[128], value[8];

	for (size_t i = 0; i < svc->n_addresses; i++) {
		const struct address *a = &svc->addresses[i];
		struct err err = { 0 };

		snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/forwarding",
			 a->ip.family == AF_INET ? "ipv4" : "ipv6", a->link);
		if (file_read(path, value, sizeof(value)) <= 0 || value[0] != '1')
			continue;
		err_set(&err, BATON_EXIT_NETWORK, 0,
			"%s forwards packets: with ipvlan it answers clients in the pause that "
			"the service is unreachable, and they wait 3 s longer",
			a->link);
		add(report, "forwarding", UNSURE, &err, NULL,
		    "turn it off on that link, or link = macvlan");
		return;
	}
}

static void check_link_kind(struct report *report, const struct service *svc)
{
	const char *kind = service_link_name(svc->link);
	char item[64], advice[128];
	struct err err = { 0 };
	int rc = software_check_module(kind, &err);

	snprintf(item, sizeof(item), "kernel %s", kind);
	snprintf(advice, sizeof(advice), "install a kernel with %s",
		 svc->link == LINK_IPVLAN ? "CONFIG_IPVLAN" : "CONFIG_MACVLAN");
	add(report, item, rc, &err, "there", advise_module(rc, advice));
	rc = rival_check_link(svc, &err);
	if (rc < 0)
		add(report, "kind of link", rc, &err, NULL,
		    "the same `link` for all services over one link of the head");
	if (svc->link == LINK_IPVLAN)
		check_forwarding(report, svc);
}

static void check_network(struct report *report, const struct service *svc, bool frames)
{
	char item[64], text[IPADDR_TEXT], detail[128] = "";

	for (size_t i = 0; i < svc->n_addresses; i++) {
		const struct address *a = &svc->addresses[i];
		struct err err = { 0 };
		bool seen = false;
		int link, rc;

		for (size_t k = 0; k < i; k++)
			seen |= strcmp(svc->addresses[k].link, a->link) == 0;
		link = lowerdev_check(a->link, &err);
		snprintf(item, sizeof(item), "link %s", a->link);
		if (!seen)
			add(report, item, link, &err, "up, with carrier",
			    link == -ENODEV
				    ? "correct `address` in the service file"
				    : "bring it up: ip link set LINK up; see to its cable");
		if (!seen && link == 0 && frames)
			check_passage(report, svc, a->link);
		snprintf(item, sizeof(item), "address %s", ipaddr_format(&a->ip, text));
		rc = rival_check_address(svc, a, &err);
		if (rc) {
			add(report, item, rc, &err, NULL,
			    "correct `address` in one of the two, or remove the file");
			continue;
		}
		rc = lowerdev_check_address(&a->ip, &err);
		if (!rc && link) {
			err_set(&err, BATON_EXIT_NETWORK, 0,
				"cannot be probed on link %s", a->link);
			rc = UNSURE;
		}
		if (!rc)
			rc = probe_address(svc, a, detail, sizeof(detail), &err);
		add(report, item, rc, &err, detail,
		    rc != UNSURE ? "take the address off whoever has it"
		    : link       ? "probe it by hand: arping -D, ndisc6"
				 : "baton status tells whether the other head serves it");
	}
}

/* ---- exports ---- */

static int find_lookup(const char *client, const char *options, void *data)
{
	char **found = data;

	if (!*found && exporttable_kind(client) == CLIENT_LOOKED_UP)
		*found = strdup(client);
	return 0;
}

/* It works if a name server answers in the service's network, and also in a pause. */
static void check_lookups(struct report *report, const struct service *svc)
{
	for (size_t i = 0; i < svc->n_exports; i++) {
		_cleanup_free_ char *client = NULL;
		struct err err = { 0 };

		export_for_each_client(svc->exports[i].clients, find_lookup, &client);
		if (!client)
			continue;
		err_set(&err, BATON_EXIT_CONFIG, 0,
			"%s:%d: client '%.80s': rpc.mountd looks up every caller's name, from "
			"the service's network; while that takes, all clients wait",
			svc->file, svc->exports[i].line, client);
		add(report, "client names", UNSURE, &err, NULL,
		    "give addresses or networks instead of wildcards and netgroups");
		return;
	}
}

static void check_hosts(struct report *report, const struct service *svc)
{
	struct hosts hosts = { 0 };
	struct err err = { 0 };
	struct paths paths;
	int rc;

	if (!exporttable_has_hosts(svc))
		return;
	paths_init(&paths, svc->name);
	rc = hosts_resolve(&hosts, svc, &paths, &err);
	add(report, "host names", rc == 0 && err.text[0] ? UNSURE : rc, &err, "resolved",
	    "give addresses, or see to the name server");
	hosts_free(&hosts);
}

static void check_kerberos(struct report *report, const struct service *svc)
{
	for (size_t i = 0; i < svc->n_exports; i++) {
		struct err err = { 0 };

		if (!strstr(svc->exports[i].clients, "krb5"))
			continue;
		err_set(&err, BATON_EXIT_SOFTWARE, 0,
			"%s:%d: Kerberos needs rpc.svcgssd or gssproxy in the service's "
			"namespace; baton starts neither",
			svc->file, svc->exports[i].line);
		add(report, "kerberos", UNSURE, &err, NULL,
		    "use sec=sys, or start it there");
		return;
	}
}

/* The service has a host name of its own, without a domain. */
static void check_names(struct report *report, const struct service *svc)
{
	char domain[256] = "";
	struct err err = { 0 };
	int rc;

	if (!idmapd_is_needed(svc))
		return;
	rc = software_find_program("rpc.idmapd", "nfs-utils (Debian: nfs-common)", NULL,
				   &err);
	if (rc == 0)
		nfsconf_get(NFSCONF_IDMAPD, "General", "Domain", domain, sizeof(domain));
	if (rc == 0 && !domain[0]) {
		err_set(&err, BATON_EXIT_SOFTWARE, 0,
			"clients use names of users, and /etc/idmapd.conf has no Domain");
		rc = -EINVAL;
	}
	add(report, "user names", rc, &err, domain,
	    "the same Domain and the same users on both heads and the clients");
}

/* ---- all checks ---- */

void check_service(struct report *report, const char *name, bool frames)
{
	struct err err = { 0 };
	struct service svc;
	int rc = config_load(&svc, name, NULL, &err);

	add(report, "configuration", rc, &err, svc.file,
	    rc == -ENOENT ? "write the service file" : "correct the service file");
	check_head(report);
	if (!rc) {
		check_delegations(report, &svc);
		check_device(report, &svc);
		check_link_kind(report, &svc);
		check_network(report, &svc, frames);
		check_kerberos(report, &svc);
		check_names(report, &svc);
		check_lookups(report, &svc);
		check_hosts(report, &svc);
		check_units(report, &svc);
		check_heads(report, &svc);
	}
	service_free(&svc);
}

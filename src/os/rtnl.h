/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl: links, addresses and routes of one network namespace, by rtnetlink. */
#ifndef BATON_OS_RTNL_H
#define BATON_OS_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/packet.h"
#include "core/service.h"

/**
 * struct rtnl - a socket; always belongs to the network namespace it was opened in
 *
 * All functions here return 0 if they made a change, RTNL_ALREADY if none was needed
 * (both are success: `rc < 0` is failure), or -errno with *@err set.
 */
struct rtnl;

#define RTNL_ALREADY 1

/**
 * struct rtnl_link - one link
 * @parent: IFLA_LINK: ifindex of the parent, in *its* namespace; 0 = none
 * @up: administratively up (IFF_UP)
 * @carrier: IFLA_CARRIER, meaningful only while up
 * @operstate: IF_OPER_* of <linux/if.h>
 * @kind: "macvlan", "veth", … ; empty for hardware
 */
struct rtnl_link {
	int ifindex;
	int parent;
	char name[IFNAMSIZ];
	char kind[16];
	struct mac mac;
	uint32_t mtu;
	bool up;
	bool carrier;
	uint8_t operstate;
};

/**
 * struct rtnl_addr - one address of a link
 * @flags: IFA_F_* of <linux/if_addr.h>
 */
struct rtnl_addr {
	int ifindex;
	struct ipaddr ip;
	unsigned int prefixlen;
	uint32_t flags;
};

/**
 * rtnl_open - open a socket in the current network namespace
 * Return: 0, or -errno.
 */
int rtnl_open(struct rtnl **rtnl, struct err *err);

/** rtnl_close - close; NULL is allowed. */
void rtnl_close(struct rtnl *rtnl);

/**
 * rtnl_link_get - look a link up by name
 * Return: 0, -ENODEV (BATON_EXIT_NETWORK), or -errno.
 */
int rtnl_link_get(struct rtnl *rtnl, const char *name, struct rtnl_link *link,
		  struct err *err);

/**
 * rtnl_link_add_child - make a link that shares another one (down) inside another namespace
 * @rtnl: of the parent's namespace
 * @parent: ifindex of the parent
 * @target: of the namespace that gets the link
 * @target_fd: descriptor of that namespace (/run/netns/…)
 * @name: its name there
 * @kind: "macvlan" (mode bridge) or "ipvlan" (mode l2)
 * @mac: its address; NULL: the kernel chooses one
 * @link: gets the link as it is afterwards
 * @err: why not
 *
 * The link is made in its namespace (IFLA_NET_NS_FD), never first in the host's. If there
 * is one with this name, kind, parent and (if given) address, that counts as done. The
 * kernel does not mix kinds on one parent: -EBUSY.
 *
 * Return: 0, RTNL_ALREADY, -EEXIST (another link has that name), or -errno.
 */
int rtnl_link_add_child(struct rtnl *rtnl, int parent, struct rtnl *target, int target_fd,
			const char *name, const char *kind, const struct mac *mac,
			struct rtnl_link *link, struct err *err);

/**
 * rtnl_link_del - delete a link
 * Return: 0, RTNL_ALREADY if it is not there, or -errno.
 */
int rtnl_link_del(struct rtnl *rtnl, int ifindex, struct err *err);

/** rtnl_link_set_up - set a link up or down; the loopback is ifindex 1 everywhere. */
int rtnl_link_set_up(struct rtnl *rtnl, int ifindex, bool up, struct err *err);

/* The loopback's ifindex (LOOPBACK_IFINDEX, include/net/flow.h). */
#define RTNL_LOOPBACK 1

/**
 * rtnl_addr_add - give an address to a link
 * @rtnl: of the link's namespace
 * @ifindex: the link
 * @ip: the address
 * @prefixlen: of its network
 * @err: why not
 *
 * IPv4 gets the network's broadcast address, as with ifup (none for /31 and /32, RFC
 * 3021). IPv6 is usable at once (IFA_F_NODAD): who owns the address was decided before.
 *
 * Return: 0, RTNL_ALREADY (same address and prefix there), or -errno.
 */
int rtnl_addr_add(struct rtnl *rtnl, int ifindex, const struct ipaddr *ip,
		  unsigned int prefixlen, struct err *err);

/** rtnl_addr_del - remove an address from a link; a missing one counts as done. */
int rtnl_addr_del(struct rtnl *rtnl, int ifindex, const struct ipaddr *ip,
		  unsigned int prefixlen, struct err *err);

/**
 * rtnl_addr_list - all addresses of a link
 * @rtnl: of the namespace
 * @ifindex: the link, or 0 for all links
 * @v: receives a malloc'd array; NULL if there are none
 * @n: its length
 * @err: why not
 */
int rtnl_addr_list(struct rtnl *rtnl, int ifindex, struct rtnl_addr **v, size_t *n,
		   struct err *err);

/**
 * rtnl_route_add_default - add the default route of the gateway's family
 *
 * Replaces a default route over another gateway.
 *
 * Return: 0, or -errno: -ENETUNREACH if the gateway is not in a network of the link.
 */
int rtnl_route_add_default(struct rtnl *rtnl, const struct ipaddr *gateway, int ifindex,
			   struct err *err);

#endif

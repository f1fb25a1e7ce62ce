// SPDX-License-Identifier: GPL-2.0-or-later
/* rtnl: links, addresses and routes of one network namespace, by rtnetlink. */
#include "os/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

struct rtnl {
	struct mnl_socket *nl;
	uint32_t seq;
};

/* A request being built. A dump's answer sets the size; requests are small. */
struct request {
	char buf[1024];
	struct nlmsghdr *nlh;
};

int rtnl_open(struct rtnl **out, struct err *err)
{
	struct rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int one = 1, rc;

	if (!rtnl)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "rtnetlink");
	rtnl->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!rtnl->nl || mnl_socket_bind(rtnl->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = err_set(err, BATON_EXIT_SOFTWARE, errno, "open rtnetlink");
		rtnl_close(rtnl);
		return rc;
	}
	/* The kernel then explains its errors in words; older ones cannot, no harm. */
	mnl_socket_setsockopt(rtnl->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	*out = rtnl;
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	if (rtnl->nl)
		mnl_socket_close(rtnl->nl);
	free(rtnl);
}

/* Starts a message; returns its zeroed family header of @extra bytes. */
static void *request_begin(struct request *req, uint16_t type, uint16_t flags,
			   size_t extra)
{
	memset(req->buf, 0, MNL_NLMSG_HDRLEN + MNL_ALIGN(extra));
	req->nlh = mnl_nlmsg_put_header(req->buf);
	req->nlh->nlmsg_type = type;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(req->nlh, extra);
}

/* Sends it and reads the answer to its end; returns 0 or the kernel's -errno. */
static int request_run(struct rtnl *rtnl, struct request *req, mnl_cb_t cb, void *data)
{
	char buf[32768];
	uint32_t seq = ++rtnl->seq;
	uint32_t portid = mnl_socket_get_portid(rtnl->nl);
	int rc;

	req->nlh->nlmsg_seq = seq;
	/* A dump ends by itself and ignores this (af_netlink.c, netlink_rcv_skb()). */
	req->nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(rtnl->nl, req->nlh, req->nlh->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t n = mnl_socket_recvfrom(rtnl->nl, buf, sizeof(buf));

		if (n < 0 && errno == EINTR) {
			rc = MNL_CB_OK;
			continue;
		}
		if (n < 0)
			return -errno;
		rc = mnl_cb_run(buf, n, seq, portid, cb, data);
		/* Left over from an interrupted call: not ours, so read on. */
		if (rc < 0 && (errno == ESRCH || errno == EPROTO) &&
		    ((struct nlmsghdr *)buf)->nlmsg_seq != seq)
			rc = MNL_CB_OK;
	} while (rc > 0);
	return rc < 0 ? -errno : 0;
}

static enum exit_code exit_for(int rc)
{
	if (rc == -EPERM || rc == -EOPNOTSUPP)
		return BATON_EXIT_SOFTWARE;
	return rc == -ENOMEM || rc == -ENOBUFS ? BATON_EXIT_RESOURCE : BATON_EXIT_NETWORK;
}

static int parse_linkinfo(const struct nlattr *attr, void *data)
{
	struct rtnl_link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		strncpy(link->kind, mnl_attr_get_str(attr), sizeof(link->kind) - 1);
	return MNL_CB_OK;
}

/* The kernel is trusted for attribute types, but their lengths are checked. */
static int parse_link_attr(const struct nlattr *attr, void *data)
{
	struct rtnl_link *link = data;
	uint16_t len = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (len > 0 && len <= sizeof(link->name))
			memcpy(link->name, mnl_attr_get_payload(attr), len);
		link->name[sizeof(link->name) - 1] = '\0';
		break;
	case IFLA_ADDRESS:
		if (len == sizeof(link->mac))
			memcpy(&link->mac, mnl_attr_get_payload(attr), len);
		break;
	case IFLA_MTU:
		if (len >= 4)
			link->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK:
		if (len >= 4)
			link->parent = mnl_attr_get_u32(attr);
		break;
	case IFLA_CARRIER:
		if (len >= 1)
			link->carrier = mnl_attr_get_u8(attr);
		break;
	case IFLA_OPERSTATE:
		if (len >= 1)
			link->operstate = mnl_attr_get_u8(attr);
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attr, parse_linkinfo, link);
	}
	return MNL_CB_OK;
}

static int parse_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct rtnl_link *link = data;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return MNL_CB_OK;
	memset(link, 0, sizeof(*link));
	link->ifindex = ifi->ifi_index;
	link->up = ifi->ifi_flags & IFF_UP;
	return mnl_attr_parse(nlh, sizeof(*ifi), parse_link_attr, link);
}

static int link_get(struct rtnl *rtnl, const char *name, int ifindex,
		    struct rtnl_link *link)
{
	struct request req;
	struct ifinfomsg *ifi =
		request_begin(&req, RTM_GETLINK, 0, sizeof(struct ifinfomsg));

	ifi->ifi_index = ifindex;
	if (name)
		mnl_attr_put_strz(req.nlh, IFLA_IFNAME, name);
	return request_run(rtnl, &req, parse_link, link);
}

int rtnl_link_get(struct rtnl *rtnl, const char *name, struct rtnl_link *link,
		  struct err *err)
{
	int rc;

	if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
		return err_set(err, BATON_EXIT_NETWORK, ENODEV, "link '%.40s'", name);
	rc = link_get(rtnl, name, 0, link);
	if (rc == -ENODEV)
		return err_set(err, BATON_EXIT_NETWORK, ENODEV, "link %s", name);
	return rc < 0 ? err_set(err, exit_for(rc), -rc, "look up link %s", name) : 0;
}

static void put_kind(struct nlmsghdr *nlh, const char *kind)
{
	struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	if (strcmp(kind, "ipvlan") == 0)
		mnl_attr_put_u16(nlh, IFLA_IPVLAN_MODE, IPVLAN_MODE_L2);
	else
		mnl_attr_put_u32(nlh, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
}

int rtnl_link_add_child(struct rtnl *rtnl, int parent, struct rtnl *target, int target_fd,
			const char *name, const char *kind, const struct mac *mac,
			struct rtnl_link *link, struct err *err)
{
	char text[MAC_TEXT];
	struct request req;
	int rc, made;

	if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
		return err_set(err, BATON_EXIT_NETWORK, EINVAL, "%s '%.40s'", kind, name);
	request_begin(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
		      sizeof(struct ifinfomsg));
	mnl_attr_put_strz(req.nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(req.nlh, IFLA_LINK, parent);
	mnl_attr_put_u32(req.nlh, IFLA_NET_NS_FD, target_fd);
	if (mac)
		mnl_attr_put(req.nlh, IFLA_ADDRESS, sizeof(*mac), mac);
	put_kind(req.nlh, kind);
	made = request_run(rtnl, &req, NULL, NULL);
	if (made == -EBUSY)
		return err_set(
			err, exit_for(made), -made,
			"make %s %s: its parent has links of another kind (macvlan or "
			"ipvlan), or belongs to a bridge or bond",
			kind, name);
	if (made < 0 && made != -EEXIST)
		return err_set(err, exit_for(made), -made, "make %s %s", kind, name);
	rc = rtnl_link_get(target, name, link, err);
	if (rc < 0)
		return err_wrap(err, rc, "make %s %s", kind, name);
	if (made == 0)
		return 0;
	if (strcmp(link->kind, kind) != 0 || link->parent != parent ||
	    (mac && memcmp(mac, &link->mac, sizeof(*mac)) != 0))
		return err_set(err, BATON_EXIT_NETWORK, EEXIST,
			       "make %s %s: another link (%s, %s) has that name", kind,
			       name, link->kind[0] ? link->kind : "hardware",
			       mac_format(&link->mac, text));
	return RTNL_ALREADY;
}

int rtnl_link_del(struct rtnl *rtnl, int ifindex, struct err *err)
{
	struct request req;
	struct ifinfomsg *ifi = request_begin(&req, RTM_DELLINK, 0, sizeof(*ifi));
	int rc;

	ifi->ifi_index = ifindex;
	rc = request_run(rtnl, &req, NULL, NULL);
	if (rc == -ENODEV)
		return RTNL_ALREADY;
	return rc < 0 ? err_set(err, exit_for(rc), -rc, "delete link %d", ifindex) : 0;
}

int rtnl_link_set_up(struct rtnl *rtnl, int ifindex, bool up, struct err *err)
{
	struct rtnl_link link;
	struct request req;
	struct ifinfomsg *ifi;
	int rc = link_get(rtnl, NULL, ifindex, &link);

	if (rc == 0 && link.up == up)
		return RTNL_ALREADY;
	if (rc == 0) {
		ifi = request_begin(&req, RTM_SETLINK, 0, sizeof(*ifi));
		ifi->ifi_index = ifindex;
		ifi->ifi_change = IFF_UP;
		ifi->ifi_flags = up ? IFF_UP : 0;
		rc = request_run(rtnl, &req, NULL, NULL);
	}
	return rc < 0 ? err_set(err, exit_for(rc), -rc, "set link %d %s", ifindex,
				up ? "up" : "down")
		      : 0;
}

static size_t ip_size(const struct ipaddr *ip)
{
	return ip->family == AF_INET ? sizeof(ip->v4) : sizeof(ip->v6);
}

static void request_addr(struct request *req, uint16_t type, uint16_t flags, int ifindex,
			 const struct ipaddr *ip, unsigned int prefixlen)
{
	struct ifaddrmsg *ifa = request_begin(req, type, flags, sizeof(*ifa));

	ifa->ifa_family = ip->family;
	ifa->ifa_prefixlen = prefixlen;
	ifa->ifa_index = ifindex;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	/* IPv4 keeps an interface's own address in LOCAL (net/ipv4/devinet.c). */
	mnl_attr_put(req->nlh, IFA_LOCAL, ip_size(ip), &ip->v4);
	mnl_attr_put(req->nlh, IFA_ADDRESS, ip_size(ip), &ip->v4);
	if (ip->family == AF_INET && prefixlen > 0 && prefixlen < 31) {
		uint32_t host = htonl(UINT32_MAX >> prefixlen);

		mnl_attr_put_u32(req->nlh, IFA_BROADCAST, ip->v4.s_addr | host);
	}
	if (ip->family == AF_INET6)
		mnl_attr_put_u32(req->nlh, IFA_FLAGS, IFA_F_NODAD);
}

int rtnl_addr_add(struct rtnl *rtnl, int ifindex, const struct ipaddr *ip,
		  unsigned int prefixlen, struct err *err)
{
	char text[IPADDR_TEXT];
	struct request req;
	int rc;

	request_addr(&req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, ip,
		     prefixlen);
	rc = request_run(rtnl, &req, NULL, NULL);
	/* IPv4: same address and prefix on the link (find_matching_ifa()). IPv6: same
	 * address with any prefix (ipv6_add_addr()). */
	if (rc == -EEXIST && ip->family == AF_INET)
		return RTNL_ALREADY;
	if (rc == -EEXIST) {
		struct rtnl_addr *v = NULL;
		size_t n;

		rc = rtnl_addr_list(rtnl, ifindex, &v, &n, err);
		if (rc < 0)
			return rc;
		rc = -EEXIST;
		for (size_t i = 0; i < n; i++)
			if (ipaddr_equal(&v[i].ip, ip) && v[i].prefixlen == prefixlen)
				rc = RTNL_ALREADY;
		free(v);
		if (rc == RTNL_ALREADY)
			return rc;
	}
	return rc < 0 ? err_set(err, exit_for(rc), -rc, "add address %s/%u to link %d",
				ipaddr_format(ip, text), prefixlen, ifindex)
		      : 0;
}

int rtnl_addr_del(struct rtnl *rtnl, int ifindex, const struct ipaddr *ip,
		  unsigned int prefixlen, struct err *err)
{
	char text[IPADDR_TEXT];
	struct request req;
	int rc;

	request_addr(&req, RTM_DELADDR, 0, ifindex, ip, prefixlen);
	rc = request_run(rtnl, &req, NULL, NULL);
	if (rc == -EADDRNOTAVAIL || rc == -ENODEV)
		return RTNL_ALREADY;
	return rc < 0 ? err_set(err, exit_for(rc), -rc, "take address %s/%u from link %d",
				ipaddr_format(ip, text), prefixlen, ifindex)
		      : 0;
}

struct addr_dump {
	int ifindex;
	struct rtnl_addr *v;
	size_t n;
	bool short_of_memory;
};

static int parse_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct rtnl_addr addr = { 0 }, *v;
	struct addr_dump *dump = data;
	const struct nlattr *attr;
	bool local = false;

	if (nlh->nlmsg_type != RTM_NEWADDR ||
	    (dump->ifindex && (int)ifa->ifa_index != dump->ifindex) ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return MNL_CB_OK;
	addr.ifindex = ifa->ifa_index;
	addr.ip.family = ifa->ifa_family;
	addr.prefixlen = ifa->ifa_prefixlen;
	addr.flags = ifa->ifa_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa))
	{
		uint16_t type = mnl_attr_get_type(attr);
		uint16_t len = mnl_attr_get_payload_len(attr);

		/* If IFA_LOCAL is there, too, IFA_ADDRESS is the peer's. */
		if ((type == IFA_LOCAL || (type == IFA_ADDRESS && !local)) &&
		    len == ip_size(&addr.ip)) {
			memcpy(&addr.ip.v4, mnl_attr_get_payload(attr), len);
			local |= type == IFA_LOCAL;
		} else if (type == IFA_FLAGS && len >= 4) {
			addr.flags = mnl_attr_get_u32(attr);
		}
	}
	v = reallocarray(dump->v, dump->n + 1, sizeof(*v));
	if (!v) {
		dump->short_of_memory = true;
		return MNL_CB_OK;
	}
	dump->v = v;
	v[dump->n++] = addr;
	return MNL_CB_OK;
}

int rtnl_addr_list(struct rtnl *rtnl, int ifindex, struct rtnl_addr **v, size_t *n,
		   struct err *err)
{
	struct addr_dump dump = { .ifindex = ifindex };
	struct request req;
	int rc;

	request_begin(&req, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	rc = request_run(rtnl, &req, parse_addr, &dump);
	if (rc == 0 && dump.short_of_memory)
		rc = -ENOMEM;
	if (rc < 0) {
		free(dump.v);
		return err_set(err, exit_for(rc), -rc, "list addresses");
	}
	*v = dump.v;
	*n = dump.n;
	return 0;
}

int rtnl_route_add_default(struct rtnl *rtnl, const struct ipaddr *gateway, int ifindex,
			   struct err *err)
{
	char text[IPADDR_TEXT];
	struct request req;
	struct rtmsg *rtm = request_begin(&req, RTM_NEWROUTE,
					  NLM_F_CREATE | NLM_F_REPLACE, sizeof(*rtm));
	int rc;

	rtm->rtm_family = gateway->family;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put(req.nlh, RTA_GATEWAY, ip_size(gateway), &gateway->v4);
	mnl_attr_put_u32(req.nlh, RTA_OIF, ifindex);
	rc = request_run(rtnl, &req, NULL, NULL);
	/* NLM_F_REPLACE with an identical IPv4 route: EEXIST (net/ipv4/fib_trie.c). */
	if (rc == -EEXIST)
		return RTNL_ALREADY;
	return rc < 0 ? err_set(err, exit_for(rc), -rc, "default route by %s",
				ipaddr_format(gateway, text))
		      : 0;
}

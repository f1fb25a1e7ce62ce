// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check_passage: do frames of the service's own hardware address pass the network?
 *
 * Theory of operation
 *
 * A hypervisor without promiscuous mode or MAC learning delivers nothing to a macvlan in
 * its guest, and one without forged transmits sends nothing of it. The first move would
 * find out. So a macvlan with an address of its own, in a network namespace that ends with
 * the child that has made it, asks somebody who answers the head's link too. It is not the
 * service's address: that one may be in use on another head.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "core/cleanup.h"
#include "core/strlist.h"
#include "os/child.h"
#include "os/rawsock.h"
#include "os/rtnl.h"
#include "os/timed_child.h"

/* Each question takes 0.6 s without an answer. */
#define QUESTIONS_MAX 4
#define CHILD_MS      10000

struct question {
	const char *link;
	struct ipaddr ip;
};

/* Return: 1 if somebody answers the link itself, 0, or -errno. */
static int ask_by_head(const struct question *q, struct err *err)
{
	struct rtnl *rtnl = NULL;
	struct rtnl_link link;
	struct mac holder;
	int rc = rtnl_open(&rtnl, err);

	if (rc == 0)
		rc = rtnl_link_get(rtnl, q->link, &link, err);
	rtnl_close(rtnl);
	if (rc < 0)
		return rc;
	return rawsock_probe_address(link.ifindex, &link.mac, &q->ip, 0, &holder, err);
}

/* In a child. Return: 1 if somebody answers another address on that link, 0, or -errno. */
static int ask_by_another(void *data, struct err *err)
{
	const struct question *q = data;
	struct rtnl *head = NULL, *inside = NULL;
	struct rtnl_link parent, link;
	_cleanup_close_ int fd = -1;
	struct mac mac, holder;
	int rc = rtnl_open(&head, err);

	if (rc == 0)
		rc = rtnl_link_get(head, q->link, &parent, err);
	if (rc == 0 && unshare(CLONE_NEWNET) < 0)
		rc = err_set(err, BATON_EXIT_SOFTWARE, errno, "make a network namespace");
	if (rc == 0)
		rc = rtnl_open(&inside, err);
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (rc < 0)
		return rc;
	mac = parent.mac;
	/* The same at each check, so that no switch learns more than one. */
	mac.b[0] = 0x02;
	mac.b[1] = 0xbb;
	rc = rtnl_link_add_child(head, parent.ifindex, inside, fd, "passage",
				 service_link_name(LINK_MACVLAN), &mac, &link, err);
	if (rc == 0)
		rc = rtnl_link_set_up(inside, link.ifindex, true, err);
	if (rc < 0)
		return rc;
	return rawsock_probe_address(link.ifindex, &mac, &q->ip, 0, &holder, err);
}

static void list_arp(struct strlist *ips, const char *link)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/net/arp", "re");
	char line[256], ip[IPADDR_TEXT], dev[32];
	unsigned int flags;

	/* IP address, HW type, Flags, HW address, Mask, Device (net/ipv4/arp.c) */
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%45s %*s %x %*s %*s %31s", ip, &flags, dev) == 3 &&
		    flags & 2 && strcmp(dev, link) == 0)
			strlist_add(ips, "%s", ip);
}

/* Who may answer: the gateways, who has the service's addresses, the head's neighbours. */
static void list_others(struct strlist *ips, const struct service *svc, const char *link)
{
	const struct ipaddr *gateways[] = { &svc->gateway4, &svc->gateway6 };
	char text[IPADDR_TEXT];

	for (size_t i = 0; i < 2; i++)
		if (gateways[i]->family)
			strlist_add(ips, "%s", ipaddr_format(gateways[i], text));
	for (size_t i = 0; i < svc->n_addresses; i++)
		if (strcmp(svc->addresses[i].link, link) == 0)
			strlist_add(ips, "%s",
				    ipaddr_format(&svc->addresses[i].ip, text));
	list_arp(ips, link);
}

void check_passage(struct report *report, const struct service *svc, const char *link)
{
	_cleanup_strlist_ struct strlist ips = { 0 };
	char item[64], detail[256];
	struct err err = { 0 };
	int rc = 0;

	if (svc->link != LINK_MACVLAN)
		return;
	snprintf(item, sizeof(item), "frames on %s", link);
	list_others(&ips, svc, link);
	for (size_t i = 0; i < ips.n && i < QUESTIONS_MAX && rc == 0; i++) {
		struct question q = { .link = link };

		if (ipaddr_parse(&q.ip, ips.v[i]) < 0)
			continue;
		rc = ask_by_head(&q, &err);
		if (rc <= 0)
			continue;
		rc = timed_child_run(ask_by_another, &q, "ask by another link",
				     child_now_ms() + CHILD_MS, &err);
		snprintf(detail, sizeof(detail),
			 rc > 0 ? "%s answers another hardware address too"
				: "%s answers %s, but no other hardware address there",
			 ips.v[i], link);
		if (rc >= 0)
			report_add(report, item, rc ? VERDICT_OK : VERDICT_WRONG,
				   rc ? BATON_EXIT_OK : BATON_EXIT_NETWORK, detail,
				   "allow promiscuous mode or MAC learning, and forged "
				   "transmits; or link = ipvlan");
		if (rc >= 0)
			return;
	}
	report_add(report, item, VERDICT_UNSURE, rc < 0 ? err.code : BATON_EXIT_NETWORK,
		   rc < 0 ? err.text : "nobody answers who could tell",
		   "ping somebody over that link, then check again");
}

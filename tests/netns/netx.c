// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netx: the network modules as commands, for tests.
 *
 *	netx [-n NETNS] COMMAND ARGS…
 *
 * With -n it acts as the keeper does: it opens its sockets inside the namespace, comes
 * back, and works from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/ether.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/conn.h"
#include "core/rpc.h"
#include "core/ruleset.h"
#include "os/child.h"
#include "os/conncount.h"
#include "os/diag.h"
#include "os/file.h"
#include "os/multipathd.h"
#include "os/nfsping.h"
#include "os/nft.h"
#include "os/nftable.h"
#include "os/owed.h"
#include "os/rawsock.h"
#include "os/rpcbind.h"
#include "os/rtnl.h"
#include "os/sent.h"

static struct rtnl *rtnl;
static struct diag *diag;
static struct nft *nft;
static struct rawsock raw = RAWSOCK_CLOSED;
static int counters = -1;
static struct err err;

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The most memory that was resident; getrusage() would count the parent's, too. */
static long peak_kib(void)
{
	char text[4096];
	const char *line = file_read("/proc/self/status", text, sizeof(text)) > 0
				   ? strstr(text, "\nVmHWM:")
				   : NULL;

	return line ? atol(line + strlen("\nVmHWM:")) : 0;
}

static int open_ns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		exit(err_set(&err, BATON_EXIT_NETWORK, errno, "%s", path) ? 99 : 0);
	return fd;
}

static int open_rtnl_in(const char *path, struct rtnl **out)
{
	_cleanup_close_ int here = open_ns("/proc/self/ns/net"), there = open_ns(path);
	int rc;

	if (setns(there, CLONE_NEWNET) < 0)
		return err_set(&err, BATON_EXIT_NETWORK, errno, "enter %s", path);
	rc = rtnl_open(out, &err);
	return setns(here, CLONE_NEWNET) < 0 ? -errno : rc;
}

static struct ipaddr ip(const char *text)
{
	struct ipaddr ip;

	if (ipaddr_parse(&ip, text) < 0) {
		fprintf(stderr, "netx: bad address %s\n", text);
		exit(99);
	}
	return ip;
}

/* "192.0.2.50/24" */
static struct ipaddr network(char *text, unsigned int *prefixlen)
{
	char *slash = strchr(text, '/');

	*prefixlen = atoi(slash + 1);
	*slash = '\0';
	return ip(text);
}

static int get(const char *name, struct rtnl_link *link)
{
	return rtnl_link_get(rtnl, name, link, &err);
}

static void print_link(const struct rtnl_link *link)
{
	char text[MAC_TEXT];

	printf("%s %d %s %s mtu %u parent %d %s carrier %d operstate %d\n", link->name,
	       link->ifindex, link->kind[0] ? link->kind : "-",
	       mac_format(&link->mac, text), link->mtu, link->parent,
	       link->up ? "up" : "down", link->carrier, link->operstate);
}

static int cmd_link(int argc, char **argv)
{
	struct rtnl_link link;
	int rc = get(argv[0], &link);

	if (rc == 0)
		print_link(&link);
	return rc;
}

/* PARENT NETNS NAME [MAC] */
static int add_child(const char *kind, int argc, char **argv)
{
	_cleanup_close_ int fd = open_ns(argv[1]);
	struct rtnl *target = NULL;
	struct rtnl_link parent, link;
	struct mac mac;
	int rc = get(argv[0], &parent);

	if (rc == 0 && argc > 3 && !ether_aton_r(argv[3], (struct ether_addr *)&mac))
		rc = -EINVAL;
	if (rc == 0)
		rc = open_rtnl_in(argv[1], &target);
	if (rc == 0)
		rc = rtnl_link_add_child(rtnl, parent.ifindex, target, fd, argv[2], kind,
					 argc > 3 ? &mac : NULL, &link, &err);
	if (rc >= 0)
		print_link(&link);
	rtnl_close(target);
	return rc;
}

static int cmd_macvlan(int argc, char **argv)
{
	return add_child("macvlan", argc, argv);
}

static int cmd_ipvlan(int argc, char **argv)
{
	return add_child("ipvlan", argc, argv);
}

static int set_up(const char *name, bool up)
{
	struct rtnl_link link;
	int rc = get(name, &link);

	return rc < 0 ? rc : rtnl_link_set_up(rtnl, link.ifindex, up, &err);
}

static int cmd_up(int argc, char **argv)
{
	return set_up(argv[0], true);
}

static int cmd_down(int argc, char **argv)
{
	return set_up(argv[0], false);
}

static int cmd_addr_add(int argc, char **argv)
{
	unsigned int prefixlen;
	struct ipaddr a = network(argv[1], &prefixlen);
	struct rtnl_link link;
	int rc = get(argv[0], &link);

	return rc < 0 ? rc : rtnl_addr_add(rtnl, link.ifindex, &a, prefixlen, &err);
}

static int cmd_addr_del(int argc, char **argv)
{
	unsigned int prefixlen;
	struct ipaddr a = network(argv[1], &prefixlen);
	struct rtnl_link link;
	int rc = get(argv[0], &link);

	return rc < 0 ? rc : rtnl_addr_del(rtnl, link.ifindex, &a, prefixlen, &err);
}

static int cmd_addr_list(int argc, char **argv)
{
	_cleanup_free_ struct rtnl_addr *v = NULL;
	char text[IPADDR_TEXT];
	struct rtnl_link link;
	size_t n = 0;
	int rc = get(argv[0], &link);

	if (rc == 0)
		rc = rtnl_addr_list(rtnl, link.ifindex, &v, &n, &err);
	for (size_t i = 0; i < n; i++)
		printf("%s/%u 0x%x\n", ipaddr_format(&v[i].ip, text), v[i].prefixlen,
		       v[i].flags);
	return rc;
}

static int cmd_route(int argc, char **argv)
{
	struct ipaddr a = ip(argv[1]);
	struct rtnl_link link;
	int rc = get(argv[0], &link);

	return rc < 0 ? rc : rtnl_route_add_default(rtnl, &a, link.ifindex, &err);
}

static int cmd_announce(int argc, char **argv)
{
	struct ipaddr ips[SERVICE_ADDRESSES_MAX];
	struct rtnl_link link;
	int rc = get(argv[0], &link);

	for (int i = 1; i < argc; i++)
		ips[i - 1] = ip(argv[i]);
	return rc < 0 ? rc
		      : rawsock_announce(&raw, link.ifindex, &link.mac, ips, argc - 1,
					 &err);
}

/* tickle: the table on standard input */
static int cmd_tickle(int argc, char **argv)
{
	_cleanup_conns_ struct conns conns = { 0 };
	static char text[16 << 20];
	size_t len = fread(text, 1, sizeof(text), stdin), sent;
	long start = now_us();
	int rc = conns_parse(&conns, text, len, &err);

	if (rc < 0)
		return rc;
	rc = rawsock_tickle(&raw, &conns, &sent, &err);
	printf("%zu sent %ld us %ld KiB\n", sent, now_us() - start, peak_kib());
	return rc;
}

static int cmd_diag(int argc, char **argv)
{
	_cleanup_diag_table_ struct diag_table table = { 0 };
	char local[IPADDR_TEXT], remote[IPADDR_TEXT];
	int rc = diag_dump(diag, argc ? atoi(argv[0]) : 0, DIAG_STATES_ALL, &table, &err);

	for (size_t i = 0; rc == 0 && i < table.n; i++) {
		const struct diag_entry *e = &table.v[i];

		printf("%s %u %s %u %s r %u w %u inode %u timer %u\n",
		       ipaddr_format(&e->conn.local, local), e->conn.lport,
		       ipaddr_format(&e->conn.remote, remote), e->conn.rport,
		       conn_state_name(e->conn.state), e->rqueue, e->wqueue, e->inode,
		       e->timer);
	}
	return rc;
}

/* sent PORT: by client, in order of ports */
static int by_port(const void *a, const void *b)
{
	return ((const struct sent *)a)->port - ((const struct sent *)b)->port;
}

static int cmd_sent(int argc, char **argv)
{
	struct sents sents = { 0 };
	char ip[IPADDR_TEXT];
	int rc = sent_list(diag, atoi(argv[0]), DIAG_STATES_ALL, &sents, &err);

	if (sents.n)
		qsort(sents.v, sents.n, sizeof(sents.v[0]), by_port);
	for (size_t i = 0; rc == 0 && i < sents.n; i++) {
		const struct sent *s = &sents.v[i];

		printf("%s %u %s sent %llu unsent %u\n", ipaddr_format(&s->ip, ip),
		       s->port, s->known ? "known" : "unknown",
		       (unsigned long long)s->bytes, s->unsent);
	}
	sents_free(&sents);
	return rc;
}

static int cmd_conns(int argc, char **argv)
{
	_cleanup_conns_ struct conns conns = { 0 };
	int rc = diag_conns(diag, atoi(argv[0]), &conns, &err);

	if (rc == 0) {
		_cleanup_free_ char *text = conns_format(&conns);

		fputs(text, stdout);
	}
	return rc;
}

/* counts: active, passive, established */
static int cmd_counts(int argc, char **argv)
{
	struct conn_counts c;
	int rc = conncount_read(counters, &c);

	if (rc == 0)
		printf("%llu %llu %llu\n", (unsigned long long)c.active,
		       (unsigned long long)c.passive, (unsigned long long)c.established);
	return rc < 0 ? err_set(&err, BATON_EXIT_FAILED, -rc, "counters") : 0;
}

/* sever PORT [IP…] */
static int cmd_sever(int argc, char **argv)
{
	struct ipaddr ips[SERVICE_ADDRESSES_MAX];
	struct diag_severed s;
	long start = now_us();
	int rc;

	for (int i = 1; i < argc; i++)
		ips[i - 1] = ip(argv[i]);
	rc = diag_sever(diag, argc > 1 ? ips : NULL, argc - 1, atoi(argv[0]), &s, &err);
	printf("%zu destroyed %zu remaining %zu time-wait %u rounds %ld us %ld KiB\n",
	       s.destroyed, s.remaining, s.time_wait, s.rounds, now_us() - start,
	       peak_kib());
	return rc;
}

static int apply(const char *text)
{
	long start = now_us();
	int rc = nft_apply(nft, text, &err);

	printf("%ld us\n", now_us() - start);
	return rc;
}

static int cmd_drain(int argc, char **argv)
{
	_cleanup_free_ char *text = ruleset_drain(atoi(argv[0]), false);

	return apply(text);
}

/* owed PORT undelivered|unacknowledged SECONDS STALL_MS LEASE_S: as drain and settle wait */
static int cmd_owed(int argc, char **argv)
{
	const struct owed_terms terms = {
		.port = atoi(argv[0]),
		.part = strcmp(argv[1], "undelivered") == 0 ? BACKLOG_UNDELIVERED
							    : BACKLOG_UNACKNOWLEDGED,
		.until_ms = child_now_ms() + atoi(argv[2]) * 1000ll,
		.stall_ms = atoi(argv[3]),
		.lease_s = atoi(argv[4]),
	};
	struct sents last = { 0 };
	int rc = owed_wait(diag, &terms, &last, NULL, &err);

	printf("%d\n", rc);
	sents_free(&last);
	return rc < 0 ? rc : 0;
}

/* hold PORT SECONDS: the connections on standard input, as `conns` prints them */
static int cmd_hold(int argc, char **argv)
{
	_cleanup_conns_ struct conns conns = { 0 };
	_cleanup_free_ char *text = NULL;
	char remote[64];
	unsigned int port;

	while (scanf("%63s %u", remote, &port) == 2) {
		const struct conn c = { .remote = ip(remote), .rport = port };

		if (conns_add(&conns, &c) < 0)
			return -ENOMEM;
	}
	text = ruleset_hold(atoi(argv[0]), &conns, atoi(argv[1]));
	return apply(text);
}

/* As drain_end() leaves it; without -n: it works where it runs. */
static int cmd_unhold(int argc, char **argv)
{
	return nftable_set_dormant(RULESET_HOLD, true, &err);
}

/* As standby leaves it. */
static int cmd_drain_asleep(int argc, char **argv)
{
	_cleanup_free_ char *text = ruleset_drain(atoi(argv[0]), true);

	return apply(text);
}

/* dormant yes|no; without -n: it works where it runs */
static int cmd_dormant(int argc, char **argv)
{
	return nftable_set_dormant(RULESET_TABLE, strcmp(argv[0], "yes") == 0, &err);
}

/* Likewise: prints yes or no. */
static int cmd_awake(int argc, char **argv)
{
	int rc = nftable_is_awake(RULESET_TABLE, &err);

	if (rc >= 0)
		puts(rc ? "yes" : "no");
	return rc < 0 ? rc : 0;
}

#define CLEAR                                                                            \
	"table arp baton {}\n"                                                           \
	"delete table arp baton\n"                                                       \
	"table inet baton {}\n"                                                          \
	"delete table inet baton\n"

/* Nothing in, nothing out except on loopback, not even ARP. */
static int cmd_silence(int argc, char **argv)
{
	return apply(CLEAR
		     "table inet baton {\n"
		     "	chain input {\n"
		     "		type filter hook input priority -300; policy drop;\n"
		     "		iif 1 accept\n"
		     "	}\n"
		     "	chain output {\n"
		     "		type filter hook output priority -300; policy drop;\n"
		     "		oif 1 accept\n"
		     "	}\n"
		     "}\n"
		     "table arp baton {\n"
		     "	chain input {\n"
		     "		type filter hook input priority -300; policy drop;\n"
		     "	}\n"
		     "	chain output {\n"
		     "		type filter hook output priority -300; policy drop;\n"
		     "	}\n"
		     "}\n");
}

static int cmd_clear(int argc, char **argv)
{
	return apply(CLEAR);
}

static int cmd_nft(int argc, char **argv)
{
	return apply(argv[0]);
}

/* probe-address LINK IP [MS]; without -n: it opens its socket where it runs */
static int cmd_probe_address(int argc, char **argv)
{
	struct ipaddr a = ip(argv[1]);
	struct mac holder;
	struct rtnl_link link;
	char text[MAC_TEXT];
	int rc = get(argv[0], &link);

	if (rc < 0)
		return rc;
	rc = rawsock_probe_address(link.ifindex, &link.mac, &a,
				   argc > 2 ? atoi(argv[2]) : 0, &holder, &err);
	if (rc >= 0)
		puts(rc ? mac_format(&holder, text) : "free");
	return rc < 0 ? rc : 0;
}

/* nfsping IP MS; without -n */
static int cmd_nfsping(int argc, char **argv)
{
	struct ipaddr a = ip(argv[0]);

	return nfsping_call(&a, 2049, child_now_ms() + atoi(argv[1]), &err);
}

/* Asks as the kernel does: from the process to its path (net/sunrpc/rpcb_clnt.c). */
static int ask_rpcbind(uint32_t version)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX,
				  .sun_path = "/var/run/rpcbind.sock" };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint8_t call[RPC_NULL_LEN], answer[RPC_TRUE_LEN];

	rpc_build_null(call, version, 100000, version);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (send(fd, call, sizeof(call), MSG_NOSIGNAL) != sizeof(call) ||
		    recv(fd, answer, sizeof(answer), MSG_WAITALL) != sizeof(answer) ||
		    rpc_parse_reply(answer + RPC_MARK_LEN, RPC_TRUE_LEN - RPC_MARK_LEN,
				    version, &err) < 0)
			return -EPROTO;
	return 0;
}

/* rpcbind DIRECTORY: stand in twice, ask by both versions, leave */
static int cmd_rpcbind(int argc, char **argv)
{
	for (int i = 0; i < 2; i++) {
		struct rpcbind rpcbind;
		int rc[2];

		rpcbind_stand_in(argv[0], &rpcbind);
		rc[0] = ask_rpcbind(2);
		rc[1] = ask_rpcbind(4);
		printf("%d %d %s\n", rc[0], rc[1],
		       access("/proc", F_OK) ? "aside" : "here");
		rpcbind_leave(&rpcbind);
		printf("%s\n", access("/proc", F_OK) ? "aside" : "here");
	}
	return 0;
}

/* multipathd check|queue|guard|unguard MAP [KEY]; without -n */
static int cmd_multipathd(int argc, char **argv)
{
	if (strcmp(argv[0], "check") == 0)
		return multipathd_check(argv[1], &err);
	if (strcmp(argv[0], "queue") == 0)
		return multipathd_check_queue(argv[1], &err);
	if (strcmp(argv[0], "guard") == 0 && argc > 2)
		return multipathd_guard(argv[1], strtoull(argv[2], NULL, 16), &err);
	return multipathd_unguard(argv[1], &err);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	int min_args;
} commands[] = {
	{ "link", cmd_link, 1 },
	{ "macvlan", cmd_macvlan, 3 },
	{ "ipvlan", cmd_ipvlan, 3 },
	{ "up", cmd_up, 1 },
	{ "down", cmd_down, 1 },
	{ "addr-add", cmd_addr_add, 2 },
	{ "addr-del", cmd_addr_del, 2 },
	{ "addr-list", cmd_addr_list, 1 },
	{ "route", cmd_route, 2 },
	{ "announce", cmd_announce, 2 },
	{ "tickle", cmd_tickle, 0 },
	{ "diag", cmd_diag, 0 },
	{ "conns", cmd_conns, 1 },
	{ "counts", cmd_counts, 0 },
	{ "sent", cmd_sent, 1 },
	{ "sever", cmd_sever, 1 },
	{ "drain", cmd_drain, 1 },
	{ "drain-asleep", cmd_drain_asleep, 1 },
	{ "owed", cmd_owed, 5 },
	{ "hold", cmd_hold, 2 },
	{ "unhold", cmd_unhold, 0 },
	{ "dormant", cmd_dormant, 1 },
	{ "awake", cmd_awake, 0 },
	{ "silence", cmd_silence, 0 },
	{ "clear", cmd_clear, 0 },
	{ "nft", cmd_nft, 1 },
	{ "probe-address", cmd_probe_address, 2 },
	{ "nfsping", cmd_nfsping, 2 },
	{ "rpcbind", cmd_rpcbind, 1 },
	{ "multipathd", cmd_multipathd, 2 },
};

static int open_all(const char *netns)
{
	_cleanup_close_ int here = open_ns("/proc/self/ns/net");
	_cleanup_close_ int there = netns ? open_ns(netns) : -1;
	int rc;

	if (netns && setns(there, CLONE_NEWNET) < 0)
		return err_set(&err, BATON_EXIT_NETWORK, errno, "enter %s", netns);
	rc = rtnl_open(&rtnl, &err);
	if (rc == 0)
		rc = diag_open(&diag, &err);
	if (rc == 0)
		rc = nft_open(&nft, &err);
	if (rc == 0)
		rc = rawsock_open(&raw, &err);
	if (rc == 0)
		counters = conncount_open();
	if (netns && setns(here, CLONE_NEWNET) < 0)
		return err_set(&err, BATON_EXIT_NETWORK, errno, "come back");
	return rc;
}

static void close_all(void)
{
	rtnl_close(rtnl);
	diag_close(diag);
	nft_close(nft);
	rawsock_close(&raw);
	if (counters >= 0)
		close(counters);
}

/* Exit status: that of the module; RTNL_ALREADY as 42 so that tests can tell it. */
int main(int argc, char **argv)
{
	const char *netns = NULL;
	int rc = -ENOSYS;

	argc--;
	argv++;
	if (argc >= 2 && strcmp(argv[0], "-n") == 0) {
		netns = argv[1];
		argc -= 2;
		argv += 2;
	}
	if (argc > 0)
		rc = open_all(netns);
	for (size_t i = 0; rc == 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		rc = argc - 1 < commands[i].min_args
			     ? -ENOSYS
			     : commands[i].run(argc - 1, argv + 1);
		close_all();
		if (rc < 0)
			fprintf(stderr, "netx: %s\n", err.text);
		return rc < 0 ? (int)err.code : rc == RTNL_ALREADY ? 42 : rc;
	}
	close_all();
	fprintf(stderr, "netx: %s\n",
		rc < 0 && err.text[0] ? err.text : "no such command");
	return 99;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service: a disk, its filesystem, its exports, its addresses. */
#ifndef BATON_CORE_SERVICE_H
#define BATON_CORE_SERVICE_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/keydiff.h"

/* The name becomes a host name (RFC 1123 label), a directory and part of a netns name. */
#define SERVICE_NAME_MAX 32

/* RFC 8881, 2.9.3; the text is for tables. */
#define NFS_PORT      2049
#define NFS_PORT_TEXT "2049"

/* The most addresses of one service; two allow NFSv4.1 session trunking. */
#define SERVICE_ADDRESSES_MAX 8
#define SERVICE_EXPORTS_MAX   64

/* Room for a digest in text: a UUID and its terminating zero. */
#define SERVICE_DIGEST_TEXT 37

/**
 * struct ipaddr - an IPv4 or IPv6 address
 * @family: AF_INET or AF_INET6
 */
struct ipaddr {
	int family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

/* Room for an address in text and its terminating zero. */
#define IPADDR_TEXT INET6_ADDRSTRLEN

/**
 * struct address - a floating address, as `address = 192.0.2.50/24@ens192` gives it
 * @ip: the address
 * @prefixlen: of its network, 1..32 or 1..128
 * @link: the parent link on the head
 */
struct address {
	struct ipaddr ip;
	unsigned int prefixlen;
	char link[IFNAMSIZ];
};

/**
 * struct export - an `export =` line: a directory and who may mount it
 * @path: within the filesystem, absolute, normalised: "/" or "/images"
 * @clients: exports(5) client list, normalised to single blanks:
 *           "192.0.2.0/24(rw,no_root_squash) host(ro)"; owned
 * @line: line in the service file, for messages
 */
struct export
{
	char *path;
	char *clients;
	int line;
};

/* How the service's own link shares the head's. */
enum link_kind {
	LINK_MACVLAN, /* with a hardware address of its own, the same on every head */
	LINK_IPVLAN,  /* with that of the head's link */
};

/* What keeps a head that has lost the service from writing. */
enum guard_kind {
	GUARD_NONE,        /* nothing but fencing */
	GUARD_RESERVATION, /* the disk: a SCSI persistent reservation */
};

/* Bits of struct service.versions. */
#define VERSION_4_0 (1u << 0)
#define VERSION_4_1 (1u << 1)
#define VERSION_4_2 (1u << 2)

/**
 * struct service - one service, as its file in /etc/baton declares it
 *
 * The struct owns everything; service_free() releases it. The gateways are the default
 * routes by family (family 0 = none), for clients beyond the service's own network.
 *
 * @digest is made of what the file says, and does not depend on the version of baton: a
 * key that is missing counts as in 0.1.0. Comments, blanks and the order of different keys
 * do not count (core/digest.c). Keepers of 0.1.0 compare nothing else; later ones compare @keys, where
 * each key has the value by which it is served. @first_keys is what 0.1.0 would have
 * there for the same file.
 * @text is the whole file, so that what is served can be remembered (os/served.h).
 */
struct service {
	char name[SERVICE_NAME_MAX + 1];
	char *file;
	char *text;
	char *device;
	char *fstype;
	char *options;
	struct address addresses[SERVICE_ADDRESSES_MAX];
	size_t n_addresses;
	struct ipaddr gateway4;
	struct ipaddr gateway6;
	struct export exports[SERVICE_EXPORTS_MAX];
	size_t n_exports;
	unsigned int lease;        /* seconds */
	unsigned int grace;        /* seconds */
	unsigned int courtesy;     /* seconds after the lease */
	unsigned int drain;        /* seconds */
	unsigned int disk_timeout; /* seconds */
	unsigned int threads;
	enum guard_kind guard;
	unsigned int guard_timeout; /* seconds */
	enum link_kind link;
	unsigned int versions;
	char digest[SERVICE_DIGEST_TEXT];
	struct keydiff_list keys;
	struct keydiff_list first_keys;
};

/**
 * service_check_name - may a service have this name?
 * @name: from a command line, a file name or a peer
 * @err: why not
 *
 * Lower-case letters, digits and inner hyphens, at most SERVICE_NAME_MAX: it becomes a
 * host name, directory, unit instance and namespace name.
 *
 * Return: 0, or -EINVAL with BATON_EXIT_CONFIG.
 */
int service_check_name(const char *name, struct err *err);

/** service_link_name - "macvlan" or "ipvlan": in service files, and the kernel's IFLA_INFO_KIND */
const char *service_link_name(enum link_kind kind);

/** service_guard_name - "none" or "reservation", as in service files */
const char *service_guard_name(enum guard_kind kind);

/** address_is_near - is @ip in the network of @a? */
bool address_is_near(const struct address *a, const struct ipaddr *ip);

/**
 * service_find_gateway - which address's link leads to a gateway?
 * @svc: the service, from config_parse()
 * @gateway: of it; a link-local one is on the link of the first IPv6 address
 *
 * Return: the index of an address.
 */
size_t service_find_gateway(const struct service *svc, const struct ipaddr *gateway);

/** service_free - release what a service owns and clear it. */
void service_free(struct service *svc);

/**
 * ipaddr_parse - read an address in its usual notation
 * Return: 0, or -EINVAL.
 */
int ipaddr_parse(struct ipaddr *ip, const char *text);

/**
 * ipaddr_fault - why no service may have this address
 * Return: "is a loopback address" and the like, or NULL.
 */
const char *ipaddr_fault(const struct ipaddr *ip);

/**
 * ipaddr_parse_endpoint - read one end of a TCP connection
 * @ip: the address; IPv4-mapped IPv6 becomes IPv4, as in connections
 * @port: host order; unchanged if @text has none
 * @text: "192.0.2.50", "192.0.2.50:2049", "2001:db8::50" or "[2001:db8::50]:2049"; text
 *        with two colons and no brackets is all address
 * @err: "'192.0.2.50:0': the port is not 1 to 65535" (BATON_EXIT_USAGE)
 *
 * Return: 0, or -EINVAL: malformed, or the unspecified address, which no connection has.
 */
int ipaddr_parse_endpoint(struct ipaddr *ip, uint16_t *port, const char *text,
			  struct err *err);

/** ipaddr_format - write an address to @text (IPADDR_TEXT bytes); returns @text. */
const char *ipaddr_format(const struct ipaddr *ip, char text[IPADDR_TEXT]);

/** ipaddr_equal - same family and same address? */
bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);

#endif

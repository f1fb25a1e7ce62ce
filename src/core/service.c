// SPDX-License-Identifier: GPL-2.0-or-later
/* service: a disk, its filesystem, its exports, its addresses. */
#include "core/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

int service_check_name(const char *name, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = strlen(name);

	if (n == 0 || n > SERVICE_NAME_MAX || name[strspn(name, allowed)] != '\0' ||
	    name[0] == '-' || name[n - 1] == '-')
		return err_set(
			err, BATON_EXIT_CONFIG, 0,
			"service name '%.40s': must be 1 to %d lower-case letters, "
			"digits and inner hyphens",
			name, SERVICE_NAME_MAX);
	return 0;
}

const char *service_link_name(enum link_kind kind)
{
	return kind == LINK_IPVLAN ? "ipvlan" : "macvlan";
}

const char *service_guard_name(enum guard_kind kind)
{
	return kind == GUARD_RESERVATION ? "reservation" : "none";
}

bool address_is_near(const struct address *a, const struct ipaddr *ip)
{
	const uint8_t *x = (const uint8_t *)&a->ip.v4, *y = (const uint8_t *)&ip->v4;

	if (a->ip.family != ip->family)
		return false;
	for (unsigned int i = 0; i < a->prefixlen; i++)
		if ((x[i / 8] ^ y[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

size_t service_find_gateway(const struct service *svc, const struct ipaddr *gateway)
{
	size_t kin = svc->n_addresses;

	for (size_t i = 0; i < svc->n_addresses; i++) {
		if (address_is_near(&svc->addresses[i], gateway))
			return i;
		if (kin == svc->n_addresses &&
		    svc->addresses[i].ip.family == gateway->family)
			kin = i;
	}
	return kin < svc->n_addresses ? kin : 0;
}

void service_free(struct service *svc)
{
	free(svc->file);
	free(svc->text);
	free(svc->device);
	free(svc->fstype);
	free(svc->options);
	for (size_t i = 0; i < svc->n_exports; i++) {
		free(svc->exports[i].path);
		free(svc->exports[i].clients);
	}
	memset(svc, 0, sizeof(*svc));
}

int ipaddr_parse(struct ipaddr *ip, const char *text)
{
	memset(ip, 0, sizeof(*ip));
	if (inet_pton(AF_INET, text, &ip->v4) == 1)
		ip->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &ip->v6) == 1)
		ip->family = AF_INET6;
	else
		return -EINVAL;
	return 0;
}

const char *ipaddr_fault(const struct ipaddr *ip)
{
	if (ip->family == AF_INET) {
		uint32_t a = ntohl(ip->v4.s_addr);

		if (a >> 24 == 0)
			return "is unspecified";
		if (a >> 24 == 127)
			return "is a loopback address";
		if (IN_MULTICAST(a))
			return "is a multicast address";
		if (a >> 28 == 15)
			return "is reserved";
		if (a >> 16 == 0xa9fe)
			return "is link-local";
		return NULL;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(&ip->v6))
		return "is unspecified";
	if (IN6_IS_ADDR_LOOPBACK(&ip->v6))
		return "is a loopback address";
	if (IN6_IS_ADDR_MULTICAST(&ip->v6))
		return "is a multicast address";
	if (IN6_IS_ADDR_LINKLOCAL(&ip->v6))
		return "is link-local";
	if (IN6_IS_ADDR_V4MAPPED(&ip->v6))
		return "is an IPv4 address in IPv6 notation";
	return NULL;
}

/* Is it the unspecified address, IPv4 or IPv6? */
static bool is_any(const struct ipaddr *ip)
{
	return ip->family == AF_INET ? ip->v4.s_addr == INADDR_ANY
				     : IN6_IS_ADDR_UNSPECIFIED(&ip->v6);
}

/* Parses the address of "ADDRESS", "IPV4:PORT" or "[IPV6]:PORT" into @ip. Return: what
 * follows it, "" or ":PORT", or NULL. */
static const char *parse_address_part(struct ipaddr *ip, const char *text)
{
	bool brackets = *text == '[';
	const char *begin = text + brackets, *colon = strchr(begin, ':');
	const char *end = brackets                           ? strchr(begin, ']')
			  : colon && !strchr(colon + 1, ':') ? colon
							     : strchr(begin, '\0');
	char address[IPADDR_TEXT] = "";

	if (!end || end - begin >= IPADDR_TEXT)
		return NULL;
	memcpy(address, begin, end - begin);
	if (ipaddr_parse(ip, address) < 0 || (brackets && ip->family != AF_INET6))
		return NULL;
	if (ip->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&ip->v6)) {
		ip->family = AF_INET;
		memmove(&ip->v4, ip->v6.s6_addr + 12, sizeof(ip->v4));
	}
	end += brackets;
	return is_any(ip) || (*end && *end != ':') ? NULL : end;
}

int ipaddr_parse_endpoint(struct ipaddr *ip, uint16_t *port, const char *text,
			  struct err *err)
{
	const char *rest = parse_address_part(ip, text);
	unsigned long number;

	if (!rest)
		return err_set(err, BATON_EXIT_USAGE, 0,
			       "'%.60s' is neither ADDRESS nor ADDRESS:PORT nor "
			       "[IPV6-ADDRESS]:PORT",
			       text);
	if (!*rest)
		return 0;
	if (text_parse_number(&number, rest + 1, 1, 65535) < 0)
		return err_set(err, BATON_EXIT_USAGE, 0,
			       "'%.60s': the port is not 1 to 65535", text);
	*port = (uint16_t)number;
	return 0;
}

const char *ipaddr_format(const struct ipaddr *ip, char text[IPADDR_TEXT])
{
	if (!inet_ntop(ip->family, &ip->v4, text, IPADDR_TEXT))
		strcpy(text, "?");
	return text;
}

bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return a->v4.s_addr == b->v4.s_addr;
	return memcmp(&a->v6, &b->v6, sizeof(a->v6)) == 0;
}

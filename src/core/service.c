// SPDX-License-Identifier: GPL-2.0-or-later
/* service: the model of what moves. */
#include "core/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

// SPDX-License-Identifier: GPL-2.0-or-later
/* lowerdev: is the link below the service's macvlan there, and does it have carrier? */
#include "os/lowerdev.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/cleanup.h"

int lowerdev_check(const char *link, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { 0 };

	if (fd < 0)
		return err_set(err, BATON_EXIT_NETWORK, errno, "link %s", link);
	strncpy(req.ifr_name, link, sizeof(req.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &req)) {
		if (errno != ENODEV)
			return err_set(err, BATON_EXIT_NETWORK, errno, "link %s", link);
		err_set(err, BATON_EXIT_NETWORK, 0, "link %s is not on this head", link);
		return -ENODEV;
	}
	if (!(req.ifr_flags & IFF_UP)) {
		err_set(err, BATON_EXIT_NETWORK, 0, "link %s is down", link);
		return -ENETDOWN;
	}
	/* The kernel derives RUNNING from carrier and operstate (RFC 2863). */
	if (!(req.ifr_flags & IFF_RUNNING)) {
		err_set(err, BATON_EXIT_NETWORK, 0, "link %s has no carrier", link);
		return -ENETDOWN;
	}
	return 0;
}

int lowerdev_check_address(const struct ipaddr *ip, struct err *err)
{
	char text[IPADDR_TEXT];
	struct ifaddrs *all;
	int rc = 0;

	if (getifaddrs(&all))
		return err_set(err, BATON_EXIT_NETWORK, errno, "list addresses");
	for (struct ifaddrs *i = all; i && !rc; i = i->ifa_next) {
		struct ipaddr has = { 0 };

		if (!i->ifa_addr)
			continue;
		has.family = i->ifa_addr->sa_family;
		if (has.family == AF_INET)
			has.v4 = ((struct sockaddr_in *)i->ifa_addr)->sin_addr;
		else if (has.family == AF_INET6)
			has.v6 = ((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;
		else
			continue;
		if (!ipaddr_equal(&has, ip))
			continue;
		err_set(err, BATON_EXIT_NETWORK, 0,
			"address %s is on link %s of this head, outside the service",
			ipaddr_format(ip, text), i->ifa_name);
		rc = -EADDRINUSE;
	}
	freeifaddrs(all);
	return rc;
}

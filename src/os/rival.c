// SPDX-License-Identifier: GPL-2.0-or-later
/* rival: another service on this head that wants the same disk or address, or a link in another way. */
#include "os/rival.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "os/conffile.h"
#include "os/lowerdisk.h"

static bool is_same_device(const char *a, const char *b)
{
	struct stat sa, sb;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && S_ISBLK(sa.st_mode) &&
	       S_ISBLK(sb.st_mode) && sa.st_rdev == sb.st_rdev;
}

/* The first of the other services for which @is_one holds; @what is one of @svc's parts. */
static bool find(const struct service *svc,
		 bool (*is_one)(const void *what, const struct service *other),
		 const void *what, char name[SERVICE_NAME_MAX + 1], const char *dir)
{
	char **names = NULL;
	bool found = false;

	config_list(&names, dir, NULL);
	for (char **n = names; n && *n && !found; n++) {
		struct service other = { 0 };

		if (strcmp(*n, svc->name) == 0 || config_load(&other, *n, dir, NULL) < 0)
			continue;
		found = is_one(what, &other);
		if (found)
			snprintf(name, SERVICE_NAME_MAX + 1, "%s", other.name);
		service_free(&other);
	}
	config_list_free(names);
	return found;
}

static bool has_disk(const void *what, const struct service *other)
{
	return is_same_device(what, other->device);
}

/* On another link it may be another network. */
static bool has_address(const void *what, const struct service *other)
{
	const struct address *a = what;

	for (size_t i = 0; i < other->n_addresses; i++)
		if (ipaddr_equal(&a->ip, &other->addresses[i].ip) &&
		    strcmp(a->link, other->addresses[i].link) == 0)
			return true;
	return false;
}

static bool has_macvlan_there(const void *what, const struct service *other)
{
	const struct service *svc = what;

	for (size_t i = 0; i < svc->n_addresses; i++)
		for (size_t k = 0; k < other->n_addresses; k++)
			if (other->link == LINK_MACVLAN &&
			    strcmp(svc->addresses[i].link, other->addresses[k].link) == 0)
				return true;
	return false;
}

bool rival_find(const struct service *svc, char name[SERVICE_NAME_MAX + 1],
		const char *dir)
{
	return find(svc, has_disk, svc->device, name, dir);
}

int rival_check_link(const struct service *svc, struct err *err)
{
	char name[SERVICE_NAME_MAX + 1];

	if (svc->link != LINK_IPVLAN || !find(svc, has_macvlan_there, svc, name, NULL))
		return 0;
	err_set(err, BATON_EXIT_CONFIG, 0,
		"link = ipvlan: the service %s has a macvlan on the same link of the head, and "
		"the kernel does not mix them",
		name);
	return -EBUSY;
}

int rival_check(const struct service *svc, struct err *err)
{
	char name[SERVICE_NAME_MAX + 1];

	if (!rival_find(svc, name, NULL))
		return 0;
	return err_set(err, BATON_EXIT_CONFIG, EBUSY,
		       "device %s belongs to the service %s, too", svc->device, name);
}

static bool lies_on_disk(const void *what, const struct service *other)
{
	return lowerdisk_share(what, other->device);
}

int rival_check_guard(const struct service *svc, struct err *err)
{
	char name[SERVICE_NAME_MAX + 1];

	if (!find(svc, lies_on_disk, svc->device, name, NULL))
		return 0;
	err_set(err, BATON_EXIT_CONFIG, 0,
		"the service %s lies on the same disk, and the two would shut each other "
		"out",
		name);
	return -EBUSY;
}

int rival_check_address(const struct service *svc, const struct address *address,
			struct err *err)
{
	char name[SERVICE_NAME_MAX + 1], ip[IPADDR_TEXT];

	if (!find(svc, has_address, address, name, NULL))
		return 0;
	err_set(err, BATON_EXIT_CONFIG, 0,
		"address %s on link %s belongs to the service %s, too",
		ipaddr_format(&address->ip, ip), address->link, name);
	return -EBUSY;
}

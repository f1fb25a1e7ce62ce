/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns: makes, pins, enters and removes the namespaces of a service. */
#ifndef BATON_OS_NS_H
#define BATON_OS_NS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/paths.h"

/**
 * struct ns - descriptors of a set of namespaces, -1 if not open
 */
struct ns {
	int net;
	int mnt;
	int uts;
};

#define NS_CLOSED ((struct ns){ -1, -1, -1 })

/**
 * ns_create - make a service's network, mount and UTS namespaces and pin them
 * @paths: where; the run directory exists
 * @hostname: becomes the UTS node name, which knfsd uses as server owner and scope
 *            (fs/nfsd/nfssvc.c, nfsd_svc: nn->nfsd_name)
 * @err: why not
 *
 * The mount namespace receives the head's unmounts (slave propagation), so it never keeps
 * a filesystem of the head busy, but lets nothing out. A failed attempt leaves nothing
 * behind. Call it from the head's namespaces.
 *
 * Return: 0, or -errno.
 */
int ns_create(const struct paths *paths, const char *hostname, struct err *err);

#define NS_PINS 3

/** ns_count_pins - how many of the service's namespaces are pinned, of NS_PINS. */
int ns_count_pins(const struct paths *paths);

/** ns_exists - are all of them pinned? */
bool ns_exists(const struct paths *paths);

/**
 * ns_repin - restore lost pins
 * @paths: of the service
 * @err: why not
 *
 * `ip netns del`, or an unmount by hand, removes a pin. The namespace lives on while a
 * process is in it: rpc.mountd, nfsdcld, or any process in the namespaces that are still
 * pinned. Call it from the head's namespaces: a process that shares one of these with the
 * head is not in the service's.
 *
 * Return: 0, -ESRCH if no such process is left, or -errno.
 */
int ns_repin(const struct paths *paths, struct err *err);

/**
 * ns_open - open a service's pinned namespaces
 * Return: 0, or -errno: -ENOENT if they are not pinned.
 */
int ns_open(struct ns *ns, const struct paths *paths, struct err *err);

/** ns_open_own - open the namespaces the caller is in. Return: 0, or -errno. */
int ns_open_own(struct ns *ns, struct err *err);

/**
 * ns_enter - enter all of @ns; the caller must be single-threaded
 * Return: 0, or -errno.
 */
int ns_enter(const struct ns *ns, struct err *err);

/**
 * ns_enter_net - enter only a network namespace
 * @name: its name in /run/netns, as for ip-netns(8); with a slash, a path
 * @err: "network namespace 'blue': No such file or directory"
 *
 * Return: 0, or -errno.
 */
int ns_enter_net(const char *name, struct err *err);

/** ns_close - close the descriptors. */
void ns_close(struct ns *ns);

/**
 * ns_remove - remove the pins; the kernel frees the namespaces when no process is inside
 * Return: 0, or -errno.
 */
int ns_remove(const struct paths *paths, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount: the service's tree inside its mount namespace; every function runs in there. */
#ifndef BATON_OS_MOUNT_H
#define BATON_OS_MOUNT_H

#include "core/paths.h"
#include "core/service.h"

/**
 * mount_prepare_tree - set up everything but the disk
 * @svc: the service
 * @paths: of the service
 * @err: why not
 *
 * nfsdfs and rpc_pipefs of this network namespace; nfs-utils' own directory on a tmpfs
 * (etab is the service's); the pseudo-root (a tmpfs, because overlayfs cannot be
 * exported) with a stand-in directory for each export. What exists already stays.
 *
 * Return: 0, or -errno.
 */
int mount_prepare_tree(const struct service *svc, const struct paths *paths,
		       struct err *err);

/**
 * mount_prepare_root - only the directories for the disk and the pseudo-root
 * Return: 0, or -errno.
 */
int mount_prepare_root(const struct service *svc, const struct paths *paths,
		       struct err *err);

/**
 * mount_check_exports - does the mounted disk have every directory that is exported?
 * Return: 0, or -errno.
 */
int mount_check_exports(const struct service *svc, const struct paths *paths,
			struct err *err);

/**
 * mount_follow_exports - bind new exports under the pseudo-root, take away those that went
 * @svc: the service as it shall be; its disk is mounted
 * @paths: of the service
 * @err: why not
 *
 * Those that stay are not touched. What clients still have open below one that went is
 * released when knfsd stops.
 *
 * Return: 0, or -errno.
 */
int mount_follow_exports(const struct service *svc, const struct paths *paths,
			 struct err *err);

/**
 * mount_attach - mount the disk and put its exports under the pseudo-root
 * @svc: the service
 * @paths: of the service
 * @err: "mount DEVICE on …: why", BATON_EXIT_DEVICE
 *
 * A failure half-way leaves mounts, which mount_detach() removes.
 *
 * Return: 0, or -errno.
 */
int mount_attach(const struct service *svc, const struct paths *paths, struct err *err);

/**
 * mount_detach - remove whatever of this is mounted, wherever it is now
 * Return: 0, or -EBUSY and the like with BATON_EXIT_STANDING.
 */
int mount_detach(const struct paths *paths, struct err *err);

/**
 * mount_hide_state - cover baton's directory on the disk, so that clients see it as empty
 * Return: 0, or -errno.
 */
int mount_hide_state(const struct service *svc, const struct paths *paths,
		     struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* software: are the programs and kernel features that a service needs here? */
#ifndef BATON_OS_SOFTWARE_H
#define BATON_OS_SOFTWARE_H

#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>

#include "core/err.h"

/**
 * software_find_program - look for a program in /usr/sbin, /sbin, /usr/bin and /bin
 * @name: its file name
 * @package: what to install, for the message ("nfs-utils (Debian: nfs-kernel-server)")
 * @path: its path; may be NULL
 * @err: why not
 *
 * Return: 0, or -ENOENT with BATON_EXIT_SOFTWARE.
 */
int software_find_program(const char *name, const char *package, char path[PATH_MAX],
			  struct err *err);

/**
 * software_check_nfs - are rpc.mountd, nfsdcld and exportfs here?
 * Return: 0, or -ENOENT with BATON_EXIT_SOFTWARE.
 */
int software_check_nfs(struct err *err);

/**
 * software_describe - the versions of what this head runs
 *
 * This runs a program: for whoever has time.
 *
 * Return: an object that the caller owns: "kernel", and "nfs_utils" if rpc.mountd tells it.
 */
struct json_object *software_describe(void);

/**
 * software_check_filesystem - does the kernel have a filesystem, or a module for it?
 * @fstype: name, as in /proc/filesystems: "xfs", "nfsd"
 * @err: why not
 *
 * Return: 0, or -ENODEV with BATON_EXIT_SOFTWARE.
 */
int software_check_filesystem(const char *fstype, struct err *err);

/** software_has_modprobe - is modprobe(8) here, which knows and loads modules? */
bool software_has_modprobe(void);

/**
 * software_check_module - is a module loaded, built in or loadable?
 * @module: its name: "macvlan", "nf_tables"
 * @err: why not
 *
 * Return: 0, -ENODEV with BATON_EXIT_SOFTWARE, or -EOPNOTSUPP if this is unknown: then
 * only its use will show.
 */
int software_check_module(const char *module, struct err *err);

/**
 * software_check_root - do we run as root?
 * Return: 0, or -EPERM with BATON_EXIT_SOFTWARE.
 */
int software_check_root(struct err *err);

#endif

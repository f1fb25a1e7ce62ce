/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsconf: single settings of nfs.conf(5) and idmapd.conf(5). */
#ifndef BATON_OS_NFSCONF_H
#define BATON_OS_NFSCONF_H

#include <stddef.h>

/* Where nfsdcld keeps its database unless [nfsdcld] storagedir= is set (nfsdcld(8)). */
#define NFSCONF_STORAGEDIR "/var/lib/nfs/nfsdcld"

#define NFSCONF_NFS    "/etc/nfs.conf"
#define NFSCONF_IDMAPD "/etc/idmapd.conf"

/**
 * nfsconf_get - read a setting as nfs-utils does: the file, then its directory *.d
 * @file: one of the above
 * @section: "nfsd"
 * @name: "scope"
 * @value: the last one given; unchanged if there is none
 * @size: of @value
 */
void nfsconf_get(const char *file, const char *section, const char *name, char *value,
		 size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsconf: single settings of nfs.conf(5). */
#ifndef BATON_OS_NFSCONF_H
#define BATON_OS_NFSCONF_H

#include <stddef.h>

/* Where nfsdcld keeps its database unless [nfsdcld] storagedir= is set (nfsdcld(8)). */
#define NFSCONF_STORAGEDIR "/var/lib/nfs/nfsdcld"

/**
 * nfsconf_get - read a setting as nfs-utils does: /etc/nfs.conf, then /etc/nfs.conf.d
 * @section: "nfsd"
 * @name: "scope"
 * @value: the last one given; unchanged if there is none
 * @size: of @value
 */
void nfsconf_get(const char *section, const char *name, char *value, size_t size);

#endif

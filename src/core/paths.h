/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paths: all paths of a service, on a head and on its disk, derived from its name. */
#ifndef BATON_CORE_PATHS_H
#define BATON_CORE_PATHS_H

#include "core/service.h"

#define PATHS_RUN     "/run/baton"
#define PATHS_LIB     "/var/lib/baton"
#define PATHS_NETNS   "/run/netns"
#define PATHS_NFSD    "/proc/fs/nfsd"
#define PATHS_PIPEFS  "/run/rpc_pipefs"
#define PATHS_NFS_VAR "/var/lib/nfs"

/* Enough for the longest path below; the unit test checks it. */
#define PATHS_MAX 128

/**
 * struct paths - the paths of one service
 *
 * On the head, everything is below /run/baton/NAME (root only) except @lib, and @netns,
 * which is where ip-netns(8) looks for it. @fs, @root and everything below them exist only inside
 * the service's mount namespace.
 */
struct paths {
	char run[PATHS_MAX];    /* /run/baton/NAME */
	char sock[PATHS_MAX];   /* the keeper's socket */
	char keeper[PATHS_MAX]; /* lock of the only keeper */
	char lock[PATHS_MAX];   /* held by whoever changes the service's state */
	char held[PATHS_MAX];   /* the disk that this head has taken and not released */
	char guard[PATHS_MAX];  /* what this head has registered at the disk */
	char ledger[PATHS_MAX]; /* the last operations, for `baton log` */
	char ledger_lock[PATHS_MAX]; /* held by whoever copies it to … */
	char ledger_kept[PATHS_MAX]; /* /var/lib/baton/NAME/ledger.json */
	char lib[PATHS_MAX];         /* /var/lib/baton/NAME: what outlives a boot */
	char served[PATHS_MAX];      /* the service file as it is in use */
	char hosts
		[PATHS_MAX];  /* addresses of the exports' host names, as last resolved */
	char pins[PATHS_MAX]; /* a private mount for the next two */
	char mnt[PATHS_MAX];  /* pinned mount namespace */
	char uts[PATHS_MAX];  /* pinned UTS namespace */
	char rpcbind[PATHS_MAX];     /* root directory for the stand-in for rpcbind */
	char netns[PATHS_MAX];       /* pinned network namespace */
	char mountd_pid[PATHS_MAX];  /* rpc.mountd */
	char nfsdcld_pid[PATHS_MAX]; /* nfsdcld */
	char guard_pid[PATHS_MAX];   /* who watches the registration, see @guard */
	char guard_path[PATHS_MAX];  /* a path to the disk that is not registered */
	char idmapd_pid[PATHS_MAX];  /* rpc.idmapd, if it is needed */
	char fs[PATHS_MAX];          /* the service's whole filesystem */
	char root[PATHS_MAX];        /* NFSv4 pseudo-root (tmpfs) */
	char state[PATHS_MAX];       /* @fs/.baton: baton's own directory on the disk */
	char nfsdcld[PATHS_MAX];  /* @state/nfsdcld: the recovery database's directory */
	char tickle[PATHS_MAX];   /* @state/tickle: the directory of the next three */
	char conns[PATHS_MAX];    /* @tickle/connections: clients a start has to tickle */
	char holdings[PATHS_MAX]; /* @tickle/holdings: how much they have to reclaim */
	char pulse[PATHS_MAX];    /* @tickle/pulse: does the disk accept a write? */
};

/** paths_init - derive all paths of service @name, checked by service_check_name(). */
void paths_init(struct paths *paths, const char *name);

/**
 * paths_export - the place of an export below the pseudo-root
 * @buf: PATH_MAX bytes
 * @paths: of the service
 * @name: of the service
 * @path: of the export within the filesystem: "/" or "/images"
 *
 * A client mounts ADDRESS:/NAME for "/" and ADDRESS:/NAME/images for "/images".
 */
void paths_export(char *buf, const struct paths *paths, const char *name,
		  const char *path);

#endif

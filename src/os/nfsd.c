// SPDX-License-Identifier: GPL-2.0-or-later
/* nfsd: the knfsd of the caller's namespaces, through nfsdfs. */
#include "os/nfsd.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/array.h"
#include "core/cleanup.h"
#include "os/file.h"
#include "os/rpcbind.h"

/* What rpc.mountd reads; exportfs(8) would write it. */
#define ETAB     PATHS_NFS_VAR "/etab"
#define ETAB_MAX 1048576
/* An info file: three names of 1024 bytes (NFS4_OPAQUE_LIMIT), four characters each. */
#define CLIENT_MAX_LEN 16384
#define STATES_MAX     100000
/* knfsd's default with more than 4 GiB of memory, and the most it takes before 6.16. */
#define MAX_BLOCK "1048576\n"
/* fs/locks.c, leases_enable: a delegation is a lease on the file. */
#define LEASES_FILE "/proc/sys/fs/leases-enable"

static int write_file(const char *leaf, const char *text, struct err *err)
{
	char path[PATHS_MAX];
	int rc;

	snprintf(path, sizeof(path), PATHS_NFSD "/%s", leaf);
	rc = file_write(path, text);
	if (rc < 0)
		err_set(err, BATON_EXIT_FAILED, -rc, "write '%.*s' to %s",
			(int)strcspn(text, "\n"), text, path);
	return rc;
}

static int write_seconds(const char *leaf, unsigned int seconds, struct err *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", seconds);
	return write_file(leaf, text, err);
}

int nfsd_refuse_delegations(struct err *err)
{
	int rc = file_write(LEASES_FILE, "0\n");

	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "set %s", LEASES_FILE) : 0;
}

bool nfsd_may_delegate(void)
{
	char text[16];

	return file_read(LEASES_FILE, text, sizeof(text)) > 0 && strcmp(text, "0") != 0;
}

int nfsd_apply_settings(const struct service *svc, struct err *err)
{
	static const struct {
		unsigned int bit;
		const char *on;
		const char *off;
	} minor[] = {
		{ VERSION_4_0, "+4.0\n", "-4.0\n" },
		{ VERSION_4_1, "+4.1\n", "-4.1\n" },
		{ VERSION_4_2, "+4.2\n", "-4.2\n" },
	};
	int rc;

	/* Kernels built without version 2 (default since 6.2) reject it. */
	file_write(PATHS_NFSD "/versions", "-2\n");
	rc = write_file("versions", "-3\n", err);
	for (size_t i = 0; i < sizeof(minor) / sizeof(minor[0]) && rc == 0; i++)
		rc = write_file("versions",
				svc->versions & minor[i].bit ? minor[i].on : minor[i].off,
				err);
	if (rc == 0)
		rc = nfsd_set_lease(svc->lease, err);
	if (rc == 0)
		rc = nfsd_set_grace(svc->grace, err);
	return rc;
}

int nfsd_set_max_block(struct err *err)
{
	return write_file("max_block_size", MAX_BLOCK, err);
}

int nfsd_set_lease(unsigned int seconds, struct err *err)
{
	return write_seconds("nfsv4leasetime", seconds, err);
}

int nfsd_set_grace(unsigned int seconds, struct err *err)
{
	return write_seconds("nfsv4gracetime", seconds, err);
}

int nfsd_end_grace(struct err *err)
{
	return write_file("v4_end_grace", "Y\n", err);
}

static int open_listener(const struct ipaddr *ip, struct err *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(NFS_PORT),
				  .sin_addr = ip->v4 };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(NFS_PORT),
				   .sin6_addr = ip->v6 };
	const struct sockaddr *sa = ip->family == AF_INET ? (void *)&v4 : (void *)&v6;
	socklen_t len = ip->family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(ip->family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) == 0 &&
	    (ip->family == AF_INET ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == 0) &&
	    bind(fd, sa, len) == 0 && listen(fd, 64) == 0)
		return fd;

	char text[IPADDR_TEXT];
	int rc = err_set(err, BATON_EXIT_NETWORK, errno, "listen on %s port %d",
			 ipaddr_format(ip, text), NFS_PORT);

	if (fd >= 0)
		close(fd);
	return rc;
}

static int hand_over_listener(int nfsd, const struct ipaddr *ip, struct err *err)
{
	_cleanup_close_ int fd = open_listener(ip, err);
	/* A file of nfsdfs accepts one write each time it is opened (fs/libfs.c). */
	_cleanup_close_ int portlist = openat(nfsd, "portlist", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fd;
	if (portlist < 0 || dprintf(portlist, "%d\n", fd) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno,
			       "write '%d' to " PATHS_NFSD "/portlist", fd);
	return 0;
}

int nfsd_listen(const struct service *svc, const struct paths *paths, struct err *err)
{
	_cleanup_close_ int nfsd = open(PATHS_NFSD, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct rpcbind rpcbind;
	int rc = 0;

	if (nfsd < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "open " PATHS_NFSD);
	rpcbind_stand_in(paths->rpcbind, &rpcbind);
	for (size_t i = 0; i < svc->n_addresses && rc == 0; i++)
		rc = hand_over_listener(nfsd, &svc->addresses[i].ip, err);
	rpcbind_leave(&rpcbind);
	return rc;
}

int nfsd_set_threads(unsigned int threads, struct err *err)
{
	return write_seconds("threads", threads, err);
}

int nfsd_get_threads(void)
{
	char text[16];
	ssize_t n = file_read(PATHS_NFSD "/threads", text, sizeof(text));

	return n < 0 ? n : atoi(text);
}

bool nfsd_has_server(void)
{
	char have[512];

	return nfsd_get_threads() > 0 ||
	       file_read(PATHS_NFSD "/portlist", have, sizeof(have)) > 0;
}

int nfsd_flush_caches(struct err *err)
{
	static const char *const caches[] = { "auth.unix.ip", "auth.unix.gid", "nfsd.fh",
					      "nfsd.export" };

	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
		char path[PATHS_MAX];
		int rc;

		snprintf(path, sizeof(path), "/proc/net/rpc/%s/flush", caches[i]);
		/* Any time does: all is flushed (net/sunrpc/cache.c, write_flush). */
		rc = file_write(path, "1\n");
		if (rc < 0 && rc != -ENOENT)
			return err_set(err, BATON_EXIT_FAILED, -rc, "flush %s", path);
	}
	return 0;
}

int nfsd_export(const struct service *svc, const struct paths *paths,
		const struct hosts *hosts, struct err *err)
{
	_cleanup_free_ char *table = exporttable_format(svc, paths, hosts), *now = NULL;
	size_t len;
	int rc;

	if (!table)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "list the exports");
	if (file_read_all(ETAB, ETAB_MAX, &now, &len) == 0 && strcmp(now, table) == 0)
		return 0;
	/* rpc.mountd looks for another inode (support/export/auth.c, auth_reload()). */
	rc = file_publish(ETAB, table, strlen(table));
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "write " ETAB);
	rc = nfsd_flush_caches(err);
	return rc < 0 ? rc : 1;
}

static unsigned int read_seconds(const char *path)
{
	char text[16];

	return file_read(path, text, sizeof(text)) > 0 ? strtoul(text, NULL, 10) : 0;
}

void nfsd_get_times(unsigned int *lease, unsigned int *grace)
{
	*lease = read_seconds(PATHS_NFSD "/nfsv4leasetime");
	*grace = read_seconds(PATHS_NFSD "/nfsv4gracetime");
}

int nfsd_in_grace(void)
{
	char text[8];
	/* "N" until the grace period is over, then "Y" (nfsctl.c, write_v4_end_grace). */
	ssize_t n = file_read(PATHS_NFSD "/v4_end_grace", text, sizeof(text));

	return n < 0 ? n : text[0] == 'N';
}

/* The first bytes tell whether it holds anything; if in doubt, it does. */
static bool is_holding(const char *dir, const char *number)
{
	char path[PATHS_MAX + NAME_MAX], byte[2];

	snprintf(path, sizeof(path), "%s/%s/states", dir, number);
	return file_read(path, byte, sizeof(byte)) != 0;
}

/* Return: 1, 0 if it is gone, or -errno. */
static int read_client(const char *dir, const char *number, struct client *client)
{
	char path[PATHS_MAX + NAME_MAX];
	_cleanup_free_ char *text = NULL;
	size_t len;
	int rc;

	snprintf(path, sizeof(path), "%s/%s/info", dir, number);
	rc = file_read_all(path, CLIENT_MAX_LEN, &text, &len);
	if (rc == 0)
		rc = client_parse(client, text);
	/* ENXIO: the directory is still there, but the client is not (get_nfsdfs_clp). */
	if (rc == -ENOENT || rc == -ENXIO)
		return 0;
	return rc < 0 ? rc : 1;
}

int nfsd_walk_clients(const char *dir,
		      int (*call)(const char *dir, const char *number,
				  struct client *client, void *data),
		      void *data)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int last = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		struct client client;
		int rc;

		if (e->d_name[0] == '.')
			continue;
		rc = read_client(dir, e->d_name, &client);
		if (rc > 0)
			rc = call(dir, e->d_name, &client, data);
		if (rc < 0)
			last = rc;
	}
	closedir(d);
	return last;
}

static int list_one(const char *dir, const char *number, struct client *client,
		    void *data)
{
	int rc;

	client->holding = is_holding(dir, number);
	rc = clients_add(data, client);
	if (rc < 0)
		free(client->id);
	return rc;
}

int nfsd_list_clients(const char *dir, struct clients *clients, struct err *err)
{
	int rc;

	memset(clients, 0, sizeof(*clients));
	rc = nfsd_walk_clients(dir, list_one, clients);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "read %s", dir) : 0;
}

int nfsd_walk_held(const char *dir, const char *number,
		   int (*call)(const struct held *held, void *data), void *data)
{
	char path[PATHS_MAX + NAME_MAX];
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s/states", dir, number);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	for (int n = 0; rc == 0 && getline(&line, &room, f) > 0; n++) {
		struct held held;

		held_parse(&held, line);
		rc = n < STATES_MAX ? call(&held, data) : -E2BIG;
	}
	return rc;
}

int nfsd_expire_client(const char *dir, const char *number)
{
	char path[PATHS_MAX + NAME_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s/ctl", dir, number);
	rc = file_write(path, "expire\n");
	return rc == -ENOENT || rc == -ENXIO ? 0 : rc;
}

int nfsd_release_filesystem(const char *file, int fd, struct err *err)
{
	char text[40];
	int rc;

	/* Not by its path: that could have blanks, which a cache's words cannot have. The
	 * dot makes kern_path() follow the link. */
	snprintf(text, sizeof(text), "/proc/self/fd/%d/.\n", fd);
	rc = file_write(file, text);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "write to %s", file) : 0;
}

/* Data for expire_one(). */
struct expiring {
	unsigned int seconds;
	unsigned int next;
	void (*expired)(const struct client *client, void *data);
	void *data;
};

static int expire_one(const char *dir, const char *number, struct client *client,
		      void *data)
{
	struct expiring *e = data;
	int64_t left = client->renewed_s < 0 ? INT64_MAX : e->seconds - client->renewed_s;
	int rc = 0;

	if (client->status == CLIENT_COURTESY && left <= 0) {
		rc = nfsd_expire_client(dir, number);
		if (rc == 0)
			e->expired(client, e->data);
	} else if (left < e->next) {
		e->next = left > 0 ? left : 0;
	}
	free(client->id);
	return rc;
}

int nfsd_expire_clients(const char *dir, unsigned int seconds,
			void (*expired)(const struct client *client, void *data),
			void *data)
{
	/* A client that comes now will not be due any sooner than this. */
	struct expiring e = { seconds, seconds, expired, data };
	int rc = nfsd_walk_clients(dir, expire_one, &e);

	return rc < 0 ? rc : (int)e.next;
}

/* Data for use_one(), and the filesystems that a client was seen to use. */
struct using
{
	int (*call)(const struct client *client, dev_t dev, void *data);
	void *data;
	const struct client *client;
	dev_t *v;
	size_t n;
	size_t room;
};

static int note_use(const struct held *held, void *data)
{
	struct using *u = data;

	for (size_t i = 0; i < u->n; i++)
		if (u->v[i] == held->dev)
			return 0;
	if (!held->dev)
		return 0;
	if (array_add(u, &held->dev) < 0)
		return -ENOMEM;
	return u->call(u->client, held->dev, u->data);
}

static int use_one(const char *dir, const char *number, struct client *client, void *data)
{
	struct using *u = data;
	int rc;

	u->client = client;
	u->n = 0;
	rc = nfsd_walk_held(dir, number, note_use, u);
	free(client->id);
	return rc == -ENOENT || rc == -ENXIO ? 0 : rc;
}

int nfsd_list_uses(const char *dir,
		   int (*call)(const struct client *client, dev_t dev, void *data),
		   void *data, struct err *err)
{
	struct using u = { .call = call, .data = data };
	int rc = nfsd_walk_clients(dir, use_one, &u);

	free(u.v);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "read %s", dir) : 0;
}

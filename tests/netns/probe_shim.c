// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe_shim: preloaded into `baton probe`; plays a server that misbehaves ($SHIM). Each
 * time it has done so it adds a byte to the file that $SHIM_TOLD names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int plays(const char *what)
{
	const char *shim = getenv("SHIM");

	return shim && strcmp(shim, what) == 0;
}

/* Each child counts its own calls: the tenth goes wrong. */
static int tenth(void)
{
	static _Atomic int calls;

	return ++calls == 10;
}

/* Each worker names its rounds alike: one goes wrong in each. */
static int third(const char *name)
{
	return strcmp(name + 1, "0000000003") == 0;
}

static int tell(void)
{
	const char *told = getenv("SHIM_TOLD");
	int fd = told ? open(told, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd >= 0 && write(fd, "", 1) < 0)
		abort();
	if (fd >= 0)
		close(fd);
	return 1;
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
	int now = tenth();

	if (now && plays("unlock") && tell()) {
		struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

		fcntl(fd, F_SETLK, &lock);
	}
	if (now && plays("eio") && tell()) {
		errno = EIO;
		return -1;
	}
	if (now && plays("short") && tell())
		return NEXT(pwrite64)(fd, buf, 100, offset);
	if (now && plays("lose") && tell())
		return (ssize_t)len;
	if (now && plays("die"))
		abort();
	return NEXT(pwrite64)(fd, buf, len, offset);
}

/* The reader's tenth, and what is asked meanwhile, comes a second later, or never. */
ssize_t pread64(int fd, void *buf, size_t len, off64_t offset)
{
	static pthread_mutex_t answers = PTHREAD_MUTEX_INITIALIZER;
	static _Atomic int stalled;

	if (len == 128 * 1024 && (plays("stall-reads") || plays("hang-reads"))) {
		pthread_mutex_lock(&answers);
		if (tenth())
			stalled = 1;
		while (stalled && plays("hang-reads"))
			pause();
		if (stalled)
			sleep(1);
		stalled = 0;
		pthread_mutex_unlock(&answers);
	}
	return NEXT(pread64)(fd, buf, len, offset);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
	int rc = NEXT(mkdirat)(dir, name, mode);

	if (name[0] == 'd' && plays("replay-mkdir") && tenth() && tell())
		rc = NEXT(mkdirat)(dir, name, mode);
	if (name[0] == 'd' && plays("replay-each-mkdir") && third(name) && tell())
		rc = NEXT(mkdirat)(dir, name, mode);
	return rc;
}

int renameat(int from, const char *old, int to, const char *new)
{
	int rc = NEXT(renameat)(from, old, to, new);

	if (plays("replay-rename") && tenth() && tell())
		rc = NEXT(renameat)(from, old, to, new);
	if (plays("replay-each-rename") && third(old) && tell())
		rc = NEXT(renameat)(from, old, to, new);
	return rc;
}

int unlinkat(int dir, const char *name, int flags)
{
	if (name[0] == 'r' && plays("undead") && tenth() && tell())
		return 0;
	if (name[0] == 'n' && plays("replay-remove") && tenth() && tell())
		NEXT(unlinkat)(dir, name, flags);
	return NEXT(unlinkat)(dir, name, flags);
}

int openat64(int dir, const char *name, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (name[0] == 'n' && flags & O_EXCL && plays("replay-create+lock") && tenth() &&
	    tell())
		close(NEXT(openat64)(dir, name, flags, mode));
	return NEXT(openat64)(dir, name, flags, mode);
}

int fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (cmd == F_SETLK && plays("nolock")) {
		errno = ENOLCK;
		return -1;
	}
	return NEXT(fcntl64)(fd, cmd, arg);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* software: are the programs and kernel features that a service needs here? */
#include "os/software.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/child.h"

#define VERSION_MS       1000
#define VERSION_TEXT_MAX 256

extern char **environ;

int software_find_program(const char *name, const char *package, char path[PATH_MAX],
			  struct err *err)
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };
	char found[PATH_MAX];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		struct stat st;

		snprintf(found, sizeof(found), "%s/%s", dirs[i], name);
		if (stat(found, &st) || !S_ISREG(st.st_mode) || access(found, X_OK))
			continue;
		if (path)
			strcpy(path, found);
		return 0;
	}
	err_set(err, BATON_EXIT_SOFTWARE, 0, "program %s is missing; install %s", name,
		package);
	return -ENOENT;
}

int software_check_nfs(struct err *err)
{
	static const char *const programs[] = { "rpc.mountd", "nfsdcld", "exportfs" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		int rc = software_find_program(
			programs[i], "nfs-utils (Debian: nfs-kernel-server)", NULL, err);

		if (rc)
			return rc;
	}
	return 0;
}

struct json_object *software_describe(void)
{
	static const char *const argv[] = { "rpc.mountd", "--version", NULL };
	struct child_wait wait = child_wait_for(VERSION_MS);
	_cleanup_free_ char *text = NULL;
	struct json_object *o = json_object_new_object();
	const char *version = NULL;
	struct utsname u;
	size_t len;

	uname(&u);
	json_object_object_add(o, "kernel", json_object_new_string(u.release));
	/* "rpc.mountd version 2.6.2" */
	if (child_capture(argv, NULL, &wait, VERSION_TEXT_MAX, &text, NULL) == 0)
		version = strstr(text, "version ");
	if (!version)
		return o;
	version += strlen("version ");
	len = strspn(version, "0123456789.");
	if (len)
		json_object_object_add(o, "nfs_utils",
				       json_object_new_string_len(version, len));
	return o;
}

/* Would modprobe(8) load it? It knows aliases and built-in modules. */
static bool is_loadable(const char *module)
{
	char path[PATH_MAX];
	char *argv[] = { "modprobe", "-n", "-q", (char *)module, NULL };
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;
	int rc;

	if (software_find_program("modprobe", "kmod", path, NULL))
		return false;
	if (posix_spawn_file_actions_init(&actions))
		return false;
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	rc = posix_spawn(&pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Does the kernel have a filesystem of this name now? */
static bool is_registered(const char *fstype)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/filesystems", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		char *tab = strchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		if (tab && strcmp(tab + 1, fstype) == 0)
			return true;
	}
	return false;
}

bool software_has_modprobe(void)
{
	return software_find_program("modprobe", "kmod", NULL, NULL) == 0;
}

/* Without an index for this kernel, built-in modules are unknown. */
static bool has_index(void)
{
	char path[PATH_MAX];
	struct utsname u;

	if (uname(&u))
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", u.release);
	return access(path, F_OK) == 0;
}

int software_check_filesystem(const char *fstype, struct err *err)
{
	if (is_registered(fstype) || is_loadable(fstype))
		return 0;
	/* The kernel itself loads modules by modprobe. */
	if (!software_has_modprobe())
		err_set(err, BATON_EXIT_SOFTWARE, 0,
			"this kernel has no filesystem %s built in, and modprobe, which could "
			"load it, is missing",
			fstype);
	else
		err_set(err, BATON_EXIT_SOFTWARE, 0,
			"this kernel has no filesystem %s and no module for it", fstype);
	return -ENODEV;
}

int software_check_module(const char *module, struct err *err)
{
	char path[PATH_MAX];

	/* A built-in module is here only with parameters; modprobe knows the rest. */
	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (access(path, F_OK) == 0 || is_loadable(module))
		return 0;
	if (!software_has_modprobe() || !has_index()) {
		err_set(err, BATON_EXIT_SOFTWARE, 0, "%s may be built in: %s", module,
			software_has_modprobe()
				? "there is no module index for this kernel"
				: "modprobe, which could tell, is missing");
		return -EOPNOTSUPP;
	}
	err_set(err, BATON_EXIT_SOFTWARE, 0, "this kernel has no %s and no module for it",
		module);
	return -ENODEV;
}

int software_check_root(struct err *err)
{
	if (geteuid() == 0)
		return 0;
	err_set(err, BATON_EXIT_SOFTWARE, 0, "not running as root");
	return -EPERM;
}

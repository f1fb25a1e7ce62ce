// SPDX-License-Identifier: GPL-2.0-or-later
/* conffile: finds and reads the service files in /etc/baton. */
#include "os/conffile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/config.h"

#define SUFFIX        ".conf"
#define SIZE_MAX_FILE (1024 * 1024)

const char *config_dir(const char *dir)
{
	if (!dir)
		dir = secure_getenv("BATON_CONFDIR");
	return dir && *dir ? dir : CONFIG_DIR;
}

static int check_file(int fd, const char *file, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set(err, BATON_EXIT_CONFIG, errno, "%s", file);
	if (!S_ISREG(st.st_mode))
		return err_set(err, BATON_EXIT_CONFIG, 0, "%s: is not a regular file",
			       file);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(
			err, BATON_EXIT_CONFIG, 0,
			"%s: belongs to user %u, who could make root mount and export "
			"anything; chown root it",
			file, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(
			err, BATON_EXIT_CONFIG, 0,
			"%s: is writable by %s, who could make root mount and export "
			"anything; chmod go-w it",
			file, st.st_mode & S_IWOTH ? "everyone" : "its group");
	if (st.st_size > SIZE_MAX_FILE)
		return err_set(err, BATON_EXIT_CONFIG, 0, "%s: is longer than 1 MiB",
			       file);
	return 0;
}

/* Reads all of a file; the caller frees *text. */
static int read_file(const char *file, char **text, size_t *len, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not hang us before it is refused. */
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return err_set(err, BATON_EXIT_CONFIG, errno, "%s", file);
	rc = check_file(fd, file, err);
	if (rc)
		return rc;
	*text = malloc(SIZE_MAX_FILE + 1);
	if (!*text)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", file);
	*len = 0;
	for (;;) {
		ssize_t n = read(fd, *text + *len, SIZE_MAX_FILE + 1 - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, BATON_EXIT_CONFIG, errno, "read %s", file);
		if (n == 0)
			return 0;
		*len += n;
		if (*len > SIZE_MAX_FILE)
			return err_set(err, BATON_EXIT_CONFIG, 0,
				       "%s: is longer than 1 MiB", file);
	}
}

static int name_file(char file[PATH_MAX], const char *name, const char *dir,
		     struct err *err)
{
	/* It becomes part of a path. */
	int rc = service_check_name(name, err);

	if (rc)
		return rc;
	if (snprintf(file, PATH_MAX, "%s/%s" SUFFIX, config_dir(dir), name) >= PATH_MAX)
		return err_set(err, BATON_EXIT_CONFIG, ENAMETOOLONG, "%s",
			       config_dir(dir));
	return 0;
}

static int load(struct service *svc, const char *name, const char *from, const char *file,
		struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int rc = read_file(from, &text, &len, err);

	return rc ? rc : config_parse(svc, name, file, text, len, err);
}

int config_load(struct service *svc, const char *name, const char *dir, struct err *err)
{
	char file[PATH_MAX];
	int rc;

	memset(svc, 0, sizeof(*svc));
	rc = name_file(file, name, dir, err);
	return rc ? rc : load(svc, name, file, file, err);
}

int config_load_from(struct service *svc, const char *name, const char *from,
		     struct err *err)
{
	char file[PATH_MAX];
	int rc;

	memset(svc, 0, sizeof(*svc));
	rc = name_file(file, name, NULL, err);
	return rc ? rc : load(svc, name, from, file, err);
}

static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > strlen(SUFFIX) &&
	       strcmp(d->d_name + n - strlen(SUFFIX), SUFFIX) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int config_list(char ***names, const char *dir, struct err *err)
{
	struct dirent **entries = NULL;
	int n, good = 0, rc = 0;

	*names = NULL;
	dir = config_dir(dir);
	n = scandir(dir, &entries, is_conf, NULL);
	if (n < 0 && errno != ENOENT)
		return err_set(err, BATON_EXIT_CONFIG, errno, "%s", dir);
	if (n < 0)
		n = 0;
	*names = calloc(n + 1, sizeof(**names));
	for (int i = 0; i < n; i++) {
		char *name = entries[i]->d_name;
		struct err why;

		name[strlen(name) - strlen(SUFFIX)] = '\0';
		if (service_check_name(name, &why)) {
			if (!rc)
				rc = err_set(err, BATON_EXIT_CONFIG, 0,
					     "%s/%s" SUFFIX ": %s", dir, name, why.text);
		} else if (*names) {
			(*names)[good] = strdup(name);
			good += (*names)[good] != NULL;
		}
		free(entries[i]);
	}
	free(entries);
	/* Without the suffix, which sorts differently: "a-b.conf" < "a.conf". */
	if (*names)
		qsort(*names, good, sizeof(**names), compare_names);
	if (!*names)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", dir);
	return rc ? rc : good;
}

void config_list_free(char **names)
{
	for (char **n = names; n && *n; n++)
		free(*n);
	free(names);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* served: the service file as it is in use on this head. */
#include "os/served.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/reload.h"
#include "os/conffile.h"
#include "os/diskhold.h"
#include "os/file.h"
#include "os/lock.h"

static int load_copy(struct service *svc, const char *name)
{
	struct paths paths;

	memset(svc, 0, sizeof(*svc));
	paths_init(&paths, name);
	return config_load_from(svc, name, paths.served, NULL);
}

int served_load(struct service *svc, const char *name, struct err *err)
{
	memset(svc, 0, sizeof(*svc));
	/* It becomes part of a path. */
	if (service_check_name(name, err) < 0)
		return -EINVAL;
	return load_copy(svc, name) == 0 ? 0 : config_load(svc, name, NULL, err);
}

int served_load_current(struct service *svc, const char *name, struct err *err)
{
	struct paths paths;

	memset(svc, 0, sizeof(*svc));
	if (service_check_name(name, err) < 0)
		return -EINVAL;
	paths_init(&paths, name);
	/* An operation that an earlier keeper has left may take the disk any moment. */
	if (diskhold_exists(&paths) || lock_is_held(paths.lock))
		return served_load(svc, name, err);
	return config_load(svc, name, NULL, err);
}

int served_save(const struct paths *paths, const struct service *svc, struct err *err)
{
	int rc = file_replace(paths->served, svc->text, strlen(svc->text), 0);

	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "write %s", paths->served)
		      : 0;
}

void served_drop(const struct paths *paths)
{
	unlink(paths->served);
	unlink(paths->hosts);
}

int served_check(const struct paths *paths, const struct service *svc, struct err *err)
{
	struct service copy;
	bool same;

	if (!diskhold_exists(paths) || load_copy(&copy, svc->name) < 0)
		return 0;
	same = reload_is_same(&copy, svc);
	service_free(&copy);
	if (same)
		return 0;
	err_set(err, BATON_EXIT_KEEPER, 0, "the service has been reloaded meanwhile");
	return -ESTALE;
}

bool served_is_edited(const struct service *svc, struct err *why)
{
	struct service file;
	bool same;

	why->text[0] = '\0';
	if (config_load(&file, svc->name, NULL, why) < 0)
		return true;
	same = reload_is_same(svc, &file);
	service_free(&file);
	return !same;
}

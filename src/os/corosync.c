// SPDX-License-Identifier: GPL-2.0-or-later
/* corosync: a closed process group (libcpg) of the heads, and their names (libcmap). */
#include "os/corosync.h"

#include <corosync/cmap.h>
#include <corosync/cpg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

struct corosync {
	cpg_handle_t handle;
	struct corosync_calls calls;
	struct corosync_head heads[COROSYNC_HEADS_MAX];
	size_t n;
	uint32_t self;
	int fd;
};

static struct corosync_head *find(struct corosync *c, uint32_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->heads[i].id == id)
			return &c->heads[i];
	if (c->n == COROSYNC_HEADS_MAX)
		return NULL;
	c->heads[c->n] = (struct corosync_head){ .id = id, .self = id == c->self };
	snprintf(c->heads[c->n].name, sizeof(c->heads[c->n].name), "%u", id);
	return &c->heads[c->n++];
}

/* corosync.conf's nodelist, as cmap_keys(7) describes it. */
static void read_nodelist(struct corosync *c, cmap_handle_t cmap)
{
	for (unsigned int i = 0; i < COROSYNC_HEADS_MAX; i++) {
		struct corosync_head *head;
		char key[CMAP_KEYNAME_MAXLEN];
		char *name = NULL;
		uint32_t id;

		snprintf(key, sizeof(key), "nodelist.node.%u.nodeid", i);
		if (cmap_get_uint32(cmap, key, &id) != CS_OK)
			continue;
		head = find(c, id);
		snprintf(key, sizeof(key), "nodelist.node.%u.name", i);
		if (head)
			head->listed = true;
		if (head && cmap_get_string(cmap, key, &name) == CS_OK)
			snprintf(head->name, sizeof(head->name), "%s", name);
		free(name);
	}
}

/* A node that was removed from the cluster is not a head that could be missing. */
static void drop_removed(struct corosync *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct corosync_head *head = &c->heads[i];

		if (head->listed || head->online || head->joined || head->self)
			c->heads[n++] = *head;
	}
	c->n = n;
}

static void read_names(struct corosync *c)
{
	cmap_handle_t cmap;

	if (cmap_initialize(&cmap) != CS_OK)
		return;
	for (size_t i = 0; i < c->n; i++)
		c->heads[i].listed = false;
	read_nodelist(c, cmap);
	cmap_finalize(cmap);
	drop_removed(c);
}

static struct corosync *of(cpg_handle_t handle)
{
	void *context = NULL;

	cpg_context_get(handle, &context);
	return context;
}

static void on_message(cpg_handle_t handle, const struct cpg_name *group, uint32_t id,
		       uint32_t pid, void *text, size_t len)
{
	struct corosync *c = of(handle);
	const struct corosync_head *from = find(c, id);

	if (from)
		c->calls.message(from, text, len, c->calls.data);
}

static void on_group(cpg_handle_t handle, const struct cpg_name *group,
		     const struct cpg_address *members, size_t n_members,
		     const struct cpg_address *left, size_t n_left,
		     const struct cpg_address *joined, size_t n_joined)
{
	struct corosync *c = of(handle);

	/* A node may have been added to corosync.conf since. */
	if (n_joined)
		read_names(c);
	for (size_t i = 0; i < c->n; i++)
		c->heads[i].joined = false;
	for (size_t i = 0; i < n_members; i++) {
		struct corosync_head *head = find(c, members[i].nodeid);

		if (head)
			head->joined = head->online = true;
	}
	c->calls.changed(c->calls.data);
}

static void on_ring(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t n,
		    const uint32_t *ids)
{
	struct corosync *c = of(handle);

	for (size_t i = 0; i < c->n; i++)
		c->heads[i].online = false;
	for (size_t i = 0; i < n; i++) {
		struct corosync_head *head = find(c, ids[i]);

		if (head)
			head->online = true;
	}
	read_names(c);
	c->calls.changed(c->calls.data);
}

static int fail(struct err *err, const char *what, cs_error_t why)
{
	/* Not running, or just starting or stopping. */
	int errnum = why == CS_ERR_ACCESS ? EACCES : ENOTCONN;

	return err_set(err, BATON_EXIT_CLUSTER, errnum, "corosync: %s: %s", what,
		       cs_strerror(why));
}

static int join(struct corosync *c, const char *group, struct err *err)
{
	struct cpg_name name = { .length = strlen(group) };
	unsigned int self;
	cs_error_t rc;

	if (name.length >= CPG_MAX_NAME_LENGTH)
		return err_set(err, BATON_EXIT_CLUSTER, ENAMETOOLONG, "%s", group);
	memcpy(name.value, group, name.length);
	rc = cpg_local_get(c->handle, &self);
	if (rc != CS_OK)
		return fail(err, "look up which node this is", rc);
	c->self = self;
	read_names(c);
	rc = cpg_fd_get(c->handle, &c->fd);
	if (rc == CS_OK)
		rc = cpg_join(c->handle, &name);
	return rc == CS_OK ? 0 : fail(err, "join the group of the service", rc);
}

int corosync_open(struct corosync **out, const char *group,
		  const struct corosync_calls *calls, struct err *err)
{
	cpg_model_v1_data_t model = { 0 };
	struct corosync *c = calloc(1, sizeof(*c));
	cs_error_t why;
	int rc;

	model.model = CPG_MODEL_V1;
	model.cpg_deliver_fn = on_message;
	model.cpg_confchg_fn = on_group;
	model.cpg_totem_confchg_fn = on_ring;
	model.flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF;
	*out = NULL;
	if (!c)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "corosync");
	c->calls = *calls;
	why = cpg_model_initialize(&c->handle, CPG_MODEL_V1, (cpg_model_data_t *)&model,
				   c);
	if (why != CS_OK) {
		free(c);
		return fail(err, "not running", why);
	}
	rc = join(c, group, err);
	if (rc < 0) {
		corosync_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void corosync_close(struct corosync *c)
{
	if (!c)
		return;
	cpg_finalize(c->handle);
	free(c);
}

int corosync_fd(const struct corosync *c)
{
	return c->fd;
}

int corosync_dispatch(struct corosync *c)
{
	cs_error_t rc = cpg_dispatch(c->handle, CS_DISPATCH_ALL);

	return rc == CS_OK || rc == CS_ERR_TRY_AGAIN ? 0 : -ENOTCONN;
}

int corosync_send(struct corosync *c, const char *text, size_t len)
{
	struct iovec v = { .iov_base = (void *)text, .iov_len = len };
	cs_error_t rc = cpg_mcast_joined(c->handle, CPG_TYPE_AGREED, &v, 1);

	if (rc == CS_ERR_TRY_AGAIN)
		return -EAGAIN;
	return rc == CS_OK ? 0 : -ENOTCONN;
}

const struct corosync_head *corosync_heads(const struct corosync *c, size_t *n)
{
	*n = c->n;
	return c->heads;
}

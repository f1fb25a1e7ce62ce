// SPDX-License-Identifier: GPL-2.0-or-later
/* facts: what of a service stands on this head. */
#include "keeper/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/ruleset.h"
#include "sys/child.h"
#include "sys/lock.h"
#include "sys/mount.h"
#include "sys/nfsd.h"

#define FACTS_MAX_LEN 65536

static int look_inside(struct op *op, struct standing *standing, struct err *err)
{
	int rc = op_open_rtnl(op, err);

	if (rc < 0)
		return rc;
	standing->attached = mount_is_attached(&op->paths);
	standing->threads = nfsd_get_threads();
	if (standing->threads < 0)
		standing->threads = 0;
	standing->drained = nft_is_awake(RULESET_TABLE, NULL) > 0;
	standing->held = access(op->paths.held, F_OK) == 0;
	standing->nfsdcld = recovery_daemon_pid(&op->paths) > 0;
	standing->prepared = child_daemon_pid(op->paths.mountd_pid) > 0;
	for (size_t i = 0; i < op->svc->n_addresses; i++) {
		struct rtnl_link link;
		char name[IFNAMSIZ];

		op_link_name(name, op->svc, i);
		if (rtnl_link_get(op->rtnl, name, &link, NULL) == 0)
			standing->link_up |= link.up;
		else
			standing->prepared = false;
	}
	return 0;
}

int facts_look(struct op *op, struct standing *standing, struct err *err)
{
	int rc;

	memset(standing, 0, sizeof(*standing));
	standing->pinned = ns_exists(&op->paths);
	if (!standing->pinned)
		return 0;
	rc = op_go(op, PLACE_INSIDE, err);
	if (rc == 0)
		rc = look_inside(op, standing, err);
	if (rc == 0)
		rc = op_go(op, PLACE_HEAD, err);
	return rc;
}

static void add_clients(struct json_object *facts)
{
	struct json_object *o = json_object_new_object();
	struct nfsd_clients clients;

	nfsd_count_clients(&clients);
	json_object_object_add(o, "total", json_object_new_int(clients.total));
	json_object_object_add(o, "holding", json_object_new_int(clients.holding));
	json_object_object_add(o, "courtesy", json_object_new_int(clients.courtesy));
	json_object_object_add(facts, "clients", o);
}

static struct json_object *describe(struct op *op, struct err *err)
{
	struct json_object *o = json_object_new_object();
	_cleanup_conns_ struct conns conns = { 0 };
	struct standing standing;
	enum service_state state;

	if (facts_look(op, &standing, err) < 0)
		goto fail;
	state = plan_state(&standing);
	/* An unmount that hangs has taken the mount point away already. */
	if (state == STATE_STANDBY && lock_is_held(op->paths.lock))
		state = STATE_PARTIAL;
	json_object_object_add(o, "state",
			       json_object_new_string(plan_state_name(state)));
	json_object_object_add(o, "threads", json_object_new_int(standing.threads));
	json_object_object_add(o, "mounted", json_object_new_boolean(standing.attached));
	json_object_object_add(o, "link_up", json_object_new_boolean(standing.link_up));
	json_object_object_add(o, "mountd", json_object_new_boolean(standing.prepared));
	json_object_object_add(o, "nfsdcld", json_object_new_boolean(standing.nfsdcld));
	if (!standing.pinned)
		return o;
	if (op_go(op, PLACE_INSIDE, err) < 0 || op_open_diag(op, err) < 0 ||
	    diag_conns(op->diag, OP_NFS_PORT, &conns, err) < 0)
		goto fail;
	json_object_object_add(o, "connections", json_object_new_int64(conns.n));
	if (standing.threads > 0) {
		json_object_object_add(o, "grace",
				       json_object_new_boolean(nfsd_in_grace() == 1));
		add_clients(o);
	}
	return o;
fail:
	json_object_put(o);
	return NULL;
}

static void child_describe(const struct service *svc, int fd)
{
	struct json_object *o = NULL;
	struct err err = { 0 };
	const char *text;
	struct op op;

	if (op_init(&op, svc, &err) == 0)
		o = describe(&op, &err);
	if (!o) {
		o = json_object_new_object();
		json_object_object_add(o, "error", json_object_new_string(err.text));
	}
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

/* Reads up to the end of the pipe or the deadline. */
static int read_facts(int fd, int64_t until, char *buf, size_t size)
{
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - child_now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left) <= 0)
			continue;
		n = read(fd, buf + len, size - 1 - len);
		if (n <= 0) {
			buf[len] = '\0';
			return n < 0 ? -errno : 0;
		}
		len += n;
	}
}

int facts_collect(const struct service *svc, unsigned int deadline_ms,
		  struct json_object **facts, struct err *err)
{
	_cleanup_free_ char *buf = malloc(FACTS_MAX_LEN);
	struct json_object *error;
	int out[2], rc;
	pid_t pid;

	*facts = NULL;
	if (!buf || pipe2(out, O_CLOEXEC) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, buf ? errno : ENOMEM, "status");
	pid = fork();
	if (pid == 0)
		child_describe(svc, out[1]);
	close(out[1]);
	rc = pid < 0 ? -errno
		     : read_facts(out[0], child_now_ms() + deadline_ms, buf,
				  FACTS_MAX_LEN);
	close(out[0]);
	if (pid > 0) {
		/* Stuck in the kernel it cannot be reaped now; it ends when it can. */
		if (rc < 0)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, rc < 0 ? WNOHANG : 0);
	}
	if (rc < 0)
		return err_set(err, BATON_EXIT_FAILED, -rc, "look at what stands");
	*facts = json_tokener_parse(buf);
	if (*facts && !json_object_object_get_ex(*facts, "error", &error))
		return 0;
	err_set(err, BATON_EXIT_FAILED, 0, "look at what stands: %s",
		*facts ? json_object_get_string(error) : "no answer");
	json_object_put(*facts);
	*facts = NULL;
	return -EIO;
}

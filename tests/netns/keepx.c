// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keepx: namespaces, mounts, children and the recovery database as commands, for tests.
 *
 *	keepx COMMAND NAME ARGS…
 *
 * NAME is a service; its file is read (BATON_CONFDIR) by the commands that need it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/paths.h"
#include "os/child.h"
#include "os/expedite.h"
#include "os/conffile.h"
#include "os/mount.h"
#include "os/nfsd.h"
#include "os/nfsdcld.h"
#include "os/ns.h"
#include "os/recovery.h"
#include "os/state.h"
#include "os/timed_child.h"
#include "os/xfs.h"

static struct paths paths;
static struct service svc;
static struct err err;

static int load(const char *name)
{
	return config_load(&svc, name, NULL, &err);
}

static int enter(void)
{
	struct ns ns;
	int rc = ns_open(&ns, &paths, &err);

	return rc < 0 ? rc : ns_enter(&ns, &err);
}

static int cmd_ns_create(int argc, char **argv)
{
	mkdir(PATHS_RUN, 0755);
	mkdir(paths.run, 0700);
	return ns_create(&paths, argv[0], &err);
}

static int cmd_ns_exists(int argc, char **argv)
{
	puts(ns_exists(&paths) ? "yes" : "no");
	return 0;
}

static int cmd_ns_remove(int argc, char **argv)
{
	return ns_remove(&paths, &err);
}

/* ns-run NAME COMMAND…: execute inside all three */
static int cmd_ns_run(int argc, char **argv)
{
	int rc = enter();

	if (rc < 0)
		return rc;
	execvp(argv[1], argv + 1);
	return err_set(&err, BATON_EXIT_SOFTWARE, errno, "%s", argv[1]);
}

/* attach NAME: the pseudo-root's stand-ins, the disk, its exports; inside */
static int cmd_attach(int argc, char **argv)
{
	int rc = load(argv[0]);

	if (rc == 0)
		rc = enter();
	if (rc == 0)
		rc = mount_prepare_root(&svc, &paths, &err);
	return rc < 0 ? rc : mount_attach(&svc, &paths, &err);
}

static int cmd_recovery(int argc, char **argv)
{
	struct recovery_epochs epochs;
	int rc = enter();

	if (rc == 0)
		rc = state_prepare(&paths, &err);
	if (rc == 0)
		rc = recovery_prepare(&paths, &epochs, &err);
	if (rc == 0)
		printf("%lld %lld\n", (long long)epochs.current,
		       (long long)epochs.recovery);
	return rc;
}

/* pulse NAME: written as monitor does */
static int cmd_pulse(int argc, char **argv)
{
	int rc = enter();

	if (rc == 0)
		rc = state_open_file(&paths, paths.pulse, O_WRONLY | O_CREAT | O_DSYNC,
				     32, &err);
	if (rc >= 0)
		dprintf(rc, "now\n");
	return rc;
}

static int cmd_waiting(int argc, char **argv)
{
	struct recovery_waiting waiting;
	int rc = enter();

	if (rc == 0)
		printf("%d", recovery_list_waiting(&paths, &waiting));
	if (rc == 0)
		printf(" %zu\n", waiting.total);
	for (size_t i = 0; rc == 0 && i < waiting.n; i++)
		puts(waiting.names[i]);
	return rc;
}

/* strike NAME ID…: as bytes; "%00" is a zero */
static int cmd_strike(int argc, char **argv)
{
	_cleanup_clients_ struct clients clients = { 0 };
	size_t struck = 0;
	int rc = enter();

	for (int i = 1; i < argc; i++) {
		struct client c = { .id = (unsigned char *)strdup(argv[i]) };
		char *zero = strstr((char *)c.id, "%00");

		c.len = strlen(argv[i]);
		if (zero) {
			memmove(zero + 1, zero + 3, strlen(zero + 3) + 1);
			*zero = '\0';
			c.len -= 2;
		}
		clients_add(&clients, &c);
	}
	if (rc == 0)
		rc = recovery_strike(&paths, &clients, &struck, &err);
	printf("%zu\n", struck);
	return rc;
}

static void tell_expired(const struct client *client, void *data)
{
	char name[100];

	printf("expired %s\n", client_name(client->id, client->len, name, sizeof(name)));
}

/* clients NAME DIR [SECONDS]: list them, or expire those that are this late */
static int cmd_clients(int argc, char **argv)
{
	_cleanup_clients_ struct clients clients = { 0 };
	char name[100], ip[IPADDR_TEXT];
	int rc;

	if (argc > 2) {
		rc = nfsd_expire_clients(argv[1], atoi(argv[2]), tell_expired, NULL);
		if (rc < 0)
			return err_set(&err, BATON_EXIT_FAILED, -rc, "expire");
		printf("next in %d s\n", rc);
		return 0;
	}
	rc = nfsd_list_clients(argv[1], &clients, &err);
	for (size_t i = 0; i < clients.n; i++) {
		const struct client *c = &clients.v[i];

		printf("%s %s %u %d %s\n", client_name(c->id, c->len, name, sizeof(name)),
		       ipaddr_format(&c->ip, ip), c->port, c->status,
		       c->holding ? "holding" : "idle");
	}
	return rc;
}

static int cmd_hide(int argc, char **argv)
{
	int rc = load(argv[0]);

	if (rc == 0)
		rc = enter();
	return rc < 0 ? rc : mount_hide_state(&svc, &paths, &err);
}

static int cmd_detach(int argc, char **argv)
{
	int rc = enter();

	return rc < 0 ? rc : mount_detach(&paths, &err);
}

static int cmd_shorten_log(int argc, char **argv)
{
	int rc = xfs_shorten_log();

	if (rc < 0)
		return err_set(&err, BATON_EXIT_FAILED, -rc, XFS_SYNCD);
	printf("%d\n", rc);
	return 0;
}

/* prefer NAME COMMAND…: runs it while the daemon is preferred */
static int cmd_prefer(int argc, char **argv)
{
	struct nfsdcld_preferred before;
	int rc;

	nfsdcld_prefer(&paths, &before);
	rc = child_run((const char *const *)argv + 1, 5000, &err);
	nfsdcld_unprefer(&before);
	return rc;
}

/* expedite COMMAND…: runs it while RCU grace periods are hurried; without one only repairs */
static int cmd_expedite(int argc, char **argv)
{
	int fd = argc ? expedite_begin() : -1;
	int rc = argc ? child_run((const char *const *)argv, 25000, &err) : 0;

	expedite_end(fd);
	if (!argc)
		expedite_repair();
	return rc;
}

/* run MS COMMAND… */
static int cmd_run(int argc, char **argv)
{
	return child_run((const char *const *)argv + 1, atoi(argv[0]), &err);
}

/* capture MS MAX COMMAND…: with KEEPX=here in its environment; prints what it wrote, and how it ended */
static int cmd_capture(int argc, char **argv)
{
	static const char *const env[] = { "KEEPX", "here" };
	const struct child_wait wait = child_wait_for(atoi(argv[0]));
	char *text;
	int rc = child_capture((const char *const *)argv + 2, env, &wait, atoi(argv[1]),
			       &text, &err);

	printf("%s\n%d\n%s\n", text ? text : "nothing", rc, err.text);
	free(text);
	return 0;
}

static void tell_waiting(const char *program, int64_t left_ms, void *data)
{
	printf("%s %s %d s\n", (const char *)data, program, (int)(left_ms / 1000));
	fflush(stdout);
}

/* wait MS TELL_MS COMMAND…: says so after TELL_MS, unless there is something on stdin */
static int cmd_wait(int argc, char **argv)
{
	const struct child_wait wait = { child_now_ms() + atoi(argv[0]), 0, atoi(argv[1]),
					 tell_waiting, "waiting for" };
	char *text;
	int rc = child_capture((const char *const *)argv + 2, NULL, &wait, 100, &text,
			       &err);

	printf("%d\n", rc);
	free(text);
	return 0;
}

/* spawn PIDFILE COMMAND… */
static int cmd_spawn(int argc, char **argv)
{
	int rc = child_prepare_pidfile(argv[0], &err);

	return rc < 0 ? rc
		      : child_spawn_daemon((const char *const *)argv + 1, argv[0], &err);
}

static int cmd_pid(int argc, char **argv)
{
	printf("%d\n", child_daemon_pid(argv[0]));
	return 0;
}

/* end PID MS */
static int cmd_end(int argc, char **argv)
{
	int rc = child_end(atoi(argv[0]), atoi(argv[1]));

	return rc < 0 ? err_set(&err, BATON_EXIT_STANDING, -rc, "end") : 0;
}

/* close-others A B: opens 3 to 9 before; prints which are open afterwards */
static int cmd_close_others(int argc, char **argv)
{
	for (int i = 3; i < 10; i++)
		dup2(0, i);
	pid_t pid = child_fork(atoi(argv[0]), atoi(argv[1]));

	if (pid > 0)
		return waitpid(pid, NULL, 0) != pid;
	for (int i = 0; i < 10; i++)
		if (fcntl(i, F_GETFD) >= 0)
			printf("%d ", i);
	puts("");
	return 0;
}

static int work(void *data, struct err *e)
{
	const char *how = data;

	printf("not seen\n");
	fflush(stdout);
	if (strcmp(how, "hang") == 0)
		pause();
	if (strcmp(how, "die") == 0)
		_exit(0);
	if (strcmp(how, "count") == 0)
		return fcntl(0, F_GETFD) < 0 || fcntl(9, F_GETFD) >= 0
			       ? err_set(e, BATON_EXIT_FAILED, EBADF, "count")
			       : 0;
	return strcmp(how, "fail") == 0 ? err_set(e, BATON_EXIT_DEVICE, EIO, "the work")
					: 0;
}

/* aside HOW MS */
static int cmd_aside(int argc, char **argv)
{
	dup2(0, 9);
	return timed_child_run(work, argv[0], "the work", child_now_ms() + atoi(argv[1]),
			       &err);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	int min_args;
} commands[] = {
	{ "ns-create", cmd_ns_create, 1 },
	{ "ns-exists", cmd_ns_exists, 1 },
	{ "ns-remove", cmd_ns_remove, 1 },
	{ "ns-run", cmd_ns_run, 2 },
	{ "attach", cmd_attach, 1 },
	{ "recovery", cmd_recovery, 1 },
	{ "pulse", cmd_pulse, 1 },
	{ "waiting", cmd_waiting, 1 },
	{ "strike", cmd_strike, 1 },
	{ "clients", cmd_clients, 2 },
	{ "hide", cmd_hide, 1 },
	{ "detach", cmd_detach, 1 },
	{ "shorten-log", cmd_shorten_log, 0 },
	{ "prefer", cmd_prefer, 2 },
	{ "expedite", cmd_expedite, 0 },
	{ "run", cmd_run, 2 },
	{ "capture", cmd_capture, 3 },
	{ "wait", cmd_wait, 3 },
	{ "spawn", cmd_spawn, 2 },
	{ "pid", cmd_pid, 1 },
	{ "end", cmd_end, 2 },
	{ "close-others", cmd_close_others, 2 },
	{ "aside", cmd_aside, 2 },
};

/* Exit status: that of the module. */
int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		int rc;

		if (strcmp(commands[i].name, argv[1]) != 0 ||
		    argc - 2 < commands[i].min_args)
			continue;
		paths_init(&paths, argv[2]);
		rc = commands[i].run(argc - 2, argv + 2);
		service_free(&svc);
		if (rc < 0)
			fprintf(stderr, "keepx: %s\n", err.text);
		return rc < 0 ? (int)err.code : 0;
	}
	fprintf(stderr, "keepx: no such command\n");
	return 99;
}

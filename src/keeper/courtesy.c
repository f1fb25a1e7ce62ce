// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * courtesy: ends clients that have died holding something.
 *
 * Theory of operation
 *
 * knfsd keeps what such a client held (a courtesy client), and each grace period would wait
 * for it in vain. So it is ended `courtesy` seconds after its lease. But a client that is
 * silent may be alive: this head's own link may have failed, or a switch, or all knfsd's
 * threads may wait for a disk that hangs. Then nobody is heard. So silence counts only
 * while calls of other clients are executed (core/heard.c): knfsd's counters, read each
 * second, show that, and also that it is able to renew leases. They do not count what the
 * monitor sends (a NULL call is no operation). The service's links must have carrier, all
 * of them, as nobody knows which of them a client uses.
 *
 * Where knfsd does not count for each namespace (before 6.9, and before the stable kernels
 * of 2024), no client is ended.
 *
 * A client that is alone is not ended, as nobody else is heard. Nobody else waits for it.
 */
#include "keeper/courtesy.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "keeper/jobs.h"
#include "keeper/op.h"
#include "os/child.h"
#include "os/lowerdev.h"
#include "os/nfsd.h"
#include "os/nfsdheld.h"

/* A client whose time has come may not be marked by the kernel yet. */
#define LOOK_MIN_S 10
#define LOOK_MAX_S 255 /* the largest exit status */

static bool has_carrier(const struct service *svc)
{
	for (size_t i = 0; i < svc->n_addresses; i++)
		if (lowerdev_check(svc->addresses[i].link, NULL) < 0)
			return false;
	return true;
}

/* Return: has a client been heard since the last time? */
static bool hear(struct keeper *k, struct courtesy *c)
{
	struct holding_calls now;
	bool heard;

	if (nfsdheld_read_calls(c->calls_fd, &now) < 0)
		return false;
	heard = c->known && now.all != c->calls;
	c->known = true;
	c->calls = now.all;
	if (!heard)
		return false;
	if (has_carrier(k->svc))
		heard_note(&c->heard, child_now_ms(), k->svc->lease);
	else
		heard_interrupt(&c->heard);
	return true;
}

/* The journal's own socket was closed with the others. */
static void tell_ended(const struct client *client, void *data)
{
	const struct service *svc = data;
	char name[80], ip[IPADDR_TEXT];

	fprintf(stderr,
		SD_NOTICE
		"%s: client '%s' (%s) silent for %lld s: what it held is dropped\n",
		svc->name, client_name(client->id, client->len, name, sizeof(name)),
		ipaddr_format(&client->ip, ip), (long long)client->renewed_s);
}

/* In a child inside the service, as knfsd may hang. Its exit status is wait_s. */
static void look(struct keeper *k, struct courtesy *c)
{
	struct op op;
	int wait_s;

	c->pid = child_fork(-1, -1);
	if (c->pid != 0)
		return;
	if (op_init(&op, k->svc, NULL) < 0 || op_go(&op, PLACE_INSIDE, NULL) < 0)
		_exit(0);
	wait_s = nfsd_expire_clients(NFSD_CLIENTS, k->svc->lease + k->svc->courtesy,
				     tell_ended, (void *)k->svc);
	_exit(wait_s < 0 ? 0 : wait_s < LOOK_MAX_S ? wait_s : LOOK_MAX_S);
}

static bool has_ended(struct courtesy *c)
{
	int how;

	if (c->pid > 0 && waitpid(c->pid, &how, WNOHANG) == c->pid) {
		c->pid = 0;
		c->wait_s = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
	}
	return c->pid <= 0;
}

void courtesy_sample(struct keeper *k, struct courtesy *c)
{
	int wait_s;
	bool ended = has_ended(c);

	if (jobs_state(k) != STATE_SERVING || jobs_is_busy(k))
		return;
	/* Not a second later: since then nobody may have been heard. */
	if (!hear(k, c) || !heard_is_enough(&c->heard, k->svc->lease, k->svc->courtesy) ||
	    !ended)
		return;
	wait_s = c->wait_s > LOOK_MIN_S ? c->wait_s : LOOK_MIN_S;
	if (c->looked_ms && child_now_ms() < c->looked_ms + wait_s * 1000ll)
		return;
	c->looked_ms = child_now_ms();
	look(k, c);
}

void courtesy_restart(struct courtesy *c)
{
	heard_start(&c->heard);
	c->looked_ms = 0;
}

void courtesy_init(struct courtesy *c)
{
	*c = (struct courtesy){ .calls_fd = -1 };
}

void courtesy_open(struct courtesy *c)
{
	if (c->calls_fd < 0)
		c->calls_fd = nfsdheld_open_calls();
}

void courtesy_pause(struct courtesy *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

void courtesy_forget(struct courtesy *c)
{
	if (c->calls_fd >= 0)
		close(c->calls_fd);
	c->calls_fd = -1;
	c->known = false;
}

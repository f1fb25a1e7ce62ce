// SPDX-License-Identifier: GPL-2.0-or-later
/* tickle: the second and later rounds of tickles, in a process that nobody waits for. */
#include "os/tickle.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "os/timed_child.h"

/* Clients answer a tickle at most every 500 ms (net.ipv4.tcp_invalid_ratelimit). */
#define INTERVAL_MS 600
#define ROUNDS      3

static bool is_back(const struct conn *conn, const struct diag_table *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (ipaddr_equal(&now->v[i].conn.remote, &conn->remote) &&
		    ipaddr_equal(&now->v[i].conn.local, &conn->local))
			return true;
	return false;
}

static void forget_returned(const struct tickle *t)
{
	_cleanup_diag_table_ struct diag_table now = { 0 };
	size_t kept = 0;

	if (diag_dump(t->diag, t->port, 1u << TCP_ESTABLISHED, &now, NULL) < 0)
		return;
	for (size_t i = 0; i < t->conns->n; i++)
		if (!is_back(&t->conns->v[i], &now))
			t->conns->v[kept++] = t->conns->v[i];
	t->conns->n = kept;
}

static void go_on(const struct tickle *t)
{
	if (setsid() < 0 || chdir("/") < 0)
		return;
	for (int round = 1; round < ROUNDS; round++) {
		poll(NULL, 0, INTERVAL_MS);
		if (!t->announce(t->data))
			return;
		forget_returned(t);
		if (t->conns->n)
			rawsock_tickle(t->raw, t->conns, NULL, NULL);
	}
}

void tickle_again(const struct tickle *t)
{
	/* Not child_fork(): the child uses its parent's sockets. */
	if (fork() != 0)
		return;
	/* Nobody must have to wait for the end of a pipe. */
	timed_child_let_go();
	if (t->lock >= 0)
		close(t->lock);
	go_on(t);
	_exit(0);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpgx: says what it is told to say to the keepers of a service, as root on a head could.
 *
 *	cpgx NAME [TEXT...]	joins the service's group, sends each TEXT, and prints
 *				what it hears, "HEAD TEXT", until its standard input ends
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/corosync.h"

#define OPEN_TRIES    100
#define OPEN_AGAIN_MS 100

static void on_message(const struct corosync_head *from, const char *text, size_t len,
		       void *data)
{
	printf("%s %.*s\n", from->name, (int)len, text);
	fflush(stdout);
}

static void on_changed(void *data)
{
}

static int wait_and_dispatch(struct corosync *c)
{
	struct pollfd p[] = { { corosync_fd(c), POLLIN, 0 }, { 0, POLLIN, 0 } };
	char buf[256];

	poll(p, 2, -1);
	if (p[0].revents && corosync_dispatch(c) < 0)
		return -1;
	return p[1].revents && read(0, buf, sizeof(buf)) <= 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct corosync_calls calls = { on_message, on_changed, NULL };
	struct corosync *c;
	struct err err;
	char group[128];
	int rc = 0;

	snprintf(group, sizeof(group), "baton/%s", argv[1]);
	/* While members come and go corosync may put it off; a keeper tries again, too. */
	for (int i = 0; corosync_open(&c, group, &calls, &err) < 0; i++) {
		if (i == OPEN_TRIES) {
			fprintf(stderr, "cpgx: %s\n", err.text);
			return 1;
		}
		poll(NULL, 0, OPEN_AGAIN_MS);
	}
	for (int i = 2; i < argc; i++)
		while (corosync_send(c, argv[i], strlen(argv[i])) < 0)
			poll(NULL, 0, 10);
	while (rc == 0)
		rc = wait_and_dispatch(c);
	corosync_close(c);
	return rc < 0;
}

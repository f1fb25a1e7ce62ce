// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster: sends records to all heads, for addresses without a disk that moves along.
 *
 * Theory of operation
 *
 * All addresses share one closed process group, CLUSTER_GROUP. Its members are a receiver
 * on each head (baton-record.service), which keeps the last record of each address in a
 * file. The agent joins only while it sends a record. A head that joins later gets the
 * records from the receivers of those heads whose agents sent them last.
 */
#include "sever/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/fragment.h"
#include "os/child.h"
#include "os/corosync.h"
#include "os/file.h"
#include "sever/internal.h"

/* Next to those of the services, "baton/NAME". */
#define CLUSTER_GROUP "baton/.records"
/* While the cluster is re-forming. */
#define AGAIN_MS 10
#define RETRY_MS 2000
/* The most addresses; corosync would carry more. */
#define TABLES_MAX 256

/* What the agent waits for. */
struct echo {
	char *text;
	bool heard;
};

/* What the receiver knows of an address: what is coming in, and whether we sent it. */
struct table {
	char name[CLIENT_RECORD_NAME];
	struct fragments fragments;
	bool ours;
};

struct receiver {
	struct corosync *corosync;
	struct table tables[TABLES_MAX];
	size_t n;
	uint32_t known[COROSYNC_HEADS_MAX];
	size_t n_known;
	bool retell;
	void (*say)(bool warning, const char *text);
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static char *format_part(const char *name, const char *text, uint64_t serial,
			 unsigned int part)
{
	struct message m = fragments_format(text, serial, part, "");
	char *wire;

	snprintf(m.text, sizeof(m.text), "%s", name);
	wire = message_format(&m);
	message_release(&m);
	return wire;
}

static int send_patiently(struct corosync *c, const char *wire, int64_t until_ms)
{
	int rc;

	while ((rc = corosync_send(c, wire, strlen(wire))) == -EAGAIN) {
		if (child_now_ms() >= until_ms)
			return -ETIMEDOUT;
		poll(NULL, 0, AGAIN_MS);
	}
	return rc;
}

/* @last gets the text of the last message, for the caller to free. */
static int send_all(struct corosync *c, const char *name, const char *text,
		    int64_t until_ms, char **last)
{
	uint64_t serial = now_ns();
	int rc = 0;

	*last = NULL;
	for (unsigned int i = 0; i < fragments_count(strlen(text)) && rc == 0; i++) {
		free(*last);
		*last = format_part(name, text, serial, i);
		rc = *last ? send_patiently(c, *last, until_ms) : -ENOMEM;
	}
	return rc;
}

static void on_echo(const struct corosync_head *from, const char *text, size_t len,
		    void *data)
{
	struct echo *echo = data;

	if (from->self && echo->text && len == strlen(echo->text) &&
	    memcmp(text, echo->text, len) == 0)
		echo->heard = true;
}

static void on_nothing(void *data)
{
}

static int await_echo(struct corosync *c, const struct echo *echo, int64_t until_ms)
{
	while (!echo->heard) {
		struct pollfd p = { .fd = corosync_fd(c), .events = POLLIN };
		int64_t left = until_ms - child_now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) > 0 && corosync_dispatch(c) < 0)
			return -ENOTCONN;
	}
	return 0;
}

int cluster_tell(const char *name, const char *text, int64_t until_ms, struct err *err)
{
	struct echo echo = { 0 };
	const struct corosync_calls calls = { on_echo, on_nothing, &echo };
	struct corosync *c;
	int rc = corosync_open(&c, CLUSTER_GROUP, &calls, err);

	if (rc < 0)
		return rc;
	rc = send_all(c, name, text, until_ms, &echo.text);
	if (rc == 0)
		rc = await_echo(c, &echo, until_ms);
	corosync_close(c);
	free(echo.text);
	return rc < 0 ? err_set(err, BATON_EXIT_CLUSTER, -rc, "tell the other heads") : 0;
}

static struct table *find_table(struct receiver *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->tables[i].name, name) == 0)
			return &r->tables[i];
	if (r->n == TABLES_MAX)
		return NULL;
	snprintf(r->tables[r->n].name, CLIENT_RECORD_NAME, "%s", name);
	return &r->tables[r->n++];
}

static void name_file(const struct table *table, char path[PATHS_MAX])
{
	snprintf(path, PATHS_MAX, SEVER_RECORDS "/%s", table->name);
}

/* It becomes a file, and packets are sent from it, so every part must be right. */
static int keep(struct table *table, const struct ipaddr *ip, uint16_t port,
		struct err *err)
{
	_cleanup_client_record_ struct client_record record = { 0 };
	const struct fragments *p = &table->fragments;
	char path[PATHS_MAX];
	int rc = client_record_parse(&record, ip, port, p->text, p->len, err);

	if (rc < 0)
		return rc;
	name_file(table, path);
	rc = file_replace(path, p->text, p->len, 0);
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "%s", path) : 0;
}

static int take(struct receiver *r, const struct corosync_head *from,
		const struct message *m, struct err *err)
{
	char name[CLIENT_RECORD_NAME];
	struct table *table;
	struct ipaddr ip;
	uint16_t port;
	int rc;

	if (m->type != MESSAGE_CONNS)
		return 0;
	if (client_record_parse_name(&ip, &port, m->text) < 0)
		return err_set(err, BATON_EXIT_PEER, 0, "it names no address");
	/* Normalise it: an address can be written in many ways. */
	table = find_table(r, client_record_name(&ip, port, name));
	if (!table)
		return err_set(err, BATON_EXIT_PEER, 0, "more than %d addresses",
			       TABLES_MAX);
	rc = fragments_take(&table->fragments, from->name, m, err);
	if (rc <= 0)
		return rc;
	rc = keep(table, &ip, port, err);
	if (rc == 0)
		table->ours = from->self;
	fragments_free(&table->fragments);
	return rc;
}

__attribute__((format(printf, 2, 3))) static void say(const struct receiver *r,
						      const char *fmt, ...)
{
	char line[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	r->say(true, line);
}

static void on_message(const struct corosync_head *from, const char *text, size_t len,
		       void *data)
{
	struct receiver *r = data;
	struct err err = { 0 };
	struct message m;
	int rc = message_parse(&m, text, len, &err);

	if (rc == 0 && m.protocol == MESSAGE_PROTOCOL)
		rc = take(r, from, &m, &err);
	if (rc < 0)
		say(r, "message from %s ignored: %s", from->name, err.text);
	message_release(&m);
}

static bool was_known(const struct receiver *r, uint32_t id)
{
	for (size_t i = 0; i < r->n_known; i++)
		if (r->known[i] == id)
			return true;
	return false;
}

/* An agent joins where a receiver already is; only new heads need to be told. */
static void on_changed(void *data)
{
	struct receiver *r = data;
	const struct corosync_head *heads;
	uint32_t now[COROSYNC_HEADS_MAX];
	size_t n, n_now = 0;

	if (!r->corosync)
		return;
	heads = corosync_heads(r->corosync, &n);
	for (size_t i = 0; i < n; i++) {
		if (!heads[i].joined)
			continue;
		r->retell |= !heads[i].self && !was_known(r, heads[i].id);
		now[n_now++] = heads[i].id;
	}
	memcpy(r->known, now, n_now * sizeof(now[0]));
	r->n_known = n_now;
}

static void retell(struct receiver *r)
{
	r->retell = false;
	for (size_t i = 0; i < r->n; i++) {
		_cleanup_free_ char *text = NULL, *last = NULL;
		char path[PATHS_MAX];
		size_t len;

		name_file(&r->tables[i], path);
		if (r->tables[i].ours &&
		    file_read_all(path, CONNS_MAX_LEN, &text, &len) == 0 &&
		    send_all(r->corosync, r->tables[i].name, text,
			     child_now_ms() + RETRY_MS, &last) < 0)
			r->retell = true;
	}
}

/* Old records may be outdated: heads with newer ones send them when we join. */
static int prepare(struct err *err)
{
	struct dirent *e;
	DIR *d;

	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(SEVER_RECORDS, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_FAILED, errno, SEVER_RECORDS);
	d = opendir(SEVER_RECORDS);
	if (!d)
		return err_set(err, BATON_EXIT_FAILED, errno, SEVER_RECORDS);
	while ((e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return 0;
}

static void serve(struct receiver *r)
{
	while (r->corosync) {
		struct pollfd p = { .fd = corosync_fd(r->corosync), .events = POLLIN };

		poll(&p, 1, r->retell ? AGAIN_MS : -1);
		if (corosync_dispatch(r->corosync) < 0) {
			corosync_close(r->corosync);
			r->corosync = NULL;
			r->n_known = 0;
		} else if (r->retell) {
			retell(r);
		}
	}
}

int sever_receive(void (*tell)(bool warning, const char *text), struct err *err)
{
	struct receiver *r = calloc(1, sizeof(*r));
	const struct corosync_calls calls = { on_message, on_changed, r };
	bool said = false;
	int rc = prepare(err);

	if (rc < 0 || !r) {
		free(r);
		return rc < 0 ? rc
			      : err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "receiver");
	}
	r->say = tell;
	for (;;) {
		struct err why = { 0 };

		if (corosync_open(&r->corosync, CLUSTER_GROUP, &calls, &why) == 0) {
			said = false;
			serve(r);
		} else if (!said) {
			tell(true, why.text);
			said = true;
		}
		poll(NULL, 0, RETRY_MS);
	}
}

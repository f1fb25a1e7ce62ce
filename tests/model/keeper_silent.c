// SPDX-License-Identifier: GPL-2.0-or-later
/* keeper_silent: what baton's keeper also calls, and what decides nothing: it does nothing. */
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include "keeper/control.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "keeper/move_record.h"
#include "keeper/questions.h"
#include "keeper/reload.h"
#include "keeper/watch.h"

int watch_open(struct keeper *k, struct err *err)
{
	return 0;
}

void watch_operation_begins(struct keeper *k, enum operation operation)
{
}

void watch_operation_ended(struct keeper *k)
{
}

void watch_peers_changed(struct keeper *k)
{
}

void watch_message(struct keeper *k, const char *from, const struct message *m)
{
}

const struct peer_connections *watch_told(const struct keeper *k)
{
	return NULL;
}

void watch_close(struct keeper *k)
{
}

int questions_open(struct keeper *k, struct err *err)
{
	return 0;
}

int questions_ask_heads(struct keeper *k, int fd, struct err *err)
{
	return 0;
}

int questions_ask_ready(struct keeper *k, const char *target, int fd, struct err *err)
{
	return 0;
}

void questions_message(struct keeper *k, const char *from, const struct message *m)
{
}

void questions_close(struct keeper *k)
{
}

int reload_open(struct keeper *k, struct err *err)
{
	return 0;
}

int reload_begin(struct keeper *k, bool dry_run, int fd, struct err *err)
{
	return 0;
}

bool reload_is_going_on(const struct keeper *k)
{
	return false;
}

void reload_message(struct keeper *k, const char *from, const struct message *m)
{
}

void reload_peers_changed(struct keeper *k)
{
}

void reload_close(struct keeper *k)
{
}

void control_tell(struct keeper *k, struct json_object *event)
{
}

void control_show_step(struct keeper *k, int fd, struct json_object *entry)
{
}

void control_show_slow(struct keeper *k, int fd, const char *step, unsigned int seconds)
{
}

int control_follow(struct keeper *k, int fd, struct err *err)
{
	return 0;
}

int ipc_send(int fd, struct json_object *o)
{
	return 0;
}

void ledger_append(const struct paths *paths, const char *name,
		   struct json_object *record)
{
}

struct json_object *ledger_find_last(const struct paths *paths, const char *op,
				     const char *outcome)
{
	return NULL;
}

struct json_object *move_record_take(struct move_record *account, const char *from,
				     const struct message *message, double now_ms,
				     double unix_s)
{
	return NULL;
}

struct json_object *move_record_close(struct move_record *account, const char *why,
				      double now_ms)
{
	return NULL;
}

int sd_notify(int unset, const char *state)
{
	return 0;
}

int sd_notifyf(int unset, const char *format, ...)
{
	return 0;
}

#undef sd_journal_print
int sd_journal_print(int priority, const char *format, ...)
{
	return 0;
}

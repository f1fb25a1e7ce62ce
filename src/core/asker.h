/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asker: who asked for an operation: for the ledger, the journal and the other heads. */
#ifndef BATON_CORE_ASKER_H
#define BATON_CORE_ASKER_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

/* Longer names are left out: one that is cut short may be another's. */
#define ASKER_USER_MAX 63
#define ASKER_HEAD_MAX 255
/* Of asker_name(), with some words between them. */
#define ASKER_NAME_MAX (ASKER_USER_MAX + ASKER_HEAD_MAX + 32)
/* What /proc/PID/loginuid says of a process that nobody's login has started. */
#define ASKER_NO_LOGIN UINT32_MAX

/* ASKER_TABLE(X): X(NAME, word, who) */
#define ASKER_TABLE(X)                                                                   \
	X(KEEPER, "keeper", "the keeper, of itself")                                     \
	X(COMMAND, "command", "a command, such as baton start")                          \
	X(PACEMAKER, "pacemaker", "ocf:baton:service")                                   \
	X(HEAD, "head", "another head, which does not say who asked it")

enum asker_kind {
#define X(name, word, who) ASKER_##name,
	ASKER_TABLE(X)
#undef X
};

/**
 * struct asker - who asked; all zero is the keeper
 * @pid: of the process, 0 = none or unknown
 * @uid: COMMAND, PACEMAKER: it runs as this user, who is root
 * @login: the user whose login it comes from, whatever sudo made of him since
 *         (/proc/PID/loginuid), or ASKER_NO_LOGIN
 * @user: name of @login, else of @uid; "" = unknown
 * @head: where it is, "" = on the head that has the record
 */
struct asker {
	enum asker_kind kind;
	int32_t pid;
	uint32_t uid;
	uint32_t login;
	char user[ASKER_USER_MAX + 1];
	char head[ASKER_HEAD_MAX + 1];
};

/** asker_to_json - {kind, pid, uid, login, user, head}, without what is unknown */
struct json_object *asker_to_json(const struct asker *asker);

/**
 * asker_from_json - read it, from a ledger or another head
 * @asker: filled on success
 *
 * Return: 0, or -EPROTO for anything else.
 */
int asker_from_json(struct asker *asker, struct json_object *o);

/**
 * asker_name - in words: "the keeper", "Pacemaker", "alice", "user 1000 on head1"
 * @buf: gets the text; ASKER_NAME_MAX bytes are enough
 *
 * Return: @buf.
 */
char *asker_name(const struct asker *asker, char *buf, size_t size);

#endif

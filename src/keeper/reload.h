/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload: applies a service file that was edited, on all heads. */
#ifndef BATON_KEEPER_RELOAD_H
#define BATON_KEEPER_RELOAD_H

#include "core/message.h"
#include "keeper/context.h"

/** reload_open - say in the journal if the file was edited. Return: 0, or -errno. */
int reload_open(struct keeper *k, struct err *err);
/**
 * reload_begin - look on all heads whether the file can be applied, then apply it
 * @dry_run: only look
 * @fd: the requester's connection, taken over if this returns 0
 *
 * Return: 0, or -errno with the reason.
 */
int reload_begin(struct keeper *k, bool dry_run, int fd, struct err *err);
/** reload_is_going_on - does this head reload, or does it have others do so? */
bool reload_is_going_on(const struct keeper *k);
void reload_message(struct keeper *k, const char *from, const struct message *message);
/** reload_peers_changed - heads have come or gone. */
void reload_peers_changed(struct keeper *k);
void reload_close(struct keeper *k);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: what the keeper looks after while the service serves. */
#ifndef BATON_KEEPER_WATCH_H
#define BATON_KEEPER_WATCH_H

#include <json-c/json.h>

#include "core/message.h"
#include "core/plan.h"
#include "keeper/context.h"
#include "keeper/peer_connections.h"

int watch_open(struct keeper *k, struct err *err);
/** watch_operation_begins - stop looking: results are out of date now, and in the way. */
void watch_operation_begins(struct keeper *k, enum operation operation);
/** watch_operation_ended - look again: the namespaces may be new. */
void watch_operation_ended(struct keeper *k);
/** watch_peers_changed - a head may have come that does not know the connections yet. */
void watch_peers_changed(struct keeper *k);
void watch_message(struct keeper *k, const char *from, const struct message *message);
/** watch_told - what the serving head, if another one, has sent about its connections. */
const struct peer_connections *watch_told(const struct keeper *k);
/** watch_describe - the same as JSON for people; NULL = nothing; owned by the caller. */
struct json_object *watch_describe(const struct keeper *k);
void watch_close(struct keeper *k);

#endif

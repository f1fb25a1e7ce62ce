/* SPDX-License-Identifier: GPL-2.0-or-later */
/* questions: what heads ask each other, and what a command asks all of them. */
#ifndef BATON_KEEPER_QUESTIONS_H
#define BATON_KEEPER_QUESTIONS_H

#include "core/message.h"
#include "keeper/context.h"

int questions_open(struct keeper *k, struct err *err);
/** questions_ask_heads - ask every head for its facts. Takes over @fd if it returns 0. */
int questions_ask_heads(struct keeper *k, int fd, struct err *err);
/** questions_ask_ready - would @target take the service now? Takes over @fd if it returns 0. */
int questions_ask_ready(struct keeper *k, const char *target, int fd, struct err *err);
void questions_message(struct keeper *k, const char *from, const struct message *message);
void questions_close(struct keeper *k);

#endif

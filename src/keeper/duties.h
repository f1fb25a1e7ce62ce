/* SPDX-License-Identifier: GPL-2.0-or-later */
/* duties: what comes from the channels, and which duties it goes to. */
#ifndef BATON_KEEPER_DUTIES_H
#define BATON_KEEPER_DUTIES_H

#include "keeper/context.h"

/** duties_open - open the channels and the duties. Return: 0, or -errno. */
int duties_open(struct keeper *k, struct err *err);
/** duties_close - also after duties_open() has failed. */
void duties_close(struct keeper *k);

#endif

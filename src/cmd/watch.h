/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: shows something again and again. */
#ifndef BATON_CMD_WATCH_H
#define BATON_CMD_WATCH_H

#include <stdio.h>

/**
 * watch_run - show something until a signal ends it
 * @seconds: between two looks
 * @draw: writes it; its return value is ignored
 * @data: for @draw
 *
 * On a terminal it is shown in place, on the alternate screen: lines that are too long
 * are broken, and the last row says if there are more lines than rows. The terminal is
 * restored when it ends or is suspended. Elsewhere one output follows the other.
 *
 * Return: 0 after SIGINT, 128 plus the number after SIGTERM or SIGHUP, RESOURCE if it
 * cannot.
 */
int watch_run(int seconds, int (*draw)(FILE *out, void *data), void *data);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: show something again and again. */
#ifndef BATON_CMD_WATCH_H
#define BATON_CMD_WATCH_H

#include <stdio.h>

/**
 * watch_run - show something until a signal ends it
 * @seconds: between two looks
 * @draw: writes it; what it returns is of no account
 * @data: for @draw
 *
 * On a terminal in place, on its alternate screen, as much as fits; the terminal is as it
 * was when it ends, or is suspended. Elsewhere one after the other.
 *
 * Return: 0 after SIGINT, 128 and the number after SIGTERM or SIGHUP, RESOURCE if it cannot.
 */
int watch_run(int seconds, int (*draw)(FILE *out, void *data), void *data);

#endif

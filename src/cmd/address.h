/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address: what `baton release` and `baton tickle` share: a floating address. */
#ifndef BATON_CMD_ADDRESS_H
#define BATON_CMD_ADDRESS_H

#include "sever/sever.h"

/**
 * address_run - do something for the address on the command line
 * @doc: what --help says
 * @takes: COMMON_… bits besides those of an address and its state
 * @run: does it; its output goes to standard output, warnings to standard error
 *
 * Return: the exit status.
 */
int address_run(int argc, char **argv, const char *doc, unsigned int takes,
		int (*run)(const struct sever *sever, struct err *err));

#endif

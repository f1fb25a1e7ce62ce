/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal: the size of the terminal. */
#ifndef BATON_OS_TERMINAL_H
#define BATON_OS_TERMINAL_H

/**
 * terminal_get_width - columns of the terminal behind a descriptor
 * @fd: usually STDOUT_FILENO
 *
 * $COLUMNS overrides the terminal's own answer, so that the width can be set.
 *
 * Return: the width; 0 = not a terminal, so no limit.
 */
unsigned int terminal_get_width(int fd);

/** terminal_get_height - its lines, 24 if it does not say. */
unsigned int terminal_get_height(int fd);

#endif

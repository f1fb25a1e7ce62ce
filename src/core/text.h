/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text: the few string helpers that libc lacks. */
#ifndef BATON_CORE_TEXT_H
#define BATON_CORE_TEXT_H

#include <stdbool.h>

/**
 * text_parse_number - read an unsigned decimal number: digits only
 * @value: set on success
 * @text: the whole of it
 * @min: smallest allowed
 * @max: largest allowed
 *
 * Return: 0, or -EINVAL for anything else or out of the limits.
 */
int text_parse_number(unsigned long *value, const char *text, unsigned long min,
		      unsigned long max);

/**
 * text_has_word - is a word among those of a list?
 * @list: words separated by single blanks
 * @word: one with a blank in it is not
 */
bool text_has_word(const char *list, const char *word);

#endif

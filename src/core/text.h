/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text: a few string helpers that libc lacks. */
#ifndef BATON_CORE_TEXT_H
#define BATON_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * text_parse_number - read an unsigned decimal number: digits only
 * @value: set on success
 * @text: the whole text must be the number
 * @min: smallest allowed
 * @max: largest allowed
 *
 * Return: 0, or -EINVAL for anything else or a number outside the limits.
 */
int text_parse_number(unsigned long *value, const char *text, unsigned long min,
		      unsigned long max);

/**
 * text_has_word - does a list contain a word?
 * @list: words separated by single blanks
 * @word: never found if it contains a blank
 */
bool text_has_word(const char *list, const char *word);

/**
 * text_is_control - would a byte control a terminal or begin a line?
 * @text: ASCII or UTF-8
 * @i: which byte; those before it are looked at, too
 *
 * Return: true for each byte of a control character: C0, DEL, and C1 (U+0080 to U+009F).
 */
bool text_is_control(const char *text, size_t i);

/** text_disarm - replace each such byte by @instead */
void text_disarm(char *text, char instead);

/**
 * text_measure_char - how wide is the first character of a text on a terminal?
 * @text: in the locale's charset
 * @cells: gets its width, -1 if it cannot be printed
 *
 * Return: its length in bytes, 1 if it is no character.
 */
size_t text_measure_char(const char *text, int *cells);

#endif

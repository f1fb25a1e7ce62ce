/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz: shared by all fuzzers. */
#ifndef BATON_TESTS_FUZZ_H
#define BATON_TESTS_FUZZ_H

/* A property that does not hold ends the program, in every build. */
#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** fuzz_is_told - a failure has a reason in one line, and a success has none. */
static inline bool fuzz_is_told(int rc, const struct err *err)
{
	return (rc < 0) == (err->text[0] != '\0') && !strchr(err->text, '\n');
}

/** fuzz_text - the input, terminated, for functions that need it so; the caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif

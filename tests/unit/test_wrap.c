// SPDX-License-Identifier: GPL-2.0-or-later
/* test_wrap: lines break at single blanks in time; joined again they are the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stock/wrap.h"

#define TEN "123456789 "
#define X80                                                                              \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_lines(void **state)
{
	static const struct wrap key = { "", "    ", "", '"' },
				 command = { "# ", "#   ", " \\", '\'' };
	static const struct {
		const struct wrap *fold;
		const char *text, *want;
	} cases[] = {
		{ &key, "", "\n" },
		{ &key, "short", "short\n" },
		{ &key, TEN TEN TEN TEN TEN TEN TEN TEN TEN "x",
		  TEN TEN TEN TEN TEN TEN TEN TEN "123456789\n    x\n" },
		/* 90 columns, and 91 */
		{ &key, X80 " 123456789", X80 " 123456789\n" },
		{ &key, X80 " 1234567890", X80 "\n    1234567890\n" },
		{ &key, X80 " ääääääääé", X80 " ääääääääé\n" },
		/* One word that does not fit. */
		{ &key, X80 X80 " a", X80 X80 "\n    a\n" },
		/* Neither within quotes nor at several blanks in a row. */
		{ &key, "a \"" X80 " " X80 "\" b",
		  "a\n    \"" X80 " " X80 "\"\n    b\n" },
		{ &key, X80 "  123456789 b", X80 "  123456789\n    b\n" },
		{ &command, X80 " 1234567890", "# " X80 " \\\n#   1234567890\n" },
		{ &command, "a 'b'\\''c " X80 " d' e",
		  "# a \\\n#   'b'\\''c " X80 " d' \\\n#   e\n" },
		{ &command, "a\nb\tc\177", "# a?b?c?\n" },
		/* C1, and letters that contain its second byte. */
		{ &command, "a\302\233b\303\233c\302\240d\342\200\233\302\237",
		  "# a??b\303\233c\302\240d\342\200\233??\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *have = NULL;
		size_t size;
		FILE *out = open_memstream(&have, &size);

		wrap_print(out, cases[i].fold, cases[i].text);
		fclose(out);
		assert_string_equal(have, cases[i].want);
		free(have);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

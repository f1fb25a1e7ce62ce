// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of core/multipath, on what multipathd 0.13 prints for `show config local`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/multipath.h"

#define OWN   "36001405a8b1c2d3e4f5061728394a5b"
#define OTHER "36001405ffffffffffffffffffffffff"

/* With these lines in defaults, in the section of another map, and in the map's own. */
static bool keeps(const char *defaults, const char *other, const char *own)
{
	char config[2048];

	snprintf(config, sizeof(config),
		 "defaults {\n\tverbosity 2\n\tno_path_retry \"queue\"\n%s"
		 "\tunpriv_sgio \"no\"\n}\n"
		 "blacklist {\n\tdevnode \"^(loop|ram|vd)\"\n\tdevice {\n"
		 "\t\tvendor \"SGI\"\n\t}\n}\n"
		 "blacklist_exceptions {\n\tproperty \"(SCSI_IDENT_|ID_WWN)\"\n}\n"
		 "devices {\n\tdevice {\n\t\tvendor \"(LIO-ORG|SUSE)\"\n\t}\n}\n"
		 "overrides {\n\tprotocol {\n\t\ttype \"scsi:fcp\"\n\t}\n}\n"
		 "multipaths {\n"
		 "\tmultipath {\n\t\twwid \"" OTHER "\"\n\t\talias \"" OWN "\"\n%s\t}\n"
		 "\tmultipath {\n\t\twwid \"" OWN "\"\n%s\t\t# alias \"mpatha\"\n\t}\n"
		 "}\n",
		 defaults, other, own);
	return multipath_keeps_keys(config, OWN);
}

#define FILE_KEY  "\t\treservation_key \"file\"\n"
#define FIXED_KEY "\t\treservation_key 0xba7012340000:aptpl\n"

static void for_all_or_for_the_map(void **state)
{
	assert_true(keeps(FILE_KEY, "", ""));
	assert_true(keeps("", "", FILE_KEY));
	assert_false(keeps("", "", ""));
	assert_false(keeps(FIXED_KEY, "", ""));
}

static void the_maps_own_comes_first(void **state)
{
	assert_false(keeps(FILE_KEY, "", FIXED_KEY));
	assert_true(keeps(FIXED_KEY, "", FILE_KEY));
}

static void another_maps_says_nothing(void **state)
{
	assert_false(keeps("", FILE_KEY, ""));
	assert_false(keeps(FIXED_KEY, FILE_KEY, ""));
	assert_false(keeps("", FILE_KEY, FIXED_KEY));
	assert_true(keeps(FILE_KEY, FIXED_KEY, ""));
}

static void other_words_say_nothing(void **state)
{
	assert_false(keeps("\tprkeys_file \"file\"\n", "", ""));
	assert_false(keeps("\treservation_key \"filed\"\n", "", ""));
	assert_false(keeps("\t# reservation_key \"file\"\n", "", ""));
	assert_false(multipath_keeps_keys("", OWN));
	assert_false(multipath_keeps_keys("fail\ntimeout\n", OWN));
	/* A map that it has no section for. */
	assert_true(multipath_keeps_keys("defaults {\n" FILE_KEY "}", OWN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_all_or_for_the_map),
		cmocka_unit_test(the_maps_own_comes_first),
		cmocka_unit_test(another_maps_says_nothing),
		cmocka_unit_test(other_words_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

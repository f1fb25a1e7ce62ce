// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of core/drbd, on what drbdadm dump-xml of drbd-utils 9.22 says for DRBD 9 and 8.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/drbd.h"

static enum drbd_guard judge(const char *file, unsigned int minor)
{
	char path[4096], text[8192];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", getenv("DATA"), file);
	f = fopen(path, "re");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_true(len > 1000 && len < sizeof(text));
	return drbd_judge(text, len, minor);
}

static void each_resource_by_its_minor(void **state)
{
	assert_int_equal(judge("drbd9.xml", 0), DRBD_QUORUM);
	assert_int_equal(judge("drbd9.xml", 11), DRBD_FENCING);
	assert_int_equal(judge("drbd9.xml", 12), DRBD_FENCING);
	assert_int_equal(judge("drbd9.xml", 20), DRBD_NONE);
	assert_int_equal(judge("drbd9.xml", 1), DRBD_UNKNOWN);
	assert_int_equal(judge("drbd84.xml", 11), DRBD_FENCING);
	assert_int_equal(judge("drbd84.xml", 20), DRBD_NONE);
}

static enum drbd_guard judge_options(const char *common, const char *own)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "<config><common><section name=\"net\">%s</section></common>"
		 "<resource name=\"r0\"><host name=\"h1\"><volume vnr=\"0\">"
		 "<device minor=\"3\">/dev/drbd3</device></volume></host>"
		 "<section name=\"net\">%s</section></resource></config>",
		 common, own);
	return drbd_judge(text, strlen(text), 3);
}

#define OPTION(name, value) "<option name=\"" name "\" value=\"" value "\"/>"

static void what_all_have_in_common(void **state)
{
	static const char fences[] = OPTION("fencing", "resource-and-stonith");
	static const char quorum[] = OPTION("quorum", "majority");

	assert_int_equal(judge_options(fences, ""), DRBD_FENCING);
	assert_int_equal(judge_options(quorum, ""), DRBD_QUORUM);
	/* A resource's own options come first. */
	assert_int_equal(judge_options(fences, OPTION("fencing", "dont-care")),
			 DRBD_NONE);
	assert_int_equal(judge_options(quorum, OPTION("quorum", "off")), DRBD_NONE);
	assert_int_equal(judge_options("", OPTION("quorum", "1")), DRBD_NONE);
	assert_int_equal(judge_options(quorum, OPTION("allow-two-primaries", "yes")),
			 DRBD_BOTH);
	assert_int_equal(judge_options(OPTION("allow-two-primaries", "yes"),
				       OPTION("allow-two-primaries", "no")),
			 DRBD_NONE);
	/* Only outdates the peer's disk: I/O does not wait for that. */
	assert_int_equal(judge_options("", OPTION("fencing", "resource-only")),
			 DRBD_NONE);
}

static void what_is_no_dump(void **state)
{
	static const char *const texts[] = { "", "<config", "<config/>",
					     "<config><resource/></config>",
					     "no resources defined!" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(drbd_judge(texts[i], strlen(texts[i]), 0), DRBD_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_resource_by_its_minor),
		cmocka_unit_test(what_all_have_in_common),
		cmocka_unit_test(what_is_no_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

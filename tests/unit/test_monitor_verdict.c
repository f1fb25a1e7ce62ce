// SPDX-License-Identifier: GPL-2.0-or-later
/* test_monitor_verdict: monitor's answers; if unsure, it is never "not running". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ocf/monitor_verdict.h"

#define ALL     "\"mounted\":true,\"threads\":8,\"link_up\":true,\"address\":true,"
#define DAEMONS "\"nfsdcld\":true,\"mountd\":true,\"idmapd\":true"
#define NONE                                                                             \
	"\"mounted\":false,\"threads\":0,\"link_up\":false,\"address\":false,\"nfsdcld\":false"
#define SERVING "{\"state\":\"serving\"," ALL

static enum ocf_exit judge(const char *facts, bool known, const char *keeper,
			   bool *mendable, struct err *err)
{
	struct json_object *o = json_tokener_parse(facts);
	enum ocf_exit code;

	assert_non_null(o);
	err->text[0] = '\0';
	code = monitor_verdict_facts(o, known, keeper, mendable, err);
	json_object_put(o);
	/* Every failure has a reason. */
	assert_int_equal(code == OCF_ERR_GENERIC, err->text[0] != '\0');
	return code;
}

static void cases(void **state)
{
	static const struct {
		const char *facts;
		bool known;
		const char *keeper;
		enum ocf_exit code;
		bool mendable;
		const char *said;
	} table[] = {
		{ SERVING DAEMONS "}", true, "serving", OCF_SUCCESS, false, "" },
		/* A keeper that is busy, or missing, changes nothing of that. */
		{ SERVING DAEMONS "}", true, "", OCF_SUCCESS, false, "" },
		{ SERVING DAEMONS "}", true, "stop", OCF_SUCCESS, false, "" },
		{ SERVING DAEMONS "}", true, "standby", OCF_SUCCESS, false, "" },

		{ SERVING "\"nfsdcld\":false,\"mountd\":true,\"idmapd\":true}", true,
		  "serving", OCF_ERR_GENERIC, true, "nfsdcld does not run" },
		{ SERVING "\"nfsdcld\":true,\"mountd\":false,\"idmapd\":true}", true,
		  "serving", OCF_ERR_GENERIC, true, "rpc.mountd does not run" },
		/* No other head would be better for it. */
		{ SERVING "\"nfsdcld\":true,\"mountd\":true,\"idmapd\":false}", true,
		  "serving", OCF_SUCCESS, false, "" },
		{ "{\"state\":\"serving\",\"mounted\":true,\"threads\":8,\"link_up\":true,"
		  "\"address\":false," DAEMONS "}",
		  true, "serving", OCF_ERR_GENERIC, false,
		  "an address or its link is missing" },
		{ "{\"state\":\"serving\",\"mounted\":true,\"threads\":8,\"link_up\":true,"
		  "\"address\":false,\"nfsdcld\":false,\"mountd\":false,\"idmapd\":true}",
		  true, "serving", OCF_ERR_GENERIC, false,
		  "an address or its link is missing; nfsdcld does not run; rpc.mountd does "
		  "not run" },

		/* Nothing is missing, and yet every call fails. */
		{ SERVING DAEMONS ",\"failed\":false}", true, "serving", OCF_SUCCESS,
		  false, "" },
		{ SERVING DAEMONS ",\"failed\":true}", true, "serving", OCF_ERR_GENERIC,
		  false,
		  "the filesystem has failed: the kernel has shut it down after an I/O "
		  "error" },
		/* A keeper that starts nfsdcld again would mend nothing. */
		{ SERVING "\"nfsdcld\":false,\"mountd\":true,\"failed\":true}", true,
		  "serving", OCF_ERR_GENERIC, false,
		  "the filesystem has failed: the kernel has shut it down after an I/O "
		  "error" },
		/* Its end is going on, because another head has taken the disk. */
		{ "{\"state\":\"partial\"," ALL DAEMONS ",\"failed\":true}", true, "lose",
		  OCF_ERR_GENERIC, false,
		  "lose is going on: clients' calls are held off" },

		{ "{\"state\":\"standby\"," NONE "}", true, "standby", OCF_NOT_RUNNING,
		  false, "" },
		/* Its memory is wrong: what is set up counts. */
		{ "{\"state\":\"standby\"," NONE "}", true, "serving", OCF_NOT_RUNNING,
		  false, "" },
		{ "{\"state\":\"standby\"," NONE "}", true, "", OCF_NOT_RUNNING, false,
		  "" },
		{ "{\"state\":\"absent\"," NONE "}", true, "teardown", OCF_NOT_RUNNING,
		  false, "" },
		{ "{\"state\":\"standby\"," NONE "}", true, "start", OCF_ERR_GENERIC,
		  false, "start is going on" },
		{ "{\"state\":\"absent\"," NONE "}", true, "take", OCF_ERR_GENERIC, false,
		  "take is going on" },

		{ "{\"state\":\"partial\",\"mounted\":true,\"threads\":0,\"link_up\":true,"
		  "\"address\":true," DAEMONS "}",
		  true, "serving", OCF_ERR_GENERIC, false, "knfsd has no threads" },
		{ "{\"state\":\"partial\"," NONE ",\"mountd\":true}", true, "stop",
		  OCF_ERR_GENERIC, false, "stop is going on: an operation is going on" },
		{ "{\"state\":\"partial\"," NONE "}", true, "", OCF_ERR_GENERIC, false,
		  "an operation is going on" },
		{ "{\"state\":\"partial\"," NONE ",\"held\":true}", true, "",
		  OCF_ERR_GENERIC, false, "this head has not released the disk" },
		/* A standby lost a pin. It must not end the other head's service. */
		{ "{\"state\":\"partial\"," NONE ",\"lost\":true}", true, "standby",
		  OCF_NOT_RUNNING, false, "" },
		{ "{\"state\":\"partial\"," NONE ",\"lost\":true}", true, "start",
		  OCF_ERR_GENERIC, false, "start is going on" },
		{ "{\"state\":\"partial\"," NONE ",\"lost\":true,\"held\":true}", true,
		  "serving", OCF_ERR_GENERIC, false,
		  "this head has not released the disk" },
		{ "{\"state\":\"partial\"," ALL DAEMONS "}", true, "serving",
		  OCF_ERR_GENERIC, false, "clients' calls are held off" },
		/* A starting keeper holds the lock; Pacemaker may probe then. */
		{ "{\"state\":\"partial\"," NONE ",\"mountd\":false}", true, "standby",
		  OCF_NOT_RUNNING, false, "" },
		{ "{\"state\":\"partial\"," ALL DAEMONS "}", true, "standby",
		  OCF_ERR_GENERIC, false, "clients' calls are held off" },

		/* The service file is broken. */
		{ "{\"state\":\"partial\",\"mounted\":true,\"threads\":8,\"link_up\":false,"
		  "\"address\":true," DAEMONS "}",
		  false, "serving", OCF_SUCCESS, false, "" },
		{ "{\"state\":\"partial\",\"mounted\":true,\"threads\":8,\"link_up\":false,"
		  "\"address\":true,\"nfsdcld\":true,\"mountd\":false,\"idmapd\":true}",
		  false, "serving", OCF_ERR_GENERIC, true, "rpc.mountd does not run" },
		{ "{\"state\":\"partial\",\"mounted\":true,\"threads\":0,\"link_up\":false,"
		  "\"address\":true," DAEMONS "}",
		  false, "serving", OCF_ERR_GENERIC, false, "knfsd has no threads" },

		/* Nothing is known of it. */
		{ "{}", true, "serving", OCF_ERR_GENERIC, false, NULL },
		{ "{\"state\":\"unknown\"}", true, "", OCF_ERR_GENERIC, false, NULL },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool mendable;
		struct err err;

		assert_int_equal(judge(table[i].facts, table[i].known, table[i].keeper,
				       &mendable, &err),
				 table[i].code);
		assert_int_equal(mendable, table[i].mendable);
		if (table[i].said)
			assert_string_equal(err.text, table[i].said);
	}
}

static void busy_words(void **state)
{
	static const char *const states[] = { "", "absent", "standby", "partial",
					      "serving" };
	static const char *const doing[] = { "start", "stop", "move", "take" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		assert_false(monitor_verdict_is_busy(states[i]));
	for (size_t i = 0; i < sizeof(doing) / sizeof(doing[0]); i++)
		assert_true(monitor_verdict_is_busy(doing[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases),
		cmocka_unit_test(busy_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* test_agent: exit statuses, environment, the tables behind meta-data and man page. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/keys.h"
#include "keeper/op.h"
#include "ocf/service.h"
#include "ocf/sever.h"
#include "os/child.h"

/* The runner's limit for looking at what is set up (keeper/runner.c). */
#define LOOK_S 35

static void every_status_has_its_meaning(void **state)
{
	for (const struct exit_row *row = exit_rows; row->name; row++) {
		enum ocf_exit exit = ocf_exit_of(row->code);

		assert_int_equal(exit == OCF_SUCCESS, row->code == BATON_EXIT_OK);
		/* A failure never means "not running". And only the resource's parameter,
		 * which belongs to the cluster, can be wrong on all heads. */
		assert_int_not_equal(exit, OCF_NOT_RUNNING);
		assert_int_not_equal(exit, OCF_ERR_CONFIGURED);
	}
	assert_int_equal(ocf_exit_of(BATON_EXIT_CONFIG), OCF_ERR_ARGS);
	assert_int_equal(ocf_exit_of(BATON_EXIT_SOFTWARE), OCF_ERR_INSTALLED);
	assert_int_equal(ocf_exit_of(BATON_EXIT_STANDING), OCF_ERR_GENERIC);
	/* From a keeper of another version. */
	assert_int_equal(ocf_exit_of(99), OCF_ERR_GENERIC);
	for (int i = 0; ocf_exit_rows[i].name; i++)
		assert_int_equal(ocf_exit_rows[i].exit, i);
}

/* The largest value that the man page says will fit. */
#define DRAIN_S 10

static unsigned int sum_s(const struct step *steps)
{
	unsigned int ms = 0;

	for (; steps->name; steps++)
		ms += steps->deadline_ms +
		      (steps->place & WAITS_FOR_CLIENTS ? DRAIN_S * 1000 : 0);
	return (ms + 999) / 1000;
}

static const struct ocf_action *row(const char *name)
{
	for (const struct ocf_action *a = service_agent.actions; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

/* A stop that runs out of time ends in fencing. */
static void timeouts_suffice(void **state)
{
	unsigned int disk_s = strtoul(keys[KEY_DISK_TIMEOUT].fallback, NULL, 10);

	assert_true(row("stop")->timeout_s >=
		    LOOK_S + disk_s + sum_s(sync_steps) + sum_s(stop_steps));
	assert_true(row("start")->timeout_s >= LOOK_S + disk_s + sum_s(start_steps));
	/* Half of it is for writing back. */
	assert_true(row("migrate_to")->timeout_s / 2 >=
		    row("stop")->timeout_s / 2 + sum_s(start_steps));
}

static unsigned int check_table(const struct ocf_agent *agent)
{
	unsigned int monitors = 0;

	for (const struct ocf_action *a = agent->actions; a->name; a++) {
		assert_non_null(a->run);
		assert_true(a->timeout_s > 0);
		assert_int_equal(a->help[strlen(a->help) - 1], '.');
		assert_int_equal(a->interval_s > 0, strcmp(a->name, "monitor") == 0);
		monitors += a->interval_s > 0;
		/* Pacemaker knows an operation by its name and interval. */
		for (const struct ocf_action *b = agent->actions; b != a; b++)
			assert_true(
				strcmp(a->name, b->name) != 0 ||
				(a->interval_s != b->interval_s && a->depth > b->depth));
	}
	for (const struct ocf_parameter *p = agent->parameters; p->name; p++) {
		assert_non_null(p->type);
		assert_int_equal(p->text[strlen(p->text) - 1], '.');
		/* An optional parameter has a default. */
		assert_int_equal(p->required, !p->fallback);
	}
	return monitors;
}

static void the_tables(void **state)
{
	assert_int_equal(check_table(&service_agent), 3);
	assert_int_equal(check_table(&sever_agent), 1);
}

static char *metadata(const struct ocf_agent *agent)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ocf_print_metadata(f, agent);
	fclose(f);
	return text;
}

static void the_metadata(void **state)
{
	static const char *const lines[] = {
		"<version>1.0</version>",
		"<parameter name=\"service\" unique=\"1\" required=\"1\">",
		"<action name=\"start\" timeout=\"600s\"/>",
		"<action name=\"monitor\" timeout=\"60s\" interval=\"10s\" depth=\"0\"/>",
		"<action name=\"monitor\" timeout=\"180s\" interval=\"60s\" depth=\"20\"/>",
		"<action name=\"migrate_to\" timeout=\"900s\"/>",
	};
	char *text = metadata(&service_agent);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(text, lines[i]));
	free(text);
}

static void the_metadata_of_sever(void **state)
{
	static const char *const lines[] = {
		"<parameter name=\"address\" unique=\"1\" required=\"1\">",
		"<content type=\"string\"/>",
		"<content type=\"integer\" default=\"2049\"/>",
		"<content type=\"boolean\" default=\"yes\"/>",
		"<action name=\"stop\" timeout=\"60s\"/>",
		"cannot carry locks over",
	};
	char *text = metadata(&sever_agent);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(text, lines[i]));
	free(text);
}

static void parameters(void **state)
{
	struct ocf_request request = { .agent = &sever_agent };
	struct err err = { 0 };
	bool yes;

	unsetenv("OCF_RESKEY_port");
	assert_string_equal(ocf_parameter(&request, "port"), "2049");
	setenv("OCF_RESKEY_port", "", 1);
	assert_string_equal(ocf_parameter(&request, "port"), "2049");
	setenv("OCF_RESKEY_port", "1", 1);
	assert_string_equal(ocf_parameter(&request, "port"), "1");
	unsetenv("OCF_RESKEY_port");
	assert_null(ocf_parameter(&request, "address"));
	unsetenv("OCF_RESKEY_release");
	assert_int_equal(ocf_parameter_bool(&request, "release", &yes, &err), 0);
	assert_true(yes);
	setenv("OCF_RESKEY_release", "yesssssssss", 1);
	assert_int_equal(ocf_parameter_bool(&request, "release", &yes, &err), -EINVAL);
	assert_false(yes);
	unsetenv("OCF_RESKEY_release");
}

static void odd_characters(void **state)
{
	static const struct ocf_action none = { 0 };
	static const struct ocf_parameter no = { 0 };
	const struct ocf_agent agent = { "x", "a < b & \"c\"", "d > e", &no, &none };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ocf_print_metadata(f, &agent);
	fclose(f);
	assert_non_null(strstr(text, "a &lt; b &amp; &quot;c&quot;<"));
	assert_non_null(strstr(text, "\nd &gt; e\n"));
	free(text);
}

static void assert_between(int64_t value, int64_t least, int64_t most)
{
	if (value < least || value > most)
		fail_msg("%lld is not within %lld and %lld", (long long)value,
			 (long long)least, (long long)most);
}

/* The time that is left when it has just been read, however long the reading takes. */
static void assert_budget(const char *timeout, int64_t ms)
{
	struct ocf_request request = { .action = row("monitor") };
	int64_t begun = child_now_ms();
	struct err err = { 0 };

	if (timeout)
		setenv("OCF_RESKEY_CRM_meta_timeout", timeout, 1);
	else
		unsetenv("OCF_RESKEY_CRM_meta_timeout");
	assert_int_equal(ocf_read_environment(&request, &err), 0);
	assert_between(request.until_ms, begun + ms, child_now_ms() + ms);
}

static void budgets(void **state)
{
	static const char *const odd[] = { NULL, "", "20s", "-1", "0", "99999999999" };

	assert_budget("20000", 18000);
	assert_budget("3000", 2400);
	assert_budget("1", 1);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_budget(odd[i], 58000);
}

/* A program that continues the action has no more time, and hardly any less. */
static void budgets_handed_on(void **state)
{
	static const int64_t left_ms[] = { 0, 1, 1200, 7999, 8000, 8001, 240000 };
	struct ocf_request request = { .action = row("monitor") }, next = request;
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(left_ms) / sizeof(left_ms[0]); i++) {
		int64_t begun = child_now_ms(), spent;

		request.until_ms = begun + left_ms[i];
		ocf_hand_on_budget(&request);
		assert_int_equal(ocf_read_environment(&next, &err), 0);
		spent = child_now_ms() - begun;
		/* Both look at the clock; a millisecond or two are rounded. */
		assert_between(next.until_ms - request.until_ms, -2, spent + 2);
	}
}

static void probes_and_depths(void **state)
{
	struct ocf_request request = { .action = row("monitor") };
	struct err err = { 0 };

	unsetenv("OCF_RESKEY_CRM_meta_interval");
	setenv("OCF_CHECK_LEVEL", "20", 1);
	assert_int_equal(ocf_read_environment(&request, &err), 0);
	assert_true(request.probe);
	assert_int_equal(request.level, 20);
	setenv("OCF_RESKEY_CRM_meta_interval", "10000", 1);
	unsetenv("OCF_CHECK_LEVEL");
	assert_int_equal(ocf_read_environment(&request, &err), 0);
	assert_false(request.probe);
	assert_int_equal(request.level, 0);
	setenv("OCF_RESKEY_CRM_meta_interval", "0", 1);
	request.action = row("stop");
	assert_int_equal(ocf_read_environment(&request, &err), 0);
	assert_false(request.probe);
	setenv("OCF_CHECK_LEVEL", "deep", 1);
	assert_true(ocf_read_environment(&request, &err) < 0);
	assert_string_equal(err.text, "OCF_CHECK_LEVEL: 'deep' is not a number");
	unsetenv("OCF_CHECK_LEVEL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_its_meaning),
		cmocka_unit_test(timeouts_suffice),
		cmocka_unit_test(the_tables),
		cmocka_unit_test(the_metadata_of_sever),
		cmocka_unit_test(parameters),
		cmocka_unit_test(the_metadata),
		cmocka_unit_test(odd_characters),
		cmocka_unit_test(budgets),
		cmocka_unit_test(budgets_handed_on),
		cmocka_unit_test(probes_and_depths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

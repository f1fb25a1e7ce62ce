// SPDX-License-Identifier: GPL-2.0-or-later
/* gen: prints, at build time, the sections of man pages that come from tables. */
#include <stdio.h>
#include <string.h>

#include "core/exit.h"
#include "core/keys.h"
#include "ocf/service.h"
#include "ocf/sever.h"

/* A dot or quote at the start of a line would be a troff request. */
static void print_text(const char *text)
{
	printf("%s%s\n", *text == '.' || *text == '\'' ? "\\&" : "", text);
}

static const char *const reload_texts[] = {
	[RELOAD_NEVER] = "Cannot be changed while the service is served",
	[RELOAD_NOW] = "A reload applies it at once",
	[RELOAD_STOP] = "After a reload it holds at the next stop",
	[RELOAD_START] = "After a reload it holds at the next start",
};

static void print_keys(const struct ocf_agent *agent)
{
	for (enum key_id id = 0; id < KEY_COUNT; id++) {
		const struct key *k = &keys[id];

		printf(".It Cm %s No = Ar %s\n", k->name, k->value);
		print_text(k->text);
		if (k->choices)
			printf("Allowed: %s.\n", k->choices);
		if (k->type == KEY_NUMBER)
			printf("From %u to %u%s%s.\n", k->min, k->max, k->unit ? " " : "",
			       k->unit ? k->unit : "");
		if (k->required)
			printf("Required.\n");
		else if (k->fallback && *k->fallback)
			printf("Default: %s.\n", k->fallback);
		else
			printf("Default: none.\n");
		if (k->limit > 1)
			printf("May be given up to %u times.\n", k->limit);
		printf("%s.\n", reload_texts[k->reload]);
	}
}

static void print_exits(const struct ocf_agent *agent)
{
	for (const struct exit_row *row = exit_rows; row->name; row++)
		printf(".It %d\n%s.\n", row->code, row->help);
}

static void print_parameters(const struct ocf_agent *agent)
{
	for (const struct ocf_parameter *p = agent->parameters; p->name; p++) {
		printf(".It Cm %s\n", p->name);
		print_text(p->text);
		if (p->required)
			printf("Required.\n");
		if (p->unique)
			printf("No other resource has the same.\n");
		if (p->fallback)
			printf("Default: %s.\n", p->fallback);
	}
}

static void print_actions(const struct ocf_agent *agent)
{
	for (const struct ocf_action *a = agent->actions; a->name; a++) {
		printf(".It Cm %s", a->name);
		if (a->depth)
			printf(" No at level %u", a->depth);
		printf("\n");
		print_text(a->help);
		printf("Timeout %u s", a->timeout_s);
		printf(a->interval_s ? ", every %u s.\n" : ".\n", a->interval_s);
	}
}

static void print_ocf_exits(const struct ocf_agent *agent)
{
	for (const struct ocf_exit_row *row = ocf_exit_rows; row->name; row++)
		printf(".It %d\n%s.\n", row->exit, row->help);
}

static const struct {
	const char *line;
	void (*print)(const struct ocf_agent *agent);
	const struct ocf_agent *agent;
} sections[] = {
	{ "@KEYS@\n", print_keys, NULL },
	{ "@EXITS@\n", print_exits, NULL },
	{ "@OCF_EXITS@\n", print_ocf_exits, NULL },
	{ "@SERVICE_PARAMETERS@\n", print_parameters, &service_agent },
	{ "@SERVICE_ACTIONS@\n", print_actions, &service_agent },
	{ "@SEVER_PARAMETERS@\n", print_parameters, &sever_agent },
	{ "@SEVER_ACTIONS@\n", print_actions, &sever_agent },
};

#define N_SECTIONS (sizeof(sections) / sizeof(sections[0]))

int main(int argc, char **argv)
{
	char line[1024];
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;

	if (!in) {
		fprintf(stderr, "usage: baton_gen TEMPLATE\n");
		return 2;
	}
	while (fgets(line, sizeof(line), in)) {
		size_t i = 0;

		while (i < N_SECTIONS && strcmp(line, sections[i].line) != 0)
			i++;
		if (i < N_SECTIONS)
			sections[i].print(sections[i].agent);
		else
			fputs(line, stdout);
	}
	return fclose(in) || fflush(stdout) ? 1 : 0;
}

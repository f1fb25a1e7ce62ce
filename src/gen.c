// SPDX-License-Identifier: GPL-2.0-or-later
/* gen: prints, at build time, the man pages' sections that come from tables. */
#include <stdio.h>
#include <string.h>

#include "core/exit.h"
#include "core/keys.h"
#include "ocf/service.h"

/* A dot or quote at the start of a line would be a request to troff. */
static void print_text(const char *text)
{
	printf("%s%s\n", *text == '.' || *text == '\'' ? "\\&" : "", text);
}

static void print_keys(void)
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
	}
}

static void print_exits(void)
{
	for (const struct exit_row *row = exit_rows; row->name; row++)
		printf(".It %d\n%s.\n", row->code, row->help);
}

static void print_parameters(void)
{
	for (const struct ocf_parameter *p = service_agent.parameters; p->name; p++) {
		printf(".It Cm %s\n", p->name);
		print_text(p->text);
		printf("%s%s\n", p->required ? "Required." : "",
		       p->unique ? " No other resource has the same." : "");
	}
}

static void print_actions(void)
{
	for (const struct ocf_action *a = service_agent.actions; a->name; a++) {
		printf(".It Cm %s", a->name);
		if (a->interval_s)
			printf(" No at depth %u", a->depth);
		printf("\n");
		print_text(a->help);
		printf("Timeout %u s", a->timeout_s);
		printf(a->interval_s ? ", every %u s.\n" : ".\n", a->interval_s);
	}
}

static void print_ocf_exits(void)
{
	for (const struct ocf_exit_row *row = ocf_exit_rows; row->name; row++)
		printf(".It %d\n%s.\n", row->exit, row->help);
}

static const struct {
	const char *line;
	void (*print)(void);
} sections[] = {
	{ "@KEYS@\n", print_keys },
	{ "@EXITS@\n", print_exits },
	{ "@PARAMETERS@\n", print_parameters },
	{ "@ACTIONS@\n", print_actions },
	{ "@OCF_EXITS@\n", print_ocf_exits },
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
			sections[i].print();
		else
			fputs(line, stdout);
	}
	return fclose(in) || fflush(stdout) ? 1 : 0;
}

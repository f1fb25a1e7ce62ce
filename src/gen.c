// SPDX-License-Identifier: GPL-2.0-or-later
/* gen: prints, at build time, the man pages' sections that come from tables. */
#include <stdio.h>
#include <string.h>

#include "core/exit.h"
#include "core/keys.h"

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

int main(int argc, char **argv)
{
	char line[1024];
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;

	if (!in) {
		fprintf(stderr, "usage: baton_gen TEMPLATE\n");
		return 2;
	}
	while (fgets(line, sizeof(line), in)) {
		if (strcmp(line, "@KEYS@\n") == 0)
			print_keys();
		else if (strcmp(line, "@EXITS@\n") == 0)
			print_exits();
		else
			fputs(line, stdout);
	}
	return fclose(in) || fflush(stdout) ? 1 : 0;
}

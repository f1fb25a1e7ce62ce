// SPDX-License-Identifier: GPL-2.0-or-later
/* import_print: prints a translation as a service file. */
#include "stock/import_print.h"

#include <string.h>

#include "stock/wrap.h"

static const struct wrap from = { "# made from ", "# ", "", 0 };
static const struct wrap item = { "# - ", "#   ", "", 0 };
static const struct wrap command = { "#     ", "#         ", " \\", '\'' };
/* A line that begins with a blank continues the one before. */
static const struct wrap key = { "", "    ", "", '"' };

static void print_lines(FILE *out, const struct wrap *fold, const struct strlist *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		wrap_print(out, fold, lines->v[i]);
}

void import_print_service(FILE *out, const struct import *t)
{
	fputs("[service]\n", out);
	print_lines(out, &key, &t->keys);
}

static void print_step(FILE *out, const struct import *t, enum command_step step)
{
	for (enum command_tool i = 0; i < COMMANDS_TOOLS; i++) {
		fprintf(out, "#    by %s:\n", commands_names[i]);
		print_lines(out, &command, &t->commands[i][step]);
	}
}

static void print_commands(FILE *out, const struct import *t,
			   const struct stock_group *stock)
{
	fputs("\n# 1. Put this file on every head, and there:\n", out);
	fprintf(out, "#     systemctl enable --now baton@%s\n", t->name);
	if (stock->unmanaged) {
		fputs("# Nothing more as long as Pacemaker does not manage the group: see above.\n",
		      out);
		return;
	}
	if (stock->in_cluster) {
		fputs("# 2. Keep the configuration and stop the group, on one head:\n",
		      out);
		print_step(out, t, COMMANDS_STOP);
	} else {
		fputs("# 2. Take away what mounts and exports this now: resources, "
		      "exports(5), fstab(5).\n",
		      out);
	}
	fprintf(out,
		"# 3. On every head; go on only if nothing is found wrong on any%s:\n"
		"#     baton check %s\n",
		stock->others.n
			? ", but for a device\n#    that what stays of the group brings"
			: "",
		t->name);
	fputs("# 4. Put the service in its place, on one head", out);
	fputs(stock->constrained ? "; constraints that are to hold (see above)\n"
				   "#    have to be made before the last command:\n"
				 : ":\n",
	      out);
	print_step(out, t, COMMANDS_PUT);
	if (!stock->in_cluster)
		return;
	fputs("# To go back; without a service yet, the last command alone. Whatever else was\n"
	      "#    configured since is undone with it:\n",
	      out);
	print_step(out, t, COMMANDS_BACK);
}

void import_print(FILE *out, const struct import *t, const struct stock_group *stock)
{
	fprintf(out, "# /etc/baton/%s.conf, the same on every head\n", t->name);
	wrap_print(out, &from, stock->id);
	fputs("#\n# Check these:\n", out);
	print_lines(out, &item, &t->remarks);
	fputs("# Clients then mount:\n", out);
	print_lines(out, &item, &t->mounts);
	fputc('\n', out);
	import_print_service(out, t);
	print_commands(out, t, stock);
}

void import_free(struct import *t)
{
	service_free(&t->svc);
	strlist_free(&t->keys);
	strlist_free(&t->remarks);
	strlist_free(&t->mounts);
	for (enum command_tool i = 0; i < COMMANDS_TOOLS; i++)
		for (enum command_step k = 0; k < COMMANDS_STEPS; k++)
			strlist_free(&t->commands[i][k]);
	memset(t, 0, sizeof(*t));
}

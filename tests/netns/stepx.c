// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stepx: runs one step of an operation by itself, for tests.
 *
 *	stepx NAME STEP
 *
 * Prints its note. Exit status: that of the failure.
 */
#include <stdio.h>
#include <string.h>

#include "keeper/op.h"
#include "os/conffile.h"

static const struct step *const tables[] = { start_steps, stop_steps, standby_steps,
					     reload_steps };

static const struct step *find(const char *name)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct step *s = tables[t]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

static int run(struct op *op, const struct step *step, struct err *err)
{
	int rc = 0;

	/* What the step before it would have opened. */
	if (ns_exists(&op->paths)) {
		rc = op_go(op, PLACE_INSIDE, err);
		if (rc == 0)
			rc = op_open_rtnl(op, err);
	}
	if (rc == 0)
		rc = op_go(op, step->place, err);
	if (rc == 0)
		rc = op_open_diag(op, err);
	if (rc == 0)
		rc = op_open_raw(op, err);
	return rc < 0 ? rc : step->run(op, err);
}

int main(int argc, char **argv)
{
	const struct step *step = argc == 3 ? find(argv[2]) : NULL;
	struct err err = { 0 };
	struct service svc;
	struct op op;
	int rc = config_load(&svc, argv[1], NULL, &err);

	if (!step || rc < 0) {
		fprintf(stderr, "stepx: %s\n", step ? err.text : "no such step");
		return 99;
	}
	rc = op_init(&op, &svc, &err);
	if (rc == 0) {
		rc = run(&op, step, &err);
		printf("%s\n", op.note);
		op_release(&op);
	}
	service_free(&svc);
	if (rc < 0)
		fprintf(stderr, "stepx: %s\n", err.text);
	return rc < 0 ? (int)err.code : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* systemd: asks systemctl about units. */
#include "os/systemd.h"

#include <errno.h>
#include <stdio.h>

#include "core/cleanup.h"
#include "os/child.h"

#define PATIENCE_MS 10000
#define OUTPUT_MAX  4096

int systemd_is(const char *what, const char *unit, struct err *err)
{
	char verb[32];
	const char *const argv[] = { "systemctl", verb, unit, NULL };
	struct child_wait wait = child_wait_for(PATIENCE_MS);
	_cleanup_free_ char *text = NULL;
	int rc;

	snprintf(verb, sizeof(verb), "is-%s", what);
	rc = child_capture(argv, NULL, &wait, OUTPUT_MAX, &text, err);
	if (rc == 0)
		return 1;
	/* The status of "no" differs; but with it comes a word: inactive, disabled … */
	if (rc > 0 && text[0])
		return 0;
	err->code = BATON_EXIT_SOFTWARE;
	return err_wrap(err, -EOPNOTSUPP, "%s", unit);
}

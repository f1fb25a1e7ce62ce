// SPDX-License-Identifier: GPL-2.0-or-later
/* err: why something failed, in one line. */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

int err_set(struct err *err, enum exit_code code, int errnum, const char *fmt, ...)
{
	if (err) {
		va_list ap;
		int n;

		err->code = code;
		va_start(ap, fmt);
		n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
		va_end(ap);
		if (errnum && n >= 0 && (size_t)n < sizeof(err->text))
			snprintf(err->text + n, sizeof(err->text) - n, ": %s",
				 strerror(errnum));
		/* Keep it one line, whatever a device, a peer or a program said. */
		text_disarm(err->text, ' ');
	}
	return errnum ? -errnum : -EINVAL;
}

int err_wrap(struct err *err, int rc, const char *fmt, ...)
{
	if (err) {
		char text[sizeof(err->text)];
		va_list ap;
		int n;

		va_start(ap, fmt);
		n = vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < sizeof(text))
			snprintf(text + n, sizeof(text) - n, ": %s", err->text);
		memcpy(err->text, text, sizeof(text));
	}
	return rc;
}

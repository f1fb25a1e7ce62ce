/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err: why something failed, in one line, with the exit status it leads to. */
#ifndef BATON_CORE_ERR_H
#define BATON_CORE_ERR_H

#include "core/exit.h"

/**
 * struct err - one failure, wrapped with context on its way up
 * @code: the exit status a command ends with
 * @text: one line, no newline, e.g. "vmstore: mount /dev/sdb: Structure needs cleaning"
 */
struct err {
	enum exit_code code;
	char text[480];
};

/**
 * err_set - record a failure
 * @err: the failure; NULL is allowed and records nothing
 * @code: exit status
 * @errnum: positive errno whose meaning is appended after ": ", or 0 for none
 * @fmt: what failed
 *
 * Return: -errnum, or -EINVAL if @errnum is 0, so that callers can `return err_set(…)`.
 */
__attribute__((format(printf, 4, 5))) int err_set(struct err *err, enum exit_code code,
						  int errnum, const char *fmt, ...);

/**
 * err_wrap - put "context: " before the text of a failure
 * @err: the failure; NULL is allowed
 * @rc: the negative errno to return
 * @fmt: the context
 *
 * Return: @rc.
 */
__attribute__((format(printf, 3, 4))) int err_wrap(struct err *err, int rc,
						   const char *fmt, ...);

#endif

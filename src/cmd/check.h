/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: the checks behind `baton check`; they look, and change nothing. */
#ifndef BATON_CMD_CHECK_H
#define BATON_CMD_CHECK_H

#include "core/report.h"

/** check_service - is everything here that service @name needs to start on this head? */
void check_service(struct report *report, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run: one whole probe: its children, their messages, its end, the verification. */
#ifndef BATON_PROBE_RUN_H
#define BATON_PROBE_RUN_H

#include "core/err.h"
#include "probe/result.h"

/**
 * run_probe - probe until the end
 * @options: what to do
 * @result: filled in; run_result_free() releases it, also after a failure
 * @err: why it could not start
 *
 * Blocks SIGINT, SIGTERM and SIGHUP and shows its state on stderr. Anything seen after
 * the start is in @result, not in @err.
 *
 * Return: 0, or -errno if it could not start.
 */
int run_probe(const struct probe_options *options, struct run_result *result,
	      struct err *err);

#endif

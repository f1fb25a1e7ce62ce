/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run: one whole probe: its children, what they say, its end, the verification. */
#ifndef BATON_PROBE_RUN_H
#define BATON_PROBE_RUN_H

#include "core/err.h"
#include "probe/result.h"

/**
 * run_probe - probe until the end
 * @options: what to do
 * @result: filled in; run_result_free() releases it, also after a failure
 * @err: why it could not begin
 *
 * Blocks SIGINT, SIGTERM and SIGHUP and shows its state on stderr. Whatever was seen
 * once it had begun is in @result, not in @err.
 *
 * Return: 0, or -errno if it could not begin.
 */
int run_probe(const struct probe_options *options, struct run_result *result,
	      struct err *err);

#endif

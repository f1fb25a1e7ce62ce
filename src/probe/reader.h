/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader: writes the file that is read as fast as possible. The class is in lane.h. */
#ifndef BATON_PROBE_READER_H
#define BATON_PROBE_READER_H

#include "probe/lane.h"

/** struct fill_report - what the child that writes the file reports after every piece */
struct fill_report {
	int code; /* errno of the failure, or 0 */
};

/** fill_run - write the file that the reader reads; @arg: struct lane_plan */
void fill_run(void *arg, int in, int out);

#endif

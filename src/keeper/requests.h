/* SPDX-License-Identifier: GPL-2.0-or-later */
/* requests: what can be asked of the keeper through its socket. */
#ifndef BATON_KEEPER_REQUESTS_H
#define BATON_KEEPER_REQUESTS_H

#include "keeper/control.h"

/** requests_take - for control_open(): find the request in the table and do it. */
control_request_fn requests_take;

#endif

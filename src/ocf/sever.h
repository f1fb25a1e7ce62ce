/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sever: the agent ocf:baton:sever. */
#ifndef BATON_OCF_SEVER_H
#define BATON_OCF_SEVER_H

#include "ocf/agent.h"

/** sever_agent - its tables: meta-data and man page are made from them. */
extern const struct ocf_agent sever_agent;

/* The actions; sever.c says what each does. */
enum ocf_exit sever_action_start(const struct ocf_request *request, struct err *err);
enum ocf_exit sever_action_stop(const struct ocf_request *request, struct err *err);
enum ocf_exit sever_action_monitor(const struct ocf_request *request, struct err *err);
enum ocf_exit sever_action_validate(const struct ocf_request *request, struct err *err);

#endif

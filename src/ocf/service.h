/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service: the agent ocf:baton:service and its actions, one or two in a file. */
#ifndef BATON_OCF_SERVICE_H
#define BATON_OCF_SERVICE_H

#include "ocf/call.h"

/** service_agent - its tables: meta-data and man page are made from them. */
extern const struct ocf_agent service_agent;

/* The actions; service.c says what each does. */
enum ocf_exit service_start(const struct ocf_request *request, struct err *err);
enum ocf_exit service_stop(const struct ocf_request *request, struct err *err);
enum ocf_exit service_monitor(const struct ocf_request *request, struct err *err);
enum ocf_exit service_migrate_to(const struct ocf_request *request, struct err *err);
enum ocf_exit service_migrate_from(const struct ocf_request *request, struct err *err);
enum ocf_exit service_reload(const struct ocf_request *request, struct err *err);
enum ocf_exit service_validate(const struct ocf_request *request, struct err *err);

/** service_stop_alone - the action stop without a keeper, if something is standing */
enum ocf_exit service_stop_alone(const struct ocf_request *request, struct err *err);

/** service_start_over - the action start, after a keeper has met silent heads */
enum ocf_exit service_start_over(const struct ocf_request *request, struct err *err);

/**
 * struct sight - what monitor and migrate_from see
 * @word: the keeper's; "" if it did not answer
 * @reach: 0, or -errno of call_keeper()
 * @carrier: every link of the service has a carrier
 */
struct sight {
	char word[24];
	int reach;
	bool carrier;
};

/**
 * monitor_look - level 0: one request to the keeper, one look at what is standing
 * Return: as monitor_verdict_facts().
 */
enum ocf_exit monitor_look(const struct call *call, struct sight *sight, struct err *err);

/** monitor_level_call - level 10: an NFS call to each address. Return: 0, or -errno. */
int monitor_level_call(const struct call *call, struct err *err);

/** monitor_level_write - level 20: a synchronous write on the disk. Return: 0, or -errno. */
int monitor_level_write(const struct call *call, struct err *err);

#endif

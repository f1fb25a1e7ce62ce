/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stockplace: how a stock group is placed and held. */
#ifndef BATON_CORE_STOCKPLACE_H
#define BATON_CORE_STOCKPLACE_H

#include "core/stock.h"
#include "core/xml.h"

/**
 * stockplace_take - read meta attributes, constraints and tags of a group
 * @stock: gets them; its resources are known. If memory is short one of its lines has failed
 * @config: of the cluster
 * @group: the group
 */
void stockplace_take(struct stock *stock, const xmlNode *config, xmlNode *group);

#endif

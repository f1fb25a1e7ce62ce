/* SPDX-License-Identifier: GPL-2.0-or-later */
/* constraints: how a stock group is placed and held. */
#ifndef BATON_STOCK_CONSTRAINTS_H
#define BATON_STOCK_CONSTRAINTS_H

#include "core/xml.h"
#include "stock/group.h"

/**
 * constraints_take - read meta attributes, constraints and tags of a group
 * @stock: gets them; its resources are known. If memory is short, one of its lists has
 *         failed
 * @config: of the cluster
 * @group: the group
 */
void constraints_take(struct stock_group *stock, const xmlNode *config, xmlNode *group);

#endif

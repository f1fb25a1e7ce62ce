// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_cluster: crm_mon's, crm_simulate's and cibadmin's output on service vmstore. */
#include "fuzz.h"

#include <errno.h>

#include "core/cluster.h"

static const struct cluster_resource vmstore = { .id = "vmstore",
						 .primitive = "vmstore" };

static void check_text(const char text[CLUSTER_NAME])
{
	assert(strnlen(text, CLUSTER_NAME) < CLUSTER_NAME);
}

/* Whatever it reads, a move must not start or end where the service would be lost. */
static void check_moves(const struct cluster_state *state)
{
	for (size_t i = 0; i < state->n_nodes; i++) {
		const struct cluster_node *node =
			cluster_find_node(state, state->nodes[i].name);
		struct err err = { 0 };
		bool cold;
		int rc = cluster_check_move(state, &vmstore, node->name, &err);

		assert(fuzz_is_told(rc, &err));
		if (rc == 0)
			assert(node->online && !node->unclean && !node->standby &&
			       state->has_dc && state->quorum && state->n_heads == 1 &&
			       strcmp(state->heads[0], node->name) != 0);
		err.text[0] = '\0';
		rc = cluster_check_forth(state, &vmstore, node->name, &cold, &err);
		assert(fuzz_is_told(rc, &err));
		err.text[0] = '\0';
		rc = cluster_check_back(state, &vmstore, node->name, &err);
		assert(fuzz_is_told(rc, &err));
		assert(!cluster_is_settled(state, &vmstore, node->name) ||
		       !cluster_is_busy(state));
	}
}

static int check_state(const char *text, size_t len)
{
	struct cluster_state state;
	struct err err = { 0 };
	char told[300];
	int rc = cluster_read_state(&state, text, len, "vmstore", &err);

	assert(fuzz_is_told(rc, &err));
	assert(state.n_nodes <= CLUSTER_NODES && state.n_heads <= CLUSTER_NODES &&
	       state.n_actions <= CLUSTER_ACTIONS);
	if (rc < 0)
		return rc;
	check_text(state.fencing);
	check_text(state.role);
	check_text(state.pending);
	for (size_t i = 0; i < state.n_nodes; i++) {
		check_text(state.nodes[i].name);
		check_text(state.nodes[i].id);
	}
	for (size_t i = 0; i < state.n_heads; i++)
		check_text(state.heads[i]);
	for (size_t i = 0; i < state.n_actions; i++) {
		check_text(state.actions[i].action);
		check_text(state.actions[i].resource);
		check_text(state.actions[i].source);
		check_text(state.actions[i].dest);
	}
	cluster_describe(&state, told, sizeof(told));
	assert(strnlen(told, sizeof(told)) < sizeof(told));
	check_moves(&state);
	return 0;
}

static void check_resource(const char *text, size_t len)
{
	struct cluster_resource r;
	struct err err = { 0 };
	int rc = cluster_read_resource(&r, text, len, "vmstore", 1795372800, &err);

	assert(fuzz_is_told(rc, &err));
	assert(r.n_preferred <= CLUSTER_NODES);
	if (rc < 0)
		return;
	check_text(r.id);
	check_text(r.primitive);
	check_text(r.inside);
	check_text(r.leftover);
	check_text(r.leftover_end);
	for (size_t i = 0; i < r.n_preferred; i++) {
		check_text(r.preferred[i].node);
		assert(r.preferred[i].score >= -CLUSTER_INFINITY &&
		       r.preferred[i].score <= CLUSTER_INFINITY);
	}
}

/* Parsing XML takes time, so each input goes to one parser only. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char why[200];

	if (memmem(text, size, "<cib", 4)) {
		check_resource(text, size);
	} else if (check_state(text, size) < 0) {
		cluster_read_error(text, size, why, sizeof(why));
		assert(strnlen(why, sizeof(why)) < sizeof(why));
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* stop: an address is about to leave this head, and must leave nothing behind. */
#include "core/cleanup.h"
#include "sever/internal.h"

/* What is known of the address once nothing can change any more. */
struct view {
	struct client_record record;
	struct conns others;
};

static void look(const struct sever *s, struct diag *diag, struct view *view)
{
	struct err err = { 0 };

	if (sever_list(s, diag, &view->record.conns, &view->others, &err) < 0)
		sever_say(s, true, "connections not recorded: %s", err.text);
	view->record.lockers = release_count_lockers(s, &view->record.conns);
	if (record_store(s, &view->record, &err) < 0)
		sever_say(s, true, "connections not recorded: %s", err.text);
}

static void destroy(const struct sever *s, struct diag *diag, size_t recorded)
{
	struct diag_severed severed;
	struct err err = { 0 };
	char name[SEVER_TEXT];

	if (diag_sever(diag, &s->ip, 1, s->port, &severed, &err) < 0)
		sever_say(s, true, "%s: %s", sever_name(s, name), err.text);
	else
		sever_say(s, false, "%s: %zu connections, %zu sockets destroyed",
			  sever_name(s, name), recorded, severed.destroyed);
}

/* A start may have been refused because the address was not here. Then it is not
 * silenced, because it may come without us. If in doubt, it is or was here. */
static bool was_here(const struct sever *s, struct diag *diag, int standing)
{
	_cleanup_diag_table_ struct diag_table table = { 0 };
	struct rtnl_addr found;

	if (standing != NFTABLE_ABSENT || sever_find_address(s, &found, NULL) != 0 ||
	    diag_dump(diag, s->port, DIAG_STATES_ALL, &table, NULL) < 0)
		return true;
	for (size_t i = 0; i < table.n; i++)
		if (ipaddr_equal(&table.v[i].conn.local, &s->ip))
			return true;
	return false;
}

static void stop(const struct sever *s, struct diag *diag, int standing)
{
	bool here = was_here(s, diag, standing);
	struct view view = { 0 };
	struct err err = { 0 };
	char name[SEVER_TEXT];

	if (here && sever_mute(s, &err) < 0)
		sever_say(s, true, "cannot silence %s: %s", sever_name(s, name),
			  err.text);
	look(s, diag, &view);
	destroy(s, diag, view.record.conns.n);
	if (s->release &&
	    release_state(s, &view.record.conns, &view.others, here, &err) < 0)
		sever_say(s, true, "not all NFSv4 state released: %s", err.text);
	client_record_free(&view.record);
	conns_free(&view.others);
}

void sever_stop(const struct sever *s)
{
	struct err err = { 0 };
	struct diag *diag;
	int rc = diag_open(&diag, &err);

	if (rc == 0) {
		rc = sever_look(s, diag, &err);
		if (rc >= 0)
			stop(s, diag, rc);
		diag_close(diag);
	}
	if (rc < 0)
		sever_say(s, true, "nothing to stop: %s", err.text);
}

void sever_record(const struct sever *s)
{
	_cleanup_client_record_ struct client_record now = { 0 };
	struct err err = { 0 };
	struct diag *diag;
	int rc = diag_open(&diag, &err);

	if (rc == 0) {
		rc = sever_list(s, diag, &now.conns, NULL, &err);
		diag_close(diag);
	}
	if (rc == 0) {
		now.lockers = release_count_lockers(s, &now.conns);
		rc = record_store(s, &now, &err);
	}
	if (rc < 0)
		sever_say(s, true, "connections not recorded: %s", err.text);
}

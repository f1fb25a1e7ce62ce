// SPDX-License-Identifier: GPL-2.0-or-later
/* release_verdict: which NFSv4 clients must lose their state when an address leaves. */
#include "sever/release_verdict.h"

void holding_add(struct holding *holding, const struct held *held, dev_t fs)
{
	if (held->revoked)
		return;
	holding->any = true;
	holding->here |= fs && held->dev == fs;
}

static bool has(const struct conns *conns, const struct client *client, bool same_port)
{
	for (size_t i = 0; i < conns->n; i++)
		if (ipaddr_equal(&conns->v[i].remote, &client->ip) &&
		    (!same_port || conns->v[i].rport == client->port))
			return true;
	return false;
}

bool release_came_by(const struct client *client, const struct conns *conns)
{
	return has(conns, client, false);
}

enum release release_judge(const struct client *client, const struct holding *holding,
			   bool known, const struct conns *ours,
			   const struct conns *others)
{
	bool elsewhere = has(others, client, false);

	if (!holding->any)
		return RELEASE_NOTHING;
	/* If it uses both, what is left is on the other address's filesystem. */
	if (has(ours, client, true) && (!elsewhere || !known || holding->here))
		return RELEASE_DUE;
	if (elsewhere)
		return holding->here ? RELEASE_SHARED : RELEASE_NOTHING;
	if (has(ours, client, false) || client->status == CLIENT_COURTESY ||
	    holding->here)
		return RELEASE_DUE;
	return RELEASE_NOTHING;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* world_tell: events and states in English, for the traces that are printed. */
#include <stdio.h>
#include <string.h>

#include "core/message.h"
#include "keeper_real.h"
#include "pacemaker.h"
#include "world_internal.h"

static const char *const phases[] = { "idle",      "asking",  "stopping", "doomed",
				      "cancelled", "granted", "resuming", "preparing",
				      "dropped",   "ready",   "taking" };
static const char *const notes[] = { "", ", note held", ", note going", ", note kept",
				     ", note lost" };
static const char *const kinds[] = { "absent", "standby", "mounted", "serving" };
static const char *const whose[] = { "", " (of a keeper that has died)",
				     " (without a keeper)" };

static void tell_item(const struct world *w, const struct action *a, char *text,
		      size_t size)
{
	const struct item *i = &w->head[a->head].queue[0];
	const char *self = head_name(a->head);
	char heads[64] = "";

	if (i->kind != ITEM_VIEW) {
		snprintf(text, size, "%s's keeper hears '%s' of %s%s%s%s", self,
			 message_word(i->kind - ITEM_MESSAGE), head_name(i->from),
			 i->kind == ITEM_MESSAGE + MESSAGE_STAND ? ": " : "",
			 i->kind == ITEM_MESSAGE + MESSAGE_STAND ? stand_word(i->word)
								 : "",
			 i->flags & ITEM_HOLDS ? ", holds the disk" : "");
		return;
	}
	for (unsigned int j = 0; j < rules.heads; j++)
		if (i->to >> j & 1)
			snprintf(heads + strlen(heads), sizeof(heads) - strlen(heads),
				 " %s", head_name(j));
	snprintf(text, size, "%s's keeper hears who is in the group:%s", self, heads);
}

static void tell_pacemaker(const struct action *a, char *text, size_t size)
{
	const char *node = head_name(a->what >> 4);

	switch (a->what & 0xf) {
	case DO_FENCE:
		snprintf(text, size, "Pacemaker on %s fences %s%s", head_name(a->head),
			 node, a->how ? "; the fence agent lies: it is still on" : "");
		break;
	case DO_PROBE:
		snprintf(text, size, "Pacemaker probes %s", node);
		break;
	case DO_STOP:
		snprintf(text, size, "Pacemaker orders a stop on %s", node);
		break;
	case DO_START:
		snprintf(text, size, "Pacemaker orders a start on %s", node);
		break;
	case DO_MOVE:
		snprintf(
			text, size,
			"an operator wants a move; Pacemaker orders migrate_to on %s, to %s",
			node, head_name(a->how));
		break;
	case DO_MONITOR:
		snprintf(text, size, "Pacemaker's monitor finds that %s does not serve",
			 node);
		break;
	}
}

void world_tell(const struct world *w, const struct action *a, char *text, size_t size)
{
	static const char *const orders[] = { "baton start", "baton start --takeover",
					      "baton stop", "a hand-over to " };
	static const char *const agents[] = { "", "start", "stop", "migrate_to",
					      "migrate_from" };
	const char *self = head_name(a->head);
	const struct m_head *h = &w->head[a->head];
	const struct m_child *child = &h->child[a->what < CHILDREN ? a->what : 0];
	const char *operation = plan_operation_name(child->operation);

	switch ((enum kind)a->kind) {
	case HEAR:
		tell_item(w, a, text, size);
		break;
	case STEP:
		snprintf(text, size, "%s, %s%s: %s%s", self, operation, whose[a->what],
			 child->cancelled && !child->undoes ? "given up before "
			 : child->undoes                    ? "undone: "
							    : "",
			 child_next_step(child));
		break;
	case LOCK:
		snprintf(text, size, "%s, %s%s: its turn has come", self, operation,
			 whose[a->what]);
		break;
	case KEEPER_BEGINS:
		snprintf(text, size, "a keeper starts on %s", self);
		break;
	case JOIN:
		snprintf(text, size, "%s's keeper joins the group", self);
		break;
	case NOTICE:
		snprintf(text, size, "corosync of %s notices who has gone", self);
		break;
	case AGENT:
		snprintf(text, size, "the agent on %s, %s, %s", self,
			 agents[h->agent.kind],
			 h->agent.stage == AGENT_LOOKS ? "looks who is gone"
			 : h->agent.stage == AGENT_ASKS_AGAIN
				 ? "asks again, with the heads that are gone"
			 : h->keeper.runs ? "asks"
					  : "finds no keeper");
		break;
	case HASTE:
		snprintf(
			text, size,
			"the agent on %s, start, looks who is gone, and takes nodes that are "
			"online for such",
			self);
		break;
	case LOSE:
		snprintf(text, size,
			 "%s finds that it is not registered at the disk any more", self);
		break;
	case TIME_OUT:
	case TOO_LATE:
		snprintf(text, size, "%s's keeper has waited long enough for %s", self,
			 a->what ? "answers to its claim"
				 : head_name(h->keeper.peer - 1));
		break;
	case PACEMAKER_NOTICES:
		snprintf(text, size, "Pacemaker on %s notices that a node has gone",
			 self);
		break;
	case PACEMAKER:
		tell_pacemaker(a, text, size);
		break;
	case BOOT:
		snprintf(text, size, "%s boots", self);
		break;
	case HEAL:
		snprintf(text, size, "the cluster network is whole again");
		break;
	case RESET:
		snprintf(text, size, "an operator switches %s off", self);
		break;
	case ORDER:
		snprintf(text, size, "an operator orders %s%s on %s%s", orders[a->what],
			 a->what == ORDER_MOVE ? head_name(a->how) : "", self,
			 a->what == ORDER_TAKEOVER && !world_others_are_off(w, a->head)
				 ? ", while the other head lives"
				 : "");
		break;
	case KEEPER_DIES:
		snprintf(text, size, "%s's keeper dies", self);
		break;
	case LOSE_GROUP:
		snprintf(text, size, "%s's keeper leaves the group: it could not send",
			 self);
		break;
	case STEP_FAILS:
		snprintf(text, size, "%s, %s%s: %s %s", self, operation, whose[a->what],
			 child_next_step(child),
			 a->how ? "is given up; it still serves" : "fails");
		break;
	case CHILD_DIES:
		snprintf(text, size, "%s, %s%s: the process dies before it could %s",
			 self, operation, whose[a->what], child_next_step(child));
		break;
	case CUT:
		snprintf(text, size, "power cut of %s%s", self,
			 a->what ? "; what it has sent and nobody has heard is lost"
				 : "");
		break;
	case SPLIT:
		snprintf(text, size, "the cluster network of %s is cut%s%s", self,
			 a->how & 1 ? "; what it has not heard yet is lost" : "",
			 a->how & 2 ? "; what the others have not heard of it is lost"
				    : "");
		break;
	case GIVE_UP:
		snprintf(text, size, "%s on %s gives up",
			 a->what == FD_AGENT ? "the agent" : "the operator", self);
		break;
	}
}

void world_describe(const struct world *w, char *text, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < rules.heads && len < size; i++) {
		const struct m_head *h = &w->head[i];
		const struct m_keeper *k = &h->keeper;

		if (!h->on) {
			len += snprintf(text + len, size - len, "%s%s: off",
					i ? "; " : "", head_name(i));
			continue;
		}
		len += snprintf(text + len, size - len, "%s%s: %s, keeper %s",
				i ? "; " : "", head_name(i), kinds[h->standing],
				k->runs ? keeper_word(w, i) : "dead");
		if (rules.guard && len < size)
			len += snprintf(text + len, size - len, "%s%s%s%s%s%s",
					w->disk.life[i] ? ", registered" : "",
					w->disk.holder == 1 + i ? ", has reserved" : "",
					notes[h->note.state],
					h->note.unproven ? " (unproven)" : "",
					h->silent ? ", silent" : "",
					h->shut    ? ", shut down"
					: h->stale ? ", overtaken"
						   : "");
		if (k->phase && len < size)
			len += snprintf(text + len, size - len, ", hand-over %s",
					phases[k->phase]);
		if (k->holder && len < size)
			len += snprintf(text + len, size - len, ", claim of %s",
					head_name(k->holder - 1));
	}
}

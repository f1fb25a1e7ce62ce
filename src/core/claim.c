// SPDX-License-Identifier: GPL-2.0-or-later
/* claim: may this head start the service, given what the others say? */
#include "core/claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

struct json_object *claim_format(const struct claim_stand *stand)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "state", json_object_new_string(stand->word));
	json_object_object_add(o, "holds", json_object_new_boolean(stand->holds));
	json_object_object_add(o, "peer", json_object_new_string(stand->peer));
	json_object_object_add(o, "rival", json_object_new_string(stand->rival));
	return o;
}

/* Only printable ASCII, because it goes into messages. */
static int take_word(struct json_object *body, const char *key, char *to, size_t size,
		     struct err *err)
{
	const char *text = json_member_string(body, key);
	size_t n = strlen(text);
	bool is_good = n < size;

	for (size_t i = 0; i < n; i++)
		is_good &= text[i] > ' ' && text[i] <= '~';
	if (!is_good)
		return err_set(err, BATON_EXIT_PEER, EPROTO, "its '%s'", key);
	memcpy(to, text, n + 1);
	return 0;
}

int claim_parse(struct claim_stand *stand, struct json_object *body, struct err *err)
{
	int rc = take_word(body, "state", stand->word, sizeof(stand->word), err);

	if (rc == 0)
		rc = take_word(body, "peer", stand->peer, sizeof(stand->peer), err);
	if (rc == 0)
		rc = take_word(body, "rival", stand->rival, sizeof(stand->rival), err);
	stand->holds = json_member_bool(body, "holds");
	if (rc == 0 && !stand->word[0])
		rc = err_set(err, BATON_EXIT_PEER, EPROTO, "its 'state'");
	return rc;
}

/* It has the disk, or may have it in a moment. That refuses a start on any terms. */
static bool forbids(const struct claim_head *head, struct err *why)
{
	const struct claim_stand *s = &head->stand;

	if (strcmp(s->word, "serving") == 0)
		err_set(why, BATON_EXIT_PEER, 0, "%s serves it", head->name);
	else if (text_has_word("start take", s->word))
		err_set(why, BATON_EXIT_PEER, 0, "%s is starting it", head->name);
	else if (s->holds)
		err_set(why, BATON_EXIT_PEER, 0,
			"%s has not released the disk (%s); stop it there, or have that "
			"head fenced",
			head->name, s->word);
	else if (s->rival[0])
		err_set(why, BATON_EXIT_PEER, 0,
			"%s: the service %s there is on the same disk", head->name,
			s->rival);
	else
		return false;
	return true;
}

bool claim_lets_go(const struct claim_stand *stand)
{
	return !stand->holds && text_has_word("standby absent", stand->word);
}

static bool objects(const struct claim_head *head, struct err *why)
{
	const struct claim_stand *s = &head->stand;

	if (s->peer[0])
		err_set(why, BATON_EXIT_PEER, 0,
			"a hand-over between %s and %s is going on", head->name, s->peer);
	else if (text_has_word("partial stop lose hand-over teardown", s->word))
		err_set(why, BATON_EXIT_PEER, 0,
			"it is not stopped on %s (%s); run `baton stop` there",
			head->name, s->word);
	else
		return false;
	return true;
}

bool claim_is_silent(const struct claim_head *head, const struct claim_terms *terms)
{
	return !head->answered && !terms->takeover &&
	       !(terms->gone && text_has_word(terms->gone, head->name));
}

enum claim_verdict claim_judge(const struct claim_head *heads, size_t n,
			       const struct claim_terms *terms, bool late,
			       struct err *why)
{
	const struct claim_head *silent = NULL, *mute = NULL;

	for (size_t i = 0; i < n; i++) {
		if (heads[i].answered && (forbids(&heads[i], why) ||
					  (!terms->takeover && objects(&heads[i], why))))
			return CLAIM_REFUSED;
		if (heads[i].joined && heads[i].foreign[0]) {
			err_set(why, BATON_EXIT_PEER, 0,
				"the keeper of %s (version %s of baton) speaks another "
				"protocol than version %s here; update one of them, or "
				"end that keeper",
				heads[i].name, heads[i].foreign, BATON_VERSION);
			return CLAIM_REFUSED;
		}
		/* Also of heads said to be dead: a running keeper disproves it. */
		if (heads[i].joined && !heads[i].answered)
			mute = &heads[i];
		if (!silent && claim_is_silent(&heads[i], terms))
			silent = &heads[i];
	}
	if (mute && !late)
		return CLAIM_WAITS;
	if (mute) {
		err_set(why, BATON_EXIT_PEER, 0,
			"the keeper of %s runs and does not answer; end it, or have that "
			"head fenced",
			mute->name);
		return CLAIM_REFUSED;
	}
	if (!silent)
		return CLAIM_GRANTED;
	err_set(why, BATON_EXIT_PEER, 0,
		"%s does not answer, so nobody knows whether it serves", silent->name);
	return CLAIM_SILENT;
}

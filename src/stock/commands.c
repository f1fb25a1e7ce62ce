// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * commands: the commands that replace a stock group by a service.
 *
 * There are never two writers: the group must have stopped before it is removed, which
 * both tools check themselves, and it is gone before the service exists. The service
 * stays stopped until its constraints are in place. Otherwise Pacemaker would start it at
 * once, anywhere, and a failed start bans it from the head.
 */
#include "stock/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

const char *const commands_names[COMMANDS_TOOLS] = { "pcs", "crmsh" };

/* For crmsh, which takes none from the meta-data; the unit test compares the two. */
#define OPERATIONS                                                                       \
	"op start interval=0 timeout=600s op stop interval=0 timeout=600s"               \
	" op monitor interval=10s timeout=60s"                                           \
	" op monitor interval=30s timeout=180s OCF_CHECK_LEVEL=10"                       \
	" op monitor interval=60s timeout=180s OCF_CHECK_LEVEL=20"                       \
	" op migrate_to interval=0 timeout=900s op migrate_from interval=0 timeout=60s"

/* A command being built. */
struct command {
	FILE *out;
	char *text;
	size_t size;
};

static void begin(struct command *c, const char *words)
{
	memset(c, 0, sizeof(*c));
	c->out = open_memstream(&c->text, &c->size);
	if (c->out)
		fputs(words, c->out);
}

/* Adds one shell word, quoted as needed. */
static void add_word(struct command *c, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:=+,/";
	bool quote = !*word || word[strspn(word, plain)];

	if (!c->out)
		return;
	fputs(quote ? " '" : " ", c->out);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", c->out);
		else
			fputc(*word, c->out);
	if (quote)
		fputc('\'', c->out);
}

static void add_words(struct command *c, const struct strlist *words)
{
	for (size_t i = 0; i < words->n; i++)
		add_word(c, words->v[i]);
}

static void finish(struct command *c, struct strlist *commands)
{
	if (c->out && fclose(c->out) == 0)
		strlist_add(commands, "%s", c->text);
	else
		commands->failed = true;
	free(c->text);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Adds a command made only of words; the first may contain blanks. */
static void add(struct strlist *commands, const char *first, const char *const *words)
{
	struct command c;

	begin(&c, first);
	for (; *words; words++)
		add_word(&c, *words);
	finish(&c, commands);
}

/* ---- location constraints: "head1=100" ---- */

static void add_pcs_location(struct strlist *commands, const char *id,
			     const char *prefers)
{
	const char *score = strrchr(prefers, '=') + 1;
	bool avoids = *score == '-';
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%.*s%s", (int)(score - prefers), prefers, score + avoids) <
	    0) {
		commands->failed = true;
		return;
	}
	add(commands, "pcs constraint location",
	    WORDS(id, avoids ? "avoids" : "prefers", text));
}

static void add_crmsh_location(struct strlist *commands, const char *id, size_t number,
			       const char *prefers)
{
	const char *score = strrchr(prefers, '=') + 1;
	_cleanup_free_ char *node = strndup(prefers, score - prefers - 1);
	_cleanup_free_ char *name = NULL, *rule = NULL;

	if (!node || asprintf(&name, "%s-on-%zu", id, number) < 0 ||
	    asprintf(&rule, "%s:", score) < 0) {
		commands->failed = true;
		return;
	}
	add(commands, "crm configure location", WORDS(name, id, rule, node));
}

/* ---- the tools ---- */

/* Pacemaker has to settle between the commands. */
#define AT_REST "crm_resource --wait"

/* Where the old configuration is kept; it contains the passwords of fencing. */
#define KEPT "/root/%s-before.xml"

/* Only once: a second copy could be one without the group. */
static void add_keeping(struct strlist *commands, const char *name)
{
	strlist_add(commands, "test ! -e " KEPT, name);
	strlist_add(commands, "cibadmin --query --scope configuration > " KEPT, name);
}

static void add_restoring(struct strlist *commands, const char *name)
{
	strlist_add(commands, AT_REST);
	strlist_add(commands, "cibadmin --replace --scope configuration --xml-file " KEPT,
		    name);
}

/* The last resource of the group goes first, because it depends on those before it. */
/* After an outage of the storage a start has failed on each head, and Pacemaker tries no head
 * again before it has forgotten that. The group's own time counts. */
static const char *forgets_after(const struct stock_group *stock)
{
	for (size_t i = 0; i < stock->meta.n; i++)
		if (strncmp(stock->meta.v[i], "failure-timeout=", 16) == 0)
			return "";
	return " failure-timeout=120s";
}

static void add_pcs(struct strlist *commands, const struct stock_group *stock,
		    const char *name, const char *id)
{
	struct strlist *put = &commands[COMMANDS_PUT];
	struct command c;

	if (stock->in_cluster) {
		add(&commands[COMMANDS_STOP], "pcs resource disable --wait",
		    WORDS(stock->id));
		add(&commands[COMMANDS_BACK], "pcs resource delete", WORDS(id));
	}
	if (stock->in_cluster && !stock->others.n)
		add(put, "pcs resource delete", WORDS(stock->id));
	for (size_t i = stock->others.n ? stock->replaced.n : 0; i-- > 0;)
		add(put, "pcs resource delete", WORDS(stock->replaced.v[i]));
	begin(&c, "pcs resource create --disabled");
	add_word(&c, id);
	if (c.out)
		fprintf(c.out, " ocf:baton:service service=%s meta allow-migrate=true%s",
			name, forgets_after(stock));
	add_words(&c, &stock->meta);
	finish(&c, put);
	for (size_t i = 0; i < stock->prefers.n; i++)
		add_pcs_location(put, id, stock->prefers.v[i]);
	if (stock->others.n) {
		add(put, "pcs constraint order", WORDS(stock->id, "then", id));
		add(put, "pcs constraint colocation add", WORDS(id, "with", stock->id));
		add(put, "pcs resource enable", WORDS(stock->id));
	}
	add(put, "pcs resource enable", WORDS(id));
}

static void add_crmsh(struct strlist *commands, const struct stock_group *stock,
		      const char *name, const char *id)
{
	struct strlist *put = &commands[COMMANDS_PUT], *back = &commands[COMMANDS_BACK];
	struct command c;

	if (stock->in_cluster) {
		add(&commands[COMMANDS_STOP], "crm resource stop", WORDS(stock->id));
		strlist_add(&commands[COMMANDS_STOP], AT_REST);
		begin(&c, "crm configure delete");
		if (!stock->others.n)
			add_word(&c, stock->id);
		add_words(&c, &stock->replaced);
		finish(&c, put);
		add(back, "crm resource stop", WORDS(id));
		strlist_add(back, AT_REST);
		add(back, "crm configure delete", WORDS(id));
	}
	begin(&c, "crm configure primitive");
	add_word(&c, id);
	if (c.out)
		fprintf(c.out,
			" ocf:baton:service params service=%s " OPERATIONS
			" meta allow-migrate=true%s target-role=Stopped",
			name, forgets_after(stock));
	add_words(&c, &stock->meta);
	finish(&c, put);
	for (size_t i = 0; i < stock->prefers.n; i++)
		add_crmsh_location(put, id, i + 1, stock->prefers.v[i]);
	if (stock->others.n) {
		begin(&c, "crm configure order");
		if (c.out)
			fprintf(c.out, " %s-after Mandatory:", id);
		add_word(&c, stock->id);
		add_word(&c, id);
		finish(&c, put);
		begin(&c, "crm configure colocation");
		if (c.out)
			fprintf(c.out, " %s-with inf: %s", id, id);
		add_word(&c, stock->id);
		finish(&c, put);
		add(put, "crm resource start", WORDS(stock->id));
	}
	add(put, "crm resource start", WORDS(id));
}

/* Does something that stays in the cluster have this id? */
static bool is_taken(const struct stock_group *stock, const char *id)
{
	return stock->ids && strlist_has(stock->ids, id) &&
	       !strlist_has(&stock->replaced, id) &&
	       (stock->others.n || strcmp(stock->id, id) != 0);
}

/* Pasted commands must stop where one fails. */
static void link_commands(struct strlist *commands)
{
	for (size_t i = 0; i + 1 < commands->n; i++) {
		char *text;

		if (asprintf(&text, "%s &&", commands->v[i]) < 0) {
			commands->failed = true;
			return;
		}
		free(commands->v[i]);
		commands->v[i] = text;
	}
}

void commands_make(struct strlist commands[COMMANDS_STEPS], enum command_tool tool,
		   const struct stock_group *stock, const char *name)
{
	char id[SERVICE_NAME_MAX + sizeof("-service") + 20];

	if (stock->unmanaged)
		return;
	snprintf(id, sizeof(id), "%s", name);
	for (size_t i = 1; is_taken(stock, id); i++)
		snprintf(id, sizeof(id), "%s-service%.0zu", name, i - 1);
	if (stock->in_cluster)
		add_keeping(&commands[COMMANDS_STOP], name);
	switch (tool) {
	case COMMANDS_PCS:
		add_pcs(commands, stock, name, id);
		break;
	case COMMANDS_CRMSH:
		add_crmsh(commands, stock, name, id);
		break;
	case COMMANDS_TOOLS:
		break;
	}
	if (stock->in_cluster)
		add_restoring(&commands[COMMANDS_BACK], name);
	for (enum command_step i = 0; i < COMMANDS_STEPS; i++)
		link_commands(&commands[i]);
}

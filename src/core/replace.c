// SPDX-License-Identifier: GPL-2.0-or-later
/* replace: the commands that put a service in the place of a stock group. */
#include "core/replace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

const char *const replace_names[REPLACE_TOOLS] = { "pcs", "crmsh" };

/* For crmsh, which takes none from the meta-data; the unit test compares them with it. */
#define OPERATIONS                                                                       \
	"op start interval=0 timeout=180s op stop interval=0 timeout=240s"               \
	" op monitor interval=10s timeout=60s"                                           \
	" op monitor interval=30s timeout=60s OCF_CHECK_LEVEL=10"                        \
	" op monitor interval=60s timeout=60s OCF_CHECK_LEVEL=20"                        \
	" op migrate_to interval=0 timeout=300s op migrate_from interval=0 timeout=60s"

/* A command in the making. */
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

/* One word of a shell, whatever is in it. */
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

static void add_words(struct command *c, const struct lines *words)
{
	for (size_t i = 0; i < words->n; i++)
		add_word(c, words->v[i]);
}

static void finish(struct command *c, struct lines *commands)
{
	if (c->out && fclose(c->out) == 0)
		lines_add(commands, "%s", c->text);
	else
		commands->failed = true;
	free(c->text);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A command of words alone; the first may have blanks. */
static void add(struct lines *commands, const char *first, const char *const *words)
{
	struct command c;

	begin(&c, first);
	for (; *words; words++)
		add_word(&c, *words);
	finish(&c, commands);
}

/* ---- location constraints: "head1=100" ---- */

static void add_pcs_location(struct lines *commands, const char *id, const char *prefers)
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

static void add_crmsh_location(struct lines *commands, const char *id, size_t number,
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

/* The last of a group is taken away first, as it depends on those before it. */
static void add_pcs(struct lines *commands, const struct stock *stock, const char *name,
		    const char *id)
{
	struct command c;

	if (stock->in_cluster)
		add(commands, "pcs resource disable --wait", WORDS(stock->id));
	if (stock->in_cluster && !stock->others.n)
		add(commands, "pcs resource delete", WORDS(stock->id));
	for (size_t i = stock->others.n ? stock->replaced.n : 0; i-- > 0;)
		add(commands, "pcs resource delete", WORDS(stock->replaced.v[i]));
	begin(&c, "pcs resource create");
	add_word(&c, id);
	if (c.out)
		fprintf(c.out, " ocf:baton:service service=%s meta allow-migrate=true",
			name);
	add_words(&c, &stock->meta);
	finish(&c, commands);
	for (size_t i = 0; i < stock->prefers.n; i++)
		add_pcs_location(commands, id, stock->prefers.v[i]);
	if (!stock->others.n)
		return;
	add(commands, "pcs constraint order", WORDS(stock->id, "then", id));
	add(commands, "pcs constraint colocation add", WORDS(id, "with", stock->id));
	add(commands, "pcs resource enable", WORDS(stock->id));
}

static void add_crmsh(struct lines *commands, const struct stock *stock, const char *name,
		      const char *id)
{
	struct command c;

	if (stock->in_cluster) {
		add(commands, "crm --wait resource stop", WORDS(stock->id));
		begin(&c, "crm configure delete");
		if (!stock->others.n)
			add_word(&c, stock->id);
		add_words(&c, &stock->replaced);
		finish(&c, commands);
	}
	begin(&c, "crm configure primitive");
	add_word(&c, id);
	if (c.out)
		fprintf(c.out,
			" ocf:baton:service params service=%s " OPERATIONS
			" meta allow-migrate=true",
			name);
	add_words(&c, &stock->meta);
	finish(&c, commands);
	for (size_t i = 0; i < stock->prefers.n; i++)
		add_crmsh_location(commands, id, i + 1, stock->prefers.v[i]);
	if (!stock->others.n)
		return;
	begin(&c, "crm configure order");
	if (c.out)
		fprintf(c.out, " %s-after Mandatory:", id);
	add_word(&c, stock->id);
	add_word(&c, id);
	finish(&c, commands);
	begin(&c, "crm configure colocation");
	if (c.out)
		fprintf(c.out, " %s-with inf: %s", id, id);
	add_word(&c, stock->id);
	finish(&c, commands);
	add(commands, "crm resource start", WORDS(stock->id));
}

void replace_make(struct lines *commands, enum replace_tool tool,
		  const struct stock *stock, const char *name)
{
	/* A group that stays keeps its id. */
	bool taken = stock->others.n && strcmp(stock->id, name) == 0;
	char id[SERVICE_NAME_MAX + sizeof("-service")];

	snprintf(id, sizeof(id), "%s%s", name, taken ? "-service" : "");
	switch (tool) {
	case REPLACE_PCS:
		add_pcs(commands, stock, name, id);
		break;
	case REPLACE_CRMSH:
		add_crmsh(commands, stock, name, id);
		break;
	case REPLACE_TOOLS:
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* export_option: the options allowed for a client of an export. */
#include "core/export_option.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/text.h"

enum opt_value {
	OPT_FLAG,
	OPT_ID,  /* number of a user or group */
	OPT_SEC, /* flavours, separated by colons */
};

/*
 * exports(5) of nfs-utils 2.6. An option with a reason is refused with that reason;
 * options of one group exclude each other.
 */
static const struct opt {
	const char *name;
	int group;
	enum opt_value value;
	const char *reason;
} opts[] = {
	{ "rw", 1, OPT_FLAG, NULL },
	{ "ro", 1, OPT_FLAG, NULL },
	{ "sync", 2, OPT_FLAG, NULL },
	{ "async", 2, OPT_FLAG, "acknowledged writes would be lost in a takeover" },
	{ "secure", 3, OPT_FLAG, NULL },
	{ "insecure", 3, OPT_FLAG, NULL },
	{ "no_subtree_check", 4, OPT_FLAG, NULL },
	{ "subtree_check", 4, OPT_FLAG,
	  "a renamed file would become stale for its clients" },
	{ "root_squash", 5, OPT_FLAG, NULL },
	{ "no_root_squash", 5, OPT_FLAG, NULL },
	{ "all_squash", 6, OPT_FLAG, NULL },
	{ "no_all_squash", 6, OPT_FLAG, NULL },
	{ "anonuid", 7, OPT_ID, NULL },
	{ "anongid", 8, OPT_ID, NULL },
	{ "sec", 0, OPT_SEC, NULL },
	{ "crossmnt", 9, OPT_FLAG, NULL },
	{ "nocrossmnt", 9, OPT_FLAG, NULL },
	{ "nohide", 10, OPT_FLAG, NULL },
	{ "hide", 10, OPT_FLAG, NULL },
	{ "wdelay", 11, OPT_FLAG, NULL },
	{ "no_wdelay", 11, OPT_FLAG, NULL },
	{ "acl", 12, OPT_FLAG, NULL },
	{ "no_acl", 12, OPT_FLAG, NULL },
	{ "auth_nlm", 13, OPT_FLAG, NULL },
	{ "no_auth_nlm", 13, OPT_FLAG, NULL },
	{ "secure_locks", 13, OPT_FLAG, NULL },
	{ "insecure_locks", 13, OPT_FLAG, NULL },
	{ "no_pnfs", 14, OPT_FLAG, NULL },
	{ "pnfs", 14, OPT_FLAG, "clients would write to the disk past the serving head" },
	{ "nordirplus", 15, OPT_FLAG, NULL },
	{ "security_label", 16, OPT_FLAG, NULL },
	{ "fsid", 0, OPT_FLAG,
	  "baton sets it itself, so that it is equal on every head" },
	{ "mountpoint", 0, OPT_FLAG, "baton exports only what it has mounted itself" },
	{ "mp", 0, OPT_FLAG, "baton exports only what it has mounted itself" },
	{ "refer", 0, OPT_FLAG, "a move cannot follow clients sent to other servers" },
	{ "replicas", 0, OPT_FLAG, "a move cannot follow clients sent to other servers" },
	{ "sign_fh", 0, OPT_FLAG, "each head would sign with a key of its own" },
	{ "xprtsec", 0, OPT_FLAG, "no TLS handshake daemon runs beside the service" },
};

#define GROUPS 17

static int refuse(struct err *err, const char *what, const char *value, const char *why)
{
	return err_set(err, BATON_EXIT_CONFIG, 0, "%s '%.80s' %s", what, value, why);
}

static const struct opt *find_opt(const char *name)
{
	for (size_t i = 0; i < sizeof(opts) / sizeof(*opts); i++)
		if (strcmp(opts[i].name, name) == 0)
			return &opts[i];
	return NULL;
}

static int check_flavours(char *list, struct err *err)
{
	char *save = NULL;

	if (!*list || *list == ':' || strstr(list, "::") || list[strlen(list) - 1] == ':')
		return refuse(err, "option sec: flavour list", list, "has an empty item");
	for (char *f = strtok_r(list, ":", &save); f; f = strtok_r(NULL, ":", &save))
		if (!text_has_word("sys none krb5 krb5i krb5p", f))
			return refuse(err, "option sec: flavour", f,
				      "is not one of sys, none, krb5, krb5i, krb5p");
	return 0;
}

static int check_option(char *text, const char *seen[GROUPS], struct err *err)
{
	char *value = strchr(text, '=');
	const struct opt *opt;
	unsigned long id;

	if (value)
		*value++ = '\0';
	opt = find_opt(text);
	if (!opt)
		return refuse(err, "option", text, "is unknown; exports(5) lists them");
	if (opt->reason)
		return err_set(err, BATON_EXIT_CONFIG, 0, "option '%s' is refused: %s",
			       opt->name, opt->reason);
	if (opt->group) {
		if (seen[opt->group] == opt->name)
			return refuse(err, "option", opt->name, "is given twice");
		if (seen[opt->group])
			return err_set(err, BATON_EXIT_CONFIG, 0,
				       "options '%s' and '%s' contradict each other",
				       seen[opt->group], opt->name);
		seen[opt->group] = opt->name;
	}
	switch (opt->value) {
	case OPT_FLAG:
		return value ? refuse(err, "option", opt->name, "takes no value") : 0;
	case OPT_ID:
		if (!value || text_parse_number(&id, value, 0, UINT32_MAX))
			return refuse(err, "option", opt->name,
				      "needs a number from 0 to 4294967295");
		return 0;
	case OPT_SEC:
		if (!value)
			return refuse(err, "option", opt->name, "needs a value");
		/* exports(5): options after a sec= apply to its flavours only. */
		memset(seen, 0, GROUPS * sizeof(*seen));
		return check_flavours(value, err);
	}
	return 0;
}

int exportopt_copy(FILE *out, const char *text, struct err *err)
{
	const char *seen[GROUPS] = { NULL };
	_cleanup_free_ char *copy = strdup(text);
	bool sync = false, subtree = false;
	char *rest = copy;
	int rc;

	if (!copy)
		return -ENOMEM;
	while (*text && rest) {
		char *item = strsep(&rest, ",");

		if (!*item)
			return refuse(err, "option list", text, "has an empty item");
		fprintf(out, "%s%s", item == copy ? "" : ",", item);
		rc = check_option(item, seen, err);
		if (rc)
			return rc;
		sync = sync || strcmp(item, "sync") == 0;
		subtree = subtree || strcmp(item, "no_subtree_check") == 0;
	}
	if (!sync)
		fprintf(out, "%ssync", *text ? "," : "");
	if (!subtree)
		fputs(",no_subtree_check", out); /* at least sync precedes it */
	return 0;
}

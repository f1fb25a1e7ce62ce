// SPDX-License-Identifier: GPL-2.0-or-later
/* address: what `baton release` and `baton tickle` share: a floating address. */
#include "cmd/address.h"

#include <stdio.h>

#include "cmd/common.h"
#include "keeper/op.h"
#include "os/child.h"
#include "os/ns.h"
#include "os/software.h"

#define PATIENCE_MS 30000

static void say(bool warning, const char *text)
{
	fprintf(warning ? stderr : stdout, warning ? "baton: %s\n" : "%s\n", text);
}

int address_run(int argc, char **argv, const char *doc, unsigned int takes,
		int (*run)(const struct sever *sever, struct err *err))
{
	struct sever s = { .port = NFS_PORT,
			   .release = true,
			   .tickle = true,
			   .until_ms = child_now_ms() + PATIENCE_MS,
			   .say = say };
	struct common_options options;
	struct err err = { 0 };

	if (common_parse(argc, argv, doc,
			 takes | COMMON_ADDRESS | COMMON_STATE | COMMON_NO_JSON,
			 &options) < 0)
		return BATON_EXIT_USAGE;
	sever_set_state(&s, options.state);
	if (ipaddr_parse_endpoint(&s.ip, &s.port, options.name, &err) < 0 ||
	    software_check_root(&err) < 0 ||
	    (options.netns && ns_enter_net(options.netns, &err) < 0) || run(&s, &err) < 0)
		return common_fail(&err);
	return BATON_EXIT_OK;
}

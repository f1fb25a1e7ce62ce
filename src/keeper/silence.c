// SPDX-License-Identifier: GPL-2.0-or-later
/* silence: nothing gets in or out of the service's network, and nobody is told of it. */
#include "keeper/silence.h"

#include <errno.h>

#include "core/cleanup.h"
#include "core/ruleset.h"
#include "os/file.h"
#include "os/nftable.h"

/* Else whoever asks for the address takes this head for one that serves. */
static void answer_arp(bool answer)
{
	/* Documentation/networking/ip-sysctl.rst: 8 = not for any address; 1 is standby's. */
	file_write("/proc/sys/net/ipv4/conf/all/arp_ignore", answer ? "1" : "8");
}

int silence_begin(struct op *op, struct err *err)
{
	_cleanup_free_ char *ruleset = NULL;
	int rc = nftable_set_dormant(RULESET_SILENCE, false, err);

	answer_arp(false);
	if (rc != -ENOENT)
		return rc;
	ruleset = ruleset_silence(false);
	if (!ruleset)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "filter");
	rc = op_open_nft(op, err);
	return rc < 0 ? rc : nft_apply(op->nft, ruleset, err);
}

int silence_end(struct err *err)
{
	int rc = nftable_set_dormant(RULESET_SILENCE, true, err);

	answer_arp(true);
	return rc == -ENOENT ? 0 : rc;
}

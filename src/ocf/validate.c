// SPDX-License-Identifier: GPL-2.0-or-later
/* validate: the action validate-all. */
#include "ocf/service.h"
#include "os/blockdev.h"
#include "os/lowerdev.h"
#include "os/software.h"

/* Only what has to be repaired on this head: `baton check` reports the rest. */
static int check_head(const struct service *svc, struct err *err)
{
	int rc = software_check_nfs(err);

	if (rc == 0)
		rc = software_check_filesystem("nfsd", err);
	if (rc == 0)
		rc = software_check_filesystem(svc->fstype, err);
	if (rc == 0)
		rc = blockdev_check_present(svc->device, NULL, err);
	for (size_t i = 0; i < svc->n_addresses && rc == 0; i++)
		rc = lowerdev_check(svc->addresses[i].link, err);
	return rc;
}

enum ocf_exit service_validate(const struct ocf_request *request, struct err *err)
{
	struct service svc = { 0 };
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);

	if (code == OCF_SUCCESS)
		code = call_load(&call, &svc, err);
	if (code == OCF_SUCCESS && request->level >= 10 && check_head(&svc, err) < 0)
		code = ocf_exit_of(err->code);
	service_free(&svc);
	return code;
}

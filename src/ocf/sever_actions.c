// SPDX-License-Identifier: GPL-2.0-or-later
/* sever_actions: the actions of ocf:baton:sever: they pass parameters to src/sever. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "ocf/sever.h"
#include "os/software.h"
#include "sever/sever.h"

static void say(bool warning, const char *text)
{
	ocf_log(warning ? "WARNING" : "INFO", "%s", text);
}

static int read_address(const struct ocf_request *request, struct sever *s,
			struct err *err)
{
	const char *text = ocf_parameter(request, "address"), *fault;

	if (!text)
		return err_set(err, 0, 0, "the parameter address is missing");
	if (ipaddr_parse(&s->ip, text) < 0)
		return err_set(err, 0, 0, "address: '%.60s' is not an address", text);
	fault = ipaddr_fault(&s->ip);
	return fault ? err_set(err, 0, 0, "address: '%.60s' %s", text, fault) : 0;
}

static int read_port(const struct ocf_request *request, struct sever *s, struct err *err)
{
	const char *text = ocf_parameter(request, "port");
	unsigned long port;

	if (text_parse_number(&port, text, 1, UINT16_MAX) < 0)
		return err_set(err, 0, 0, "port: '%.20s' is not 1 to 65535", text);
	s->port = port;
	return 0;
}

static int read_state(const struct ocf_request *request, struct sever *s, struct err *err)
{
	sever_set_state(s, ocf_parameter(request, "state"));
	if (!s->state)
		return err_set(err, 0, 0, "the parameter state is missing");
	if (s->state[0] != '/' || strlen(s->state) > SEVER_STATE_MAX)
		return err_set(err, 0, 0, "state: '%.60s' is not an absolute path",
			       s->state);
	return 0;
}

/* Parameters are those of the cluster: if wrong, they are wrong on every head. */
static enum ocf_exit begin(const struct ocf_request *request, struct sever *s,
			   struct err *err)
{
	*s = (struct sever){ .until_ms = request->until_ms, .say = say };
	if (read_address(request, s, err) < 0 || read_port(request, s, err) < 0 ||
	    read_state(request, s, err) < 0 ||
	    ocf_parameter_bool(request, "release", &s->release, err) < 0 ||
	    ocf_parameter_bool(request, "tickle", &s->tickle, err) < 0)
		return OCF_ERR_CONFIGURED;
	return software_check_root(err) < 0 ? OCF_ERR_PERM : OCF_SUCCESS;
}

enum ocf_exit sever_action_start(const struct ocf_request *request, struct err *err)
{
	struct sever s;
	enum ocf_exit code = begin(request, &s, err);

	if (code == OCF_SUCCESS && sever_start(&s, err) < 0)
		code = ocf_exit_of(err->code);
	return code;
}

enum ocf_exit sever_action_stop(const struct ocf_request *request, struct err *err)
{
	struct sever s;
	enum ocf_exit code = begin(request, &s, err);

	if (code == OCF_SUCCESS)
		sever_stop(&s);
	return code;
}

enum ocf_exit sever_action_monitor(const struct ocf_request *request, struct err *err)
{
	struct sever s;
	enum ocf_exit code = begin(request, &s, err);
	char text[IPADDR_TEXT];
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	rc = sever_is_here(&s, err);
	if (rc < 0)
		return OCF_ERR_GENERIC;
	if (rc > 0 && !request->probe)
		sever_record(&s);
	/* For a probe this is not a failure. */
	if (rc == 0 && !request->probe && !err->text[0])
		err_set(err, BATON_EXIT_FAILED, 0, "%s is not here, or silenced",
			ipaddr_format(&s.ip, text));
	return rc ? OCF_SUCCESS : OCF_NOT_RUNNING;
}

enum ocf_exit sever_action_validate(const struct ocf_request *request, struct err *err)
{
	struct sever s;
	enum ocf_exit code = begin(request, &s, err);

	if (code == OCF_SUCCESS && request->level >= 10 && sever_check(&s, err) < 0)
		code = ocf_exit_of(err->code);
	return code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* metadata: prints an agent's tables as the XML that Pacemaker, pcs and crmsh read. */
#include <string.h>

#include "ocf/agent.h"

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
}

static void print_description(FILE *out, const char *indent, const char *text,
			      const char *help)
{
	fprintf(out, "%s<longdesc lang=\"en\">\n", indent);
	print_escaped(out, text);
	fprintf(out, "\n%s</longdesc>\n%s<shortdesc lang=\"en\">", indent, indent);
	print_escaped(out, help);
	fprintf(out, "</shortdesc>\n");
}

static void print_parameter(FILE *out, const struct ocf_parameter *p)
{
	fprintf(out, "    <parameter name=\"%s\" unique=\"%d\" required=\"%d\">\n",
		p->name, p->unique, p->required);
	print_description(out, "      ", p->text, p->help);
	fprintf(out, "      <content type=\"%s\"", p->type);
	if (p->fallback)
		fprintf(out, " default=\"%s\"", p->fallback);
	fprintf(out, "/>\n    </parameter>\n");
}

/*
 * reload-agent is not in the DTD of OCF 1.0, which the meta-data names, and ocf-tester takes
 * it for reload. Pacemaker would not call it anyway.
 */
static bool is_advertised(const struct ocf_action *a)
{
	return strcmp(a->name, "reload-agent") != 0;
}

static void print_action(FILE *out, const struct ocf_action *a)
{
	if (!is_advertised(a))
		return;
	fprintf(out, "    <action name=\"%s\" timeout=\"%us\"", a->name, a->timeout_s);
	if (a->interval_s)
		fprintf(out, " interval=\"%us\" depth=\"%u\"", a->interval_s, a->depth);
	fprintf(out, "/>\n");
}

void ocf_print_metadata(FILE *out, const struct ocf_agent *agent)
{
	fprintf(out,
		"<?xml version=\"1.0\"?>\n"
		"<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\">\n"
		"<resource-agent name=\"%s\" version=\"%s\">\n"
		"  <version>1.0</version>\n",
		agent->name, BATON_VERSION);
	print_description(out, "  ", agent->text, agent->help);
	fprintf(out, "  <parameters>\n");
	for (const struct ocf_parameter *p = agent->parameters; p->name; p++)
		print_parameter(out, p);
	fprintf(out, "  </parameters>\n  <actions>\n");
	for (const struct ocf_action *a = agent->actions; a->name; a++)
		print_action(out, a);
	fprintf(out, "  </actions>\n</resource-agent>\n");
}

enum ocf_exit ocf_action_metadata(const struct ocf_request *request, struct err *err)
{
	ocf_print_metadata(stdout, request->agent);
	return OCF_SUCCESS;
}

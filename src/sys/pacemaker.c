// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pacemaker: its command-line tools, run as children.
 *
 * The tools and not its libraries: their output is the interface that Pacemaker keeps
 * stable (xml/api), its C interfaces have no such promise. What it would do is found out by
 * rehearsal: a copy of the CIB in a file (CIB_file) gets the same constraint from the same
 * tool, and crm_simulate plays the move.
 */
#include "sys/pacemaker.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/paths.h"
#include "sys/child.h"
#include "sys/file.h"

/* Without an answer in this time the cluster is not there. */
#define TOOL_MS    20000
#define OUTPUT_MAX (16u << 20)
/* crm_exit_e of Pacemaker (include/crm/common/results.h) */
#define CRM_EX_DISCONNECT 102
#define CRM_EX_EXISTS     108

/* No service may have a name with a dot. */
#define REHEARSAL PATHS_RUN "/.move-XXXXXX"

/* Runs a tool; @file stands in for the cluster, or NULL. What it wrote goes to @text. */
static int run(const char *const argv[], const char *file, char **text, struct err *err)
{
	const char *env[] = { "CIB_file", file ? file : getenv("BATON_CIB") };
	struct err why = { 0 };
	char said[300];
	const struct child_wait wait = { .until_ms = child_now_ms() + TOOL_MS,
					 .interrupt_fd = -1 };
	int rc = child_capture(argv, env[1] ? env : NULL, &wait, OUTPUT_MAX, text, &why);

	if (rc == 0)
		return 0;
	if (rc == -ENOENT)
		return err_set(err, BATON_EXIT_CLUSTER, 0,
			       "no cluster here: %s is not installed (Debian: "
			       "pacemaker-cli-utils, RHEL: pacemaker-cli)",
			       argv[0]);
	if (rc == CRM_EX_DISCONNECT)
		return err_set(err, BATON_EXIT_CLUSTER, 0,
			       "no cluster here: Pacemaker does not run on this head");
	said[0] = '\0';
	if (*text)
		cluster_read_error(*text, strlen(*text), said, sizeof(said));
	if (said[0])
		err_set(err, BATON_EXIT_CLUSTER, 0, "%s: %s", argv[0], said);
	else
		err_set(err, BATON_EXIT_CLUSTER, 0, "%s", why.text);
	return rc < 0 ? rc : rc == CRM_EX_EXISTS ? -EEXIST : -ECANCELED;
}

static int run_quietly(const char *const argv[], const char *file, struct err *err)
{
	_cleanup_free_ char *text = NULL;

	return run(argv, file, &text, err);
}

static int read_state(const char *const argv[], const char *file,
		      struct cluster_state *state, const char *primitive, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int rc = run(argv, file, &text, err);

	if (rc == 0)
		rc = cluster_read_state(state, text, strlen(text), primitive, err);
	return rc;
}

int pacemaker_query(char **cib, struct err *err)
{
	static const char *const argv[] = { "cibadmin", "--query", NULL };
	int rc = run(argv, NULL, cib, err);

	if (rc < 0) {
		free(*cib);
		*cib = NULL;
	}
	return rc;
}

int pacemaker_look(struct cluster_state *state, const char *primitive, struct err *err)
{
	static const char *const argv[] = { "crm_mon", "--one-shot", "--output-as=xml",
					    NULL };

	return read_state(argv, NULL, state, primitive, err);
}

int pacemaker_expect(struct cluster_state *state, const char *primitive, struct err *err)
{
	static const char *const argv[] = { "crm_simulate", "--live-check", "--run",
					    "--output-as=xml", NULL };

	return read_state(argv, NULL, state, primitive, err);
}

static int ask_for_move(const char *id, const char *head, unsigned int lifetime_s,
			const char *file, struct err *err)
{
	char lifetime[32];
	const char *const argv[] = {
		"crm_resource", "--move",     "--resource", id,  "--node",
		head,           "--lifetime", lifetime,     NULL
	};

	/* ISO 8601 */
	snprintf(lifetime, sizeof(lifetime), "PT%uS", lifetime_s);
	return run_quietly(argv, file, err);
}

static int clear(const char *id, const char *file, struct err *err)
{
	const char *const argv[] = { "crm_resource", "--clear", "--resource", id, NULL };

	return run_quietly(argv, file, err);
}

int pacemaker_move(const char *id, const char *head, unsigned int lifetime_s,
		   struct err *err)
{
	return ask_for_move(id, head, lifetime_s, NULL, err);
}

int pacemaker_clear(const char *id, struct err *err)
{
	return clear(id, NULL, err);
}

static int play(const char *cib, const char *after,
		const struct cluster_resource *resource, const char *head,
		struct cluster_state *forth, struct cluster_state *back, struct err *err)
{
	const char *const there[] = {
		"crm_simulate",    "--simulate",    "--xml-file", cib,
		"--output-as=xml", "--save-output", after,        NULL
	};
	const char *const then[] = { "crm_simulate", "--run",           "--xml-file",
				     after,          "--output-as=xml", NULL };
	int rc = ask_for_move(resource->id, head, 3600, cib, err);

	if (rc == 0)
		rc = read_state(there, NULL, forth, resource->primitive, err);
	if (rc == 0)
		rc = clear(resource->id, after, err);
	if (rc == 0)
		rc = read_state(then, NULL, back, resource->primitive, err);
	return rc;
}

int pacemaker_rehearse(const char *cib, const struct cluster_resource *resource,
		       const char *head, struct cluster_state *forth,
		       struct cluster_state *back, struct err *err)
{
	char dir[] = REHEARSAL, now[sizeof(dir) + 16], then[sizeof(dir) + 16];
	int rc;

	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) || !mkdtemp(dir))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", dir);
	snprintf(now, sizeof(now), "%s/now.xml", dir);
	snprintf(then, sizeof(then), "%s/then.xml", dir);
	rc = file_replace(now, cib, strlen(cib), 0);
	if (rc < 0)
		err_set(err, BATON_EXIT_RESOURCE, -rc, "write %s", now);
	else
		rc = play(now, then, resource, head, forth, back, err);
	unlink(now);
	unlink(then);
	rmdir(dir);
	return rc;
}

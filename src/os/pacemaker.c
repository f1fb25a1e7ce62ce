// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pacemaker: runs Pacemaker's command-line tools as children.
 *
 * It uses the tools and not the libraries, because Pacemaker keeps the output of its
 * tools stable (xml/api), but does not promise the same for its C interfaces. What
 * Pacemaker would do is found out by a rehearsal: a copy of the CIB in a file gets the
 * constraint of a move, crm_simulate simulates the move, and the resulting CIB loses the
 * constraint again (core/rehearsal.c).
 */
#include "os/pacemaker.h"

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
#include "core/rehearsal.h"
#include "os/child.h"
#include "os/file.h"

#define OUTPUT_MAX (16u << 20)
/* crm_exit_e of Pacemaker (include/crm/common/results.h) */
#define CRM_EX_DISCONNECT 102
#define CRM_EX_EXISTS     108

/* No service can have a name with a dot. */
#define REHEARSAL PATHS_RUN "/.move-XXXXXX"

/* Runs a tool; its output goes to @text. */
static int run(const char *const argv[], const struct child_wait *wait, char **text,
	       struct err *err)
{
	const char *env[] = { "CIB_file", getenv("BATON_CIB") };
	struct err why = { 0 };
	char said[300];
	int rc = child_capture(argv, env[1] ? env : NULL, wait, OUTPUT_MAX, text, &why);

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
	if (rc == -ETIMEDOUT) {
		err_set(err, BATON_EXIT_CLUSTER, 0, "%s has not finished in time",
			argv[0]);
		return rc;
	}
	said[0] = '\0';
	if (*text)
		cluster_read_error(*text, strlen(*text), said, sizeof(said));
	if (said[0])
		err_set(err, BATON_EXIT_CLUSTER, 0, "%s: %s", argv[0], said);
	else
		err_set(err, BATON_EXIT_CLUSTER, 0, "%s", why.text);
	return rc < 0 ? rc : rc == CRM_EX_EXISTS ? -EEXIST : -ECANCELED;
}

static int run_quietly(const char *const argv[], const struct child_wait *wait,
		       struct err *err)
{
	_cleanup_free_ char *text = NULL;

	return run(argv, wait, &text, err);
}

static int read_state(const char *const argv[], const struct child_wait *wait,
		      struct cluster_state *state, const char *primitive, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int rc = run(argv, wait, &text, err);

	if (rc == 0)
		rc = cluster_read_state(state, text, strlen(text), primitive, err);
	return rc;
}

/* The same, with no output left if it fails. */
static int run_for(const char *const argv[], const struct child_wait *wait, char **text,
		   struct err *err)
{
	int rc = run(argv, wait, text, err);

	if (rc < 0) {
		free(*text);
		*text = NULL;
	}
	return rc;
}

static const char *const query[] = { "cibadmin", "--query", NULL };
static const char *const monitor[] = { "crm_mon", "--one-shot", "--output-as=xml", NULL };

int pacemaker_query(char **cib, const struct child_wait *wait, struct err *err)
{
	return run_for(query, wait, cib, err);
}

int pacemaker_look_all(char **text, const struct child_wait *wait, struct err *err)
{
	return run_for(monitor, wait, text, err);
}

int pacemaker_look(struct cluster_state *state, const char *primitive,
		   const struct child_wait *wait, struct err *err)
{
	return read_state(monitor, wait, state, primitive, err);
}

int pacemaker_move(const char *id, const char *head, unsigned int lifetime_s,
		   const struct child_wait *wait, struct err *err)
{
	char lifetime[32];
	const char *const argv[] = {
		"crm_resource", "--move",     "--resource", id,  "--node",
		head,           "--lifetime", lifetime,     NULL
	};

	/* ISO 8601 */
	snprintf(lifetime, sizeof(lifetime), "PT%uS", lifetime_s);
	return run_quietly(argv, wait, err);
}

int pacemaker_clear(const char *id, const struct child_wait *wait, struct err *err)
{
	const char *const argv[] = { "crm_resource", "--clear", "--resource", id, NULL };

	return run_quietly(argv, wait, err);
}

/* ---- the scheduler ---- */

struct stage {
	const char *primitive;
	const struct child_wait *wait;
	char dir[sizeof(REHEARSAL)];
	char now[sizeof(REHEARSAL) + 16];
	char then[sizeof(REHEARSAL) + 16];
};

static int open_stage(struct stage *s, const char *primitive,
		      const struct child_wait *wait, struct err *err)
{
	*s = (struct stage){ .primitive = primitive, .wait = wait, .dir = REHEARSAL };
	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) || !mkdtemp(s->dir))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", s->dir);
	snprintf(s->now, sizeof(s->now), "%s/now.xml", s->dir);
	snprintf(s->then, sizeof(s->then), "%s/then.xml", s->dir);
	return 0;
}

static void close_stage(const struct stage *s)
{
	unlink(s->now);
	unlink(s->then);
	rmdir(s->dir);
}

static int write_copy(const struct stage *s, const char *cib, const char *id,
		      const char *head, bool validate, struct err *err)
{
	_cleanup_free_ char *copy = NULL;
	int rc = rehearsal_copy(&copy, cib, strlen(cib), id, head, validate, err);

	if (rc < 0)
		return rc;
	rc = file_replace(s->now, copy, strlen(copy), 0);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "write %s", s->now) : 0;
}

/* Runs @argv on a copy of @cib; @id and @head as for rehearsal_copy(). */
static int simulate(const struct stage *s, const char *const argv[], const char *cib,
		    const char *id, const char *head, struct cluster_state *state,
		    struct err *err)
{
	/* Found out once: does this Pacemaker accept a copy without a schema? */
	static bool validate;
	int rc;

	for (;;) {
		rc = write_copy(s, cib, id, head, validate, err);
		if (rc == 0)
			rc = read_state(argv, s->wait, state, s->primitive, err);
		if (rc != -ECANCELED || validate)
			return rc;
		validate = true;
	}
}

/* What Pacemaker would do next, without the constraint on @id if it is not NULL. */
static int play_next(const struct stage *s, const char *cib, const char *id,
		     struct cluster_state *state, struct err *err)
{
	const char *const argv[] = { "crm_simulate", "--run",           "--xml-file",
				     s->now,         "--output-as=xml", NULL };

	return simulate(s, argv, cib, id, NULL, state, err);
}

static int play_move(const struct stage *s, const char *cib, const char *id,
		     const char *head, struct cluster_state *forth,
		     struct cluster_state *back, struct err *err)
{
	const char *const argv[] = { "crm_simulate",    "--simulate",
				     "--xml-file",      s->now,
				     "--output-as=xml", "--save-output",
				     s->then,           NULL };
	_cleanup_free_ char *after = NULL;
	size_t len;
	int rc = simulate(s, argv, cib, id, head, forth, err);

	if (rc < 0)
		return rc;
	rc = file_read_all(s->then, OUTPUT_MAX, &after, &len);
	if (rc < 0)
		return err_set(err, BATON_EXIT_CLUSTER, -rc, "read %s", s->then);
	return play_next(s, after, id, back, err);
}

int pacemaker_expect(struct cluster_state *state, const char *primitive,
		     const struct child_wait *wait, struct err *err)
{
	_cleanup_free_ char *cib = NULL;
	struct stage s;
	int rc = pacemaker_query(&cib, wait, err);

	if (rc == 0)
		rc = open_stage(&s, primitive, wait, err);
	if (rc < 0)
		return rc;
	rc = play_next(&s, cib, NULL, state, err);
	close_stage(&s);
	return rc;
}

int pacemaker_rehearse(const char *cib, const struct cluster_resource *resource,
		       const char *head, struct cluster_state *forth,
		       struct cluster_state *back, const struct child_wait *wait,
		       struct err *err)
{
	struct stage s;
	int rc = open_stage(&s, resource->primitive, wait, err);

	if (rc < 0)
		return rc;
	rc = play_move(&s, cib, resource->id, head, forth, back, err);
	close_stage(&s);
	return rc;
}

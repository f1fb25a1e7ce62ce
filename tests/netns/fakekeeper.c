// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fakekeeper: the real keeper, runner, ledger and socket, with steps that do nothing.
 *
 *	fakekeeper NAME		like `baton keep NAME`
 *
 * What is standing is a word in $FAKE_DIR/standing. A step looks there for files of its
 * name: STEP.fail (it fails with that text), STEP.hang (it never ends), STEP.wait (it
 * ends when the file is gone), STEP.busy (it does not sleep meanwhile). What has run is
 * appended to $FAKE_DIR/trace. Who looks what is standing makes a file in $FAKE_DIR/disk,
 * if there is such a folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/plan.h"
#include "keeper/keeper.h"
#include "keeper/op.h"
#include "keeper/silence.h"
#include "keeper/standing.h"
#include "os/diskhold.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/served.h"

static char *place(const char *leaf, const char *suffix)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s%s", getenv("FAKE_DIR"), leaf, suffix);
	return path;
}

static void stand(const char *word)
{
	if (file_replace(place("standing", ""), word, strlen(word), 0) < 0)
		_exit(99);
}

/* The only step that may find everything in place. */
static void stand_by(void)
{
	if (access(place("standing", ""), F_OK) < 0)
		stand("standby");
}

static int act(const char *step, const char *then, struct err *err)
{
	char text[200];
	FILE *f = fopen(place("trace", ""), "ae");

	fprintf(f, "%s\n", step);
	fclose(f);
	/* At most a minute: whatever should remove the file may have been killed. */
	alarm(60);
	while (access(place(step, ".hang"), F_OK) == 0 ||
	       access(place(step, ".wait"), F_OK) == 0)
		poll(NULL, 0, access(place(step, ".busy"), F_OK) == 0 ? 0 : 5);
	alarm(0);
	if (file_read(place(step, ".fail"), text, sizeof(text)) >= 0)
		return err_set(err, BATON_EXIT_DEVICE, 0, "%s", text);
	if (then)
		stand(then);
	stand_by();
	return 0;
}

#define STEP(word, then)                                                                 \
	static int run_##word(struct op *op, struct err *err)                            \
	{                                                                                \
		snprintf(op->note, sizeof(op->note), "note of " #word);                  \
		return act(#word, then, err);                                            \
	}

STEP(look, NULL)
STEP(mend, NULL)
STEP(mount, "partial")
STEP(address, "serving")
STEP(silence, NULL)
STEP(unmount, "standby")
STEP(unpin, "absent")
STEP(exports, NULL)
STEP(threads, NULL)

static int run_prepare(struct op *op, struct err *err)
{
	int rc = served_check(&op->paths, op->svc, err);

	snprintf(op->note, sizeof(op->note), "note of prepare");
	return rc < 0 ? rc : act("prepare", NULL, err);
}

/* What the real steps leave in /run/baton/NAME. */
static int run_take(struct op *op, struct err *err)
{
	int fd = open(op->paths.held, O_WRONLY | O_CLOEXEC), n;
	char note[64] = "1:3 null 0";
	struct stat st;

	if (stat(op->svc->device, &st) == 0 && S_ISBLK(st.st_mode))
		snprintf(note, sizeof(note), "%u:%u disk 0", major(st.st_rdev),
			 minor(st.st_rdev));
	n = strlen(note);
	/* In place, as there may be no room for another file. */
	if (fd < 0 || pwrite(fd, note, n, 0) != n)
		return err_set(err, BATON_EXIT_FAILED, errno, "note the disk");
	close(fd);
	return run_mount(op, err);
}

static int run_release(struct op *op, struct err *err)
{
	int rc = run_unmount(op, err);

	if (rc == 0)
		diskhold_drop(&op->paths);
	return rc;
}

static int run_remember(struct op *op, struct err *err)
{
	int rc = served_save(&op->paths, op->svc, err);

	return rc < 0 ? rc : diskhold_prepare(&op->paths, err);
}

const struct step repin_steps[] = {
	{ 0 },
};
const struct step standby_steps[] = {
	{ "prepare", "", PLACE_HEAD, 20000, run_prepare, NULL },
	{ "remember", "", PLACE_HEAD, 20000, run_remember, NULL },
	{ 0 },
};
const struct step prepare_steps[] = {
	{ "look", "", PLACE_HEAD, 20000, run_look, NULL },
	{ 0 },
};
const struct step admit_steps[] = {
	{ 0 },
};
const struct step mend_steps[] = {
	{ "mend", "", PLACE_INSIDE, 20000, run_mend, NULL },
	{ 0 },
};
const struct step start_steps[] = {
	{ "mount", "", PLACE_INSIDE | WAITS_FOR_DISK, 300, run_take, NULL },
	{ "address", "", PLACE_INSIDE, 20000, run_address, NULL },
	{ 0 },
};
const struct step sync_steps[] = {
	{ 0 },
};
const struct step stop_steps[] = {
	{ "silence", "", PLACE_INSIDE, 20000, run_silence, NULL },
	{ "unmount", "", PLACE_INSIDE, 20000, run_release, NULL },
	{ 0 },
};
const struct step lose_steps[] = {
	{ 0 },
};
const struct step reload_steps[] = {
	{ "exports", "", PLACE_INSIDE, 20000, run_exports, NULL },
	{ "threads", "", PLACE_INSIDE, 20000, run_threads, NULL },
	{ "remember", "", PLACE_HEAD, 20000, run_remember, NULL },
	{ 0 },
};
const struct step teardown_steps[] = {
	{ "unpin", "", PLACE_HEAD, 20000, run_unpin, NULL },
	{ 0 },
};

int silence_begin(struct op *op, struct err *err)
{
	return 0;
}

int silence_end(struct err *err)
{
	return 0;
}

int standing_look(struct op *op, struct standing *s, struct err *err)
{
	char word[20];
	/* If that is frozen, not even SIGKILL ends it. */
	int fd = open(place("disk", "/look"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	memset(s, 0, sizeof(*s));
	if (file_read(place("standing", ""), word, sizeof(word)) < 0 ||
	    strcmp(word, "absent") == 0)
		return 0;
	if (strcmp(word, "unknown") == 0)
		return err_set(err, BATON_EXIT_FAILED, EIO, "look");
	s->pinned = s->prepared = true;
	s->attached = strcmp(word, "standby") != 0;
	s->threads = s->link_up = strcmp(word, "serving") == 0;
	return 0;
}

int op_init(struct op *op, const struct service *svc, struct err *err)
{
	memset(op, 0, sizeof(*op));
	op->svc = svc;
	op->lock = -1;
	op->inside = NS_CLOSED;
	paths_init(&op->paths, svc->name);
	return 0;
}

void op_release(struct op *op)
{
	diag_close(op->diag);
}

int op_go(struct op *op, unsigned int where, struct err *err)
{
	return 0;
}

int op_open_diag(struct op *op, struct err *err)
{
	return op->diag ? 0 : diag_open(&op->diag, err);
}

bool ns_exists(const struct paths *paths)
{
	char word[20];

	return file_read(place("standing", ""), word, sizeof(word)) > 0 &&
	       strcmp(word, "absent") != 0;
}

void ns_close(struct ns *ns)
{
}

/* The daemons live as long as we do, so nothing has to be mended. */
static void be_daemons(const char *name)
{
	struct paths paths;

	paths_init(&paths, name);
	mkdir(PATHS_RUN, 0755);
	mkdir(paths.run, 0700);
	for (int i = 0; i < 2; i++) {
		const char *file = i ? paths.mountd_pid : paths.nfsdcld_pid;
		int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		/* It belongs to another keeper then; this one will not get far. */
		if (lock_take(fd) == 0 && dprintf(fd, "%d\n", getpid()) < 0)
			_exit(98);
	}
}

int main(int argc, char **argv)
{
	struct service svc;
	struct err err = { 0 };
	int rc = served_load_current(&svc, argv[1], &err);

	be_daemons(argv[1]);
	if (rc == 0)
		rc = keeper_run(&svc, &err);
	service_free(&svc);
	if (rc < 0)
		fprintf(stderr, "fakekeeper: %s\n", err.text);
	return rc < 0 ? (int)err.code : 0;
}

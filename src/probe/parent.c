// SPDX-License-Identifier: GPL-2.0-or-later
/* parent: the parent's events: children, signals, deadlines, the display. */
#include "probe/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/clock.h"

#define TICK_NS (200 * NS_PER_MS)

static void set_timer(int fd, uint64_t at_ns, uint64_t every_ns)
{
	struct itimerspec spec = {
		.it_value = { .tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S },
		.it_interval = { .tv_sec = every_ns / NS_PER_S,
				 .tv_nsec = every_ns % NS_PER_S },
	};

	timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void parent_read_lane(struct run *run, enum probe_class class)
{
	struct worker *lane = &run->lane[class];
	struct lane_message messages[64];
	ssize_t n;

	/* Only whole messages: they are written whole, and this is a multiple of them. */
	while ((n = read(lane->in, messages, sizeof(messages))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(*messages); i++)
			collector_enter(&run->collector, class, &messages[i]);
	if (n == 0) {
		close(lane->in);
		lane->in = -1;
	}
}

static void reap_lane(struct run *run, enum probe_class class)
{
	struct tally *tally = &run->result->tally[class];
	int status;

	if (run->lane[class].in >= 0)
		parent_read_lane(run, class);
	if (!worker_reap(&run->lane[class], &status) || run->collector.done[class] ||
	    run->collector.refused == class)
		return;
	run->child_died = true;
	/* Report it even if its call was given up already. */
	tally_event(tally, OP_PROCESS,
		    WIFSIGNALED(status) ? PROBE_ESIGNAL0 - WTERMSIG(status)
					: PROBE_EEXITED,
		    clock_wall_ns());
	tally_close(tally, clock_mono_ns());
}

static void read_helper(struct run *run)
{
	ssize_t n;

	while ((n = read(run->helper.in, run->report, run->report_size)) ==
	       (ssize_t)run->report_size)
		run->reports++;
	if (n == 0) {
		close(run->helper.in);
		run->helper.in = -1;
	}
}

static void announce(struct run *run)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (!run->collector.answered[i] &&
		    probe_parts(run->options, (enum probe_class)i))
			return;
	if (run->announced)
		return;
	run->announced = true;
	display_clear(&run->display);
	fprintf(stderr, "probe: running in %s\n", run->options->dir);
}

static void drain_u64(int fd)
{
	uint64_t ticks;

	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return;
}

static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signal_fd, &info, sizeof(info)) == sizeof(info))
		run->signals++;
}

/* One round of events; false once the deadline has passed. */
static bool parent_turn(struct run *run)
{
	enum {
		SIGNAL,
		TICK,
		DEADLINE,
		HELPER,
		HELPER_PID,
		LANE,
		LANE_PID = LANE + PROBE_N_CLASSES,
		N = LANE_PID + PROBE_N_CLASSES
	};
	struct pollfd fds[N];
	bool on = true;

	fds[SIGNAL].fd = run->signal_fd;
	fds[TICK].fd = run->tick_fd;
	fds[DEADLINE].fd = run->deadline_fd;
	fds[HELPER].fd = run->helper.in;
	fds[HELPER_PID].fd = run->helper.pidfd;
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		fds[LANE + i].fd = run->lane[i].in;
		fds[LANE_PID + i].fd = run->lane[i].pidfd;
	}
	for (int i = 0; i < N; i++) {
		fds[i].events = POLLIN;
		fds[i].revents = 0;
	}
	if (poll(fds, N, -1) < 0)
		return errno == EINTR;
	if (fds[SIGNAL].revents)
		take_signals(run);
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		if (fds[LANE + i].revents)
			parent_read_lane(run, (enum probe_class)i);
		if (fds[LANE_PID + i].revents)
			reap_lane(run, (enum probe_class)i);
	}
	if (fds[HELPER].revents)
		read_helper(run);
	if (fds[HELPER_PID].revents) {
		if (run->helper.in >= 0)
			read_helper(run);
		worker_reap(&run->helper, &run->helper_status);
	}
	if (fds[TICK].revents) {
		uint64_t now = clock_mono_ns();

		drain_u64(run->tick_fd);
		display_show(&run->display, run->phase, run->result->tally,
			     run->started_ns ? now - run->started_ns : 0, now);
	}
	if (fds[DEADLINE].revents) {
		drain_u64(run->deadline_fd);
		on = false;
	}
	announce(run);
	return on;
}

bool parent_wait(struct run *run, const char *phase, uint64_t deadline_ns,
		 bool (*over)(const struct run *run))
{
	bool on = true;

	run->phase = phase;
	set_timer(run->deadline_fd, deadline_ns, 0);
	while (!over(run)) {
		if (!on || run->signals > run->signals_allowed)
			return false;
		on = parent_turn(run);
	}
	return true;
}

uint64_t parent_patience(const struct run *run)
{
	return clock_mono_ns() + run->options->patience_ns;
}

static bool helper_is_gone(const struct run *run)
{
	return !run->helper.pid;
}

int parent_help(struct run *run, const char *phase,
		void (*work)(void *arg, int in, int out), void *arg, void *report,
		size_t size)
{
	int rc;

	run->report = report;
	run->report_size = size;
	run->reports = 0;
	rc = worker_start(&run->helper, "probe-helper", work, arg);
	if (rc < 0)
		return rc;
	for (;;) {
		unsigned int before = run->reports;

		if (parent_wait(run, phase, parent_patience(run), helper_is_gone))
			return run->reports ? 0 : -ECHILD;
		if (run->signals > run->signals_allowed || run->reports == before)
			break;
	}
	worker_drop(&run->helper);
	return run->signals > run->signals_allowed ? -EINTR : -ETIMEDOUT;
}

int parent_open(struct run *run, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	run->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	run->deadline_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (run->signal_fd < 0 || run->tick_fd < 0 || run->deadline_fd < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "open event descriptors");
	display_init(&run->display);
	if (run->display.on)
		set_timer(run->tick_fd, clock_mono_ns() + TICK_NS, TICK_NS);
	return 0;
}

void parent_close(struct run *run)
{
	display_clear(&run->display);
	cleanup_close(&run->signal_fd);
	cleanup_close(&run->tick_fd);
	cleanup_close(&run->deadline_fd);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* watch: shows something again and again. */
#include "cmd/watch.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/exit.h"
#include "core/text.h"
#include "os/child.h"
#include "os/terminal.h"

/* xterm's sequences, which today's terminals know: alternate screen, cursor, wrapping. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static void put(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

/* Bytes of @text that fit into one row; a longer line goes on in the next one. */
static size_t measure_row(const char *text, unsigned int width)
{
	unsigned int used = 0;
	size_t n = 0;

	while (text[n] && text[n] != '\n') {
		int cells;
		size_t len = text_measure_char(text + n, &cells);

		used += cells > 0 ? cells : 0;
		if (n && width && used > width)
			break;
		n += len;
	}
	return n;
}

static const char *skip_row(const char *text, unsigned int width)
{
	text += measure_row(text, width);
	return text + (*text == '\n');
}

static size_t count_rows(const char *text, unsigned int width)
{
	size_t n = 0;

	for (; *text; text = skip_row(text, width))
		n++;
	return n;
}

/* From the top, each row over the old one; below the last row the screen is cleared. */
static void show_in_place(const char *text)
{
	unsigned int width = terminal_get_width(STDOUT_FILENO),
		     height = terminal_get_height(STDOUT_FILENO);
	/* The cursor stays on the last row. */
	size_t left = height > 1 ? height - 1 : 1, rows = count_rows(text, width);
	bool fits = rows <= left;

	fputs("\033[H", stdout);
	/* Clear first: after a full row the cursor is on its last letter. */
	for (left -= !fits; *text && left; left--, rows--) {
		printf("\033[K%.*s\n", (int)measure_row(text, width), text);
		text = skip_row(text, width);
	}
	if (!fits)
		printf("\033[K(%zu more lines)\n", rows);
	put("\033[J");
}

static int show(bool in_place, int (*draw)(FILE *, void *), void *data)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -1;
	draw(out, data);
	if (fclose(out))
		return -1;
	if (in_place)
		show_in_place(text);
	else
		put(text);
	return ferror(stdout) ? -1 : 0;
}

/* Ctrl-Z: give the terminal back while suspended. */
static void suspend(bool in_place)
{
	if (in_place)
		put(LEAVE);
	raise(SIGSTOP);
	if (in_place)
		put(ENTER);
}

/* Waits for the next look; a new size of the terminal makes it come at once. Returns the
 * signal that ends it, or 0. */
static int wait_for_next(int signals, bool in_place, int64_t until)
{
	struct signalfd_siginfo info;

	for (;;) {
		struct pollfd p = { signals, POLLIN, 0 };
		int64_t left = until - child_now_ms();

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return 0;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGWINCH)
			return 0;
		if (info.ssi_signo != SIGTSTP)
			return (int)info.ssi_signo;
		suspend(in_place);
	}
}

int watch_run(int seconds, int (*draw)(FILE *out, void *data), void *data)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP };
	const char *term = getenv("TERM");
	bool in_place = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
	_cleanup_close_ int signals = -1;
	int number = 0, rc = 0;
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&mask, numbers[i]);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return BATON_EXIT_RESOURCE;
	if (in_place)
		put(ENTER);
	while (!number && rc == 0) {
		int64_t begun = child_now_ms();

		rc = show(in_place, draw, data);
		if (rc == 0)
			number = wait_for_next(signals, in_place,
					       begun + seconds * 1000LL);
	}
	if (in_place)
		put(LEAVE);
	if (rc < 0)
		return BATON_EXIT_RESOURCE;
	return number == SIGINT ? BATON_EXIT_OK : 128 + number;
}

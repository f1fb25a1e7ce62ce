// SPDX-License-Identifier: GPL-2.0-or-later
/* terminal: the size of the terminal. */
#include "os/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/text.h"

unsigned int terminal_get_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;
	unsigned long n;

	if (columns && text_parse_number(&n, columns, 1, 10000) == 0)
		return n;
	if (ioctl(fd, TIOCGWINSZ, &ws) == 0)
		return ws.ws_col;
	return 0;
}

unsigned int terminal_get_height(int fd)
{
	struct winsize ws;

	return ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row ? ws.ws_row : 24;
}

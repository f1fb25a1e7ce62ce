// SPDX-License-Identifier: GPL-2.0-or-later
/* sysblock: where sysfs tells of a block device. */
#include "os/sysblock.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#include "os/file.h"

void sysblock_path(char path[PATH_MAX], dev_t number, const char *leaf)
{
	snprintf(path, PATH_MAX, "/sys/dev/block/%u:%u/%s", major(number), minor(number),
		 leaf);
}

bool sysblock_read_number(const char *path, dev_t *number)
{
	unsigned int major, minor;
	char text[32];

	if (file_read(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%u:%u", &major, &minor) != 2)
		return false;
	*number = makedev(major, minor);
	return true;
}

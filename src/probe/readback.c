// SPDX-License-Identifier: GPL-2.0-or-later
/* readback: reads that come from the server, not from this client's page cache. */
#include "probe/readback.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

int readback_open(struct readback *readback, int dirfd, const char *name)
{
	readback->direct = true;
	readback->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_DIRECT);
	if (readback->fd < 0 && errno == EINVAL) {
		readback->direct = false;
		readback->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	}
	return readback->fd < 0 ? -errno : 0;
}

ssize_t readback_read(const struct readback *readback, void *buf, size_t len,
		      off_t offset)
{
	size_t done = 0;

	if (!readback->direct)
		posix_fadvise(readback->fd, offset, (off_t)len, POSIX_FADV_DONTNEED);
	while (done < len) {
		ssize_t n = pread(readback->fd, (uint8_t *)buf + done, len - done,
				  offset + (off_t)done);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
		/* Only the end of the file can end a direct read within a block. */
		if (readback->direct && done % 4096)
			break;
	}
	return (ssize_t)done;
}

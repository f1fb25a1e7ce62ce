# SPDX-License-Identifier: GPL-2.0-or-later
"""One kind of call on a mount, again and again. This file runs in the client guest (caller.py copies it
there) and uses only Python's own library.

  calls.py names DIRECTORY    makes and removes a directory: calls that leave no state on the server
  calls.py lock FILE          keeps the file locked and writes to it

Prints a line of JSON for each call: when it began, how long it took, which error it got. A call without
an answer has no line."""

import errno
import fcntl
import json
import os
import sys
import time

EVERY_S = 0.1


def names(directory):
    os.mkdir(directory, 0o755)
    os.rmdir(directory)


def write(fd):
    os.pwrite(fd, b"x" * 512, 0)
    os.fsync(fd)


def calls(kind, path):
    """A function that makes one call."""
    if kind == "names":
        return lambda: names(path)
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lambda: write(fd)


def main(kind, path):
    call = calls(kind, path)
    while True:
        error, began, clock = None, time.time(), time.monotonic()
        try:
            call()
        except OSError as why:
            error = errno.errorcode.get(why.errno, str(why.errno))
        took = 1000 * (time.monotonic() - clock)
        print(json.dumps({"at": began, "ms": round(took, 1), "error": error}), flush=True)
        time.sleep(max(0.0, EVERY_S - took / 1000))


if __name__ == "__main__":
    main(*sys.argv[1:])

# SPDX-License-Identifier: GPL-2.0-or-later
"""What makes a server large. This file runs in a guest (bench.py copies it there), with Python's own library.

  load.py inodes DIR FROM TO    makes files, and looks at each
  load.py look DIR              looks at each
  load.py dirty FILE MB_PER_S   writes on and on, never waiting for the disk, until stdin ends
  load.py opens DIR COUNT       opens files and locks each; at a line on stdin it writes to each

Each says a line when it has got there; opens says at the end how many it could write to."""

import fcntl
import os
import resource
import select
import sys
import time

# Files in one directory.
FOLDER = 1000
CHUNK = bytes(1 << 20)
# After so many MB the writer begins again at the start of its file.
WRAP = 64


def make(folder, first, last):
    for n in range(int(first), int(last)):
        place = f"{folder}/{n // FOLDER}"
        if n % FOLDER == 0:
            os.makedirs(place, exist_ok=True)
        os.close(os.open(f"{place}/{n % FOLDER}", os.O_CREAT | os.O_WRONLY, 0o600))


def look(folder):
    seen = 0
    for place in os.scandir(folder):
        for file in os.scandir(place.path):
            seen += file.stat(follow_symlinks=False).st_nlink
    return seen


def dirty(path, rate):
    begun, n = time.monotonic(), 0
    print("writing", flush=True)
    with open(path, "wb", buffering=0) as file:
        while not select.select([sys.stdin], [], [], max(0, begun + n / rate - time.monotonic()))[0]:
            os.pwrite(file.fileno(), CHUNK, n % WRAP << 20)
            n += 1
    print(n, flush=True)


def opens(folder, count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    os.makedirs(folder, exist_ok=True)
    held = []
    for n in range(count):
        held.append(os.open(f"{folder}/{n}", os.O_RDWR | os.O_CREAT, 0o600))
        fcntl.lockf(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("held", flush=True)
    sys.stdin.readline()
    written = 0
    for fd in held:
        try:
            os.write(fd, b"x")
            os.fsync(fd)
            written += 1
        except OSError:
            pass
    print(written, flush=True)


def main(what, *words):
    if what == "inodes":
        make(*words)
        print(look(words[0]))
    elif what == "look":
        print(look(*words))
    elif what == "dirty":
        dirty(words[0], float(words[1]))
    elif what == "opens":
        opens(words[0], int(words[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])

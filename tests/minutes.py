#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the minutes of a run of checks went.

  minutes.py run NAME CMD…   run a command, note how long it took, exit with its status
  minutes.py begin           forget the previous run
  minutes.py show            the table; `make check` ends with it

The notes are lines of NAME, a tab and seconds in build/minutes; parts with the same name are added up."""

import signal
import subprocess
import sys
import time
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "build" / "minutes"


def add(name, seconds):
    """Note a part, as one line, because parts of a run go on in parallel."""
    FILE.parent.mkdir(exist_ok=True)
    with open(FILE, "a", encoding="utf-8") as file:
        file.write(f"{name}\t{seconds:.1f}\n")


def read(lines):
    """[(name, seconds)] in the order in which the parts were first noted."""
    found = {}
    for line in lines:
        name, _, seconds = line.rstrip("\n").rpartition("\t")
        try:
            found[name] = found.get(name, 0) + float(seconds)
        except ValueError:
            continue  # cut short: its writer was killed
    return list(found.items())


def table(parts):
    width = max((len(name) for name, _ in parts), default=0)
    return [f"  {name:<{width}}  {int(s) // 60:3}:{int(s) % 60:02}" for name, s in parts if s >= 1]


def show():
    if FILE.exists():
        print("\nwhere the minutes went (what goes on side by side counts twice)")
        print("\n".join(table(read(FILE.read_text(encoding="utf-8").splitlines()))), flush=True)


def run(name, argv):
    # Signals are for the command, which may have to clean up; exec restores its default handlers.
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    begun = time.monotonic()
    with subprocess.Popen(argv) as child:
        status = child.wait()
    add(name, time.monotonic() - begun)
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    word, rest = sys.argv[1], sys.argv[2:]
    if word == "begin":
        FILE.unlink(missing_ok=True)
    elif word == "show":
        show()
    else:
        sys.exit(run(rest[0], rest[1:]))

# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast the machine is, and what follows from it: how long to wait for what may hang, and how often
the probes ask.

Theory of operation: every time in the lab's programs and tests is written for the reference machine, on
which the guests do WORK in REFERENCE_S. When the lab has come up, all guests do it at once, because a
lab at work keeps the processors busy; the slowest guest counts. The time it took, as a multiple of the
reference, is the pace. It is kept beside the records of the guests and removed with them. `stretch`
converts a time to this machine. It is only for limits that guard against hanging: nothing is measured
by it."""

import json
import statistics

from .config import LabError, RUN

# Starting processes, as baton, Pacemaker and shells mostly do, and some arithmetic.
WORK = """
work() {
	i=0
	while [ $i -lt 10 ]; do /bin/true; i=$((i+1)); done
	head -c 500000 /dev/zero | sha256sum
}
work > /dev/null
for n in 1 2 3; do
	begin=$(date +%s%N); work > /dev/null; end=$(date +%s%N)
	echo $(((end - begin) / 1000000))
done
"""
REFERENCE_S = 0.35
# Used as long as the pace is not known: while the first guests boot.
UNKNOWN = 3
FILE = RUN / "pace.json"


def measure(guests):
    """Let the guests work, and store how long it took; returns the pace."""
    running = [(g, g.start(["sh", "-c", WORK])) for g in guests]
    took = {}
    for guest, process in running:
        out, err = process.communicate(timeout=60)
        if process.returncode:
            raise LabError(f"{guest.name}: measuring its pace: {err.strip()}")
        # The first run translates the code; a single disturbance must not count.
        took[guest.name] = statistics.median(map(int, out.split()))
    found = round(max(took.values()) / 1000 / REFERENCE_S, 2)
    FILE.write_text(json.dumps({"pace": found, "work_ms": took}))
    return found


def kept():
    """{"pace": …, "work_ms": {guest: …}} as measured; None if not measured yet."""
    try:
        return json.loads(FILE.read_text())
    except (OSError, ValueError):
        return None


def forget():
    FILE.unlink(missing_ok=True)


def factor():
    """How long this machine takes for one second of the reference machine; never below 1."""
    record = kept()
    return max(1, record["pace"]) if record else UNKNOWN


def stretch(seconds):
    """Convert a timeout from the reference machine to this one."""
    return None if seconds is None else seconds * factor()

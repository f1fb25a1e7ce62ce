# SPDX-License-Identifier: GPL-2.0-or-later
"""Who serves? Looks at both heads several times a second, without touching the service."""

import subprocess
import threading
import time

from labkit.pace import stretch
from .service import HEADS

FRESH_S = 5

# rpc.mountd lives in the service's namespaces, so its /proc shows them; to enter them would keep the disk
# mounted. Only builtins: a process costs 100 ms under TCG.
LOOK = r"""
exec 3<> <(:)
while :; do
	pid= disk=0 address=0
	read -r pid < /run/baton/$1/mountd.pid
	# Without its rpc.mountd, for a moment, nothing is known.
	if [ -n "$pid" ] && [ -r "/proc/$pid/mountinfo" ]; then
		while read -r _ _ _ _ at _; do
			[ "$at" = /run/baton/$1/fs ] && disk=1
		done < /proc/$pid/mountinfo
		while read -r line; do
			case $line in *"$2") address=1 ;; esac
		done < /proc/$pid/net/fib_trie
		echo $disk $address
	fi
	read -r -t 0.2 -u 3
done 2> /dev/null
"""


class Sampler:
    """with Sampler(service) as sampler: … ; sampler.overlaps() afterwards."""

    def __init__(self, service):
        self.service = service
        self.seen = []  # (time, head, disk, address), in the order of arrival
        self.watching = {}

    def __enter__(self):
        for head in HEADS:
            self.watch(head)
        return self

    def __exit__(self, *_):
        for process, thread in self.watching.values():
            process.kill()
            thread.join(10)

    def watch(self, head):
        """Start again, for a head that may have been without power."""
        if head in self.watching:
            self.watching[head][0].kill()
        process = self.service.lab.guest(head).start(
            ["bash", "-c", LOOK, "bash", self.service.name, self.service.address],
            stderr=subprocess.DEVNULL)
        thread = threading.Thread(target=self._take, args=(head, process), daemon=True)
        self.watching[head] = (process, thread)
        thread.start()

    def _take(self, head, process):
        for line in process.stdout:
            disk, address = line.split()
            self.seen.append((time.monotonic(), head, disk == "1", address == "1"))

    def now(self):
        """The heads that have the disk or the address, by the last look at each that is not old."""
        last = {head: (at, disk or address) for at, head, disk, address in list(self.seen)}
        return [head for head in HEADS if head in last and last[head][1] and
                time.monotonic() - last[head][0] < stretch(FRESH_S)]

    def spans(self, head):
        """[(first, last)] of the times at which a head was seen with the disk or the address."""
        spans, on = [], False
        for at, who, disk, address in list(self.seen):
            if who != head:
                continue
            if disk or address:
                spans = [*spans[:-1], (spans[-1][0], at)] if on else [*spans, (at, at)]
            on = disk or address
        return spans

    def overlaps(self):
        """Pairs of spans in which both heads had it."""
        return [(a, b) for a in self.spans(HEADS[0]) for b in self.spans(HEADS[1])
                if a[0] <= b[1] and b[0] <= a[1]]

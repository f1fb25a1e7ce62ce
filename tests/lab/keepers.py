# SPDX-License-Identifier: GPL-2.0-or-later
"""The keepers of a service, asked directly: without Pacemaker, and without the command."""

import json
import os
from pathlib import Path

from labkit.config import TREE
from labkit.wait import wait_for
from trials.service import HEADS, Service

BUILD = Path(os.environ.get("BATON_BUILD", TREE / "build" / "release")) / "tests" / "lab"


class Keepers(Service):
    """The service's keepers, asked directly."""

    def prepare(self, heads=HEADS, text=None):
        super().prepare(heads, text)
        for head in heads:
            for tool in ("cpgx", "talkx"):
                self.lab.guest(head).push(BUILD / tool, "/root/")

    def begin(self, head, **message):
        return self.lab.guest(head).start(["/root/talkx", self.name, json.dumps(message)])

    def ask(self, head, **message):
        """The last answer."""
        return self.hear(self.begin(head, **message))[-1]

    @staticmethod
    def hear(process, timeout=120):
        out, err = process.communicate(timeout=timeout)
        assert process.returncode == 0, err
        return [json.loads(line) for line in out.splitlines()]

    def say(self, head, *messages):
        """Send messages to the group, as root on a head could. Returns all that is heard until then."""
        done = self.lab.guest(head).run(["/root/cpgx", self.name, *map(json.dumps, messages)],
                                        timeout=60)
        return done.stdout.splitlines()

    def impostor(self, head, *messages):
        """A process that joins under a head's name, and stays until its stdin is closed."""
        return self.lab.guest(head).start(
            ["/root/cpgx", self.name, *map(json.dumps, messages)], stdin=-1)

    def heads(self, head):
        """What a head says of all, once each has answered: a look has 1.5 s, and may fail for that."""
        found = []

        def known():
            found[:] = self.ask(head, do="heads")["heads"]
            return not any("error" in h for h in found)

        wait_for(lambda: f"{head}: an answer of all: {found}", known)
        return found

    def states(self):
        return {h: self.ask(h, do="status")["state"] for h in HEADS}

    def mounts(self):
        """The heads that have the disk mounted, and those whose address is up."""
        found = []
        for head in HEADS:
            inside = self.lab.guest(head).run(
                [*self.inside, "sh", "-c",
                 "grep -c ' /run/baton/vmstore/fs ' /proc/self/mountinfo; ip -br -4 addr show nfs0"],
                check=False).stdout
            if "10.77.0.50" in inside or not inside.startswith("0"):
                found.append(head)
        return found

    def end_keeper(self, head):
        self.lab.guest(head).run(["systemctl", "stop", self.unit])

    def signal(self, head, name):
        self.lab.guest(head).run(["kill", f"-{name}", self.keeper_pid(head)])

    def met(self, head, other):
        """Have the two keepers introduced themselves?"""
        return other in self.ask(head, do="status")["peers"]

    def meet(self):
        for head, other in (HEADS, HEADS[::-1]):
            wait_for("the keepers to meet", lambda h=head, o=other: self.met(h, o))

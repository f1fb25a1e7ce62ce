# SPDX-License-Identifier: GPL-2.0-or-later
"""A keeper whose steps do nothing (fakekeeper.c), in a house of its own."""
import contextlib
import json
import os
import signal
import socket

import pytest

import ring
from conftest import BATON, FAKEKEEPER, House, until

RUN = "/run/baton/vmstore"
NO_KEEPER = "no keeper here; start it with `systemctl start baton@vmstore`"


class Keeper:
    def __init__(self, house, program=FAKEKEEPER):
        self.house, self.program, self.process = house, program, None
        # The house's own /run, reached from here through the house's holder.
        self.root = f"/proc/{house.holder.pid}/root"
        house.write()

    def be(self, ready=True):
        notify = self.house.fake / "notify"
        with contextlib.suppress(FileNotFoundError):
            notify.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(str(notify))
            s.settimeout(60)
            self.house.env["NOTIFY_SOCKET"] = str(notify)
            self.process = self.house.start(self.program, "vmstore")
            while ready and s.recv(4096) != b"READY=1":
                pass
        return self

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(60)
        return self.process.returncode

    def set(self, name, text=""):
        (self.house.fake / name).write_text(text)

    def clear(self, name):
        (self.house.fake / name).unlink()

    def standing(self):
        return (self.house.fake / "standing").read_text()

    def trace(self):
        try:
            return (self.house.fake / "trace").read_text().split()
        except FileNotFoundError:
            return []

    def runs(self, step, times=1):
        until(lambda: self.trace().count(step) == times)

    def baton(self, *argv, status=0):
        return self.house.baton(*argv, status=status)

    def begin(self, *argv):
        return self.house.start(BATON, *argv)

    @contextlib.contextmanager
    def connection(self):
        """A unix socket's path must be short, so it is looked up inside the house."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            here = os.getcwd()
            os.chdir(self.root + RUN)
            try:
                s.connect("sock")
            finally:
                os.chdir(here)
            s.settimeout(30)
            yield s

    def listens(self):
        """The socket of one that was killed is there, and refuses."""
        try:
            with self.connection():
                return True
        except OSError:
            return False

    def ask(self, message):
        with self.connection() as s:
            s.send(message if isinstance(message, bytes) else json.dumps(message).encode())
            return json.loads(s.recv(65536))

    def converse(self, message):
        """All answers, up to the last one."""
        with self.connection() as s:
            s.send(json.dumps(message).encode())
            answers = [json.loads(s.recv(65536))]
            while "result" not in answers[-1]:
                answers.append(json.loads(s.recv(65536)))
            return answers

    def log(self, n=50):
        return json.loads(self.baton("log", "vmstore", "--json", "--last", str(n)))


HEADS = ("head1", "head2")


class Heads:
    """Two houses that are heads of a cluster, and a keeper of the given program for each."""

    def __init__(self, folder, programs=(FAKEKEEPER, FAKEKEEPER)):
        self.houses = {}
        for head in HEADS:
            (folder / head).mkdir()
            self.houses[head] = House(folder / head)
        a, b = self.houses.values()
        a.run("ip", "link", "add", "ring", "type", "veth", "peer", "name", "ring", "netns", b.holder.pid)
        for n, house in enumerate(self.houses.values(), 1):
            house.run("ip", "-batch", "-", input="\n".join(line.format(n=n) for line in ring.LINK))
            house.start("sh", "-c", ring.START.format(conf=ring.write_conf(folder, n)))
        for house in self.houses.values():
            until(lambda house=house: self.sees_two(house), 30)
        self.keepers = {head: Keeper(self.houses[head], program) for head, program in zip(HEADS, programs)}

    @staticmethod
    def sees_two(house):
        return "2" in house.run("sh", "-c", " ".join(ring.MEMBER) + " 2>&1 || :")

    def be(self):
        """Returns the keepers, which know each other."""
        for keeper in self.keepers.values():
            keeper.be()
        self.meet()
        return list(self.keepers.values())

    def meet(self):
        for head, other in (HEADS, HEADS[::-1]):
            until(lambda h=head, o=other: o in self.ask(h, do="status")["peers"])

    def ask(self, head, **message):
        """The last answer."""
        with self.keepers[head].connection() as s:
            s.send(json.dumps(message).encode())
            while "result" not in (answer := json.loads(s.recv(65536))):
                pass
        return answer

    def end(self):
        for house in self.houses.values():
            house.destroy()


@contextlib.contextmanager
def two_heads(folder, kind=Heads):
    heads = kind(folder)
    try:
        yield heads
    finally:
        heads.end()


@pytest.fixture
def keeper(house):
    return Keeper(house)


def ended(process):
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def steps(record):
    return [(s["step"], s["outcome"]) for s in record["steps"]]

# SPDX-License-Identifier: GPL-2.0-or-later
"""What a keeper does during a grace period, and what it records for the next one: how much clients hold."""
import fcntl
import os
import pathlib
import signal
import time

import fakekeeper
from conftest import until
from fakekeeper import RUN

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


class Knfsd:
    """What knfsd, nfsdcld and the disk tell about clients, played by files."""

    def __init__(self, keeper, grace):
        house, self.keeper = keeper.house, keeper
        house.run("sh", "-ec", f"""
            mount -t tmpfs tmpfs /proc/fs
            mkdir -p /proc/fs/nfsd/clients {RUN}/fs/.baton/nfsdcld {RUN}/fs/.baton/tickle
            chmod 700 {RUN}""")
        self.nfsd = pathlib.Path(keeper.root + "/proc/fs/nfsd")
        self.disk = pathlib.Path(keeper.root + RUN + "/fs/.baton")
        self.record = self.disk / "tickle/holdings"
        self.ended = self.nfsd / "v4_end_grace"
        self.ended.write_text("N\n" if grace else "Y\n")
        (self.nfsd / "nfsv4leasetime").write_text("10\n")
        (self.nfsd / "nfsv4gracetime").write_text("600\n")
        conf = house.conf / "vmstore.conf"
        conf.write_text(conf.read_text() + "lease = 10\ngrace = 10\n")

    def database(self, script):
        """Inside, because sqlite resolves links, and so would leave the house."""
        self.keeper.house.run("python3", "-c", "import sqlite3, sys; db = sqlite3.connect("
                              f"'{RUN}/fs/.baton/nfsdcld/main.sqlite');"
                              "db.executescript(sys.argv[1]); db.commit()", script)

    def await_clients(self, *names):
        """As nfsdcld does (nfs-utils, utils/nfsdcld/sqlite.c)."""
        self.database(
            "create table grace (current integer, recovery integer);"
            "insert into grace values (2, 1);" + "".join(
                f'create table "rec-{epoch:016x}" (id blob primary key, princhash blob);'
                for epoch in (1, 2)) + "".join(
                f"""insert into "rec-{1:016x}" (id) values (x'{n.encode().hex()}');"""
                for n in names))

    def complete(self, name):
        self.database(f"""insert into "rec-{2:016x}" (id) values (x'{name.encode().hex()}')""")

    def client(self, number, name, *held):
        """held: "open", "lock" …"""
        folder = self.nfsd / "clients" / str(number)
        folder.mkdir(exist_ok=True)
        (folder / "info").write_text(f'address: "192.0.2.20:700"\nstatus: confirmed\n'
                                     f'seconds from last renew: 1\nname: "{name}"\n')
        (folder / "states.new").write_text("".join(
            f"- 0x{i:08x}: {{ type: {h}, access: rw }}\n" for i, h in enumerate(held)))
        os.replace(folder / "states.new", folder / "states")

    def had(self, **counts):
        self.record.write_text("baton-holdings 1\npace 0\nranges 0\n" + "".join(
            f"{n} {name.encode().hex()}\n" for name, n in counts.items()))

    def recorded(self):
        return self.record.read_text().splitlines() if self.record.exists() else []

    def is_over(self):
        return self.ended.read_text() == "Y\n"


def test_who_does_not_come_costs_no_more_than_grace(keeper):
    """The period itself may last ten minutes, for clients that hold much. And a keeper may die."""
    knfsd = Knfsd(keeper, grace=True)
    knfsd.await_clients("gone", "stuck", "done")
    knfsd.had(gone=3, stuck=7, done=1)
    knfsd.client(4, "stuck", *["open"] * 5)
    knfsd.client(5, "done", "open")
    knfsd.complete("done")
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.end(signal.SIGKILL)
    # The next one counts from its own begin, which it reports a moment later.
    began = time.monotonic()
    keeper.be()
    until(knfsd.is_over, 60)
    assert time.monotonic() - began > 9
    until(lambda: keeper.log(1)[0]["op"] == "grace")
    record = keeper.log(1)[0]
    assert record["outcome"] == "failed" and record["late"] == 2 and record["absent"] == 1
    assert record["error"] == "not reclaimed in time: 'stuck' has 5 of 7"
    assert [s["note"] for s in record["steps"]] == ["did not come back: 'gone' has 0 of 3"]
    # The old record is kept until there is a new one.
    assert f"7 {'stuck'.encode().hex()}" in knfsd.recorded()
    metrics = keeper.baton("metrics")
    assert 'baton_last_grace_late_states{service="vmstore"} 2\n' in metrics
    assert 'baton_last_grace_absent_clients{service="vmstore"} 1\n' in metrics


def test_who_still_reclaims_has_the_time(keeper):
    knfsd = Knfsd(keeper, grace=True)
    knfsd.await_clients("busy")
    knfsd.had(busy=900)
    keeper.be()
    keeper.baton("start", "vmstore")
    began, held = time.monotonic(), 0
    while time.monotonic() < began + 14:
        held += 20
        knfsd.client(4, "busy", *["open"] * held)
        time.sleep(0.2)
    assert not knfsd.is_over()
    knfsd.complete("busy")
    knfsd.ended.write_text("Y\n")
    # The pace, for the next time: 20 in 0.2 s, plus what this machine adds.
    until(lambda: int(knfsd.recorded()[1].split()[1]) >= 9000)
    # Nobody is missing. Who waited would like to know for whom.
    until(lambda: [r["op"] for r in keeper.log()] == ["standby", "start", "grace"])
    record = keeper.log(1)[0]
    assert record["outcome"] == "done" and record["ms"] >= 14000 and record["late"] == record["absent"] == 0
    assert [s["note"] for s in record["steps"]] == ["the last client was 'busy', with 900 opens and locks"]


def test_what_clients_hold_is_recorded(keeper):
    knfsd = Knfsd(keeper, grace=False)
    knfsd.client(4, "a", "open", "lock")
    knfsd.client(5, "b", *["open"] * 12)
    knfsd.client(6, "idle")
    with open(knfsd.disk / "file", "w") as f:
        # Of one owner on one file: this is one state, but each is reclaimed by a call of its own.
        for start in range(0, 50, 10):
            fcntl.lockf(f, fcntl.LOCK_EX, 1, start)
        keeper.be()
        keeper.baton("start", "vmstore")
        until(lambda: knfsd.recorded() == [
            "baton-holdings 1", "pace 0", "ranges 4", f"12 {b'b'.hex()}", f"2 {b'a'.hex()}",
            f"0 {b'idle'.hex()}"], 30)

# SPDX-License-Identifier: GPL-2.0-or-later
"""os/multipathd against one that answers what it is told to."""
import socket
import struct
import threading

import pytest

from conftest import NETX

# In the abstract namespace (multipathd.socket).
NAME = "\0/org/kernel/linux/storage/multipathd"
WWID, OTHER = "36001405a8b1c2d3e4f5061728394a5b", "36001405ffffffffffffffffffffffff"
# As multipathd 0.13 says it; of the map dm-3 its columns are as wide as they may get.
ANSWERS = {
    "getprhold map dm-3": "unset\n",
    "show map dm-3 raw format %w": WWID + 8 * " " + "\n",
    "getprstatus map dm-3": "set\n",
}

BUSY = "fail\ntimeout\n"


def config(defaults, *maps):
    """What it says to `show config local`."""
    said = "".join(f'\tmultipath {{\n\t\twwid "{wwid}"\n\t\treservation_key {key}\n\t}}\n' for wwid, key in maps)
    return f"defaults {{\n\tverbosity 2\n{defaults}}}\noverrides {{\n}}\nmultipaths {{\n{said}}}\n"


KEEPS = {"show config local": config('\treservation_key "file"\n')}


class Multipathd:
    """Answers one command for each connection. A list has an answer for each time; the last one stays."""

    def __init__(self, listener):
        self.listener = listener
        self.answers = {}
        self.asked = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                conn = self.listener.accept()[0]
            except OSError:
                return
            with conn:
                size = struct.unpack("N", conn.recv(8, socket.MSG_WAITALL))[0]
                command = conn.recv(size, socket.MSG_WAITALL)[:-1].decode()
                self.asked.append(command)
                said = self.answers.get(command, "ok\n")
                if isinstance(said, list):
                    said = said.pop(0) if len(said) > 1 else said[0]
                conn.sendall(struct.pack("N", len(said) + 1) + said.encode() + b"\0")


@pytest.fixture
def multipathd(net):
    with net.inside("head1"):
        listener = net.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    listener.settimeout(None)
    listener.bind(NAME)
    listener.listen(16)
    served = Multipathd(listener)
    served.answers = dict(ANSWERS, **KEEPS)
    yield served
    listener.shutdown(socket.SHUT_RDWR)


def call(net, *words):
    """What os/multipathd says: nothing, or what is wrong."""
    done = net.run("head1", NETX, "multipathd", *words, check=False)
    assert (done.returncode == 0) == (not done.stderr), done
    return done.stderr.removeprefix("netx: ").strip()


def test_what_is_asked_before_a_disk_is_taken(net, multipathd):
    assert call(net, "check", "dm-3") == ""
    multipathd.answers["getprhold map dm-3"] = "fail\n" + 20 * "  list|show paths\n"
    assert "multipath-tools does from 0.13 on" in call(net, "check", "dm-3")
    multipathd.answers.update(ANSWERS, **{"show map dm-3 raw format %w": "fail\ndevice not found\n"})
    assert call(net, "check", "dm-3") == "dm-3: multipathd show map dm-3: Input/output error"


def test_the_key_must_be_kept_of_this_map(net, multipathd):
    for said, keeps in ((config("", (OTHER, '"file"')), False),
                        (config('\treservation_key "file"\n', (WWID, "0xba70")), False),
                        (config('\treservation_key "file"\n', (OTHER, "0xba70")), True),
                        (config("", (OTHER, "0xba70"), (WWID, '"file"')), True)):
        multipathd.answers["show config local"] = said
        assert ("keeps no key of it" in call(net, "check", "dm-3")) == (not keeps)


def test_whether_clients_wait_without_a_path(net, multipathd):
    for said, good in (("on    ", True), ("off   ", False), ("-     ", False), ("12 chk", False)):
        multipathd.answers["show map dm-3 raw format %Q"] = said + "\n"
        assert call(net, "queue", "dm-3") == ("" if good else "dm-3 does not wait for as long as all its paths are "
                                              "gone: clients can get errors")


def test_one_that_is_busy_is_asked_again(net, multipathd):
    multipathd.answers["setprkey map dm-3 key 0xba70:aptpl"] = [BUSY, BUSY, "ok\n"]
    multipathd.answers["show config local"] = [BUSY, config('\treservation_key "file"\n')]
    assert call(net, "guard", "dm-3", "ba70") == ""
    assert call(net, "check", "dm-3") == ""
    multipathd.answers["getprhold map dm-3"] = BUSY
    multipathd.asked.clear()
    assert call(net, "check", "dm-3") == "dm-3: multipathd getprhold map dm-3: Connection timed out"
    assert len(multipathd.asked) == 3


def test_a_key_is_set_and_forgotten(net, multipathd):
    assert call(net, "guard", "dm-3", "ba70") == ""
    assert multipathd.asked == ["unsetprstatus map dm-3", "setprkey map dm-3 key 0xba70:aptpl",
                                "setprstatus map dm-3", "getprstatus map dm-3"]
    multipathd.answers["getprstatus map dm-3"] = "unset\n"
    assert call(net, "guard", "dm-3", "ba70") == "multipathd has not registered the paths of dm-3"
    multipathd.asked.clear()
    assert call(net, "unguard", "dm-3") == ""
    assert multipathd.asked == ["unsetprstatus map dm-3", "unsetprkey map dm-3"]

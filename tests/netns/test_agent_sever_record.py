# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever and its record of connections: a state directory that is not as it should be, and an
invalid record."""
import os
import socket
import subprocess
import threading

import pytest

import sever_agent
from conftest import PORT, until
from sever_agent import GOOD, IPV4, a_link, unmounted_since
from test_net import frames, from_service, tcp_of

# pytest finds fixtures by their names here.
agent = sever_agent.agent


def full(agent):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "x", agent.state], check=True)
    (agent.state / "fill").write_bytes(b"x" * 4096)
    return "No space left on device", False


def read_only(agent):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=700", "x", agent.state], check=True)
    return "Read-only file system", False


def others_may_write(agent):
    agent.state.chmod(0o777)
    return "users other than root may write there: Operation not permitted", True


def of_somebody_else(agent):
    os.chown(agent.state, 65534, 0)
    return "users other than root may write there: Operation not permitted", True


def a_file(agent):
    agent.state.rmdir()
    agent.state.write_text("")
    return "Not a directory", True


def unmounted(agent):
    """Nothing is created below the mount point either."""
    subprocess.run(["umount", agent.disk], check=True)
    return "on this head's root filesystem: is the disk mounted?", True


@pytest.fixture(params=[full, read_only, others_may_write, of_somebody_else, a_link, a_file,
                        unmounted, unmounted_since], ids=lambda f: f.__name__)
def broken(request, agent):
    """Why nothing can be recorded, and whether nothing can be read either."""
    yield request.param(agent)
    if request.param is unmounted:
        assert os.listdir(agent.disk) == []
    subprocess.run(["umount", "-q", agent.state], check=False)


def test_a_broken_state_directory_harms_nothing(agent, net, broken):
    """One line, and everything else is done."""
    why, unreadable = broken
    net.connect(net.listen("service1", socket.AF_INET))
    for action in ("monitor", "stop"):
        said, = agent.warnings(action)
        assert said.startswith(f"connections not recorded: {agent.state}") and said.endswith(why)
    assert net.diag() == []
    said = agent.warnings("start")
    assert [line.endswith(why) for line in said] == [True] * unreadable
    agent.run("monitor")
    assert not agent.record().exists()


def test_a_directory_that_is_missing_is_made(agent, net):
    """A monitor makes it as well: if a resource joins a running group, Pacemaker begins with that."""
    agent.state.rmdir()
    assert agent.warnings("start") == []
    assert agent.state.stat().st_mode & 0o777 == 0o700
    agent.state.rmdir()
    net.connect(net.listen("service1", socket.AF_INET))
    for action in ("monitor", "stop"):
        assert agent.warnings(action) == []
        assert agent.record().read_text().count(IPV4) == 1
        agent.record().unlink()
        agent.state.rmdir()


def test_a_directory_nobody_can_make(agent, net):
    state = agent.disk / "a" / "b"
    said, = agent.warnings("start", state=state)
    assert said == f"cannot load the client record: {state}: No such file or directory"


@pytest.mark.parametrize("text,why", [
    ("", "cut short, or no record of connections"),
    (GOOD[:-1], "cut short, or no record of connections"),
    (GOOD[:-9], "cut short, or no record of connections"),
    (GOOD.replace("0\n", "-1\n"), "cut short, or no record of connections"),
    (GOOD.replace("900", "0"), "line 2: remote port '0' is not 1..65535"),
    (GOOD.replace("connections 1", "connections 2"),
     "line 1: 'baton-connections 2' instead of 'baton-connections 1'"),
    (GOOD.replace(IPV4, "192.0.2.51"), f"line 2: not of {IPV4}:{PORT}"),
    (GOOD.replace(f"{IPV4} {PORT}", f"{IPV4} 22"), f"line 2: not of {IPV4}:{PORT}"),
    ("\0" * 100, "cut short, or no record of connections"),
    ("locks 0\n", "line 1: cut short"),
])
def test_a_record_that_is_none(agent, net, text, why):
    """Or one of another service. Nobody is tickled by it, and the next record is good again."""
    agent.record().write_text(text)
    seen = net.capture("client")
    assert agent.warnings("start") == [f"cannot load the client record: {agent.record()}: {why}"]
    assert not [f for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    c, _ = net.connect(net.listen("service1", socket.AF_INET))
    agent.run("monitor")
    assert agent.record().read_text() == GOOD.replace("900", str(c.getsockname()[1]))


def test_a_disk_that_hangs(agent, net):
    """Played by a pipe: the wait for it is limited, and everything else is done."""
    listener = net.listen("service1", socket.AF_INET)
    net.connect(listener)
    os.mkfifo(agent.record())
    for action in ("monitor", "stop"):
        assert agent.warnings(action) == \
            [f"connections not recorded: {agent.state}: Connection timed out"]
    assert net.diag() == []
    assert agent.warnings("start") == \
        [f"cannot load the client record: {agent.state}: Connection timed out"]
    net.connect(listener)


def test_a_directory_that_is_exchanged(agent, net):
    """Between the look at it and the write: the directory that was looked at is written to."""
    elsewhere = agent.disk / "elsewhere"
    elsewhere.mkdir()
    net.connect(net.listen("service1", socket.AF_INET))
    os.mkfifo(agent.record())
    monitor = threading.Thread(target=agent.run, args=("monitor",))
    monitor.start()

    def is_read():
        try:
            return os.open(agent.record(), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None
    pipe = until(is_read)
    seen = agent.state.rename(agent.disk / "seen")
    agent.state.symlink_to(elsewhere)
    os.close(pipe)
    monitor.join()
    assert os.listdir(elsewhere) == []
    assert (seen / agent.record().name).read_text().count(IPV4) == 1


def test_a_record_that_is_a_link(agent, net, tmp_path):
    (tmp_path / "secret").write_text("x")
    agent.record().symlink_to(tmp_path / "secret")
    said, = agent.warnings("start")
    assert said.endswith("Too many levels of symbolic links")
    net.connect(net.listen("service1", socket.AF_INET))
    agent.run("stop")
    assert (tmp_path / "secret").read_text() == "x" and not agent.record().is_symlink()

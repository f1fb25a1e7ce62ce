# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab itself: what every other lab test relies on."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from labkit import LabError, compiled
from labkit.pace import stretch
from labkit.wait import wait_for

TREE = Path(__file__).resolve().parents[2]
TOOL = [sys.executable, str(TREE / "lab" / "lab")]
DISK = "/dev/disk/by-id/wwn-0x6001405ba70000100000000000000000"
HOMES = "/dev/disk/by-id/wwn-0x6001405ba70000200000000000000000"
KEPT = """[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo %i > /run/kept'
"""


def tool(*words, **kwargs):
    return subprocess.run([*TOOL, *words], capture_output=True, text=True, check=False, **kwargs)


def test_run_returns_streams_and_status():
    done = tool("run", "head1", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 7)


def test_run_passes_arguments_as_they_are():
    words = ["a b", "'", '"$HOME"', "*", "", "\\", "ü"]
    done = tool("run", "client", "--", "printf", "%s\\n", *words)
    assert done.stdout.split("\n") == [*words, ""]


def test_run_passes_stdin():
    assert tool("run", "client", "--", "cat", input="in\n").stdout == "in\n"


def test_run_is_quick(lab):
    lab.guest("client").run(["true"])
    begin = time.monotonic()
    for _ in range(5):
        lab.guest("client").run(["true"])
    assert (time.monotonic() - begin) / 5 < stretch(1)


def test_run_timeout(lab):
    with pytest.raises(LabError, match="no end after"):
        lab.guest("client").run(["sleep", "60"], timeout=1)


def test_unknown_guest_and_missing_command():
    assert tool("run", "head9", "--", "true").returncode == 2
    done = tool("run", "head1", "--")
    assert done.returncode != 0 and "no command" in done.stderr


def test_push_pull_binary(lab, tmp_path):
    data = os.urandom(300_000)
    (tmp_path / "there").write_bytes(data)
    (tmp_path / "there").chmod(0o750)
    assert tool("push", "head1", str(tmp_path / "there"), "/root/it").returncode == 0
    assert lab.guest("head1").run(["stat", "-c", "%a", "/root/it"]).stdout == "750\n"
    assert tool("pull", "head1", "/root/it", str(tmp_path / "back")).returncode == 0
    assert (tmp_path / "back").read_bytes() == data


def test_pull_of_a_missing_file_leaves_none(lab, tmp_path):
    with pytest.raises(LabError, match="No such file"):
        lab.guest("head1").pull("/nowhere", tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_guests_are_different_machines(lab):
    for what in (["hostname"], ["cat", "/etc/machine-id"],
                 ["cat", "/proc/sys/kernel/random/boot_id"],
                 ["cat", "/sys/class/net/lan0/address"], ["cat", "/sys/class/net/mgmt0/address"],
                 ["head", "-c16", "/dev/urandom"]):
        answers = {str(g.run(what, text=False).stdout) for g in lab.guests.values()}
        assert len(answers) == len(lab.guests), what


def test_clocks_are_right(lab):
    for guest in lab.guests.values():
        before = time.time()
        there = float(guest.run(["date", "+%s.%N"]).stdout)
        # It is told the time before it can take it.
        assert before - stretch(3) < there < time.time() + 3, guest.name


@pytest.mark.parametrize("address", ["10.77.0.11", "fd77::11"])
def test_lan_reaches(lab, address):
    lab.guest("client").run(["ping", "-c1", f"-W{stretch(5):.0f}", address])


def test_stock_nfs_server_is_not_there(lab):
    head = lab.guest("head1")
    for unit in ("nfs-server", "nfsdcld", "rpcbind", "nfs-mountd"):
        assert head.run(["systemctl", "is-active", unit], check=False).stdout != "active\n"
    head.run(["sh", "-c", "! grep -q ' /proc/fs/nfsd ' /proc/mounts"])


def test_no_unit_failed(lab):
    for guest in lab.guests.values():
        assert guest.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout == ""


def test_journal_is_readable(lab):
    head = lab.guest("head1")
    mark = os.urandom(8).hex()
    head.run(["systemd-run", "--quiet", "--wait", "--unit", "lab-test", "echo", mark])
    wait_for("the journal's line", lambda: mark in head.run(
        ["journalctl", "-b", "-u", "lab-test", "-o", "cat", "--no-pager"], check=False).stdout)


def test_both_heads_see_the_same_disk(lab):
    mark = os.urandom(8).hex()
    lab.guest("head1").run(["sh", "-c", f"echo {mark} | dd of={HOMES} oflag=direct conv=sync "
                            "bs=4096 count=1"])
    seen = lab.guest("head2").run(["dd", f"if={HOMES}", "iflag=direct", "bs=4096", "count=1"])
    assert seen.stdout.startswith(mark)


def test_persistent_reservation_fences(lab):
    head1, head2 = lab.guest("head1"), lab.guest("head2")

    def persist(head, *words, check=True):
        return head.run(["sg_persist", *words, HOMES], check=check).stdout

    def write(head):
        return head.run(["dd", "if=/dev/zero", f"of={HOMES}", "oflag=direct", "bs=4096",
                         "count=1"], check=False).returncode == 0

    try:
        for head, key in ((head1, "0xb1"), (head2, "0xb2")):
            persist(head, "--out", "--register-ignore", f"--param-sark={key}", "--param-aptpl")
        # 5: write exclusive, registrants only
        persist(head1, "--out", "--reserve", "--param-rk=0xb1", "--prout-type=5")
        assert write(head1) and write(head2)
        persist(head2, "--out", "--preempt-abort", "--param-rk=0xb2", "--param-sark=0xb1",
                "--prout-type=5")
        assert not write(head1)
        assert write(head2)
        # Neither a power loss of the head nor a new session lifts it.
        lab.guest("head1").cut()
        lab.boot("head1")
        assert not write(head1)
    finally:
        persist(head2, "--out", "--clear", "--param-rk=0xb2", check=False)
    assert write(head1)


def test_cut_and_boot(lab):
    head = lab.guest("head2")
    before = head.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout
    head.run(["touch", "/root/gone"])
    head.install({"/etc/baton/kept": "kept\n"}, mode=0o600)
    head.install({"/lib/systemd/system/kept@.service": KEPT})
    head.enable("kept@x.service")
    assert tool("cut", "head2").returncode == 0
    done = tool("run", "head2", "--", "true")
    assert done.returncode == 255 and "not running" in done.stderr
    states = {g["guest"]: g["power"] for g in json.loads(tool("status", "--json").stdout)["guests"]}
    assert states == {"storage": "on", "head1": "on", "head2": "off", "client": "on"}
    assert tool("boot", "head2").returncode == 0
    assert head.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout != before
    assert head.run(["test", "-e", "/root/gone"], check=False).returncode == 1
    head.run(["test", "-b", DISK])
    assert head.run(["stat", "-c", "%a %U", "/etc/baton/kept"]).stdout == "600 root\n"
    wait_for("the unit", lambda: head.run(["cat", "/run/kept"], check=False).stdout == "x\n")
    head.disable("kept@x.service")


def test_power_controller_switches_heads_only(lab):
    assert tool("power", "list").stdout == "head1 head2\n"
    assert tool("power", "status", "head1").stdout == "on\n"
    done = tool("power", "off", "client")
    assert done.returncode == 1 and "client: no head" in done.stderr
    assert lab.guest("client").running()


def test_link_down_and_up(lab):
    client = lab.guest("client")
    assert tool("link", "client", "down").returncode == 0
    try:
        wait_for("carrier loss", lambda: client.run(
            ["cat", "/sys/class/net/lan0/carrier"]).stdout == "0\n")
        assert client.run(["ping", "-c1", "-W1", "10.77.0.11"], check=False).returncode != 0
    finally:
        tool("link", "client", "up")
    wait_for("carrier", lambda: client.run(
        ["cat", "/sys/class/net/lan0/carrier"]).stdout == "1\n")
    # The kernel drops packets until it has dealt with the carrier's return.
    wait_for("an answer", lambda: client.run(
        ["ping", "-c1", "-W1", "10.77.0.11"], check=False).returncode == 0)


def test_pcap_sees_guest_to_guest_traffic(lab, tmp_path):
    file = tmp_path / "lan.pcap"

    def requests(whole):
        # While it is being written, its last packet may be incomplete.
        text = subprocess.run(["tcpdump", "-n", "-r", str(file)], capture_output=True, text=True,
                              check=whole).stdout
        return text.count("10.77.0.20 > 10.77.0.11: ICMP echo request")

    lab.pcap_start(file, ["icmp"])
    try:
        lab.guest("client").run(["ping", "-c2", "-i0.2", "10.77.0.11"])
        # What tcpdump has not written yet would be lost at its end.
        wait_for("both requests", lambda: requests(whole=False) >= 2)
    finally:
        assert lab.pcap_stop() == file
    assert requests(whole=True) == 2


def test_pcap_stop_without_start(lab):
    with pytest.raises(LabError, match="not running"):
        lab.pcap_stop()


def test_reload_brings_the_payload(lab, tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()  # /lib is a symbolic link in the guest and has to stay one
    (tmp_path / "lib" / "lab-test-payload").write_text("here\n")
    monkeypatch.setattr(compiled, "payload", lambda _suite: tmp_path)
    lab.reload(["client"])
    client = lab.guest("client")
    assert client.run(["cat", "/usr/lib/lab-test-payload"]).stdout == "here\n"
    client.run(["test", "-L", "/lib"])


def test_up_again_changes_nothing(lab):
    before = [g.status()["pid"] for g in lab.guests.values()]
    assert tool("up").returncode == 0
    assert [g.status()["pid"] for g in lab.guests.values()] == before


def test_nothing_outside_the_namespace(lab):
    names = set(os.listdir("/sys/class/net"))
    assert not names & {"lan", "mgmt"} and not any("." in n for n in names if n[:4] == "head")
    assert lab.net.exists()

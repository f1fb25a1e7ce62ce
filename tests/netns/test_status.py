# SPDX-License-Identifier: GPL-2.0-or-later
"""baton status and metrics: what keepers report of all heads, and what is known without a keeper."""
import contextlib
import fcntl
import json
import os
import platform
import re
import signal
import socket
import stat
import struct
import subprocess
import termios
import time

import pytest

from cluster import ScriptedKeeper, move_record
from conftest import BATON, until

FACTS = {"state": "serving", "threads": 16, "mounted": True, "link_up": True, "mountd": True,
         "nfsdcld": True, "connections": 3, "grace": False,
         "clients": {"total": 5, "holding": 3, "courtesy": 1},
         "filesystem": {"size_bytes": 109951162777600, "avail_bytes": 18691697672192, "files": 4000,
                        "files_free": 3999}}
STANDBY = dict(FACTS, state="standby", threads=0, mounted=False, link_up=False, nfsdcld=False,
               connections=0)
del STANDBY["grace"], STANDBY["clients"], STANDBY["filesystem"]


def head(name, facts=None, **kw):
    entry = {"head": name, "online": True, "self": name == "head1", "version": "0.1.0",
             "digest": "d-1", "cluster": True, "last": None}
    if facts:
        entry["facts"] = facts
    entry.update(kw)
    return {k: v for k, v in entry.items() if v != "-"}


@pytest.fixture
def keepers(house):
    made = []

    def make(*heads, service="vmstore", **answers):
        house.write(service)
        keeper = ScriptedKeeper(f"/proc/{house.holder.pid}/root", service)
        keeper.answers.update(status=[{"result": 0, "state": "serving"}],
                              heads=[{"result": 0, "heads": list(heads)}], **answers)
        made.append(keeper)
        return keeper
    yield make
    for keeper in made:
        keeper.end()


def rows(house, *argv):
    return json.loads(house.baton("status", "--json", *argv))


def table(house, *argv):
    return house.baton("status", *argv).splitlines()


@pytest.mark.parametrize("state, guard, column, warning", [
    ("serving", {"kind": "none", "state": "none"}, "none",
     "only fencing keeps another head from writing to the disk (guard = none); `baton check vmstore` says what "
     "the disk can do"),
    ("standby", {"kind": "none", "state": "none"}, "none", None),
    ("serving", {"kind": "reservation", "state": "held"}, "held", None),
    ("serving", {"kind": "reservation", "state": "held", "silent": True}, "silent",
     "the disk does not confirm the reservation of head1, which holds clients off"),
    ("serving", {"kind": "reservation", "state": "held", "unregistered": "sdc"}, "held",
     "the path sdc of head1 is up and multipathd has not registered it: what is written through it fails"),
    ("partial", {"kind": "reservation", "state": "lost"}, "lost", "another head has taken the disk from head1"),
    ("standby", {"kind": "reservation", "state": "kept", "unproven": False}, "kept",
     "the disk stays reserved by head1, which could not release it; see `baton guard vmstore`"),
    ("serving", {"kind": "reservation", "state": "lost", "silent": True}, "lost",
     "another head has taken the disk from head1"),
    ("standby", {"kind": "reservation", "state": "kept", "unproven": True}, "kept",
     "the disk stays reserved by head1, because another head may still have it mounted; see `baton guard vmstore`"),
])
def test_the_guard(house, keepers, state, guard, column, warning):
    keepers(head("head1", FACTS | {"state": state, "guard": guard}))
    assert rows(house)[0].get("warnings") == ([warning] if warning else None)
    assert table(house, "-o", "head,guard", "--noheadings")[0].split() == ["head1", column]


def test_a_reservation_that_another_head_has_taken_over(house, keepers):
    """What head2 has noted of its own registration is over: head1 is registered alone."""
    keepers(head("head1", FACTS | {"guard": {"kind": "reservation", "state": "held"}}),
            head("head2", STANDBY | {"guard": {"kind": "reservation", "state": "kept", "unproven": True}}, keeper=True))
    assert not any(row.get("warnings") for row in rows(house))


@pytest.mark.parametrize("theirs, verdict, detail", [
    ({"software": {"kernel": "6.1.0-44-amd64", "nfs_utils": "2.6.2"}}, "ok",
     "Linux 6.1.0-44-amd64, nfs-utils 2.6.2, as here"),
    ({"software": {"kernel": "6.12.118+deb13-amd64", "nfs_utils": "2.8.3"}}, "ok",
     "Linux 6.12.118+deb13-amd64, nfs-utils 2.8.3, not as here: upgrade all heads, one after the other"),
    ({"software": {"kernel": "6.1.0-44-amd64", "nfs_utils": "2.5.3"}}, "unsure",
     "Linux 6.1.0-44-amd64, nfs-utils 2.5.3, not as here: upgrade all heads, one after the other"),
    ({"software": {"kernel": "6.1.0-44-amd64"}}, "ok",
     "Linux 6.1.0-44-amd64, nfs-utils unknown, not as here: upgrade all heads, one after the other"),
    # A keeper of 0.1.0 does not say.
    ({}, "unsure", "an older baton: with less than 5 GiB of memory that head takes only short WRITEs, and "
     "clients that mount on a newer one hang there"),
])
def test_check_tells_the_software_of_all_heads(house, keepers, theirs, verdict, detail):
    ours = {"kernel": "6.1.0-44-amd64", "nfs_utils": "2.6.2"}
    keepers(head("head1", FACTS | {"software": ours}), head("head2", STANDBY | theirs, keeper=True))
    found = software(house)
    assert found["head1"]["detail"] == "Linux 6.1.0-44-amd64, nfs-utils 2.6.2"
    assert (found["head2"]["verdict"], found["head2"]["detail"]) == (verdict, detail)
    assert bool(found["head2"]["advice"]) == (verdict == "unsure")


def software(house):
    # The links of this test are none.
    told = house.run("sh", "-c", '"$0" check vmstore --json || test $? = 6', BATON)
    return {f["item"].removeprefix("software of "): f for f in json.loads(told)["findings"]
            if f["item"].startswith("software of ")}


def test_check_by_an_older_keeper_here(house, keepers):
    theirs = {"kernel": "6.1.0-44-amd64", "nfs_utils": "2.6.2"}
    keepers(head("head1", FACTS), head("head2", STANDBY | {"software": theirs}, keeper=True))
    found = software(house)
    assert found["head2"]["detail"] == "Linux 6.1.0-44-amd64, nfs-utils 2.6.2"
    assert list(found) == ["head2"]


def test_all_heads(house, keepers):
    keepers(head("head2", STANDBY, last=move_record(pause=None)),
            head("head1", FACTS, last=move_record(began=1000)))
    one, two = rows(house)
    assert (one["service"], one["head"], one["self"], one["state"], one["keeper"]) == \
        ("vmstore", "head1", True, "serving", "serving")
    assert (two["head"], two["self"], two["online"], two["state"], two["keeper"]) == \
        ("head2", False, True, "standby", "ok")
    assert one["clients"] == {"total": 5, "holding": 3, "courtesy": 1, "idle": 2}
    assert one["addresses"] == two["addresses"] == ["192.0.2.50/24"] and one["device"] == "/dev/null"
    assert one["last"]["pause_ms"] == 940.4 and one["threads"] == 16 and one["digest"] == "d-1"
    assert "warnings" not in one and "warnings" not in two and "shown" not in one
    assert table(house) == [
        "SERVICE  HEAD   STATE    KEEPER   ADDRESS        GRACE  LAST-MOVE",
        # The newest; the other head's clock differs from ours.
        "vmstore  head1  serving  serving  192.0.2.50/24  no     head1 → head2",
        "vmstore  head2  standby  ok       -              -      -"]


def test_columns(house, keepers):
    house.env["TZ"] = "UTC"
    keepers(head("head1", FACTS, last=move_record(began=86400)), head("head2", STANDBY))
    lines = table(house, "-o", "+conns,holding,idle,courtesy,moved,device,version,error")
    assert lines[0].split() == ["SERVICE", "HEAD", "STATE", "KEEPER", "ADDRESS", "GRACE", "LAST-MOVE",
                                "CONNS", "HOLDING", "IDLE", "COURTESY", "MOVED", "DEVICE", "VERSION",
                                "ERROR"]
    assert lines[1].split()[:5] == ["vmstore", "head1", "serving", "serving", "192.0.2.50/24"]
    assert lines[1].endswith(" no     head1 → head2 0.94 s      3        2     2         1"
                             "  1970-01-02 00:00:00  /dev/null  0.1.0    -")
    assert lines[2].split() == ["vmstore", "head2", "standby", "ok", "-", "-", "-", "0", "-", "-", "-",
                                "-", "/dev/null", "0.1.0", "-"]
    assert house.baton("status", "--noheadings", "--output=STATE,head") == \
        "serving  head1\nstandby  head2\n"
    assert house.baton("status", "-o", "state,sate", status=2) == \
        "baton status: --output: unknown column 'sate'; there are SERVICE, HEAD, STATE, KEEPER, " \
        "ADDRESS, GRACE, LAST-MOVE, MOVED, GUARD, CONNS, HOLDING, IDLE, COURTESY, SIZE, AVAIL, USED, INODES, " \
        "DEVICE, VERSION, ERROR\n"
    assert table(house, "-o", "head,size,avail,used,inodes") == [
        "HEAD   SIZE  AVAIL  USED  INODES", "head1  100T    17T   83%      1%", "head2     -      -     -       -"]


def test_80_columns(house, keepers):
    last = move_record()
    keepers(head("head1", FACTS, last=last), head("head2", STANDBY, last=dict(last, pause_ms=None)),
            head("head3", error="head3: no answer within 2 s"))
    wide = table(house)
    house.env["COLUMNS"] = "80"
    # An ordinary service needs no more lines than without a limit.
    assert table(house) == wide and max(map(len, wide)) <= 80
    assert wide[1].endswith("head1 → head2 0.94 s") and len(wide) == 5

    long = dict(FACTS, grace=True, waiting=[f"Linux NFSv4.1 client{i}.example.com" for i in range(5)])
    keepers(head("nfs-head-1.example.com", long, self=True, digest="d-2",
                 last=move_record(source="nfs-head-1.example.com", target="nfs-head-2.example.com")),
            head("nfs-head-2.example.com", STANDBY),
            head("nfs-head-3.example.com", error="nfs-head-3.example.com: " + "no answer " * 20),
            service="a-service-with-a-very-long-name")
    for argv in ([], ["-o", "+error"], ["-o", "head,state,grace,error"], ["--noheadings"]):
        del house.env["COLUMNS"]
        wide = table(house, *argv)
        house.env["COLUMNS"] = "80"
        narrow = table(house, *argv)
        assert max(map(len, narrow)) <= 80 < max(map(len, wide))
        # No letter is lost, and no other letter is printed.
        assert sorted("".join(narrow).replace(" ", "")) == sorted("".join(wide).replace(" ", ""))


def test_the_pause_is_the_sources(house, keepers):
    house.env["TZ"] = "UTC"
    for one, two in ((940.4, None), (None, 940.4)):
        k = keepers(head("head1", FACTS, last=move_record(began=86400, pause=one)),
                    head("head2", STANDBY, last=move_record(began=86410, pause=two)))
        line = table(house, "-o", "service,moved,last-move")[1]
        assert re.fullmatch(r"vmstore  1970-01-02 00:00:[01]0  head1 → head2 0.94 s", line)
        k.end()
        os.unlink(k.folder + "/sock")
    k = keepers(head("head1", FACTS, last=move_record("refused", "no", began=0, pause=None)))
    assert table(house, "-o", "MOVED,LAST-MOVE")[1] == "1970-01-01 00:00:00  head1 → head2 refused"


def test_grace(house, keepers):
    keepers(head("head1", dict(FACTS, grace=True, waiting=["Linux NFSv4.1 a", "ESX"], waiting_total=4)))
    assert "  waits for Linux NFSv4.1 a, ESX and 2 more  " in table(house)[1]
    assert rows(house)[0]["waiting"] == ["Linux NFSv4.1 a", "ESX"]


@pytest.mark.parametrize("facts,said", [
    ({"grace": True, "waiting": []}, "yes"),
    ({"grace": True}, "yes"),
    ({"grace": True, "waiting": ["a"]}, "waits for a"),
    ({"grace": True, "waiting": ["\x1b[2J"]}, "waits for ?[2J"),
    ({"grace": True, "waiting": ["x" * 81] * 8, "waiting_total": 1000}, "waits for xxx"),
    ({"grace": False, "waiting": ["a"]}, "no"),
])
def test_grace_in_words(house, keepers, facts, said):
    keepers(head("head1", dict(FACTS, **facts)))
    shown, = table(house, "--noheadings", "-o", "grace")
    assert (shown.startswith(said + "xxx") if said.endswith("xxx") else shown == said), shown


def test_heads_that_are_not_well(house, keepers):
    keepers(head("head1", FACTS),
            {"head": "head2", "online": False},
            {"head": "head3", "online": True, "keeper": False},
            head("head4", error="head4: no answer within 2 s"))
    out = [(r["head"], r["state"], r["keeper"], r["online"], r.get("error")) for r in rows(house)]
    assert out[1:] == [("head2", "unknown", "offline", False, None),
                       ("head3", "unknown", "absent", True, None),
                       ("head4", "unknown", "silent", True, "head4: no answer within 2 s")]
    lines = table(house)
    assert lines[4].split() == ["vmstore", "head4", "unknown", "silent", "192.0.2.50/24", "-", "-"]
    assert lines[5:] == ["error: vmstore: head4: no answer within 2 s"]
    # It is printed once, and not among rows that a program reads.
    assert table(house, "-o", "+error")[4:] == [lines[4] + " " * 8 + "  head4: no answer within 2 s"]
    done = subprocess.run([*house.enter, BATON, "status", "--noheadings"], env=house.env, text=True,
                          capture_output=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (4, lines[5] + "\n")


def test_differences(house, keepers):
    keepers(head("head1", FACTS), head("head2", STANDBY, digest="d-2", version="0.2.0"),
            head("head3", FACTS, version="-", digest="-"), head("head4", STANDBY, version="?"))
    out = rows(house)
    assert out[1]["warnings"] == ["the configuration on head2 differs from this head's",
                                  "head2 runs baton 0.2.0, this head 0.1.0"]
    assert "warnings" not in out[3]
    assert out[2]["warnings"] == ["head3 serves it, and so does head1: power one of them off"]
    assert table(house)[-3:] == [f"warning: vmstore: {w}" for r in out[1:3] for w in r["warnings"]]


def test_agreement_counts_more_than_the_digest(house, keepers):
    """Two versions may have different digests and agree; a keeper of 0.1.0 compares nothing else."""
    why = "head1 and head2 have different values for lease; make /etc/baton/vmstore.conf equal"
    keepers(head("head1", FACTS), head("head2", STANDBY, agrees=False, conflict=why),
            head("head3", STANDBY, digest="d-3", agrees=True), head("head4", STANDBY, digest="d-4"))
    out = rows(house)
    assert [row.get("warnings") for row in out] == [
        None, [f"the configuration on head2 differs from this head's: {why}"], None,
        ["the configuration on head4 differs from this head's"]]
    samples = parse(house.baton("metrics"))
    assert [value(samples, "baton_config_digest_match", head=f"head{i}", service="vmstore")
            for i in range(1, 5)] == [None, 0, 1, 0]


@pytest.mark.parametrize("answer", [
    [{"result": 2, "error": "the keeper does not know this request"}],
    [{"result": 0}],
    [{"result": 0, "heads": 7}],
    [{"result": 0, "heads": []}],
    [{"result": 0, "heads": [1, None, {"head": "head2"}]}],
    [b"{"],
    [],
])
def test_a_keeper_that_tells_nothing(house, keepers, answer):
    """This head is known all the same."""
    keepers().answers["heads"] = answer
    row, *others = rows(house, "vmstore")
    assert [r["head"] for r in others] in ([], ["head2"])
    assert row["head"] == platform.node() and row["state"] == "absent" and row["keeper"] == "serving"


def test_odd_facts(house, keepers):
    keepers(head("head1", {"state": None, "clients": 7, "grace": "x", "waiting": "y",
                           "connections": None}, last=5),
            head("head2", 7), head(None, dict(FACTS, clients={}), last={"steps": 3}))
    assert rows(house)[0]["state"] == "unknown"
    lines = table(house)
    assert len(lines) == 3 and lines[1].startswith("vmstore  head1  unknown  serving ")


def test_several_services(house, keepers):
    keepers(head("head1", FACTS), head("head2", STANDBY))
    keepers(head("head1", STANDBY), head("head2", FACTS), service="homes")
    assert [(r["service"], r["head"], r["state"]) for r in rows(house)] == [
        ("homes", "head1", "standby"), ("homes", "head2", "serving"),
        ("vmstore", "head1", "serving"), ("vmstore", "head2", "standby")]
    assert [r["head"] for r in rows(house, "homes")] == ["head1", "head2"]


def test_without_a_keeper(house):
    house.write()
    row, = rows(house)
    assert (row["head"], row["self"], row["keeper"]) == (platform.node(), True, "absent")
    os.makedirs(f"/proc/{house.holder.pid}/root/run/baton/vmstore")
    with open(f"/proc/{house.holder.pid}/root/run/baton/vmstore/ledger.json", "w") as f:
        json.dump([move_record(), {"op": "start"}], f)
    assert rows(house)[0]["last"]["to"] == "head2"
    assert " head1 → head2 0.94 s" in table(house)[1]


# --- again and again ------------------------------------------------------------------

def test_watch_on_a_pipe(house, keepers):
    keepers(head("head1", FACTS))
    p = house.start(BATON, "status", "--watch=1")
    begin = time.monotonic()
    for _ in range(2):
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, every 1 s\n", p.stdout.readline())
        assert p.stdout.readline().startswith("SERVICE  ")
        assert p.stdout.readline().startswith("vmstore  head1  serving")
    assert 0.9 < time.monotonic() - begin < 15
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=30)
    assert (p.returncode, err) == (0, "") and "\x1b" not in out


def test_watch_json(house, keepers):
    keepers(head("head1", FACTS))
    p = house.start(BATON, "status", "-j", "--watch")
    text = ""
    while text.count("\n]\n") < 1:
        text += p.stdout.readline()
    assert json.loads(text)[0]["head"] == "head1"
    p.send_signal(signal.SIGTERM)
    assert p.wait(30) == 143


def watch_on_terminal(house, rows=10, term="xterm", argv=("--watch=60",), columns=200):
    main, side = os.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    p = subprocess.Popen([*house.enter, BATON, "status", *argv], stdout=side, stderr=side,
                         env=dict(house.env, TERM=term))
    os.close(side)
    return p, main


def read_until(fd, what):
    seen = b""
    while what not in seen:
        seen += os.read(fd, 4096)
    return seen


ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l\x1b[?7l", b"\x1b[?7h\x1b[?25h\x1b[?1049l"


@pytest.mark.parametrize("number,status", [(signal.SIGINT, 0), (signal.SIGTERM, 143),
                                           (signal.SIGHUP, 129)])
def test_watch_gives_the_terminal_back(house, keepers, number, status):
    keepers(head("head1", FACTS), *[head(f"head{i}", STANDBY) for i in range(2, 30)])
    p, main = watch_on_terminal(house)
    seen = read_until(main, b"\x1b[J")
    assert seen.startswith(ENTER + b"\x1b[H")
    # If the line were cleared after it fills the terminal, its last letter would be lost.
    assert b"\x1b[KSERVICE  " in seen
    assert not re.search(rb"[^\n\r]\x1b\[K\r?\n", seen)
    # No more than fits, or it would scroll.
    assert seen.count(b"\n") == 9 and b"head6" in seen and b"head7 " not in seen
    assert re.search(rb"\(23 more lines\)\r?\n\x1b\[J$", seen), seen
    # A new size shows at once.
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 200, 0, 0))
    p.send_signal(signal.SIGWINCH)
    assert read_until(main, b"\x1b[J").count(b"\n") == 4
    p.send_signal(number)
    assert read_until(main, LEAVE) == LEAVE
    assert p.wait(30) == status
    os.close(main)


def screen(seen):
    """The rows of the screen; the terminal does not wrap, so nothing may be longer than a row."""
    text = seen.decode().split("\x1b[H")[-1].replace("\r", "").replace("\x1b[K", "")
    return text.removesuffix("\x1b[J").splitlines()


def test_watch_cuts_nothing_at_80_columns(house, keepers):
    keepers(head("head1", FACTS, last=move_record()), head("head2", STANDBY, digest="d-2"),
            head("head3", error="head3: " + "no answer " * 12))
    (house.conf / "A service with a name that is not allowed, and far too long.conf").write_text("")
    p, main = watch_on_terminal(house, rows=24, columns=80, argv=(
        "--watch=60", "-o", "+moved,conns,holding,idle,courtesy,device,version"))
    shown = screen(read_until(main, b"\x1b[J"))
    assert max(map(len, shown)) <= 80
    text = "".join(shown).replace(" ", "")
    for word in ("COURTESY", "DEVICE", "VERSION", "0.1.0", "andfartoolong", "error:vmstore:head3:" + "noanswer" * 12,
                 "warning:vmstore:theconfigurationonhead2differsfromthishead's"):
        assert word in text, (word, shown)
    p.send_signal(signal.SIGINT)
    assert p.wait(30) == 0
    os.close(main)


def test_watch_shows_the_errors_first(house, keepers):
    """Those at the end of a long table would be below the terminal."""
    keepers(head("head1", FACTS), *[head(f"head{i}", FACTS if i == 29 else STANDBY) for i in range(2, 30)])
    p, main = watch_on_terminal(house, columns=80)
    shown = screen(read_until(main, b"\x1b[J"))
    assert shown[1] == "warning: vmstore: head29 serves it, and so does head1: power one of them off"
    assert shown[2].startswith("SERVICE  HEAD ") and len(shown) == 9 and shown[8] == "(24 more lines)"
    p.send_signal(signal.SIGINT)
    assert p.wait(30) == 0
    os.close(main)


def test_watch_suspended(house, keepers):
    keepers(head("head1", FACTS))
    p, main = watch_on_terminal(house)
    read_until(main, b"\x1b[J")
    p.send_signal(signal.SIGTSTP)
    assert read_until(main, LEAVE) == LEAVE
    until(lambda: open(f"/proc/{p.pid}/stat").read().split()[2] == "T")
    p.send_signal(signal.SIGCONT)
    assert read_until(main, ENTER) == ENTER
    p.send_signal(signal.SIGINT)
    assert p.wait(30) == 0
    os.close(main)


def test_watch_on_a_terminal_that_can_nothing(house, keepers):
    keepers(head("head1", FACTS))
    p, main = watch_on_terminal(house, term="dumb")
    assert b"\x1b" not in read_until(main, b"serving")
    p.send_signal(signal.SIGINT)
    assert p.wait(30) == 0
    with contextlib.suppress(OSError):
        assert b"\x1b" not in os.read(main, 4096)
    os.close(main)


def test_watch_ends_with_its_reader(house, keepers):
    keepers(head("head1", FACTS))
    p = house.start(BATON, "status", "--watch=1")
    p.stdout.readline()
    p.stdout.close()
    assert p.wait(30) in (-signal.SIGPIPE, 10)
    p.stdout = None


# --- metrics --------------------------------------------------------------------------

NAME, LABEL = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'


def parse(text):
    """The text format 0.0.4, strictly: {(name, labels): value}."""
    assert text.endswith("\n") and text.isascii()
    samples, family, order = {}, None, []
    for line in text.splitlines():
        m = re.fullmatch(rf"# HELP ({NAME}) (\S.*\S)", line)
        if m:
            assert m[1] not in order, line
            family, helped = m[1], True
            order.append(family)
            continue
        m = re.fullmatch(rf"# TYPE ({NAME}) (gauge|counter)", line)
        if m:
            assert m[1] == family and helped, line
            helped = False
            continue
        m = re.fullmatch(rf"({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)", line)
        assert m, line
        assert m[1] == family and not helped, line
        labels = re.findall(LABEL, m[2] or "")
        assert len(dict(labels)) == len(labels), line
        key = (m[1], tuple(sorted(labels)))
        assert key not in samples, line
        samples[key] = float(m[7])
    return samples


def value(samples, name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))))


def test_metrics(house, keepers):
    guard = {"kind": "reservation", "state": "held", "silent": True, "unproven": False, "since": 7}
    k = keepers(head("head1", dict(FACTS, grace=True, waiting=["a"], waiting_total=12, guard=guard, failed=True)),
                head("head2", STANDBY, digest="other"), head("head3", STANDBY),
                {"head": "head4", "online": False}, {"head": "head5", "online": True, "keeper": False})
    with open(k.folder + "/ledger.json", "w") as f:
        start = {"op": "start", "began": 1795372729.25, "ms": 1500, "outcome": "failed", "steps": [
            {"step": "mount", "ms": 100}, {"step": "address", "ms": 7}, {"step": "mount", "ms": 50}]}
        json.dump([dict(start, ms=9, outcome="done"), start, move_record(began=7), {"op": "move"},
                   move_record(began=1000, source="head2", target="head1", pause=None)], f)
    s = parse(house.baton("metrics"))
    v = {"service": "vmstore"}
    assert value(s, "baton_build_info", version="0.1.0") == 1
    assert value(s, "baton_keeper_up", **v) == 1
    assert {st: value(s, "baton_service_state", state=st, **v) for st in
            ("absent", "standby", "partial", "serving", "unknown")} == \
        {"absent": 0, "standby": 0, "partial": 0, "serving": 1, "unknown": 0}
    assert value(s, "baton_service_threads", **v) == 16 and value(s, "baton_connections", **v) == 3
    assert [value(s, "baton_clients", kind=kind, **v) for kind in ("holding", "idle", "courtesy")] == \
        [2, 2, 1]
    assert value(s, "baton_grace_active", **v) == 1
    assert value(s, "baton_grace_waiting_clients", **v) == 12
    assert [value(s, f"baton_filesystem_{what}", **v) for what in
            ("size_bytes", "avail_bytes", "files", "files_free")] == \
        [109951162777600, 18691697672192, 4000, 3999]
    assert [value(s, "baton_guard_state", state=state, **v) for state in ("none", "held", "lost")] == [0, 1, 0]
    assert value(s, "baton_guard_silent", **v) == value(s, "baton_filesystem_failed", **v) == 1
    assert value(s, "baton_cluster_joined", **v) == 1
    assert [value(s, "baton_head_online", head=f"head{i}", **v) for i in range(1, 6)] == \
        [None, 1, 1, 0, 1]
    assert [value(s, "baton_head_keeper_up", head=f"head{i}", **v) for i in range(1, 6)] == \
        [None, 1, 1, 0, 0]
    assert [value(s, "baton_config_digest_match", head=f"head{i}", **v) for i in range(1, 5)] == \
        [None, 0, 1, None]
    assert value(s, "baton_last_operation_timestamp_seconds", operation="start", **v) == 1795372729.25
    assert value(s, "baton_last_operation_duration_seconds", operation="start", **v) == 1.5
    assert value(s, "baton_last_operation_success", operation="start", **v) == 0
    assert value(s, "baton_last_operation_success", operation="move", **v) == 1
    assert value(s, "baton_last_operation_step_seconds", operation="start", step="mount", **v) == 0.15
    assert value(s, "baton_last_operation_step_seconds", operation="move", head="head2", step="drain",
                 **v) == 0.0224
    # It was reported for the target: only the source knows the pause.
    assert value(s, "baton_last_move_pause_seconds", **v) is None
    assert value(s, "baton_last_move_info", **{"from": "head2"}, to="head1", **v) == 1


def test_metrics_of_the_source(house, keepers):
    k = keepers(head("head1", STANDBY))
    with open(k.folder + "/ledger.json", "w") as f:
        json.dump([move_record()], f)
    s = parse(house.baton("metrics"))
    assert value(s, "baton_last_move_pause_seconds", service="vmstore") == 0.9404
    assert value(s, "baton_clients", service="vmstore", kind="idle") is None
    # In standby the disk is not here.
    assert value(s, "baton_filesystem_size_bytes", service="vmstore") is None


def test_metrics_of_odd_things(house, keepers):
    odd = 'a\\b"c\n\x1b\u00e4'
    k = keepers(head("head1", {"state": odd, "threads": None, "clients": None}),
                head(odd, STANDBY, digest=odd))
    with open(k.folder + "/ledger.json", "w") as f:
        json.dump([7, None, {"op": odd, "steps": [{"head": odd, "step": odd, "ms": odd}, 5, {}]},
                   {"op": None, "steps": 5}, {"op": "x", "steps": {}}], f)
    house.write("broken").write_text("nonsense")
    s = parse(house.baton("metrics"))
    assert value(s, "baton_service_state", service="vmstore", state="unknown") == 1
    assert value(s, "baton_service_state", service="broken", state="unknown") == 1
    assert value(s, "baton_head_online", service="vmstore", head='a\\\\b\\"c?????'[:-1]) == 1
    assert value(s, "baton_keeper_up", service="broken") == 0


def test_metrics_of_nothing(house):
    s = parse(house.baton("metrics"))
    assert [name for name, _ in s] == ["baton_build_info"]


def test_metrics_file(house, tmp_path):
    house.write()
    out = tmp_path / "out" / "baton.prom"
    assert house.baton("metrics", "--output", out, status=2) == \
        f"baton: directory {out.parent}: No such file or directory\n"
    out.parent.mkdir()
    out.write_text("before")
    house.env["TZ"] = "UTC"
    os.umask(0o077)
    try:
        assert house.baton("metrics", "-o", out) == ""
    finally:
        os.umask(0o022)
    assert out.stat().st_mode & 0o777 == 0o644 and os.listdir(out.parent) == ["baton.prom"]
    assert parse(out.read_text())
    # If the disk is full, the old file stays.
    house.run("mount", "-t", "tmpfs", "-o", "nr_blocks=1", "full", out.parent)
    house.run("sh", "-c", f"echo old > {out}")
    assert house.baton("metrics", "-o", out, status=10) == f"baton: write {out}: No space left on device\n"
    assert house.run("cat", out) == "old\n" and house.run("ls", out.parent) == "baton.prom\n"


def test_metrics_replaces_only_files(house, tmp_path):
    """It would be renamed over a device node, and what node_exporter reads may belong to somebody else."""
    house.write()
    kept = tmp_path / "kept"
    kept.write_text("kept")
    (tmp_path / "link").symlink_to(kept)
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "fifo")
    os.mknod(tmp_path / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 7))
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "socket"))
    before = {p: p.lstat() for p in tmp_path.iterdir()}
    link = "a symbolic link; name the file itself"
    for name, what in (("link", link), ("dangling", link), ("fifo", "a FIFO, not a file"),
                       ("device", "a device, not a file"), ("folder", "a directory"),
                       ("socket", "a socket, not a file")):
        assert house.baton("metrics", "-o", tmp_path / name, status=2) == \
            f"baton: {tmp_path / name} is {what}\n"
    assert house.baton("metrics", "-o", "", status=2) == "baton: '' does not name a file\n"
    assert house.baton("metrics", f"-o{tmp_path}/new/", status=2) == \
        f"baton: '{tmp_path}/new/' does not name a file\n"
    assert house.baton("metrics", "-o", kept / "x", status=2) == f"baton: {kept}/x: Not a directory\n"
    after = {p: p.lstat() for p in tmp_path.iterdir()}
    assert {p: (s.st_ino, s.st_mode) for p, s in before.items()} == \
        {p: (s.st_ino, s.st_mode) for p, s in after.items()}
    assert kept.read_text() == "kept"

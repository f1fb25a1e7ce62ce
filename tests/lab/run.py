#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab tests in several labs in parallel: run.py [-m MARKS] [-k WORDS] [MODULE…]

Theory of operation: most tests keep one guest busy while the others wait, so a machine with two
processors has room for two labs. Each lab has a worker, which takes one module after the other and
runs pytest on it; the lab stays up between them, and each module brings it into the state that it
needs (conftest.py, known_state). Modules with a cluster and those without are taken from opposite ends,
so that a cluster is seldom made or ended; long modules first, or the last one would run on alone.

A module's output is printed as a whole when it has ended, and its counts are noted (ran.py). SIGINT and SIGTERM end the running tests, which
say what they were waiting for; whatever happens, all labs are down at the end."""

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
sys.path.insert(0, str(TREE / "lab"))
sys.path.insert(0, str(HERE.parent))
sys.dont_write_bytecode = True

import minutes  # noqa: E402
import ran  # noqa: E402
from labkit import suite  # noqa: E402

LAB = [sys.executable, str(TREE / "lab" / "lab")]
LABS = 2
# Memory for one lab: four guests, and QEMU's translated code.
LAB_MIB = 4096
# The longest modules; the others follow by name.
LONG = ("test_stock", "test_handover", "test_takeover", "test_recovery", "test_service", "test_agent",
        "test_move", "test_interrupt", "test_demo")
# How long interrupted tests have to say what they were doing.
END_S = 20
# What `make check` selects: only that is noted.
USUAL = ["-m", "not long"]
SUITE = os.environ.get("LAB_SUITE") or suite.own()
# pytest's own: all tests passed; all have run, some failed; no test was selected.
PASSED, FAILED, NONE = 0, 1, 5


def memory_mib():
    """Memory that is free, or can be freed without harm."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M)
    return int(found.group(1)) // 1024


def how_many(memory, modules):
    return max(1, min(LABS, memory // LAB_MIB, modules))


def on_cluster(path):
    return re.search(r"^def \w+\([^)]*\bcluster\b", path.read_text(), re.M) is not None


def is_last(path):
    """Is the whole module marked `last`?"""
    return re.search(r"^pytestmark = pytest\.mark\.last$", path.read_text(), re.M) is not None


def order(paths):
    """Long modules first, those that take their lab down last."""
    rank = {name: n for n, name in enumerate(LONG)}
    return sorted(paths, key=lambda p: (rank.get(p.stem, len(LONG)), is_last(p), p.stem))


def counted(out):
    """{passed, failed} of pytest's closing line; an error counts as a failure."""
    found = {"passed": 0, "failed": 0}
    for number, word in re.findall(r"(\d+) (passed|failed|error)", (out.strip().splitlines() or [""])[-1]):
        found["passed" if word == "passed" else "failed"] += int(number)
    return found


class Queue:
    """Modules of two kinds; a worker gets one of the kind it had last, if there is one."""

    def __init__(self, paths):
        ordered = order(paths)
        self.left = {kind: [p for p in ordered if on_cluster(p) == kind] for kind in (False, True)}
        self.lock = threading.Lock()

    def take(self, kind):
        """(module, its kind), or None at the end."""
        with self.lock:
            for wanted in (kind, not kind):
                if self.left[wanted]:
                    return self.left[wanted].pop(0), wanted
        return None


class Run:
    def __init__(self, paths, options):
        self.queue, self.options, self.commit = Queue(paths), options, ran.commit()
        self.children, self.counts, self.bad = {}, {"passed": 0, "failed": 0}, []
        self.lock, self.over = threading.Lock(), threading.Event()

    def say(self, text):
        with self.lock:
            print(text, flush=True)

    def call(self, argv, env):
        """Run a program in a group of its own, to its end; (status, output)."""
        with self.lock:
            if self.over.is_set():
                return 130, ""
            child = subprocess.Popen(argv, env=env, cwd=TREE, stdin=subprocess.DEVNULL, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     start_new_session=True)
            self.children[child.pid] = child
        out = child.communicate()[0]
        with self.lock:
            del self.children[child.pid]
        return child.returncode, out

    def work(self, number):
        env = os.environ | {"LAB_NUMBER": str(number), "LAB_RUNNER": "1"}
        begun = time.monotonic()
        status, out = self.call([*LAB, "up", "--fresh"], env)
        minutes.add("lab: guests up", time.monotonic() - begun)
        self.say(f"lab {number}: {out.strip()}")
        if status:
            return self.fail(f"lab {number}", 0)
        kind = number != 1
        while not self.over.is_set() and (taken := self.queue.take(kind)):
            path, kind = taken
            begun = time.monotonic()
            status, out = self.call([sys.executable, "-m", "pytest", str(path), *self.options], env)
            spent = time.monotonic() - begun
            minutes.add(f"lab: {path.stem.removeprefix('test_')}", spent)
            if status == NONE:
                continue
            self.say(f"\n== {path.stem} (lab {number}), {spent:.0f} s\n{out.strip()}")
            self.count(path.stem.removeprefix("test_"), counted(out), status)
            if status != PASSED:
                self.fail(path.stem, status)
        return None

    def fail(self, what, status):
        with self.lock:
            self.bad.append(what)
        if status in (2, 130) or status < 0:  # interrupted
            self.over.set()

    def count(self, name, counts, status):
        with self.lock:
            for word, number in counts.items():
                self.counts[word] += number
            if self.options == USUAL and status in (PASSED, FAILED):
                ran.note(SUITE, self.commit, name, counts)

    def stop(self, number, _frame):
        """Once: running tests end and clean up; a second signal must not disturb that."""
        for n in (signal.SIGINT, signal.SIGTERM):
            signal.signal(n, signal.SIG_IGN)
        self.over.set()
        with self.lock:
            for child in self.children.values():
                os.killpg(child.pid, signal.SIGINT)
        self.stopped, self.until = number, time.monotonic() + END_S

    def hurry(self):
        """Do not wait for fixtures that take down what goes as a whole."""
        if self.stopped and time.monotonic() > self.until:
            with self.lock:
                for child in self.children.values():
                    os.killpg(child.pid, signal.SIGKILL)

    def go(self, workers):
        self.stopped = None
        for n in (signal.SIGINT, signal.SIGTERM):
            signal.signal(n, self.stop)
        threads = [threading.Thread(target=self.work, args=(n,)) for n in range(1, workers + 1)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.5)
                    self.hurry()
        finally:
            down = subprocess.run([*LAB, "down", "--all"], cwd=TREE, check=False).returncode
        print(f"\n{self.counts['passed']} passed, {self.counts['failed']} failed"
              + (f" (not clean: {', '.join(self.bad)})" if self.bad else ""), flush=True)
        if self.stopped:
            return 128 + self.stopped
        return 1 if self.bad or down or not self.counts["passed"] else 0


def main():
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", metavar="MARKS", help="as pytest's: which tests")
    parser.add_argument("-k", metavar="WORDS", help="as pytest's: which tests")
    parser.add_argument("module", nargs="*", help="test_NAME, NAME or a path (all)")
    args = parser.parse_args()
    every = sorted(HERE.glob("test_*.py"))
    names = {Path(m).stem.removeprefix("test_") for m in args.module}
    paths = [p for p in every if not names or p.stem.removeprefix("test_") in names]
    if unknown := names - {p.stem.removeprefix("test_") for p in every}:
        sys.exit(f"run.py: no such module: {', '.join(sorted(unknown))}")
    options = [w for o in ("m", "k") if getattr(args, o) for w in (f"-{o}", getattr(args, o))]
    workers = how_many(memory_mib(), len(paths))
    sys.exit(Run(paths, options).go(workers))


if __name__ == "__main__":
    main()

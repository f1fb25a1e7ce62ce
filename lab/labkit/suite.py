# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Debian each guest runs: LAB_SUITE, or the machine's own; and where its packages come from.

LAB_SUITE is a suite for all guests, exceptions after it: bookworm,head2=trixie."""

import os

from .config import LabError, SPECS
from .proc import run

# Tried ones, oldest first. The machine's own is always allowed.
SUITES = ("bookworm", "trixie", "forky")


def os_release(key):
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition("=")
            if name == key:
                return value.strip('"')
    raise LabError(f"/etc/os-release: no {key}")


def own():
    return os_release("VERSION_CODENAME")


def chosen():
    """{guest: its suite} for this lab."""
    first, *others = (os.environ.get("LAB_SUITE") or own()).split(",")
    found = {spec.name: first for spec in SPECS}
    for other in others:
        guest, _, suite = other.partition("=")
        if guest not in found:
            raise LabError(f"LAB_SUITE: {other!r} is not GUEST=SUITE; guests are {', '.join(found)}")
        found[guest] = suite
    for suite in (first, *found.values()):
        if suite not in (*SUITES, own()):
            raise LabError(f"LAB_SUITE: {suite!r} is not one of {', '.join(SUITES)}")
    return found


def each():
    """The suites of this lab's guests, each once."""
    return list(dict.fromkeys(chosen().values()))


def sources(suite):
    """Debian's own entries in the machine's apt configuration, as one-line sources of a suite."""
    mine = own()
    fields = ("REPO_URI", "RELEASE", "COMPONENT", "ORIGIN")
    ask = ["apt-get", "indextargets", "--format",
           " ".join(f"$({f})" for f in fields), "Created-By: Packages"]
    # Until it is released, a suite has nothing but itself.
    parts = ("", "-updates", "-security") if suite == mine or suite != SUITES[-1] else ("",)
    for attempt in range(2):
        found = []
        for line in run(ask, what="apt sources").splitlines():
            entry = line.split()
            # Third-party archives have another origin, whatever their suite is called.
            if len(entry) != 4 or entry[3] != "Debian" or entry[2] != "main":
                continue
            for part in parts:
                if entry[1] == mine + part:
                    found.append(f"deb {entry[0]} {suite}{part} main\n")
        if any(line.split()[2] == suite for line in found):
            return "".join(dict.fromkeys(found))
        if attempt == 0:  # apt knows the origin only of indexes that it has
            run(["apt-get", "update"], what="apt-get update")
    raise LabError(f"apt: no source for {mine} main of origin Debian is configured")

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guests get of baton. For another suite than the machine's own it is compiled in a tree of that
suite, against its libraries."""

import hashlib
import os
import subprocess
import sys

from . import suite
from .config import BUILD, LAB, LabError, TREE
from .image import bootstrap, read_list, remove_tree, room

# In a mount namespace: nothing stays mounted, however it ends.
INSIDE = """
mount --bind "$2" "$1/src"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
exec chroot "$1" sh -ec 'cd /src
test -f "$1/build.ninja" || { rm -rf "$1"; meson setup --werror "$1" > /dev/null; }
ninja --quiet -C "$1"
rm -rf "$2"
DESTDIR="/src/$2" meson install -C "$1" --no-rebuild --quiet' sh "$3" "$4"
"""


def payload(chosen):
    """The directory that guests of a suite unpack."""
    return BUILD / ("payload" if chosen == suite.own() else f"payload-{chosen}")


def ensure(phase, chosen):
    """Bring the payload of another suite up to date."""
    if chosen == suite.own():
        return
    root = _root(chosen, phase)
    build = BUILD / f"build-{chosen}"
    with phase(f"baton for {chosen}"):
        # The compiler's own words are what one has to read.
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "--", "sh", "-ec", INSIDE, "sh",
             root, TREE, build.relative_to(TREE), payload(chosen).relative_to(TREE)], check=False,
            stdin=subprocess.DEVNULL, stdout=sys.stderr, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode:
        raise LabError(f"baton does not compile in Debian {chosen}")


def _root(chosen, phase):
    names = read_list(LAB / "packages.compile")
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    root = BUILD / f"compile-{chosen}-{digest}"
    if root.is_dir():
        return root
    for old in BUILD.glob(f"compile-{chosen}-*"):
        remove_tree(old)
    temp = BUILD / "compile.tmp"
    remove_tree(temp)
    try:
        with phase(f"compiler and libraries of Debian {chosen}"), room():
            temp.mkdir(parents=True)
            bootstrap(temp / "root", chosen, phase.say, names)
            (temp / "root/src").mkdir()
            (temp / "root").rename(root)
    finally:
        remove_tree(temp)
    return root

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who includes whom: the arrows between the folders of src/, with their counts. Exits with 1 if one points
up or sideways, or if modules of one folder include each other in a circle.

A module is x.c and x.h. FLOORS lists what a folder may use: the folders on the floors below it."""

import re
import sys
from collections import Counter
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src"
FLOORS = (("core",), ("os",), ("stock", "sever", "keeper", "probe"), ("ocf", "cmd"), ("",))
FLOOR = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}
INCLUDE = re.compile(r'^#include "([\w/]+)\.h"', re.M)


def read(src=SRC):
    """{module: the modules that it includes}; modules directly in src/ have no folder."""
    found = {}
    for path in [*src.glob("*.[ch]"), *src.glob("*/*.[ch]")]:
        module = str(path.relative_to(src).with_suffix(""))
        names = found.setdefault(module, set())
        names.update(n for n in INCLUDE.findall(path.read_text()) if n != module)
    return found


def folder(module):
    return module.rpartition("/")[0]


def arrows(modules):
    """{(from, to): how many includes}, between folders."""
    return Counter((folder(m), folder(n)) for m, names in modules.items() for n in names
                   if folder(m) != folder(n))


def wrong(modules):
    """The arrows that point up or sideways, one line each."""
    return [f"{m} includes {n}" for m, names in sorted(modules.items()) for n in sorted(names)
            if folder(m) != folder(n) and FLOOR[folder(n)] >= FLOOR[folder(m)]]


def circle(modules):
    """Modules that include each other, or None."""
    done, path = set(), []

    def walk(module):
        if module in path:
            return path[path.index(module):] + [module]
        if module in done:
            return None
        path.append(module)
        for name in sorted(modules.get(module, ())):
            if found := walk(name):
                return found
        done.add(path.pop())
        return None

    for module in sorted(modules):
        if found := walk(module):
            return found
    return None


def main():
    modules = read(Path(sys.argv[1]) if len(sys.argv) > 1 else SRC)
    for (source, target), n in sorted(arrows(modules).items()):
        print(f"{source or 'src':7} → {target:7} {n:4}")
    faults = wrong(modules)
    if found := circle(modules):
        faults.append("in a circle: " + " → ".join(found))
    for line in faults:
        print(f"includes: {line}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

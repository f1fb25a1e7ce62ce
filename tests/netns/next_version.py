#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes what a next version of baton has for keys: one more, and other defaults, for fakekeeper_next.

    next_version.py keys.h keys.c value.c NEXT_KEYS.H NEXT_KEYS.C NEXT_VALUE.C

It does what HACKING.md asks of whoever adds a key or changes a default, so the rest of the source is as it is."""
import sys
from pathlib import Path

ROW = """	[KEY_NOVELTY] = {
		.name = "novelty",
		.type = KEY_NUMBER,
		.value = "NUMBER",
		.fallback = "1",
		.later = true,
		.min = 0,
		.max = 9,
		.limit = 1,
		.help = "what the version before does not know",
		.text = "For tests.",
	},
"""


def replace(text, old, new):
    assert text.count(old) == 1, f"{old!r}: {text.count(old)} times"
    return text.replace(old, new)


def change_default(text, key, old, new):
    before, row, after = text.partition(f"[{key}] = {{")
    assert row, key
    default = f'.fallback = "{old}",'
    assert default in after.split("\n\t},", 1)[0], key
    return before + row + after.replace(default, f'.fallback = "{new}",\n\t\t.first = "{old}",', 1)


def main():
    inputs, outputs = sys.argv[1:4], sys.argv[4:7]
    header, table, value = (Path(p).read_text() for p in inputs)
    # In the middle, where the order of keys would matter.
    header = replace(header, "\tKEY_LEASE,\n", "\tKEY_NOVELTY,\n\tKEY_LEASE,\n")
    table = replace(table, "\t[KEY_LEASE] = {\n", ROW + "\t[KEY_LEASE] = {\n")
    # One that concerns only its own head, and one that clients notice.
    table = change_default(table, "KEY_DRAIN", 5, 4)
    table = change_default(table, "KEY_GRACE", 20, 30)
    value = replace(value, "\tcase KEY_COUNT:\n", "\tcase KEY_NOVELTY:\n\t\treturn 0;\n\tcase KEY_COUNT:\n")
    for path, text in zip(outputs, (header, table, value)):
        Path(path).write_text(text)


main()

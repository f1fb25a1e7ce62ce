# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's serial console on this terminal; Ctrl-] leaves."""

import os
import select
import sys
import termios
import tty

from .config import LabError, RUN
from .qemu import connect

LEAVE = b"\x1d"


def attach(name):
    try:
        sock = connect(RUN, f"{name}.console")
    except OSError as why:
        raise LabError(f"{name}: console: {why.strerror}") from None
    stdin, stdout = sys.stdin.fileno(), sys.stdout.fileno()
    saved = termios.tcgetattr(stdin) if os.isatty(stdin) else None
    print(f"{name}: console; Ctrl-] leaves", file=sys.stderr)
    try:
        if saved:
            tty.setraw(stdin)
        sources = [sock, stdin]
        while True:
            for ready in select.select(sources, [], [])[0]:
                if ready is sock:
                    data = sock.recv(4096)
                    if not data:
                        return
                    os.write(stdout, data)
                    continue
                data = os.read(stdin, 4096)
                before, leave, _ = data.partition(LEAVE)
                sock.sendall(before)
                if leave:
                    return
                if not data:
                    if saved:
                        return
                    sources.remove(stdin)
    finally:
        if saved:
            termios.tcsetattr(stdin, termios.TCSADRAIN, saved)
        sock.close()

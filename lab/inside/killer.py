# SPDX-License-Identifier: GPL-2.0-or-later
"""Kills a service's keeper in the moment in which it tells that a step has been done. This file runs in a head
(faults.py copies it there) and uses only Python's own library.

  killer.py SOCKET HEAD STEP PID    says "following" once it hears of every step, of all heads, and "killed" """

import json
import os
import signal
import socket
import sys

MESSAGE_MAX = 131072
# Who has started it may be gone, and it must not kill at some later step.
PATIENCE_S = 1200


def main(path, head, step, pid):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as keeper:
        keeper.settimeout(PATIENCE_S)
        keeper.connect(path)
        keeper.send(b'{"do": "follow"}')
        while said := keeper.recv(MESSAGE_MAX):
            told = json.loads(said)
            if told.get("following"):
                print("following", flush=True)
            if (told.get("head"), told.get("step")) == (head, step):
                print("killed", flush=True)
                os.kill(int(pid), signal.SIGKILL)
                return 0
    return 1


sys.exit(main(*sys.argv[1:]))

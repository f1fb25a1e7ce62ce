#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Lints the systemd units: check_units.py BATON BATON.8 UNIT..."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

baton, man8, *units = sys.argv[1:]
texts = {Path(u).name: Path(u).read_text() for u in units}
problems = []

# systemd's own check, with instances in place of templates and a program that is there.
with tempfile.TemporaryDirectory() as folder:
    names = []
    for name, text in texts.items():
        names.append(os.path.join(folder, name.replace("@.", "@vmstore.")))
        Path(names[-1]).write_text(re.sub(r"/\S+/sbin/baton\b", os.path.abspath(baton), text))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True,
                          env=dict(os.environ, SYSTEMD_UNIT_PATH=f"{folder}:"))
    # It also complains of units that this machine has.
    said = [line for line in done.stderr.splitlines() if "baton" in line]
    problems += said or ([done.stderr.strip()] if done.returncode else [])

# baton-serve@ waits for its keeper, status 8, and for nothing else.
prevent = re.search(r"^RestartPreventExitStatus=(.*)", texts["baton-serve@.service"], re.M).group(1).split()
statuses = re.findall(r"^\.It (\d+)$", Path(man8).read_text().split(".Sh EXIT STATUS")[1], re.M)
wanted = [s for s in statuses if s not in ("0", "8")]
if prevent != wanted:
    problems.append(f"baton-serve@.service: RestartPreventExitStatus={' '.join(prevent)}, not {' '.join(wanted)}")

print("\n".join(problems), file=sys.stderr)
sys.exit(bool(problems))

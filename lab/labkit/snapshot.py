# SPDX-License-Identifier: GPL-2.0-or-later
"""The one snapshot of which every guest is a copy: booted once, waiting for an identity."""

import hashlib
import os
import tempfile
from pathlib import Path

from . import qemu
from .config import BOOT_TIMEOUT, BUILD, GENERIC, LAB, PAYLOAD_BYTES
from .guest import power_on, wait_monitor
from .image import room
from .net import Net
from .pace import stretch
from .proc import end


def name(accel):
    """File name of the snapshot: it fits only this QEMU with these devices."""
    total = hashlib.sha256(f"{qemu.version()} {accel}".encode())
    for file in ("qemu.py", "config.py"):
        total.update((LAB / "labkit" / file).read_bytes())
    return f"snapshot-{total.hexdigest()[:16]}"


def ensure(phase, image_dir, accel, lab_name):
    """The path of the snapshot for this image, QEMU and accelerator; made if missing."""
    final = image_dir / name(accel)
    if final.exists():
        return final
    for old in image_dir.glob("snapshot-*"):
        old.unlink()
    with phase(f"guest snapshot: first boot ({accel})"), room():
        _make(final, image_dir, accel, Net(f"{lab_name}-snap"))
    return final


def _make(final, image_dir, accel, net):
    temp = final.with_suffix(".tmp")
    with tempfile.TemporaryDirectory(prefix="snap-", dir=BUILD) as rundir:
        rundir = Path(rundir)
        payload = rundir / "payload"
        make_sparse(payload)
        net.destroy()
        try:
            net.create([GENERIC])
            child = qemu.start(GENERIC, net, rundir, image_dir, payload, accel)
            try:
                with power_on(child, rundir, GENERIC.name, None) as identity:
                    identity.expect("waiting", BOOT_TIMEOUT)
                    _save(child, rundir, temp)
            except BaseException:
                log = rundir / f"{GENERIC.name}.log"
                if log.exists():
                    log.replace(BUILD / "snapshot.log")
                raise
            finally:
                end(rundir / f"{GENERIC.name}.json")
                child.wait()
            temp.rename(final)
        finally:
            temp.unlink(missing_ok=True)
            net.destroy()


def _save(child, rundir, file):
    with wait_monitor(child, rundir, GENERIC.name) as qmp, open(file, "wb") as out:
        qmp.sock.settimeout(stretch(120))
        qmp("stop")
        qmp("migrate-set-capabilities",
            capabilities=[{"capability": "events", "state": True}])
        qmp("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        qmp("getfd", fds=[out.fileno()], fdname="snapshot")
        qmp("migrate", uri="fd:snapshot")
        while qmp.wait_event("MIGRATION")["data"]["status"] not in ("completed", "failed"):
            pass
        if qmp("query-migrate")["status"] != "completed":
            raise qemu.LabError("QEMU cannot save the snapshot")


def make_sparse(path):
    with open(path, "wb") as out:
        os.truncate(out.fileno(), PAYLOAD_BYTES)

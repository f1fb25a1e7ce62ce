# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest: its boot, its identity, commands in it, faults injected into it.

A guest is a copy of the generic snapshot, waiting on its identity port (the guest's side is
lab/guest/usr/local/lib/lab/agent). Commands go over one persistent ssh connection on the
management network, so each is only a new channel."""

import fcntl
import io
import os
import re
import secrets
import shlex
import shutil
import subprocess
import tarfile
import time
import uuid

from . import qemu
from .config import (BOOT_TIMEOUT, ENABLED, KEY, LAN4_PREFIX, LAN6_PREFIX, LabError,
                     MGMT4_PREFIX, OWNERS, READY_TIMEOUT, RUN, WANTS)
from .pace import stretch
from .proc import end, recall, remember
from .wait import Process, waiting


class Identity:
    """The host's end of a guest's identity port: one line out, one answer back."""

    def __init__(self, rundir, name):
        self.name = name
        self.sock = qemu.connect(rundir, f"{name}.identity")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def say(self, line):
        self.sock.sendall(line.encode() + b"\n")

    def expect(self, wanted, timeout):
        """Read until the answer `wanted`; LabError if the guest reports a failure."""
        timeout = stretch(timeout)
        until = time.monotonic() + timeout
        while True:
            while b"\n" in self.buffer:
                raw, _, self.buffer = self.buffer.partition(b"\n")
                line = raw.decode(errors="replace")
                if line == wanted:
                    return
                if line.startswith("failed "):
                    raise LabError(f"{self.name}: {line}")
            left = until - time.monotonic()
            if left <= 0:
                raise LabError(f"{self.name}: no '{wanted}' from the guest within {timeout:.0f} s "
                               f"(see {self.name}.log)")
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                raise LabError(f"{self.name}: QEMU ended before '{wanted}' came")
            self.buffer += data


def brief(argv):
    """A command as one line for a person; long scripts are cut short."""
    text = " ".join(shlex.join(map(os.fspath, argv)).split())
    return text if len(text) <= 120 else f"{text[:117]}…"


def wait_monitor(child, rundir, name):
    """A QMP session, as soon as QEMU listens."""
    until = time.monotonic() + stretch(20)
    while True:
        try:
            return qemu.Qmp(rundir, name)
        except (FileNotFoundError, ConnectionRefusedError):
            if child.poll() is not None:
                err = (rundir / f"{name}.err").read_text(errors="replace").splitlines()
                raise LabError(f"{name}: QEMU ended: {err[-1] if err else child.returncode}") \
                    from None
            if time.monotonic() > until:
                raise LabError(f"{name}: QEMU does not open its monitor") from None
            time.sleep(0.02)


def power_on(child, rundir, name, snapshot):
    """Restore (or cold-start) a guest and let it run; returns the identity connection."""
    with wait_monitor(child, rundir, name) as qmp:
        identity = Identity(rundir, name)
        try:
            if snapshot is not None:
                qmp("migrate-set-capabilities",
                    capabilities=[{"capability": "events", "state": True}])
                qmp("getfd", fds=[snapshot.fileno()], fdname="snapshot")
                qmp("migrate-incoming", uri="fd:snapshot")
                while True:
                    status = qmp.wait_event("MIGRATION")["data"]["status"]
                    if status == "failed":
                        raise LabError(f"{name}: QEMU cannot restore the snapshot")
                    if status == "completed":
                        break
            qmp("cont")
            return identity
        except BaseException:
            identity.sock.close()
            raise


def add_disk(tar, disk, names=None):
    """Put the files below the directory disk into a tar, all or only the named ones. They belong to root,
    except for OWNERS (tar goes by the names)."""
    def owned(info):
        info.uid = info.gid = 0
        info.uname, info.gname = next(
            (owner for below, owner in OWNERS.items() if info.name.startswith(below)),
            ("root", "root"))
        return info

    if names is None:
        names = sorted(str(p.relative_to(disk)) for p in disk.rglob("*")
                       if p.is_symlink() or p.is_file())
    for name in names:
        tar.add(disk / name, arcname=name, filter=owned)


def disk_tar(disk, names):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        add_disk(tar, disk, names)
    return out.getvalue()


class Guest:
    """A guest of a Lab; made by Lab.guest()."""

    def __init__(self, lab, spec):
        self.lab, self.spec, self.name = lab, spec, spec.name
        self.record = RUN / f"{spec.name}.json"
        self.master = RUN / f"{spec.name}.ssh.json"
        self.disk = RUN / f"{spec.name}.disk"
        self.opening = None

    # --- power

    def running(self):
        return recall(self.record) is not None

    def reachable(self):
        """Is it running, and has it finished booting?"""
        return self.running() and recall(self.master) is not None

    def _need_running(self):
        if not self.running():
            raise LabError(f"{self.name}: not running (lab boot {self.name})")

    def boot(self, storage_ready=None):
        """Power on, identity, role. storage_ready: an event before which no head logs in."""
        # The power controller may be booting it right now.
        with open(RUN / f"{self.name}.boot", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.running():
                self._boot(storage_ready)

    def _boot(self, storage_ready):
        self.disconnect()
        system = self.lab.systems[self.name]
        snapshot = open(system.snapshot, "rb") if system.snapshot else None
        try:
            if self.lab.aborted:
                raise LabError(f"{self.name}: interrupted")
            child = qemu.start(self.spec, self.lab.net, RUN, system.image,
                               self.lab.payload_image(self), self.lab.accel, snapshot is not None)
            self.lab.children[self.name] = child
            with power_on(child, RUN, self.name, snapshot) as identity:
                if snapshot is None:
                    identity.expect("waiting", BOOT_TIMEOUT)
                identity.say(self._identity_line())
                identity.expect("ok identity", READY_TIMEOUT)
                if self.spec.role == "head" and storage_ready is not None:
                    if not storage_ready.wait(stretch(READY_TIMEOUT)) or self.lab.aborted:
                        raise LabError(f"{self.name}: the storage guest did not get ready")
                identity.say(f"role {self.spec.role}")
                self.connect()
                identity.expect("ok role", READY_TIMEOUT)
        except BaseException:
            self.cut()
            raise
        finally:
            if snapshot:
                snapshot.close()

    def _identity_line(self):
        spec = self.spec
        pairs = {
            "name": spec.name, "time": f"{time.time():.3f}", "seed": secrets.token_hex(32),
            "machine": uuid.uuid5(uuid.NAMESPACE_DNS, f"{spec.name}.lab").hex,
            "boot": uuid.uuid4(), "lan_mac": spec.mac("lan"), "mgmt_mac": spec.mac("mgmt"),
            "lan4": f"{spec.lan4}/{LAN4_PREFIX}", "lan6": f"{spec.lan6}/{LAN6_PREFIX}",
            "mgmt4": f"{spec.mgmt4}/{MGMT4_PREFIX}",
        }
        return "identity " + " ".join(f"{k}={v}" for k, v in pairs.items())

    def abort(self):
        """End every wait of a boot that is under way in another thread."""
        end(self.record)
        if self.opening:
            self.opening.kill()

    def cut(self):
        """Power cut: its QEMU is killed, nothing is flushed."""
        end(self.record)
        child = self.lab.children.pop(self.name, None)
        if child:
            child.wait()
        self.disconnect()
        for kind in ("identity", "console", "qmp", "ssh"):
            (RUN / f"{self.name}.{kind}").unlink(missing_ok=True)

    def link(self, up):
        """Set the carrier of the guest's lan interface (management stays)."""
        self._need_running()
        with qemu.Qmp(RUN, self.name) as qmp:
            qmp("set_link", name="nic-lan", up=up)

    def freeze(self, on):
        """Stop its processor, or let it go on: it neither hears nor says anything meanwhile."""
        self._need_running()
        with qemu.Qmp(RUN, self.name) as qmp:
            qmp("stop" if on else "cont")

    # --- commands

    def _ssh(self, *options):
        return self.lab.net.inside([
            "ssh", "-F", "none", "-i", KEY, "-o", f"ControlPath={self.name}.ssh",
            "-o", f"UserKnownHostsFile={KEY.parent / 'known_hosts'}",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
            "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
            "-o", f"ConnectTimeout={stretch(20):.0f}", "-o", "LogLevel=ERROR", "-o", "EscapeChar=none",
            "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=8",
            "-o", "Compression=no", *options, f"root@{self.spec.mgmt4}"])

    def connect(self):
        """Open the persistent connection."""
        # -f returns when the connection is up and its socket listens.
        self.opening = subprocess.Popen(self._ssh("-M", "-N", "-f", "-T"), cwd=RUN,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)
        try:
            err = self.opening.communicate(timeout=stretch(READY_TIMEOUT))[1].strip()
        except subprocess.TimeoutExpired:
            err = f"no connection within {stretch(READY_TIMEOUT):.0f} s"
        finally:
            self.opening.kill()
        if self.opening.wait():
            raise LabError(f"{self.name}: ssh: {err or 'no connection'}")
        done = subprocess.run(self._ssh("-O", "check"), cwd=RUN, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False)
        pid = re.search(r"pid=(\d+)", done.stdout + done.stderr)
        if not pid:
            raise LabError(f"{self.name}: ssh: no connection")
        remember(self.master, int(pid.group(1)))

    def disconnect(self):
        end(self.master)
        (RUN / f"{self.name}.ssh").unlink(missing_ok=True)

    def command(self, argv, tty=False):
        """argv on the host that runs argv in the guest."""
        self._need_running()
        if isinstance(argv, (str, bytes)) or not argv:
            raise LabError(f"{self.name}: run needs a list: command and arguments")
        # exec: no shell stays behind, so there is one process less to start.
        return [*self._ssh("-tt" if tty else "-T"), "--",
                f"exec {shlex.join(map(os.fspath, argv))}"]

    def start(self, argv, **kwargs):
        """Start a command in the guest; returns the Process (text by default)."""
        kwargs.setdefault("text", "encoding" not in kwargs)
        for stream in ("stdout", "stderr"):
            kwargs.setdefault(stream, subprocess.PIPE)
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return Process(f"{self.name}: {brief(argv)}", self.command(argv), cwd=RUN, **kwargs)

    def run(self, argv, check=True, timeout=None, **kwargs):
        """Run a command in the guest; returns a CompletedProcess with text stdout and stderr. timeout:
        seconds of the reference machine (pace.py)."""
        kwargs.setdefault("text", True)
        if "input" not in kwargs:
            kwargs.setdefault("stdin", subprocess.DEVNULL)
        if not {"stdout", "stderr", "capture_output"} & kwargs.keys():
            kwargs["capture_output"] = True
        what, timeout = f"{self.name}: {brief(argv)}", stretch(timeout)
        try:
            with waiting(what):
                done = subprocess.run(self.command(argv), cwd=RUN, timeout=timeout, check=False,
                                      **kwargs)
        except subprocess.TimeoutExpired:
            raise LabError(f"{what}: no end after {timeout:.0f} s") from None
        if check and done.returncode:
            text = done.stderr or done.stdout or ""
            if isinstance(text, bytes):
                text = text.decode(errors="replace")
            text = "; ".join(text.strip().splitlines()[-3:])
            raise LabError(f"{what}: status {done.returncode}: {text}")
        return done

    def install(self, files, mode=0o644):
        """Put files ({path: text}) onto the guest's disk, and into the guest if it runs."""
        self.keep(files, mode)
        self.bring(files)

    def keep(self, files, mode=0o644):
        """Put files onto the guest's disk: a directory of the host, as its root is a tmpfs.
        The guest gets them at every boot until the lab is down."""
        for path, text in files.items():
            target = self.disk / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.write_bytes(text.encode() if isinstance(text, str) else text)
            target.chmod(mode)

    def drop(self, *paths):
        """The opposite of keep(); a running guest keeps its copy until its next boot."""
        for path in paths:
            (self.disk / path.lstrip("/")).unlink(missing_ok=True)

    def enable(self, *units):
        """Start units at every boot from now on. systemd is up before a guest gets its
        files, so the role's script starts the units listed in ENABLED."""
        wants = self.disk / WANTS.lstrip("/")
        wants.mkdir(parents=True, exist_ok=True)
        for unit in units:
            name, at, rest = unit.partition("@")
            template = f"{name}@.{rest.rpartition('.')[2]}" if at else unit
            (wants / unit).unlink(missing_ok=True)
            (wants / unit).symlink_to(f"/lib/systemd/system/{template}")
        self._list_units()
        self.bring([f"{WANTS}/{u}" for u in units])

    def disable(self, *units):
        """The opposite of enable()."""
        links = [f"{WANTS}/{u}" for u in units
                 if (self.disk / f"{WANTS}/{u}".lstrip("/")).is_symlink()]
        if not links:
            return
        for link in links:
            (self.disk / link.lstrip("/")).unlink()
        self._list_units()
        if self.running():
            self.run(["rm", "-f", *links])

    def _list_units(self):
        units = sorted(p.name for p in (self.disk / WANTS.lstrip("/")).iterdir())
        self.keep({ENABLED: "".join(f"{u}\n" for u in units)})

    def bring(self, paths):
        """Copy files of the disk into the guest, if it runs."""
        if self.running():
            self.run(["tar", "-x", "-C", "/", "--no-overwrite-dir",
                      "--keep-directory-symlink"], text=False,
                     input=disk_tar(self.disk, [p.lstrip("/") for p in paths]))

    def forget(self):
        """Empty the disk before the next boot."""
        shutil.rmtree(self.disk, ignore_errors=True)

    def push(self, file, dest):
        """Copy a file of the host into the guest, with its permissions."""
        dest = os.fspath(dest)
        if dest.endswith("/"):
            dest += os.path.basename(file)
        try:
            source = open(file, "rb")
        except OSError as why:
            raise LabError(f"{file}: {why.strerror}") from None
        with source:
            mode = f"{os.fstat(source.fileno()).st_mode & 0o7777:o}"
            self.run(["sh", "-c", 'cat > "$1" && chmod "$2" "$1"', "sh", dest, mode],
                     stdin=source, text=False)

    def pull(self, file, dest):
        """Copy a file of the guest to the host."""
        if os.path.isdir(dest):
            dest = os.path.join(dest, os.path.basename(file))
        temp = f"{dest}.part"
        try:
            with open(temp, "wb") as out:
                self.run(["cat", "--", file], stdout=out, stderr=subprocess.PIPE, text=False)
            os.rename(temp, dest)
        except OSError as why:
            raise LabError(f"{dest}: {why.strerror}") from None
        finally:
            if os.path.exists(temp):
                os.unlink(temp)

    def status(self):
        """What `lab status` shows of it."""
        record = recall(self.record)
        up = None
        if record:
            ticks = os.sysconf("SC_CLK_TCK")
            with open("/proc/uptime", encoding="ascii") as file:
                up = round(float(file.read().split()[0]) - record["start"] / ticks)
        return {"guest": self.name, "role": self.spec.role,
                "power": "on" if record else "off", "pid": record["pid"] if record else None,
                "seconds": up, "lan": [self.spec.lan4, self.spec.lan6],
                "mgmt": self.spec.mgmt4}

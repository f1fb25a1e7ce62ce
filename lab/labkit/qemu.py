# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU: one command line for all guests, and its monitor protocol (QMP)."""

import json
import os
import re
import shutil
import socket
import subprocess

from .config import BUILD, GENERIC, KVM_PROBE_TIMEOUT, LabError, MEMORY_MIB
from .pace import stretch
from .proc import boot_id, remember, run

QEMU = "qemu-system-x86_64"
MEMO = BUILD / "accel"
# norandmaps: without KVM, code at a new address is translated again each time a program starts.
# psi, transparent_hugepage: kernel workers that would wake up for nothing.
APPEND = ("console=ttyS0 quiet panic=-1 mitigations=off nokaslr norandmaps net.ifnames=0 audit=0 "
          "apparmor=0 nowatchdog nmi_watchdog=0 random.trust_cpu=on tsc=reliable psi=0 "
          "transparent_hugepage=never systemd.show_status=0 rd.udev.log_level=3")


def version():
    found = re.search(r"version (\S+)", run([QEMU, "--version"]))
    return found.group(1) if found else "unknown"


def machine_args(accel):
    """What must be the same for the snapshot and every guest made from it."""
    # Without KVM, five page table levels would only cost time.
    cpu = "host" if accel == "kvm" else "max,la57=off"
    tcg = "tcg,thread=single,tb-size=1024"
    return ["-machine", "pc,usb=off,vmport=off,hpet=off", "-cpu", cpu, "-smp", "1",
            "-accel", "kvm" if accel == "kvm" else tcg,
            "-m", str(MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot"]


def device_args(spec, image, payload):
    """Devices in fixed slots; guests differ only on the host's side."""
    args = ["-device", "vmgenid,guid=auto",  # a restored guest reseeds its random numbers
            "-object", "rng-random,id=rng,filename=/dev/urandom",
            "-device", "virtio-rng-pci,rng=rng,addr=3"]
    for slot, net in ((4, "lan"), (5, "mgmt")):
        args += ["-netdev", f"tap,id={net},ifname={spec.tap[net]},script=no,downscript=no",
                 "-device", f"virtio-net-pci,id=nic-{net},netdev={net},romfile=,addr={slot},"
                            f"mac={GENERIC.mac(net)}"]
    for slot, name, file in ((6, "root", image), (7, "payload", payload)):
        args += ["-drive", f"if=none,id={name},format=raw,readonly=on,file.locking=off,"
                           f"file={str(file).replace(',', ',,')}",
                 "-device", f"virtio-blk-pci,drive={name},addr={slot}"]
    args += ["-device", "virtio-serial-pci,id=ports,addr=8",
             "-chardev", f"socket,id=identity,path={spec.name}.identity,server=on,wait=off",
             "-device", "virtserialport,bus=ports.0,nr=1,chardev=identity,name=lab.identity",
             "-chardev", f"socket,id=console,path={spec.name}.console,server=on,wait=off,"
                         f"logfile={spec.name}.log,logappend=off",
             "-serial", "chardev:console",
             "-qmp", f"unix:{spec.name}.qmp,server=on,wait=off"]
    return args


def start(spec, net, rundir, image_dir, payload, accel, restore=False):
    """Start a guest, stopped; returns the Popen. Its record is rundir/NAME.json.

    restore: wait for a snapshot (QMP migrate-incoming) instead of booting."""
    argv = [QEMU, "-name", f"{net.name}/{spec.name},debug-threads=on", *machine_args(accel),
            "-kernel", str(image_dir / "vmlinux"), "-initrd", str(image_dir / "initrd"),
            "-append", APPEND, *device_args(spec, image_dir / "root.erofs", payload), "-S"]
    if restore:
        argv += ["-incoming", "defer"]
    for kind in ("identity", "console", "qmp"):
        (rundir / f"{spec.name}.{kind}").unlink(missing_ok=True)
    # Socket names are relative to the run directory: a full path may be too long.
    with open(rundir / f"{spec.name}.err", "wb") as err:
        child = subprocess.Popen(net.inside(argv), cwd=rundir, stdin=subprocess.DEVNULL,
                                 stdout=err, stderr=err, start_new_session=True)
    remember(rundir / f"{spec.name}.json", child.pid)
    return child


def connect(rundir, name, timeout=None):
    """Connect to a unix socket in rundir, however long the path is."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    fd = os.open(rundir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sock.settimeout(timeout)
        sock.connect(f"/proc/self/fd/{fd}/{name}")
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(fd)
    return sock


class Qmp:
    """A QMP session; use as a context manager."""

    def __init__(self, rundir, name, timeout=30):
        self.sock = connect(rundir, f"{name}.qmp", stretch(timeout))
        self.file = self.sock.makefile("r", encoding="utf-8")
        self.events = []
        self._read()  # greeting
        self("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def _read(self):
        try:
            line = self.file.readline()
        except TimeoutError:
            raise LabError("QEMU does not answer its monitor") from None
        if not line:
            raise LabError("QEMU closed its monitor")
        return json.loads(line)

    def __call__(self, command, fds=(), **arguments):
        text = json.dumps({"execute": command, "arguments": arguments}).encode()
        if fds:
            socket.send_fds(self.sock, [text], fds)
        else:
            self.sock.sendall(text)
        while True:
            answer = self._read()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise LabError(f"QEMU: {command}: {answer['error']['desc']}")
            else:
                return answer.get("return")

    def wait_event(self, *names):
        """The first event with one of the names, even if it came earlier."""
        while True:
            for at, event in enumerate(self.events):
                if event["event"] in names:
                    return self.events.pop(at)
            answer = self._read()
            if "event" in answer:
                self.events.append(answer)


def accelerator(image_dir):
    """kvm if a probe boot with it reaches our init, else tcg; remembered until reboot.

    /dev/kvm may exist and open, and yet a stock kernel hangs with it."""
    wish = os.environ.get("LAB_ACCEL", "auto")
    if wish in ("kvm", "tcg"):
        return wish
    if wish != "auto":
        raise LabError(f"LAB_ACCEL: {wish!r} is not one of auto, kvm, tcg")
    if not os.path.exists("/dev/kvm"):
        return "tcg"
    key = f"{boot_id()} {version()} {image_dir.name}"
    if MEMO.exists() and MEMO.read_text().startswith(key):
        return known_accelerator()
    accel = "kvm" if _probe_kvm(image_dir) else "tcg"
    MEMO.write_text(f"{key} {accel}\n")
    return accel


def known_accelerator():
    """What the last probe boot has shown; None if there was none."""
    return MEMO.read_text().split()[-1] if MEMO.exists() else None


def _probe_kvm(image_dir):
    if not shutil.which(QEMU):
        raise LabError(f"{QEMU}: not installed (make deps)")
    argv = [QEMU, *machine_args("kvm"), "-kernel", image_dir / "vmlinux",
            "-initrd", image_dir / "initrd", "-append", APPEND + " lab.probe",
            "-serial", "stdio"]
    child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             start_new_session=True)
    try:
        out = child.communicate(timeout=KVM_PROBE_TIMEOUT)[0]
    except subprocess.TimeoutExpired as stuck:
        out = stuck.stdout or b""
    finally:
        child.kill()
        child.wait()
    return b"lab-probe-alive" in out

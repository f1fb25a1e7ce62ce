# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the guests' read-only root image, kernel and initrd, once for each suite and set of inputs.

The packages come from where the machine's apt gets its own (suite.py).
"""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess

from . import suite
from .config import BUILD, HOST_KEY, KEY, LAB, LabError
from .initrd import write_initrd, write_kernel
from .proc import run

# Never read in a guest; unpacking them would take a third of the build time.
EXCLUDE = (
    "/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*",
    "/usr/share/i18n/*", "/usr/share/zoneinfo/*", "/usr/lib/*/gconv/*",
    *(f"{usr}/lib/modules/*/kernel/{d}/*" for usr in ("", "/usr") for d in (
        "sound", "drivers/gpu", "drivers/media", "drivers/infiniband", "drivers/usb",
        "drivers/staging", "drivers/iio", "drivers/hwmon", "drivers/input", "drivers/mmc",
        "drivers/mtd", "drivers/bluetooth", "drivers/platform", "drivers/net/wireless",
        "drivers/net/ethernet", "drivers/net/usb", "net/bluetooth", "net/wireless",
        "net/mac80211")),
    # pcs depends on Ruby only for its daemon, cluster-glue on SNMP only for devices nobody has.
    "/usr/lib/ruby/*", "/usr/lib/*/ruby/*", "/usr/lib/*/libruby*", "/var/lib/gems/*",
    "/usr/share/rubygems-integration/*", "/usr/share/pcsd/*", "/usr/share/snmp/*",
)


# Whose versions every figure is reported with.
REPORTED = {"nfs_utils": "nfs-kernel-server", "pacemaker": "pacemaker"}
# For the unpacked Debian, the image made from it, and the snapshot.
NEED_MIB = 3 << 10
# Less free space than this counts as none.
FULL_MIB = 64


def read_list(path):
    """The names in a list file: one per line, # starts a comment."""
    lines = (l.split("#")[0].strip() for l in path.read_text().splitlines())
    return [l for l in lines if l]


def make_keys():
    """The key that opens every guest, and the key that identifies the guests."""
    KEY.parent.mkdir(parents=True, exist_ok=True)
    for key, comment in ((KEY, "lab"), (HOST_KEY, "lab-guest")):
        if not key.exists():
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", key])
    public = " ".join(HOST_KEY.with_suffix(".pub").read_text().split()[:2])
    (KEY.parent / "known_hosts").write_text(f"* {public}\n")


def path(codename):
    """The directory of a suite's image for the present inputs."""
    return BUILD / f"image-{codename}-{_digest()}"


def versions(directory):
    """What the image consists of: suite, kernel, and REPORTED."""
    return json.loads((directory / "versions.json").read_text())


def _digest():
    """Hash of everything that goes into the image."""
    total = hashlib.sha256()
    for text in (platform.machine(), suite.os_release("VERSION_ID")):
        total.update(text.encode() + b"\0")
    files = [LAB / "packages.guest", *(LAB / "labkit" / f for f in ("image.py", "initrd.py", "suite.py")),
             *sorted(p for p in (LAB / "guest").rglob("*") if p.is_file()),
             KEY.with_suffix(".pub"), HOST_KEY.with_suffix(".pub")]
    for file in files:
        total.update(f"{file.name}\0{file.stat().st_mode:o}\0".encode())
        total.update(file.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def bootstrap(root, codename, say, names, exclude=()):
    """Install Debian with these packages into the directory root. A name may be an apt pattern."""
    argv = ["unshare", "--mount", "--propagation", "private", "--",  # no mount can stay behind
            "mmdebstrap", "--mode=root", "--variant=apt", "--format=directory",
            # The machine's clock may be later than a mirror that is kept as it was.
            "--aptopt=Acquire::Check-Valid-Until false", "--dpkgopt=force-unsafe-io"]
    # Later ones come with it.
    if codename == "bookworm":
        argv += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    argv += [f"--include={name}" for name in names]
    argv += [f"--dpkgopt=path-exclude={p}" for p in exclude]
    argv += [codename, str(root), "-"]
    # INITRD=No: the kernel package's hook makes no initrd (we make our own).
    env = {**os.environ, "INITRD": "No", "LC_ALL": "C.UTF-8", "TMPDIR": str(root.parent)}
    # A group of its own: mmdebstrap cleans up at once only if its children get the signal as well.
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, env=env, start_new_session=True)
    error = last = ""
    try:
        child.stdin.write(suite.sources(codename))
        child.stdin.close()
        for line in child.stderr:
            last = line.strip() or last
            kind, _, text = last.partition(": ")
            if kind == "E":
                error = error or text
            elif kind == "I" and text.split()[0] in ("downloading", "extracting", "installing"):
                say(f"  {text.rstrip('.')}")
        status = child.wait()
    except BaseException:
        os.killpg(child.pid, signal.SIGINT)
        child.wait()
        raise
    if status:
        raise LabError(f"mmdebstrap: {error or last or status}")


def furnish(root):
    """Add what the lab puts on top of Debian: lab/guest, masked units, keys."""
    source = LAB / "guest"
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        rel = path.relative_to(source)
        if len(rel.parts) == 1:
            continue  # init, masked, disabled are for us, not for the image
        (root / rel.parent).mkdir(parents=True, exist_ok=True)
        target = root / rel
        target.unlink(missing_ok=True)
        shutil.copy(path, target)
    units = root / "etc/systemd/system"
    for unit in read_list(source / "masked"):
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    for unit in read_list(source / "disabled"):
        for link in units.glob(f"*.wants/{unit}"):
            link.unlink()
    (units / "default.target").unlink(missing_ok=True)
    (units / "default.target").symlink_to("lab.target")
    wants = units / "lab.target.wants"
    wants.mkdir(exist_ok=True)
    for unit in ("lab-agent.service", "lab-console.service"):
        (wants / unit).symlink_to(f"../{unit}")
    for old in (root / "etc/ssh").glob("ssh_host_*"):
        old.unlink()
    shutil.copy(HOST_KEY, root / "etc/ssh/ssh_host_ed25519_key")
    os.chmod(root / "etc/ssh/ssh_host_ed25519_key", 0o600)
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(KEY.with_suffix(".pub"), root / "root/.ssh/authorized_keys")
    # Each command starts the login shell, and bash takes three times as long to start.
    passwd = root / "etc/passwd"
    passwd.write_text(passwd.read_text().replace("/root:/bin/bash", "/root:/bin/sh"))
    (root / "etc/fstab").write_text("")
    (root / "etc/hostname").write_text("generic\n")
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/machine-id").write_text("0" * 31 + "1\n")


@contextlib.contextmanager
def room():
    """If something fails because the disk is full, say so, whatever the failing program says."""
    try:
        yield
    except (LabError, OSError) as why:
        free = shutil.disk_usage(BUILD).free >> 20
        if free < FULL_MIB:
            raise LabError(f"{BUILD}: no space left on the disk ({free} MiB); image and snapshot "
                           f"need {NEED_MIB >> 10} GiB") from None
        raise why if isinstance(why, LabError) else LabError(str(why)) from None


def ensure(phase, codename):
    """Return the directory with root.erofs, vmlinux and initrd of a suite for the present inputs."""
    make_keys()
    final = path(codename)
    if final.is_dir():
        return final
    temp = BUILD / "image.tmp"
    remove_tree(temp)
    free = shutil.disk_usage(BUILD).free >> 20
    if free < NEED_MIB:
        raise LabError(f"{BUILD}: {free} MiB free on the disk; image and snapshot need "
                       f"{NEED_MIB >> 10} GiB")
    try:
        with room():
            return _make(temp, final, phase, codename)
    except BaseException:
        remove_tree(temp)
        raise


def _make(temp, final, phase, codename):
    temp.mkdir(parents=True)
    root = temp / "root"
    with phase(f"guest image: Debian {codename} from the machine's package sources"):
        bootstrap(root, codename, phase.say, read_list(LAB / "packages.guest"), EXCLUDE)
    with phase("guest image: kernel, initrd, file system"):
        furnish(root)
        kernel = write_initrd(root, LAB / "guest" / "init", temp / "initrd")
        write_kernel(root / "boot" / f"vmlinuz-{kernel}", temp / "vmlinux")
        (temp / "versions.json").write_text(json.dumps(
            {"suite": codename, "kernel": kernel, **package_versions(root)}) + "\n")
        run(["mkfs.erofs", "-T0", temp / "root.erofs", root], what="mkfs.erofs")
        remove_tree(root)
    for old in BUILD.glob(f"image-{codename}-*"):
        remove_tree(old)
    temp.rename(final)
    return final


def package_versions(root):
    ask = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Version}"]
    return {key: run([*ask, name], what="dpkg-query") for key, name in REPORTED.items()}


def remove_tree(path):
    """Remove a tree of ours, but never through a mount."""
    if not path.exists():
        return
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            if line.split()[4].startswith(f"{path}/"):
                raise LabError(f"{path}: {line.split()[4]} is still mounted")
    shutil.rmtree(path)

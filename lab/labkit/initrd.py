# SPDX-License-Identifier: GPL-2.0-or-later
"""The guests' own tiny initrd: busybox, a few modules, lab/guest/init."""

import lzma
import stat
import struct
import subprocess
from pathlib import Path

from .config import LabError

# erofs asks the crypto layer for crc32c; no dependency says so. Newer
# kernels have a library instead of these modules.
OPTIONAL = ("crc32c_generic", "crc32c_intel")
MODULES = (*OPTIONAL, "virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_rng", "erofs",
           "overlay")


def module_closure(modules_dir, wanted):
    """The files of the wanted modules and all that they need, in loading order."""
    needs, by_name = {}, {}
    for line in (modules_dir / "modules.dep").read_text().splitlines():
        file, _, deps = line.partition(":")
        needs[file] = deps.split()
        by_name[Path(file).name.split(".ko")[0].replace("-", "_")] = file
    builtin = {Path(l).name.split(".ko")[0].replace("-", "_")
               for l in (modules_dir / "modules.builtin").read_text().splitlines()}
    order = []
    for name in wanted:
        if name in builtin:
            continue
        if name not in by_name and name in OPTIONAL:
            continue
        if name not in by_name:
            raise LabError(f"initrd: the guest's kernel has no module {name}")
        # modules.dep lists what a module needs, nearest first.
        for file in [*reversed(needs[by_name[name]]), by_name[name]]:
            if file not in order:
                order.append(file)
    return order


def _entry(name, mode, data=b"", rdev=(0, 0)):
    """One member of a newc cpio archive (kernel: Documentation/…/buffer-format.rst)."""
    raw = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(raw), 0)
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + raw
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def write_initrd(root, init, out):
    """Write the initrd for the kernel found in the image tree root."""
    versions = sorted((root / "lib" / "modules").iterdir())
    if len(versions) != 1:
        raise LabError(f"image: {len(versions)} kernels instead of one")
    modules = module_closure(versions[0], MODULES)
    parts = [_entry("bin", stat.S_IFDIR | 0o755), _entry("dev", stat.S_IFDIR | 0o755),
             _entry("lib", stat.S_IFDIR | 0o755),
             _entry("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1)),
             _entry("bin/busybox", stat.S_IFREG | 0o755,
                    (root / "usr/bin/busybox").read_bytes()),
             _entry("init", stat.S_IFREG | 0o755, init.read_bytes())]
    for file in modules:
        parts.append(_entry(f"lib/{_plain_name(file)}", stat.S_IFREG | 0o644,
                            unpack((versions[0] / file).read_bytes())))
    loading = "".join(f"/lib/{_plain_name(f)}\n" for f in modules)
    parts.append(_entry("modules", stat.S_IFREG | 0o644, loading.encode()))
    parts.append(_entry("TRAILER!!!", 0))
    out.write_bytes(b"".join(parts))
    return versions[0].name


def _plain_name(file):
    """busybox's insmod takes no compressed module."""
    return Path(file).name.removesuffix(".xz").removesuffix(".zst")


def unpack(data):
    """xz or zstd, or what is not packed at all."""
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        done = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False)
        if done.returncode:
            raise LabError(f"zstd: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout
    return data


def write_kernel(bzimage, out):
    """Unpack the kernel on the host (PVH boot): in the guest it would take seconds."""
    raw = bzimage.read_bytes()
    # Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length. The packed kernel
    # ends with its size.
    (sectors,), (offset, length) = struct.unpack_from("<B", raw, 0x1f1), struct.unpack_from(
        "<II", raw, 0x248)
    begin = (sectors + 1) * 512 + offset
    plain = unpack(raw[begin:begin + length - 4])
    out.write_bytes(plain if plain.startswith(b"\x7fELF") else raw)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Who writes to a disk? The storage's own kernel tells, for each write that it has carried out, from which head it
came (tracepoints of LIO). The heads do nothing for it, so it also sees a head that hangs, or one that nobody asks."""

import re
from itertools import groupby

from labkit.config import LabError

TRACE = "/sys/kernel/tracing"
# SBC-3: WRITE (6), (10), (12), (16), WRITE SAME (10), (16), COMPARE AND WRITE.
OPCODES = (0x0a, 0x2a, 0xaa, 0x8a, 0x41, 0x93, 0x89)
# The storage's LUNs, in the order of roles/storage.
LUN = {"vmstore": 0, "homes": 1}
BEGIN = r"""
cd "$1" 2> /dev/null || { mount -t tracefs tracefs "$1"; cd "$1"; }
echo 0 > tracing_on; echo > trace; echo 8192 > buffer_size_kb
echo "$2" > events/target/target_cmd_complete/filter
echo 1 > events/target/target_cmd_complete/enable; echo 1 > tracing_on
"""
# "… 1234.567890: target_cmd_complete: iqn.2026-11.lab:head1 <- LUN 000 …"
SEEN = re.compile(r"^# entries-in-buffer/entries-written: (\d+)/(\d+)", re.M)
LINE = re.compile(r"target_cmd_complete: \S+:(\S+) <- LUN \d+ ")


class Writers:
    """with Writers(service) as writers: …; writers.turns() afterwards, and also within."""

    def __init__(self, service):
        self.storage, self.lun = service.lab.guest("storage"), LUN[service.name]

    def __enter__(self):
        good = " || ".join(f"opcode == {code}" for code in OPCODES)
        self.storage.run(["sh", "-ec", BEGIN, "sh", TRACE,
                          f"scsi_status == 0 && unpacked_lun == {self.lun} && ({good})"])
        return self

    def __exit__(self, *_):
        self.storage.run(["sh", "-c", f"cd {TRACE} && echo 0 > events/target/target_cmd_complete/enable; "
                          "echo 1408 > buffer_size_kb"], check=False)

    def turns(self):
        """[(head, how many writes)] in the order in which the disk carried them out."""
        told = self.storage.run(["cat", f"{TRACE}/trace"], timeout=60).stdout
        kept, written = SEEN.search(told).groups()
        if kept != written:
            raise LabError(f"the storage kept {kept} of {written} writes only")
        return [(head, len(list(each))) for head, each in groupby(
            found.group(1) for found in LINE.finditer(told))]

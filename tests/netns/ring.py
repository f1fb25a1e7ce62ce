# SPDX-License-Identifier: GPL-2.0-or-later
"""corosync.conf of two heads on a link of their own, without encryption."""

COROSYNC = """totem {{
  version: 2
  cluster_name: x
  transport: udpu
  token: 20000
}}
nodelist {{
  node {{
    ring0_addr: 198.51.100.1
    name: head1
    nodeid: 1
  }}
  node {{
    ring0_addr: 198.51.100.2
    name: head2
    nodeid: 2
  }}
}}
logging {{
  to_syslog: no
  to_logfile: yes
  logfile: {log}
}}
system {{
  sched_rr: no
  move_to_root_cgroup: no
}}
"""

# What the link of head @n needs once both ends are there.
LINK = ("addr add 198.51.100.{n}/24 dev ring", "link set ring up", "link set lo up")
# In a mount namespace of its own, with a /run of its own.
START = ("mkdir -p /var/lib/corosync && mount -t tmpfs x /var/lib/corosync && "
         "mount -t tmpfs x /dev/shm && exec corosync -f -c {conf}")
MEMBER = ("corosync-cmapctl", "-g", "runtime.members.2.config_version")


def write_conf(folder, n):
    conf = folder / f"corosync{n}.conf"
    conf.write_text(COROSYNC.format(log=folder / f"log{n}"))
    return conf

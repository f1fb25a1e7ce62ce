# SPDX-License-Identifier: GPL-2.0-or-later
"""What is tried out in the lab: services and their probe, the cluster, faults, stock agents, and the runs
of demo, soak and experiments. It is built on labkit, which knows nothing of it."""

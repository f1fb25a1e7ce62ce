# SPDX-License-Identifier: GPL-2.0-or-later
"""Experiments on the seed's own stack: stock agents, one NFS server per head (doc/seed.md)."""

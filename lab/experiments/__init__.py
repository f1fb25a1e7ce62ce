# SPDX-License-Identifier: GPL-2.0-or-later
"""Experiments on stock agents around one NFS server per head (doc/stock.md)."""

# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that run inside a guest, brought there by Guest.push() (trials/caller.py, trials/clients.py):
nothing but Python's own library. A guest's image comes from lab/guest, its role from lab/roles."""

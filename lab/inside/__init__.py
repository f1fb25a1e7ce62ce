# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that run inside a guest; Guest.push() copies them there (trials/caller.py, trials/clients.py).
They use only Python's own library. A guest's image comes from lab/guest, its role from lab/roles."""

# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gi.overrides.Cproc is made of. Nothing in here is for programs."""

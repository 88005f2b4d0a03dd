# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the folder under a prefix from which this interpreter takes packages, and so overrides.

    find-python-packages.py PREFIX
"""

import os
import site
import sys

import gi


def folder(prefix):
    # gi extends its path, and that of gi.overrides, over every folder of packages.
    own = os.path.dirname(os.path.dirname(os.path.abspath(gi.__file__)))
    for packages in [own, *site.getsitepackages(), site.getusersitepackages()]:
        if os.path.commonpath([packages, prefix]) != prefix:
            continue
        # /usr/local is another system's than /usr.
        if not os.path.relpath(packages, prefix).startswith("local" + os.sep):
            return packages
    # Not one that it looks into by itself: what it would be if it did.
    for base in (sys.base_prefix, sys.prefix):
        if os.path.commonpath([own, base]) == base:
            return os.path.join(prefix, os.path.relpath(own, base))
    return os.path.join(prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}",
                        "site-packages")


print(folder(os.path.abspath(sys.argv[1])))

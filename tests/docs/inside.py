# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page about the inside names all rooms and only files that are there.

    inside.py ROOT
"""

import os
import re
import sys

ROOM = re.compile(r"^\| `(\w+)/` \|", re.MULTILINE)
FILE = re.compile(r"`([a-z]+/[\w-]+\.[ch])`")


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def main():
    root = sys.argv[1]
    page = read(root, "docs/inside.md")
    problems = [f"{path} is not there" for path in sorted(set(FILE.findall(page)))
                if not os.path.exists(os.path.join(root, "libcproc", path))]
    rooms, table = ROOM.findall(page), ROOM.findall(read(root, "CONTRIBUTING.md"))
    if rooms != table:
        problems.append(f"the rooms are {table} in CONTRIBUTING.md, and {rooms} here")
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(1 if problems else 0)


main()

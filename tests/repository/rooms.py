# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each room of libcproc/ uses only the rooms above it; no two files use each other in a circle.

    rooms.py ROOT [ARCHIVE]

The order of the rooms is that of the table in CONTRIBUTING.md. What a file includes is read from
its text; what it calls, with ARCHIVE (the static library), from the symbols of its object.
"""

import os
import re
import shutil
import subprocess
import sys

from common import read, report

ROW = re.compile(r"^\| `(\w+)/` \|", re.MULTILINE)
INCLUDE = re.compile(r'^#include "([\w-]+\.h)"', re.MULTILINE)
# Programs and bindings: they stand outside of the order.
OUTSIDE = {"tool", "overrides"}


def rooms_of_table(root):
    return ROW.findall(read(root, "CONTRIBUTING.md"))


def files_of(root, room):
    folder = os.path.join(root, "libcproc", room)
    return sorted(name for name in os.listdir(folder) if name.endswith((".c", ".h")))


def check_table(root, rooms):
    folder = os.path.join(root, "libcproc")
    there = {name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))}
    for room in sorted(there - OUTSIDE - set(rooms)):
        yield f"the table of CONTRIBUTING.md lacks {room}/"
    for room in sorted(set(rooms) - there):
        yield f"the table of CONTRIBUTING.md has {room}/, which is not there"


def check_includes(root, rooms):
    place = {name: room for room in rooms for name in files_of(root, room)}
    for name, room in sorted(place.items()):
        for header in INCLUDE.findall(read(root, f"libcproc/{room}/{name}")):
            other = place.get(header)
            if other is not None and rooms.index(other) > rooms.index(room):
                yield f"{room}/{name} includes {other}/{header}, below it"


def symbols(archive):
    """Yields the room and the name of a source file with what it defines and what it uses."""
    out = subprocess.run(["nm", "--print-file-name", archive], check=True, capture_output=True,
                         text=True).stdout
    files = {}
    for line in out.splitlines():
        match = re.match(r".*?([a-z]+)_(cproc-[\w-]+)\.c\.o:\S* +(?:[0-9a-f]+ )?(\w) (\w+)$", line)
        if match:
            room, name, kind, symbol = match.groups()
            defined, used = files.setdefault((room, name + ".c"), (set(), set()))
            # The name of a type is known to all files of its class.
            if symbol.endswith("_get_type"):
                continue
            if kind == "U":
                used.add(symbol)
            elif kind.isupper():
                defined.add(symbol)
    return files


def find_circles(graph):
    """The strongly connected parts of more than one file, by Tarjan's algorithm."""
    number, low, stack, circles = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
            if len(part) > 1:
                circles.append(sorted(part))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return circles


def check_calls(rooms, archive):
    files = symbols(archive)
    place = {symbol: file for file, (defined, _) in files.items() for symbol in defined}
    graph = {file: {} for file in files}
    for file, (_, used) in sorted(files.items()):
        for symbol in sorted(used & place.keys()):
            graph[file].setdefault(place[symbol], symbol)
    for (room, name), others in sorted(graph.items()):
        for (other, other_name), symbol in sorted(others.items()):
            if rooms.index(other) > rooms.index(room):
                yield f"{room}/{name} calls {symbol}() of {other}/{other_name}, below it"
    for circle in find_circles(graph):
        calls = [f"{graph[a][b]}() of {b[1]} from {a[1]}"
                 for a in circle for b in circle if b in graph[a]]
        yield f"a circle: {', '.join(calls)}"


def main():
    root, *archive = sys.argv[1:]
    rooms = rooms_of_table(root)
    problems = list(check_table(root, rooms))
    if not problems:
        problems += check_includes(root, rooms)
        if archive and shutil.which("nm"):
            problems += check_calls(rooms, archive[0])
    report(problems)


main()

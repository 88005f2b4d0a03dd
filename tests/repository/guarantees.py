# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every sentence of docs/guarantees.md has a test, and every test it names is there.

    guarantees.py ROOT

A point of a list ends with a comment, <!-- test: NAME [PATH]; ... -->. NAME is a test's name in
meson; PATH one of its cases, or of its functions. tests/README.md names tests in the same way, in
the last column of its tables.
"""

import glob
import os
import re
import sys

from common import read, report

POINT = re.compile(r"^- (.*(?:\n  .*)*)", re.MULTILINE)
COMMENT = re.compile(r"<!-- test: (.*?) -->", re.DOTALL)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')

# Where the test of a name is; the first that exists.
SOURCES = (
    ("", "tests/*/test-{}.c"),
    ("", "tests/soak/{}.c"),
    ("python-override-", "tests/bindings/test_override_{}.py"),
    ("python-", "tests/bindings/test_{}.py"),
    ("gjs-", "tests/bindings/test-{}.js"),
    ("fuzz-", "tests/fuzz/fuzz-{}.c"),
    ("repository ", "tests/repository/{}.py"),
)


def find_source(root, name):
    for prefix, pattern in SOURCES:
        if name.startswith(prefix):
            found = glob.glob(pattern.format(name.removeprefix(prefix)), root_dir=root)
            if found:
                return found[0]
    return None


def has_case(text, case):
    """Whether the case is there. Where a table makes the paths, each word of it must be."""
    if not case.startswith("/"):
        return re.search(rf"\bdef {re.escape(case)}\b", text) is not None
    literals = LITERAL.findall(text)
    words = {word for literal in literals for word in literal.split("/")}
    return case in literals or words.issuperset(case.split("/")[1:])


def check_reference(root, reference):
    name, _, case = reference.partition(" ")
    if name == "repository":
        name, case = reference, ""
    source = find_source(root, name)
    if source is None:
        return f"there is no test {name}"
    if case and not has_case(read(root, source), case):
        return f"{source} has no {case}"
    return None


def check_references(root, where, text):
    for reference in filter(None, (" ".join(part.split()) for part in text.split(";"))):
        problem = check_reference(root, reference)
        if problem is not None:
            yield f"{where}: {problem}"


def check_guarantees(root):
    path = "docs/guarantees.md"
    points = [match.group(1) for match in POINT.finditer(read(root, path))]
    if not points:
        yield f"{path}: there is no point"
    for point in points:
        comment = COMMENT.search(point)
        if comment is None:
            yield f"{path}: no test for “{' '.join(point.split())}”"
        else:
            yield from check_references(root, path, comment.group(1))


def check_table(root):
    path = "tests/README.md"
    heading = None
    for line in read(root, path).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            heading = None
        elif heading is None:
            heading = cells[-1]
        elif heading != "Test" or cells[-1] == "---":
            continue
        elif not cells[-1]:
            yield f"{path}: no test for “{cells[0]}”"
        else:
            yield from check_references(root, path, cells[-1].replace("`", ""))


def main():
    root = sys.argv[1]
    report([*check_guarantees(root), *check_table(root)])


main()

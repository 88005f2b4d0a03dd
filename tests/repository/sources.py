# SPDX-License-Identifier: LGPL-2.1-or-later
"""What holds for every file of the project.

    sources.py CHECK ROOT

CHECK is one of spdx, potfiles, size, text.
"""

import os
import re
import sys

from common import read, report, source_texts

# Files that cannot or need not carry a licence line.
NO_SPDX = re.compile(r"""
    (^|/)(LICENSE|NEWS|LINGUAS|POTFILES|\.gitignore|\.editorconfig|\.clang-format)$
    | \.(md|po|pot|svg|png|json|txt|list|symbols|corpus|dict)$
    | ^tests/(fuzz/seeds|data)/
    | ^docs/packaging/debian/ | ^\.git
""", re.VERBOSE)

# A makefile needs its tabulators.
NOT_TEXT = re.compile(r"^tests/(fuzz/seeds|data)/|^docs/packaging/debian/rules$")

MESSAGE = re.compile(r"(?<!\w)[NCQ]?_ ?\(\"|\b(g_dn|n)gettext \(")

# Of code: what documents it is not counted.
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
MAX_COLUMNS = 100


def check_spdx(root):
    for path, text in source_texts(root):
        if NO_SPDX.search(path):
            continue
        head = text.split("\n", 3)[:3]
        if not any("SPDX-License-Identifier: LGPL-2.1-or-later" in line for line in head):
            yield f"{path}: no SPDX line at its top"


def check_potfiles_in(root, folder, is_ours):
    listed = [line for line in read(root, f"{folder}/POTFILES").splitlines()
              if line and not line.startswith("#")]
    if listed != sorted(listed):
        yield f"{folder}/POTFILES is not sorted"
    translated = [path for path, text in source_texts(root)
                  if is_ours(path) and not path.startswith("tests/")
                  and (path.endswith(".c") and MESSAGE.search(text)
                       or path.endswith(".ui") and 'translatable="yes"' in text
                       or path.endswith((".desktop.in", ".metainfo.xml.in")))]
    for path in sorted(set(translated) - set(listed)):
        yield f"{folder}/POTFILES lacks {path}, which has messages"
    for path in sorted(set(listed) - set(translated)):
        yield f"{folder}/POTFILES lists {path}, which has no messages"


def check_potfiles(root):
    # The application has a domain of its own.
    yield from check_potfiles_in(root, "po", lambda path: not path.startswith("examples/gtk/"))
    yield from check_potfiles_in(root, "examples/gtk/po",
                                 lambda path: path.startswith("examples/gtk/"))


def functions(text):
    """Yields the name and the number of lines of each function of C in the house style.

    What documents a property or a signal stands where that is installed, and is not counted.
    """
    name = "?"
    start = None
    text = re.sub(r"^ +/\*\*$.*?\*/\n", "", text, flags=re.MULTILINE | re.DOTALL)
    for number, line in enumerate(text.splitlines()):
        match = re.match(r"(\w+) \(", line)
        if match:
            name = match.group(1)
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            # A struct or a table closes with more than a brace.
            if line == "}":
                yield name, number - start + 1
            start = None


def code_lines(path, text):
    """Counts the lines that are neither empty nor comment."""
    if path.endswith((".py", ".sh")):
        text = re.sub(r"^ *#.*$", "", text, flags=re.MULTILINE)
    else:
        text = re.sub(r"^ */\*.*?\*/$|^ *//.*?$", "", text, flags=re.MULTILINE | re.DOTALL)
    return sum(1 for line in text.splitlines() if line.strip())


def check_size(root):
    for path, text in source_texts(root):
        if not path.endswith((".c", ".h", ".py", ".js", ".vala", ".sh")):
            continue
        lines = code_lines(path, text)
        if lines > MAX_FILE_LINES:
            yield f"{path}: {lines} lines of code"
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > MAX_COLUMNS:
                yield f"{path}:{number}: {len(line)} columns"
        if path.endswith(".c"):
            for name, length in functions(text):
                if length > MAX_FUNCTION_LINES:
                    yield f"{path}: {name} has {length} lines"


def check_text(root):
    for path, text in source_texts(root):
        if path.endswith((".po", "LICENSE")) or NOT_TEXT.search(path):
            continue
        if text and not text.endswith("\n"):
            yield f"{path}: no line end at its end"
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip() or "\r" in line:
                yield f"{path}:{number}: white space at the end"
            if "\t" in line:
                yield f"{path}:{number}: a tabulator"


def main():
    check, root = sys.argv[1:]
    checks = {"spdx": check_spdx, "potfiles": check_potfiles, "size": check_size,
              "text": check_text}
    report(list(checks[check](os.path.abspath(root))))


main()

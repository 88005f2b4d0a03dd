# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shared library exports what libcproc-1.symbols lists, and nothing else.

    symbols.py LIBRARY LIST

What is added to the API goes to the list by hand: then a reviewer sees it.
"""

import difflib
import subprocess
import sys

from common import report


def main():
    library, list_path = sys.argv[1:]
    output = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", library],
                            check=True, capture_output=True, text=True).stdout
    exported = sorted(line.split()[0] for line in output.splitlines())
    with open(list_path, encoding="utf-8") as file:
        expected = [line.strip() for line in file if line.strip() and not line.startswith("#")]

    report(list(difflib.unified_diff(expected, exported, list_path, library, lineterm="")))


main()

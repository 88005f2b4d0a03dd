# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every language has every message, as the sources have them now.

    languages.py ROOT FOLDER...

A folder has POTFILES, LINGUAS and what these name.
"""

import os
import subprocess
import sys
import tempfile

from common import read, report

KEYWORDS = ["_", "N_", "C_:1c,2", "NC_:1c,2", "g_dngettext:2,3", "ngettext:1,2"]


def entries(root, path):
    return [line for line in read(root, path).splitlines() if line and not line.startswith("#")]


def check_folder(root, folder, scratch):
    template = os.path.join(scratch, "messages.pot")
    subprocess.run(["xgettext", "--from-code=UTF-8", f"--directory={root}", f"--output={template}",
                    *(f"--keyword={keyword}" for keyword in KEYWORDS),
                    *entries(root, f"{folder}/POTFILES")], check=True)
    for language in entries(root, f"{folder}/LINGUAS"):
        path = os.path.join(root, folder, f"{language}.po")
        for command in (["msgcmp", path, template],
                        ["msgfmt", "--check-format", "--check-domain", "--output-file=/dev/null",
                         path]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                yield f"{folder}/{language}.po: {done.stderr.strip()}"


def main():
    root, *folders = sys.argv[1:]
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in folders:
            problems += check_folder(os.path.abspath(root), folder, scratch)
    report(problems)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs an example in a folder made for it and compares what it prints with what it should.

    check.py EXPECTED COMMAND [ARGUMENT...]

In EXPECTED, {{ls -l}} stands for what that command prints there, {{*}} for some text in a line and
{{+}} for one or more whole lines.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile

LOG = "1 first line\n2 päivää, 你好, 🙂\n"


def prepare(folder):
    with open(os.path.join(folder, "log.txt"), "w", encoding="utf-8") as log:
        log.write(LOG)
    os.mkdir(os.path.join(folder, "folder"))


def pattern_of(expected, folder, env):
    listing = subprocess.run(["ls", "-l"], cwd=folder, env=env, check=True,
                             stdout=subprocess.PIPE, encoding="utf-8").stdout
    meanings = {
        "{{ls -l}}": re.escape(listing.rstrip("\n")),
        "{{*}}": "[^\n]*",
        "{{+}}": "[^\n]+(?:\n[^\n]+)*?",
    }
    parts = re.split(r"(\{\{.*?\}\})", expected)
    return "".join(meanings[part] if part in meanings else re.escape(part) for part in parts)


def main():
    expected_path, command = sys.argv[1], sys.argv[2:]
    env = dict(os.environ, LC_ALL="C.UTF-8", PYTHONIOENCODING="utf-8")
    with open(expected_path, encoding="utf-8") as file:
        expected = file.read()

    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        pattern = pattern_of(expected, folder, env)
        done = subprocess.run(command, cwd=folder, env=env, encoding="utf-8",
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    if re.fullmatch(pattern, done.stdout) and done.stderr == "" and done.returncode == 0:
        return 0

    print("exit code:", done.returncode)
    print("stderr:", done.stderr)
    print("\n".join(difflib.unified_diff(expected.splitlines(), done.stdout.splitlines(),
                                         "expected", "printed", lineterm="")))
    return 1


if __name__ == "__main__":
    sys.exit(main())

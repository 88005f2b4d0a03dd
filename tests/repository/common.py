# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the repository share."""

import os
import subprocess
import sys

# What a build or git may leave in a source tree.
NOT_OURS = {".git", "__pycache__", "subprojects"}


def source_files(root):
    """Yields the path, relative to the root, of every file of the project."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True, text=True)
        paths = sorted(set(filter(None, listed.stdout.split("\0"))))
        if paths:
            yield from (path for path in paths if os.path.isfile(os.path.join(root, path)))
            return
    except (OSError, subprocess.CalledProcessError):
        pass

    # As in an unpacked archive.
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS
                            and not os.path.exists(os.path.join(folder, name, "build.ninja")))
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def source_texts(root):
    """Yields path and text of every file of the project that is text."""
    for path in source_files(root):
        try:
            yield path, read(root, path)
        except UnicodeDecodeError:
            pass


def report(problems):
    """Prints the problems and ends the program."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)

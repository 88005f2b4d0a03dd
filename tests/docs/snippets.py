# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the code in a page of the documents, and compares what it prints with what the page says.

    snippets.py PAGE.md [--gjs GJS] [-- CC FLAG...]

A fenced block of c, python or js is a program: a C one without main() is the body of one, and the
usual imports need not be written. It must end well. A block `output` behind it is what it prints.
One that is marked `fragment`, as in ```c fragment, is only shown. TAP comes out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT = 60
SUFFIXES = {"c": ".c", "python": ".py", "js": ".js"}

C_BEFORE = """#include <libcproc.h>

int
main (int argc, char **argv_)
{
  g_autoptr(GError) error = NULL;

"""
C_AFTER = """
  if (error != NULL)
    g_printerr ("%s\\n", error->message);

  return error != NULL;
}
"""
PYTHON_BEFORE = """import gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc, Gio, GLib
"""
JS_BEFORE = """import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
"""


def read_blocks(path):
    """Yields the line, the words behind the fence and the text of each block."""
    words = None
    with open(path, encoding="utf-8") as page:
        for number, line in enumerate(page, 1):
            fence = re.match(r"```(.*)$", line)
            if fence and words is None:
                words, start, text = fence.group(1).split(), number, []
            elif fence:
                yield start, words, "".join(text)
                words = None
            elif words is not None:
                text.append(line)


def read_programs(path):
    """Yields (line, language, text, output or None)."""
    blocks = list(read_blocks(path))
    for index, (line, words, text) in enumerate(blocks):
        if not words or words[0] not in SUFFIXES or "fragment" in words:
            continue
        following = blocks[index + 1] if index + 1 < len(blocks) else (0, [], "")
        yield line, words[0], text, following[2] if following[1] == ["output"] else None


def complete(language, text):
    if language == "c" and "main (" not in text:
        return C_BEFORE + text + C_AFTER
    if language == "python" and "import gi" not in text:
        return PYTHON_BEFORE + text
    if language == "js" and "import " not in text:
        return JS_BEFORE + text
    return text


def command_for(language, source, options):
    if language == "python":
        return [sys.executable, source]
    if language == "js":
        return [options["gjs"], "-m", source]
    program = source.removesuffix(".c")
    subprocess.run(options["cc"][:1] + ["-o", program, source] + options["cc"][1:], check=True)
    return [program]


def run(language, text, options):
    """Returns the output; raises where the program fails."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "snippet" + SUFFIXES[language])
        with open(source, "w", encoding="utf-8") as file:
            file.write(complete(language, text))
        for name in os.listdir(options["files"]):
            shutil.copy(os.path.join(options["files"], name), folder)
        return subprocess.run(command_for(language, source, options), cwd=folder, check=True,
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              text=True).stdout


def main():
    arguments = sys.argv[1:]
    options = {"cc": [], "gjs": None,
               "files": os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")}
    if "--" in arguments:
        index = arguments.index("--")
        arguments, options["cc"] = arguments[:index], arguments[index + 1:]
    if "--gjs" in arguments:
        index = arguments.index("--gjs")
        options["gjs"] = arguments[index + 1]
        del arguments[index:index + 2]

    programs = list(read_programs(arguments[0]))
    print(f"1..{len(programs)}")
    for number, (line, language, text, expected) in enumerate(programs, 1):
        name = f"{number} - {os.path.basename(arguments[0])}:{line} {language}"
        if language == "js" and options["gjs"] is None:
            print(f"ok {name} # SKIP there is no gjs")
            continue
        try:
            output = run(language, text, options)
        except subprocess.SubprocessError as error:
            print(f"not ok {name}\n# {error}")
            continue
        if expected is not None and output != expected:
            print(f"not ok {name}\n# printed {output!r}\n# not {expected!r}")
        else:
            print(f"ok {name}")


main()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the code in a page of the documents, and compares what it prints with what the page says.

    snippets.py PAGE.md [--gjs GJS] [--valac VALAC] [-- CC FLAG...]

A fenced block of c, python, js or vala is a program, and so is one of sh with an output: a C one
without main() is the body of one, and the usual imports need not be written. It must end well. A
block `output` behind it is what it prints. A comment before the block, <!-- fragment -->, says
that it is only shown; <!-- file: NAME -->, that it is a file for the programs that follow.
TAP comes out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT = 60
SUFFIXES = {"c": ".c", "python": ".py", "js": ".js", "sh": ".sh", "vala": ".vala"}
# What needs an interpreter or a compiler that may not be there.
OPTIONAL = {"js": "gjs", "vala": "valac"}

C_BEFORE = """#include <libcproc.h>
#include <locale.h>

int
main (int argc, char **argv_)
{
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");

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
    """Yields the line, the language, the comment before it and the text of each block."""
    language = None
    comment = ""
    with open(path, encoding="utf-8") as page:
        for number, line in enumerate(page, 1):
            fence = re.match(r"```(\w*)$", line)
            if fence and language is None:
                language, start, text = fence.group(1), number, []
            elif fence:
                yield start, language, comment, "".join(text)
                language, comment = None, ""
            elif language is not None:
                text.append(line)
            elif line.startswith("```"):
                raise SystemExit(f"{path}:{number}: no words behind the language")
            elif line.strip():
                marked = re.match(r"<!-- (.*) -->$", line)
                comment = marked.group(1) if marked else ""


def read_programs(path):
    """Yields (line, language, name of the file or None, text, output or None)."""
    blocks = list(read_blocks(path))
    for index, (line, language, comment, text) in enumerate(blocks):
        if language not in SUFFIXES or comment == "fragment":
            continue
        name = comment.removeprefix("file: ") if comment.startswith("file: ") else None
        following = blocks[index + 1] if index + 1 < len(blocks) else (0, "", "", "")
        output = following[3] if following[1] == "output" else None
        # A line for the shell without an output is for the reader to run.
        if language != "sh" or output is not None:
            yield line, language, name, text, output


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
    if language == "sh":
        return ["sh", source]
    program = source.removesuffix(SUFFIXES[language])
    # The compiler may be two words ("ccache cc"); libraries come behind the source.
    words = options["cc"]
    flags = next(index for index, word in enumerate(words) if word.startswith("-"))
    if language == "vala":
        passed = [word for flag in words[flags:] + ["-w"] for word in ("-X", flag)]
        subprocess.run([options["valac"], "--pkg", "libcproc-1", "--cc", " ".join(words[:flags]),
                        "-o", program, source, *passed], check=True)
        return [program]
    subprocess.run(words[:flags] + ["-o", program, source] + words[flags:], check=True)
    return [program]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def keep(language, name, text, options):
    """Makes a file of what the page calls one, or a program if it is in C."""
    path = os.path.join(options["files"], name)
    if language == "c":
        write(path + ".c", text)
        command_for("c", path + ".c", options)
    else:
        write(path, text)
        if text.startswith("#!"):
            os.chmod(path, 0o755)


def run(language, text, options):
    """Returns the output; raises where the program fails."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "snippet" + SUFFIXES[language])
        write(source, complete(language, text))
        for name in os.listdir(options["files"]):
            shutil.copy(os.path.join(options["files"], name), folder)
        return subprocess.run(command_for(language, source, options), cwd=folder, check=True,
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              env={**os.environ, "PATH": options["path"]}, text=True).stdout


def check(program, options):
    """Returns what is wrong, or None."""
    _, language, file, text, expected = program
    try:
        if file is not None:
            return keep(language, file, text, options)
        output = run(language, text, options)
    except subprocess.SubprocessError as error:
        return str(error)
    if expected is not None and output != expected:
        return f"printed {output!r}\n# not {expected!r}"
    return None


def parse(arguments):
    options = {"cc": [], "gjs": None, "valac": None}
    if "--" in arguments:
        index = arguments.index("--")
        arguments, options["cc"] = arguments[:index], arguments[index + 1:]
    for name in OPTIONAL.values():
        if "--" + name in arguments:
            index = arguments.index("--" + name)
            options[name] = arguments[index + 1]
            del arguments[index:index + 2]
    return arguments[0], options


def main():
    page, options = parse(sys.argv[1:])
    programs = list(read_programs(page))
    print(f"1..{len(programs)}")
    with tempfile.TemporaryDirectory() as folder:
        tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        options["files"] = os.path.join(folder, "files")
        for files in ("docs/files", "data/progress"):
            shutil.copytree(os.path.join(tests, files), options["files"], dirs_exist_ok=True)
        # A worker in Python is run by this Python.
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(sys.executable, os.path.join(folder, "bin", "python3"))
        options["path"] = os.path.join(folder, "bin") + os.pathsep + os.environ["PATH"]
        for number, program in enumerate(programs, 1):
            name = f"{number} - {os.path.basename(page)}:{program[0]} {program[1]}"
            needs = OPTIONAL.get(program[1])
            if needs is not None and options[needs] is None:
                print(f"ok {name} # SKIP there is no {needs}")
                continue
            wrong = check(program, options)
            print(f"ok {name}" if wrong is None else f"not ok {name}\n# {wrong}")


main()

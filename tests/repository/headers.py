# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public headers, as a program that uses the library sees them.

    headers.py HEADER_FOLDER BUILD_FOLDER PACKAGES -- COMPILER...

libcproc.h compiles alone, strictly, as C and as C++; no other header does; libcproc.h includes
every one of them; and none includes a private header.
"""

import os
import re
import subprocess
import sys
import tempfile

from common import read, report

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Werror",
          "-Wno-unused-parameter"]
# G_DECLARE_FINAL_TYPE and its kin define functions that a program need not use.
STRICT += ["-Wno-unused-function"]


def compiles(compiler, flags, source):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "program.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        done = subprocess.run([*compiler, *flags, "-c", path, "-o", path + ".o"],
                              capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def main():
    separator = sys.argv.index("--")
    folder, build_folder, *packages = sys.argv[1:separator]
    compiler = sys.argv[separator + 1:]
    # As system headers: their warnings are not ours.
    flags = subprocess.run(["pkg-config", "--cflags", *packages], check=True, capture_output=True,
                           text=True).stdout.replace("-I", "-isystem").split()
    flags += [f"-I{build_folder}"]
    headers = {}
    for room, _, names in sorted(os.walk(folder)):
        # The launch helper and the command are programs: they install no headers.
        if os.path.basename(room) not in ("helper", "tool"):
            flags += [f"-I{room}"]
            headers.update((name, room) for name in names
                           if name.endswith(".h") and not name.endswith("-private.h"))
    umbrella = read(folder, "libcproc.h")
    problems = []

    for standard in ("gnu11", "c11"):
        good, errors = compiles(compiler, [*flags, *STRICT, "-std=" + standard],
                                "#include <libcproc.h>\nint main (void) { return 0; }\n")
        if not good:
            problems.append(f"libcproc.h does not compile as {standard}:\n{errors}")

    as_cplusplus = ["-x", "c++", "-std=c++17", "-fsyntax-only"]
    if compiles(compiler, as_cplusplus, "int main () { return 0; }\n")[0]:
        good, errors = compiles(compiler, [*flags, *as_cplusplus, "-Wall", "-Werror",
                                           "-Wno-unused-function"], "#include <libcproc.h>\n")
        if not good:
            problems.append(f"libcproc.h does not compile as C++:\n{errors}")

    for name, room in sorted(headers.items()):
        text = read(room, name)
        for included in re.findall(r'^#include\s+[<"](\S+)[>"]', text, re.MULTILINE):
            if included.endswith("-private.h") or included == "config.h":
                problems.append(f"{name} includes {included}")
        if "#pragma once" not in text:
            problems.append(f"{name} has no #pragma once")
        if name == "libcproc.h":
            continue
        if f'#include "{name}"' not in umbrella:
            problems.append(f"libcproc.h does not include {name}")
        if compiles(compiler, flags, f"#include <{name}>\n")[0]:
            problems.append(f"{name} can be included directly")

    report(problems)


main()

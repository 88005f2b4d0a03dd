# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds and installs the library into an empty prefix and uses it from there, as a stranger would.

    install.py ROOT MESON_OPTION... -- COMPILER...

In C with what pkg-config says and nothing else, in Python and GJS by the installed typelib, in Vala
by the installed vapi, and as a subproject of another meson project.
"""

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = "/\ninstalled\n"

PROJECT = """
project('stranger', 'c')
cproc = dependency('libcproc-1', fallback: 'libcproc')
executable('program', 'program.c', dependencies: cproc)
"""
WRAP = """
[wrap-file]
directory = libcproc

[provide]
dependency_names = libcproc-1
"""


def run(*argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        print(done.stdout)
        sys.exit(f"failed: {' '.join(argv)}")
    return done.stdout


def check(what, output):
    if output != EXPECTED:
        sys.exit(f"{what} printed {output!r}")
    print(what, "works")


class Prefix:
    def __init__(self, path):
        self.path = path
        self.env = {name: value for name, value in os.environ.items()
                    if name not in ("CPROC_LAUNCH_HELPER", "GI_TYPELIB_PATH", "GJS_PATH",
                                     "LD_LIBRARY_PATH", "PYTHONPATH")}
        self.env["XDG_DATA_DIRS"] = os.path.join(path, "share") + ":/usr/local/share:/usr/share"

    def find(self, name):
        for folder, folders, names in os.walk(self.path):
            if name in names or name in folders:
                return folder
        return None

    def use(self):
        """Once it is filled."""
        self.env["PKG_CONFIG_PATH"] = self.find("libcproc-1.pc")
        self.env["LD_LIBRARY_PATH"] = self.find("libcproc-1.so")
        typelibs = self.find("Cproc-1.typelib")
        if typelibs is not None:
            self.env["GI_TYPELIB_PATH"] = typelibs
        private = self.find("_cproc")
        if private is not None:
            # Of the folder gi/overrides.
            self.env["PYTHONPATH"] = os.path.dirname(os.path.dirname(private))


def pkg_config(prefix, *what):
    return run("pkg-config", *what, "libcproc-1", env=prefix.env).split()


def check_pkg_config(prefix):
    for variable, name in (("libexecdir", "cproc-launch"), ("girdir", "Cproc-1.gir"),
                           ("typelibdir", "Cproc-1.typelib")):
        [folder] = pkg_config(prefix, "--variable=" + variable)
        if prefix.find(name) is not None and not os.path.exists(os.path.join(folder, name)):
            sys.exit(f"{variable} of pkg-config is {folder}: no {name} there")


def check_languages(prefix, work, compiler):
    program = os.path.join(work, "program")
    run(*compiler, os.path.join(HERE, "program.c"), "-o", program,
        *pkg_config(prefix, "--cflags", "--libs"), env=prefix.env)
    check("C", run(program, env=prefix.env))

    if "GI_TYPELIB_PATH" in prefix.env:
        for python in ("python3", "/usr/bin/python3"):
            if shutil.which(python) and subprocess.run([python, "-c", "import gi"],
                                                       capture_output=True).returncode == 0:
                check("Python", run(python, os.path.join(HERE, "program.py"), env=prefix.env))
                check("its override", run(python, os.path.join(HERE, "override.py"),
                                          env=prefix.env))
                break

        if shutil.which("gjs"):
            check("GJS", run("gjs", "-m", os.path.join(HERE, "program.js"), env=prefix.env))

    if shutil.which("valac") and prefix.find("libcproc-1.vapi"):
        program = os.path.join(work, "vala-program")
        run("valac", "--vapidir", prefix.find("libcproc-1.vapi"), "--pkg", "libcproc-1",
            os.path.join(HERE, "program.vala"), "-X", "-w", "-o", program, env=prefix.env)
        check("Vala", run(program, env=prefix.env))


def check_subproject(root, work):
    project = os.path.join(work, "stranger")
    os.makedirs(os.path.join(project, "subprojects"))
    os.symlink(root, os.path.join(project, "subprojects", "libcproc"))
    shutil.copy(os.path.join(HERE, "program.c"), project)
    for path, content in (("meson.build", PROJECT), ("subprojects/libcproc.wrap", WRAP)):
        with open(os.path.join(project, path), "w", encoding="utf-8") as file:
            file.write(content.lstrip())
    build = os.path.join(work, "stranger-build")
    # Another libcproc must not come first.
    run("meson", "setup", build, project, "--wrap-mode=forcefallback",
        "--force-fallback-for=libcproc-1", "-Dlibcproc:introspection=disabled",
        "-Dlibcproc:tests=false", "-Dlibcproc:examples=false")
    output = run("ninja", "-C", build)
    if "warning:" in output:
        sys.exit(output)
    check("a subproject", run("meson", "devenv", "-C", build, os.path.join(build, "program")))


def main():
    separator = sys.argv.index("--")
    root, *options = sys.argv[1:separator]
    compiler = sys.argv[separator + 1:]

    with tempfile.TemporaryDirectory() as work:
        prefix = Prefix(os.path.join(work, "prefix"))
        build = os.path.join(work, "build")
        run("meson", "setup", build, root, "--prefix=" + prefix.path,
            "-Dtests=false", "-Dexamples=false", *options)
        run("ninja", "-C", build)
        run("meson", "install", "-C", build, "--no-rebuild")
        prefix.use()
        check_pkg_config(prefix)
        check_languages(prefix, work, compiler)
        check_subproject(root, work)


main()

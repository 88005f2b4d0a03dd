# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds and installs the library into an empty prefix and uses it from there, as a stranger would.

    install.py ROOT MESON_OPTION... -- COMPILER...

In C with what pkg-config says and nothing else, in Python and GJS by the installed typelib, in Vala
by the installed vapi, from a shell with the command, and as a subproject of another meson project,
by the wraps of docs/packaging.md.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

from common import read, source_files

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = "/\ninstalled\n"

PROJECT = """
project('stranger', 'c')
executable('program', 'program.c', dependencies: dependency('libcproc-1', version: '>= 1.0'))
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
        overrides = self.find("Cproc.py")
        if overrides is not None:
            self.env["PYTHONPATH"] = os.path.dirname(os.path.dirname(overrides))


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


def check_tool(prefix):
    tool = os.path.join(prefix.path, "bin", "cproc")
    output = run(tool, "exec", "--json", "--", "sh", "-c", "pwd; echo installed", cwd="/",
                 env=prefix.env)
    check("the command", json.loads(output)["stdout"])

    # Newer C libraries translate nothing in C.UTF-8: the same locale under the name of another.
    locales = os.path.join(prefix.path, "locales")
    os.mkdir(locales)
    os.symlink("/usr/lib/locale/C.utf8", os.path.join(locales, "de_DE.UTF-8"))
    german = subprocess.run([tool, "exec", "--timeout=bald", "true"],
                            capture_output=True, text=True,
                            env={**prefix.env, "LOCPATH": locales, "LC_ALL": "de_DE.UTF-8"})
    if german.returncode != 2 or "„bald“ ist keine Anzahl von Sekunden" not in german.stderr:
        sys.exit(f"the command says in German: {german.stderr}")

    for path in ("share/man/man1/cproc.1", "share/bash-completion/completions/cproc"):
        if not os.path.exists(os.path.join(prefix.path, path)):
            sys.exit(f"{path} is not installed")


def make_archive(root, work):
    """As a release has it; returns its path and its folder's name."""
    version = re.search(r"^  version: '(.*)',", read(root, "meson.build"), re.MULTILINE).group(1)
    name = "libcproc-" + version
    path = os.path.join(work, name + ".tar.xz")
    with tarfile.open(path, "w:xz", preset=0) as archive:
        for file in source_files(root):
            archive.add(os.path.join(root, file), os.path.join(name, file))
    return path, name


def make_repository(archive, name, work):
    """With what is in the archive."""
    with tarfile.open(archive) as file:
        file.extractall(os.path.join(work, "repository"))
    folder = os.path.join(work, "repository", name)
    git = ["git", "-C", folder, "-c", "user.name=Stranger", "-c", "user.email=stranger@localhost"]
    run("git", "init", "-q", folder)
    run(*git, "add", "--all", "--force")
    run(*git, "commit", "-q", "-m", "Release")
    run(*git, "tag", name[len("libcproc-"):])
    return folder


def make_stranger(folder, wrap):
    os.makedirs(os.path.join(folder, "subprojects"))
    shutil.copy(os.path.join(HERE, "program.c"), folder)
    for path, content in (("meson.build", PROJECT), ("subprojects/libcproc.wrap", wrap)):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(content.lstrip())
    # Another libcproc must not come first.
    run("meson", "setup", os.path.join(folder, "_build"), folder, "--wrap-mode=forcefallback",
        "--force-fallback-for=libcproc-1", "-Dlibcproc:introspection=disabled")


def check_subproject(root, work):
    """The wraps are as the page has them, but for the places that it leaves open."""
    wraps = re.findall(r"^```ini\n(.*?)^```$", read(root, "docs/packaging.md"),
                       re.MULTILINE | re.DOTALL)
    [from_git, from_archive] = sorted(wraps, key=lambda wrap: "[wrap-git]" not in wrap)
    archive, name = make_archive(root, work)

    with open(archive, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    stranger = os.path.join(work, "stranger")
    make_stranger(stranger, from_archive.replace(f"https://example.org/{name}.tar.xz",
                                                 "file://" + archive).replace("0" * 64, digest))
    build = os.path.join(stranger, "_build")
    output = run("ninja", "-C", build)
    if "warning:" in output:
        sys.exit(output)
    if os.path.exists(os.path.join(build, "subprojects", name, "tests")):
        sys.exit("a subproject builds its tests")
    check("a subproject", run("meson", "devenv", "-C", build, os.path.join(build, "program")))

    if shutil.which("git"):
        repository = make_repository(archive, name, work)
        make_stranger(os.path.join(work, "git-stranger"),
                      from_git.replace("https://example.org/libcproc.git", "file://" + repository))


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
        check_tool(prefix)
        check_subproject(root, work)


main()

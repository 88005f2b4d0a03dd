# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cproc.pyi says what is there, and type checkers understand it."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import unittest

import harness
from harness import Cproc
from gi.repository import GObject

STUBS = os.environ["CPROC_TEST_STUBS"]
MYPY = os.environ.get("CPROC_TEST_MYPY")
TYPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "typed")

# Inherited from Python's own classes, or of no use to a program.
NOT_IN_STUB = {"parent_instance", "add_note", "with_traceback", "copy", "free", "matches",
               "new_literal", "args", "get_property", "set_property"}


def read(name):
    with open(os.path.join(STUBS, name), encoding="utf-8") as file:
        return ast.parse(file.read())


def members(node):
    """The names that a class or a module of the stub defines."""
    names = {}
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.setdefault(item.name, item)
        elif isinstance(item, ast.AnnAssign):
            names[item.target.id] = item
    return names


def public(names):
    return {name for name in names if not name.startswith("_")}


class Contents(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.stub = members(read("Cproc.pyi"))

    def all_members(self, name):
        """Those of a class and of the classes below it in the stub."""
        node = self.stub[name]
        names = dict(members(node))
        for base in node.bases:
            base = base.value if isinstance(base, ast.Subscript) else base
            if isinstance(base, ast.Name) and base.id in self.stub:
                names = {**self.all_members(base.id), **names}
        return names

    def classes(self):
        return [name for name, item in self.stub.items()
                if isinstance(item, ast.ClassDef) and not name.startswith("_")]

    def test_module(self):
        there = {name for name in dir(Cproc) if not name.startswith("_")}
        self.assertEqual(public(self.stub), {name for name in there if name[-5:] != "Class"})

    def test_what_is_there_is_in_the_stub(self):
        for name in self.classes():
            described = public(self.all_members(name))
            for owner in getattr(Cproc, name).__mro__:
                if not owner.__module__.startswith(("gi.overrides.Cproc", "gi.overrides._cproc",
                                                    "gi.repository.Cproc")):
                    continue
                found = {key for key in owner.__dict__
                         if not key.startswith(("_", "connect_"))} - NOT_IN_STUB
                self.assertLessEqual(found, described, f"{name}, from {owner}")

    def test_what_is_in_the_stub_is_there(self):
        for name in self.classes():
            for member, item in self.all_members(name).items():
                # Attributes that are set on instances.
                if not isinstance(item, ast.AnnAssign) and member != "Props":
                    self.assertTrue(hasattr(getattr(Cproc, name), member), f"{name}.{member}")

    def test_properties(self):
        for name in ("Command", "Child", "Exec", "Worker", "Channel", "Request",
                     "Progress", "Pool", "Pipeline"):
            props = members(members(self.stub[name])["Props"])
            cls = getattr(Cproc, name)
            there = {pspec.name.replace("-", "_"): pspec for pspec in GObject.list_properties(cls)
                     if pspec.owner_type == cls.__gtype__}
            self.assertEqual(props.keys(), there.keys())
            for key, item in props.items():
                writable = bool(there[key].flags & GObject.ParamFlags.WRITABLE
                                and not there[key].flags & GObject.ParamFlags.CONSTRUCT_ONLY)
                self.assertEqual(isinstance(item, ast.AnnAssign), writable, f"{name}:{key}")

    def test_signals(self):
        for name in ("Child", "Worker", "Channel", "Pool", "Pipeline"):
            described = set(re.findall(r"'([a-z-]+)(?:::\w+)?'", " ".join(
                ast.unparse(item.args) for item in self.stub[name].body
                if getattr(item, "name", "") == "connect")))
            cls = getattr(Cproc, name)
            there = set(GObject.signal_list_names(cls.__gtype__))
            if name == "Worker":
                there |= set(GObject.signal_list_names(Cproc.Child.__gtype__))
            self.assertEqual(described, there)

    def test_keywords(self):
        """The options of the constructors are those that work."""
        from gi.overrides._cproc import options
        for name, own in (("Child", Cproc.Child), ("Exec", Cproc.Exec), ("Worker", Cproc.Worker),
                          ("Command", Cproc.Command), ("spawn", Cproc.Child),
                          ("fork", Cproc.Worker), ("_Run", Cproc.Exec), ("_RunAsync", Cproc.Exec),
                          ("_CheckOutput", Cproc.Exec)):
            item = self.stub[name]
            if isinstance(item, ast.ClassDef):
                # Those for a pipeline come first; its options are others.
                name_of_call = "__call__" if name.startswith("_") else "__init__"
                item = [call for call in item.body if getattr(call, "name", "") == name_of_call
                        and "Pipeline" not in ast.unparse(call.args)][0]
            keywords = {arg.arg for arg in item.args.kwonlyargs} - {"check", "text",
                                                                    "capture_output"}
            properties = {pspec.name.replace("-", "_") for pspec in GObject.list_properties(own)
                          if pspec.flags & GObject.ParamFlags.WRITABLE}
            expected = properties | options.LAUNCH - {"exec_path", "exec_argv"}
            if name in ("Worker", "Command", "fork"):
                expected |= {"exec_path", "exec_argv"}
            if name.startswith("_") or name in ("spawn", "fork"):
                expected -= {"command"}
            self.assertEqual(keywords, expected, name)

    def test_parameters(self):
        """What the override itself defines has the parameters that the stub gives it."""
        for name in self.classes():
            for member, item in self.all_members(name).items():
                function = inspect.unwrap(getattr(getattr(Cproc, name), member, None) or print)
                if not (inspect.isfunction(function) and "gi.overrides" in function.__module__):
                    continue
                parameters = [parameter.name for parameter
                              in inspect.signature(function).parameters.values()
                              if parameter.kind == parameter.POSITIONAL_OR_KEYWORD]
                described = [arg.arg for arg in item.args.args]
                if member not in ("connect", "__init__", "__exit__", "__aexit__"):
                    self.assertEqual(described, parameters, f"{name}.{member}")


@unittest.skipUnless(MYPY, "no mypy")
class Mypy(harness.TestCase):
    def check(self, path):
        package = os.path.join(self.folder, "gi", "repository")
        os.makedirs(package)
        shutil.copy(os.path.join(STUBS, "Cproc.pyi"), package)
        for name, folder in (("repository.pyi", package),
                             ("package.pyi", os.path.dirname(package))):
            shutil.copy(os.path.join(STUBS, name), os.path.join(folder, "__init__.pyi"))
        checked = subprocess.run(
            [MYPY, "--strict", "--allow-subclassing-any", "--no-incremental", "--no-error-summary",
             "--cache-dir=" + os.devnull, "--no-site-packages", "--config-file=",
             os.path.join(TYPED, path)],
            env={**os.environ, "MYPYPATH": self.folder, "PYTHONPATH": ""},
            capture_output=True, text=True)
        self.assertEqual(checked.stderr, "")
        return [re.fullmatch(r".*?:(\d+): error: .*\[([\w-]+)\]", line).groups()
                for line in checked.stdout.splitlines() if ": note: " not in line]

    def test_right(self):
        self.assertEqual(self.check("right.py"), [])

    def test_wrong(self):
        with open(os.path.join(TYPED, "wrong.py"), encoding="utf-8") as file:
            expected = [(str(number), kind) for number, line in enumerate(file, 1)
                        for kinds in re.findall(r"# E: (.*)", line)
                        for kind in kinds.split(", ")]
        self.assertGreater(len(expected), 5)
        self.assertEqual(self.check("wrong.py"), expected)


if __name__ == "__main__":
    harness.main()

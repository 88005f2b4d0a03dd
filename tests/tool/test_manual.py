# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual page, the completion and --help say the same."""

import os
import re
import shutil
import subprocess
import unittest

from common import TestCase, environment, main, run

MANUAL = os.environ["CPROC_TOOL_MANUAL"]
COMPLETION = os.environ["CPROC_TOOL_COMPLETION"]
FISH = COMPLETION.removesuffix("bash") + "fish"
ZSH = COMPLETION.removesuffix("bash") + "zsh"

# What a key does: the words of the command line, the last of them being completed.
COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
compopt () { :; }
COMPREPLY=()
$(complete -p cproc | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""


def options_of(verb):
    """Yields the options that the help of a verb names: the short one, the long one, its value."""
    help_text = run(verb, "--help").stdout.decode()
    for short, long, value in re.findall(r"^  (?:(-\w), )?(--[\w-]+)(?:=(\S+))?", help_text,
                                         re.MULTILINE):
        yield short, long, value


class Manual(TestCase):
    def text(self):
        with open(MANUAL, encoding="utf-8") as file:
            text = file.read()
        return re.sub(r"\\f.", "", text.replace("\\-", "-"))

    def test_options(self):
        for verb in ("exec", "spawn", "fork"):
            options = list(options_of(verb))
            self.assertGreater(len(options), 1)
            for short, long, value in options:
                if long == "--help":
                    continue
                heading = f".BR {short} \", \" {long}" + (f"={value}" if value else "")
                self.assertIn(heading + "\n", self.text())
                synopsis = self.text().split(f".B cproc {verb}\n")[1].split(".br\n")[0]
                self.assertIn(f"[ {long}" + (f"={value}" if value else ""), synopsis)

    def test_no_other_options(self):
        known = {long for verb in ("exec", "spawn", "fork") for _, long, _ in options_of(verb)}
        for long in re.findall(r"(?<![\w-])--[a-z-]+", self.text()):
            self.assertIn(long, known | {"--version"})

    @unittest.skipUnless(shutil.which("man"), "needs man")
    def test_renders(self):
        done = subprocess.run(
            ["man", "--warnings=w", "-E", "UTF-8", "-l", "-Tutf8", "-Z", MANUAL],
            capture_output=True, text=True, env=environment(LC_ALL="C.UTF-8", MANWIDTH="80"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout)

    @unittest.skipUnless(shutil.which("mandoc"), "needs mandoc")
    def test_lint(self):
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", MANUAL], capture_output=True,
                              text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


@unittest.skipUnless(shutil.which("bash"), "needs bash")
class Completion(TestCase):
    def complete(self, *words):
        done = subprocess.run(["bash", "--norc", "-c", COMPLETE, "bash", COMPLETION, "cproc",
                               *words], capture_output=True, text=True, check=True,
                              cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_verbs(self):
        self.assertEqual(sorted(self.complete("")),
                         ["--help", "--version", "exec", "fork", "help", "spawn", "version"])
        self.assertEqual(self.complete("help", "s"), ["spawn"])
        self.assertEqual(self.complete("sp"), ["spawn"])
        self.assertEqual(self.complete("--v"), ["--version"])
        self.assertEqual(self.complete("x"), [])

    def test_options(self):
        for verb in ("exec", "spawn", "fork"):
            expected = sorted(long + ("=" if value else "") for _, long, value in options_of(verb))
            self.assertEqual(sorted(self.complete(verb, "-")), expected)
        self.assertEqual(self.complete("exec", "--json", "--ti"), ["--timeout="])

    def test_programs(self):
        for words in (["exec"], ["spawn", "--plain"], ["exec", "--"], ["exec", "-t", "5"],
                      ["spawn", "--timeout", "5"], ["exec", "--timeout", "=", "5"]):
            self.assertIn("mkdir", self.complete(*words, "mkd"), words)

    def test_files(self):
        self.path("worker.js", "")
        self.path("words", "")
        for words in (["fork"], ["fork", "-l", "1"], ["exec", "cat"], ["spawn", "--", "cat", "-n"],
                      ["exec", "-t", "5", "cat"]):
            self.assertEqual(sorted(self.complete(*words, "wor")), ["words", "worker.js"], words)

    def test_no_values(self):
        for words in (["exec", "-t"], ["exec", "--timeout", "="], ["fork", "--linger"]):
            self.assertEqual(self.complete(*words, ""), [], words)


@unittest.skipUnless(shutil.which("fish"), "needs fish")
class Fish(TestCase):
    def complete(self, line):
        done = subprocess.run(["fish", "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]',
                               FISH, "cproc " + line], capture_output=True, text=True, check=True,
                              cwd=self.folder, env=environment(HOME=self.folder))
        return [line.partition("\t")[0] for line in done.stdout.splitlines()]

    def test_verbs(self):
        self.assertEqual(sorted(self.complete("")), ["exec", "fork", "help", "spawn", "version"])
        self.assertEqual(self.complete("sp"), ["spawn"])

    def test_options(self):
        for verb in ("exec", "spawn", "fork"):
            expected = {long for _, long, _ in options_of(verb)}
            found = {word.rstrip("=") for word in self.complete(verb + " --")}
            self.assertEqual(found, expected)
        self.assertEqual(self.complete("exec cat --jso"), [])

    def test_programs(self):
        for words in ("exec", "spawn --plain", "exec -t 5", "exec --"):
            self.assertIn("mkdir", self.complete(words + " mkd"))


@unittest.skipUnless(shutil.which("zsh"), "needs zsh")
class Zsh(TestCase):
    def test_syntax(self):
        done = subprocess.run(["zsh", "-f", "-n", ZSH], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_options(self):
        """Each verb has its options, short and long, and the value where there is one."""
        with open(ZSH, encoding="utf-8") as file:
            text = file.read()
        for name in ("timeout", "shell", "help"):
            shared = re.search(rf"local -a {name}=\((.*)\)", text)[1]
            text = text.replace(f"${name} ", shared + " ")
        for verb in ("exec", "spawn", "fork"):
            part = re.search(rf"^ +{verb}\)\n(.*?);;", text, re.MULTILINE | re.DOTALL)[1]
            found = set(re.findall(r"\{(-\w)\+?,(--[\w-]+=?)\}", part))
            self.assertEqual(found, {(short, long + ("=" if value else ""))
                                     for short, long, value in options_of(verb)})


main()

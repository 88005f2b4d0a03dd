# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people who know subprocess try first."""

import asyncio
import errno
import functools
import os
import pickle
import signal
import subprocess
import sys
import threading
import unittest.mock
from pathlib import Path

import harness
from harness import Cproc, wait_closed
from test_override_asyncio import AsyncCase
from gi.repository import GLib

# Does what its first argument says with what "run" is, under a SIGINT handler of its own.
INTERRUPTED = """
import signal, sys, gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc
seen = []
def on_interrupt(number, frame):
    seen.append(number)
    if "raise" in sys.argv[1]:
        raise KeyboardInterrupt
signal.signal(signal.SIGINT, on_interrupt)
trap = "trap '' INT; " if "ignore" in sys.argv[1] else ""
try:
    result = Cproc.run(trap + "echo >&2; while :; do sleep 0.1; done",
                       stderr=Cproc.Stdio.INHERIT, containment=Cproc.Containment.GROUP)
    print(result.returncode, seen)
except KeyboardInterrupt:
    print("interrupted", seen)
"""


class Names(harness.TestCase):
    """Functions and options by the names that they have elsewhere."""

    def test_functions(self):
        self.assertIs(Cproc.exec, Cproc.run)
        self.assertEqual(Cproc.check_output("echo a"), "a\n")
        self.assertEqual(Cproc.check_output(["echo", "a"], text=False), b"a\n")
        self.assertRaises(Cproc.ProcessError, Cproc.check_output, "exit 3")
        child = Cproc.spawn(["sh", "-c", "exit 3"])
        self.assertGreater(child.pid, 0)
        wait_closed(child)
        self.assertEqual(child.returncode, 3)

    def test_fork(self):
        worker = Cproc.fork(harness.WORKER, ["one"])
        self.assertIsInstance(worker, Cproc.Worker)
        self.assertGreater(worker.pid, 0)
        worker.kill()
        wait_closed(worker)

    def test_capture_output(self):
        self.assertEqual(Cproc.run("echo a; echo b >&2", capture_output=True).stderr, "b\n")
        self.assertEqual(Cproc.run("true", capture_output=False).stdout, "")
        self.assertRaises(ValueError, Cproc.run, "true", capture_output=True, stdout=-1)

    def test_shell(self):
        self.assertEqual(Cproc.run("echo $((1 + 1))", shell=True).stdout, "2\n")
        self.assertEqual(Cproc.run(["echo $1", "x", "y"], shell=True).stdout, "y\n")
        self.assertEqual(Cproc.run("/bin/pwd", shell=False, cwd="/").stdout, "/\n")

    def test_text(self):
        self.assertEqual(Cproc.run("echo a", universal_newlines=True).stdout, "a\n")

    def test_limits(self):
        for value in (None, float("inf"), -1):
            self.assertEqual(Cproc.Exec("true", max_buffer=value).props.max_buffer, -1)

    def test_signals_by_name(self):
        for value in ("SIGINT", "INT", signal.SIGINT, 2):
            self.assertEqual(Cproc.Child("true", kill_signal=value).props.kill_signal, 2)
        self.assertRaises(ValueError, Cproc.Child, "true", kill_signal="SIGNONE")
        child = Cproc.spawn("exec sleep 1000")
        child.send_signal("SIGINT")
        wait_closed(child)
        self.assertEqual(child.returncode, -signal.SIGINT)

    def test_unknown_options(self):
        for name, hint in (("start_new_session", "new_session"), ("time_outt", "time"),
                           ("user", "user_id"), ("preexec_fn", "umask"), ("xyzzy", "xyzzy")):
            with self.subTest(name), self.assertRaisesRegex(TypeError, hint):
                Cproc.run("true", **{name: 1})

    def test_no_line_where_arguments_are_meant(self):
        for constructor in (Cproc.Child.new, Cproc.Exec.new, Cproc.Command.new):
            with self.assertRaisesRegex(TypeError, "new_shell"):
                constructor("ls -l")
        self.assertEqual(Cproc.Child.new(["true"]).get_command().get_argv(), ["true"])
        self.assertEqual(Cproc.Exec.new(["true"]).get_command().get_argv(), ["true"])
        self.assertRaises(TypeError, Cproc.Worker.new_shell, "ls")

    def test_variables(self):
        for env in ({"A=B": "1"}, {"": "1"}, {"A\0": "1"}, {"A": "\0"}):
            self.assertRaises(ValueError, Cproc.run, "true", env=env)

    def test_copy_of_the_environment(self):
        """Our own channel is not the child's, unless it is given that descriptor."""
        own = {"NODE_CHANNEL_FD": "7", "NODE_CHANNEL_SERIALIZATION_MODE": "json",
               "NODE_UNIQUE_ID": "1"}
        line = "env | grep -c -e ^NODE_CHANNEL -e ^NODE_UNIQUE_ID="
        with unittest.mock.patch.dict(os.environ, own):
            count = functools.partial(Cproc.run, line, env={**os.environ, "NODE_OTHER": "1"},
                                      check=False)
            self.assertEqual(count().stdout, "0\n")
            self.assertEqual(count(pass_fds={7: 0}).stdout, "3\n")
            self.assertEqual(count(pass_fds={8: 0}).stdout, "0\n")
            other = {**os.environ, "NODE_CHANNEL_FD": "8"}
            self.assertEqual(Cproc.run(line, env=other).stdout, "1\n")
        self.assertEqual(Cproc.run(line, env={**os.environ, **own}).stdout, "3\n")

    def test_paths_that_are_no_text(self):
        name = os.path.join(os.fsencode(self.folder), b"\xe4")
        os.mkdir(name)
        for cwd in (name, os.fsdecode(name), Path(os.fsdecode(name))):
            self.assertEqual(Cproc.run("pwd -P", cwd=cwd, text=False).stdout,
                             os.path.realpath(name) + b"\n")
        self.assertEqual(Cproc.run(["/bin/sh", "-c", "echo $0"], argv0=b"\xe4").returncode, 0)
        self.assertEqual(Cproc.run(b"echo '\xe4'", text=False).stdout, b"\xe4\n")

    def test_properties_that_are_no_text(self):
        text = os.fsdecode(b"\xe4")
        command = Cproc.Command.new(["true"])
        for name, value in (("argv", ["echo", text]), ("exec_argv", [text]), ("argv0", text),
                            ("environment", ["A=" + text]), ("exec_path", text), ("cwd", text)):
            raw = [os.fsencode(entry) for entry in value] if isinstance(value, list) \
                else os.fsencode(value)
            for given in (value, raw):
                setattr(command.props, name, given)
                self.assertEqual(getattr(command.props, name), value)
                command.set_property(name.replace("_", "-"), given)
                self.assertEqual(command.get_property(name), value)
                self.assertEqual(getattr(Cproc.Command(**{name: given}).props, name), value)
        command.props.cwd = None
        self.assertIsNone(command.props.cwd)
        command.props.nice = 3
        self.assertEqual(command.props.nice, 3)
        self.assertEqual(Cproc.Command.props.cwd.name, "cwd")
        self.assertIn("nice", dir(command.props))
        with self.assertRaises(AttributeError):
            command.props.cwds

    def test_encoding_of_input(self):
        for encoding in ("ISO-8859-1", "UTF-16LE"):
            result = Cproc.run(["cat"], input="grün", encoding=encoding)
            self.assertEqual(result.stdout, "grün")
            raw = Cproc.run(["cat"], input="grün", encoding=encoding, text=False)
            self.assertEqual(raw.stdout, "grün".encode(encoding))

    def test_interpreter(self):
        path = os.path.join(self.folder, "module.py")
        with open(path, "w", encoding="utf-8"):
            pass
        for command in (Cproc.Command.new_module(path, []), Cproc.Worker(path).get_command(),
                        Cproc.Worker.new(path, []).get_command()):
            self.assertEqual(command.get_exec_path(), sys.executable)
        os.chmod(path, 0o755)
        self.assertIsNone(Cproc.Worker(path).get_command().get_exec_path())
        self.assertEqual(Cproc.Worker(path, exec_path="/bin/true").get_command().get_exec_path(),
                         "/bin/true")


class Errors(harness.TestCase):
    """Errors are Python's own as well."""

    def failure(self, kind, function, *args, **keywords):
        with self.assertRaises(kind) as caught:
            function(*args, **keywords)
        self.assertIsInstance(caught.exception, GLib.Error)
        return caught.exception

    def test_missing_program(self):
        for function in (Cproc.run, Cproc.spawn):
            error = self.failure(FileNotFoundError, function, ["/nowhere/program"])
            self.assertTrue(error.matches(GLib.spawn_error_quark(), GLib.SpawnError.NOENT))
            self.assertEqual((error.errno, error.filename), (errno.ENOENT, "/nowhere/program"))
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), again.errno, again.filename, again.message),
                             (type(error), error.errno, error.filename, error.message))

    def test_missing_program_later(self):
        async def main():
            await Cproc.run_async(["/nowhere/program"])
        self.failure(FileNotFoundError, asyncio.run, main())

    def test_forbidden_program(self):
        path = os.path.join(self.folder, "program")
        with open(path, "w", encoding="utf-8"):
            pass
        self.failure(PermissionError, Cproc.run, [path])
        self.failure(NotADirectoryError, Cproc.run, ["true"], cwd=path)
        self.failure(FileNotFoundError, Cproc.run, ["true"], cwd=path + "x")

    def test_timeout(self):
        error = self.failure(TimeoutError, Cproc.run, "exec sleep 1000", timeout=0.05)
        self.assertIsInstance(error, Cproc.ProcessError)
        self.assertIsInstance(pickle.loads(pickle.dumps(error)), TimeoutError)

    def test_end(self):
        error = self.failure(Cproc.ProcessError, Cproc.run, "exit 3", check=True)
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((again.returncode, again.cmd, again.message),
                         (3, error.cmd, error.message))

    def test_nobody_reads(self):
        async def main():
            child = Cproc.spawn("exec <&-; echo; exec sleep 1000", stdin=Cproc.Stdio.PIPE)
            async for _line in child.lines():
                break
            try:
                await child.write_async(b"x" * (1 << 20))
            finally:
                child.kill()
        self.failure(BrokenPipeError, asyncio.run, main())

    def test_closed_channel(self):
        worker = Cproc.fork(harness.WORKER, ["one"])
        worker.close_channel()
        self.failure(BrokenPipeError, worker.send, 1)
        worker.kill()
        wait_closed(worker)


class Loops(AsyncCase):
    async def test_both_streams_at_once(self):
        async def read(child, stream):
            return [line async for line in child.lines(stream)]

        child = Cproc.Child("echo a; echo b >&2; echo c")
        out, err = await asyncio.gather(read(child, "stdout"), read(child, "stderr"))
        self.assertEqual((out, err), (["a", "c"], ["b"]))
        self.assertRaises(ValueError, child.lines, "stdin")

    async def test_prepared(self):
        child = Cproc.Child("echo a")
        await child.prepare_async()
        self.assertEqual([line async for line in child.lines()], ["a"])

    async def test_both_fail_with_the_start(self):
        async def read(child, stream):
            return [line async for line in child.lines(stream)]

        child = Cproc.Child(["/nowhere/program"])
        results = await asyncio.gather(read(child, "stdout"), read(child, "stderr"),
                                       return_exceptions=True)
        self.assertEqual([type(result).__mro__[-4:] for result in results],
                         [type(results[0]).__mro__[-4:]] * 2)
        self.assertIsInstance(results[0], FileNotFoundError)

    async def test_long_first_message(self):
        worker = Cproc.fork(harness.WORKER, ["echo"])
        worker.send({"text": "x" * 300_000})
        while worker.props.channel.props.queued_bytes:
            await asyncio.sleep(0)
        message = await worker.receive()
        self.assertEqual(len(message["text"]), 300_000)
        worker.kill()
        await worker.wait_async()


class Interrupts(harness.TestCase):
    """Ctrl-C where the program has a handler of its own."""

    def interrupted(self, what, times=1):
        python = subprocess.Popen([sys.executable, "-c", INTERRUPTED, what], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  start_new_session=True)
        with python:
            python.stderr.readline()
            for _ in range(times):
                python.send_signal(signal.SIGINT)
                # Two that come together are one.
                if times > 1:
                    threading.Event().wait(0.3)
            return python.stdout.read().strip()

    def test_handler_that_returns(self):
        self.assertEqual(self.interrupted("return"), "-2 [2]")

    def test_handler_that_raises(self):
        self.assertEqual(self.interrupted("raise"), "interrupted [2]")

    def test_program_that_ignores_it(self):
        self.assertIn("interrupted", self.interrupted("ignore raise", 2))


if __name__ == "__main__":
    harness.main()

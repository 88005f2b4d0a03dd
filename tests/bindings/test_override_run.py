# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override: results, errors, context managers, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading

import harness
from harness import Call, Cproc, child_argv, wait_until
from gi.repository import Gio, GLib


class Drained(harness.TestCase):
    def test_drained(self):
        self.assertIs(Cproc.run("echo x").drained, True)
        result = Cproc.run("sleep 1000 & echo $!", drain_timeout=0.05)
        os.kill(int(result.stdout), signal.SIGKILL)
        self.assertIs(result.drained, False)


class Run(harness.TestCase):
    def test_line(self):
        result = Cproc.run("echo out; echo err >&2")
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("out\n", "err\n", 0))
        self.assertEqual(result.args, ["/bin/sh", "-c", "echo out; echo err >&2"])
        result.check_returncode()
        self.assertIn("returncode=0", repr(result))

    def test_bytes(self):
        result = Cproc.run(["cat"], input=bytes(range(256)), text=False)
        self.assertIs(type(result.stdout), bytes)
        self.assertEqual((result.stdout, result.stderr), (bytes(range(256)), b""))

    def test_text_is_always_valid(self):
        result = Cproc.run(["cat"], input=b"a\xff\0\r\nb")
        self.assertEqual(result.stdout, "a\ufffd\ufffd\r\nb")

    def test_options(self):
        result = Cproc.run(child_argv("print-cwd"), cwd=self.folder, timeout=30.0)
        self.assertEqual(result.stdout, self.folder + "\n")
        self.assertEqual(Cproc.run("echo $A", env={"A": "5"}).stdout, "5\n")
        self.assertEqual(Cproc.run(["cat"], input="ä").stdout, "ä")
        self.assertEqual(Cproc.run("echo err >&2", stderr=subprocess.STDOUT).stdout, "err\n")
        self.assertEqual(Cproc.run(["cat"], input="ä".encode("latin1"),
                                   encoding="ISO-8859-1").stdout, "ä")
        with self.assertRaises(TypeError):
            Cproc.run(["true"], no_such_option=True)

    def test_no_limit_unless_asked_for(self):
        self.assertEqual(len(Cproc.run(child_argv("write", 1, 3_000_000)).stdout), 3_000_000)
        with self.assertRaises(Cproc.ProcessError) as caught:
            Cproc.run(child_argv("write", 1, 3_000_000), max_buffer=10)
        self.assertTrue(caught.exception.matches(Cproc.error_quark(), Cproc.Error.OUTPUT_LIMIT))
        self.assertEqual(caught.exception.stdout, "abcdefghij")

    def test_bad_ends(self):
        for argv, code in ((["exit", 3], 3), (["signal", signal.SIGKILL], -signal.SIGKILL)):
            result = Cproc.run(child_argv(*argv))
            self.assertEqual(result.returncode, code)
            with self.assertRaises(Cproc.ProcessError):
                result.check_returncode()

    def test_check(self):
        for text, left in ((True, ("out", "why")), (False, (b"out", b"why"))):
            with self.assertRaises(Cproc.ProcessError) as caught:
                Cproc.run("printf out; printf why >&2; exit 7", check=True, text=text)
            error = caught.exception
            self.assertEqual((error.stdout, error.stderr, error.returncode), (*left, 7))
            self.assertEqual(error.cmd[:2], ["/bin/sh", "-c"])
            self.assertIsInstance(error, GLib.Error)
            self.assertTrue(error.matches(Cproc.error_quark(), Cproc.Error.EXITED))
            self.assertEqual((error.domain, error.code), ("cproc-error-quark", 0))
            self.assertIn("why", str(error))

    def test_timeout(self):
        with self.assertRaises(Cproc.ProcessError) as caught:
            Cproc.run("echo before; exec sleep 1000", timeout=0.2)
        error = caught.exception
        self.assertTrue(error.matches(Cproc.error_quark(), Cproc.Error.TIMED_OUT))
        self.assertEqual((error.stdout, error.returncode), ("before\n", -signal.SIGTERM))

    def test_does_not_start(self):
        for check in (False, True):
            error = self.assertFails(GLib.spawn_error_quark(), GLib.SpawnError.NOENT,
                                     lambda: Cproc.run(["/no/such/program"], check=check))
            self.assertNotIsInstance(error, Cproc.ProcessError)

    def test_in_a_thread(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(Cproc.run("echo x").stdout))
                   for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, ["x\n"] * 5)


class Errors(harness.TestCase):
    """The raw methods raise what they raised, and it carries more."""

    def check(self, error, stdout):
        self.assertIsInstance(error, Cproc.ProcessError)
        self.assertEqual((error.returncode, error.stdout), (4, stdout))

    def test_exec(self):
        child = Cproc.Exec.new_shell("echo x; exit 4")
        self.check(self.assertCprocFails(Cproc.Error.EXITED, child.run, None), "x\n")
        child = Cproc.Exec.new_shell("echo x; exit 4")
        call = Call()
        child.run_async(None, call)
        self.check(self.assertCprocFails(Cproc.Error.EXITED, call.finish, child.run_finish), "x\n")

    def test_child(self):
        child = harness.child("exit", 4)
        child.start()
        self.assertTrue(child.wait())
        self.check(self.assertCprocFails(Cproc.Error.EXITED, child.wait_check), None)
        call = Call()
        child.wait_check_async(None, call)
        self.check(self.assertCprocFails(Cproc.Error.EXITED, call.finish, child.wait_check_finish),
                   None)

    def test_others_are_as_they_were(self):
        child = Cproc.Exec.new_shell("sleep 1000")
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        error = self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, child.run,
                                 cancellable)
        self.assertNotIsInstance(error, Cproc.ProcessError)

    def test_returncode(self):
        child = harness.child("sleep-forever")
        self.assertIsNone(child.returncode)
        child.start()
        self.assertIsNone(child.returncode)
        self.assertGreater(child.pid, 0)
        child.send_signal(signal.SIGKILL)
        child.wait()
        self.assertEqual(child.returncode, -signal.SIGKILL)
        child = harness.child("exit", 5)
        child.start()
        child.wait()
        self.assertEqual(child.returncode, 5)


class ContextManager(harness.TestCase):
    def test_starts_and_waits(self):
        lines = []
        child = harness.child("cat")
        child.connect("line", lambda _child, _stream, line: lines.append(line))
        with child as entered:
            self.assertIs(entered, child)
            self.assertEqual(child.props.state, Cproc.State.RUNNING)
            child.write_async("a\nb")
        self.assertEqual((lines, child.returncode), (["a", "b"], 0))

    def test_already_started(self):
        child = harness.child("exit", 2)
        child.start()
        with child:
            pass
        self.assertEqual(child.returncode, 2)

    def test_exception_kills(self):
        with self.assertRaises(ZeroDivisionError):
            with harness.child("sleep-forever") as child:
                1 / 0
        self.assertEqual(child.returncode, -signal.SIGTERM)

    def test_does_not_start(self):
        with self.assertRaises(GLib.Error):
            with Cproc.Child(["/no/such/program"]):
                self.fail()

    def test_worker(self):
        command = Cproc.Command.new_module(harness.WORKER, [])
        command.set_exec_path(sys.executable)
        received = []
        worker = Cproc.Worker(command)
        worker.connect("message", lambda _worker, message: received.append(message))
        with worker:
            worker.send("x")
            wait_until(lambda: received)
        # It was told that the channel is closed, and left.
        self.assertEqual(worker.returncode, 12)


class Interrupt(harness.TestCase):
    """Ctrl-C, for calls that block in C."""

    BEGIN = """
import gi, os, signal
gi.require_version("Cproc", "1")
from gi.repository import Cproc
child = None
def started(*_):
    print(child.pid, flush=True)
def sleeping(kind):
    global child
    child = kind(["sh", "-c", "echo; exec sleep 1000"])
    child.connect("line", started)
    return child
try:
"""
    END = """
except KeyboardInterrupt:
    print("interrupted", child.returncode, signal.set_wakeup_fd(-1))
"""

    def interrupt(self, code):
        python = subprocess.Popen([sys.executable, "-c", self.BEGIN + code + self.END],
                                  stdout=subprocess.PIPE, text=True, start_new_session=True)
        with python:
            pid = int(python.stdout.readline())
            os.kill(python.pid, signal.SIGINT)
            answer = python.stdout.read()
        self.assertEqual(python.returncode, 0)
        self.assertGone(pid)
        return answer.strip()

    def test_run(self):
        self.assertEqual(self.interrupt("    sleeping(Cproc.Exec).run()"), "interrupted -15 -1")

    def test_wait(self):
        self.assertEqual(self.interrupt("    sleeping(Cproc.Child).start(); child.wait()"),
                         "interrupted None -1")

    def test_context_manager(self):
        self.assertEqual(self.interrupt("    with sleeping(Cproc.Child): pass"),
                         "interrupted -15 -1")

    def test_handler_of_their_own(self):
        """It is called once the child has ended, which gets the signal at once."""
        code = """
    # Not print(): it may come while another is under way.
    signal.signal(signal.SIGINT, lambda *_: os.write(1, b"seen\\n"))
    sleeping(Cproc.Child).start()
    child.wait()
    print(child.returncode)
"""
        self.assertEqual(self.interrupt(code), "seen\n-2")


if __name__ == "__main__":
    harness.main()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the Python tests share: a TAP runner, waiting for something to happen, recording signals."""

import os
import sys
import tempfile
import traceback
import unittest

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib

CHILD = os.environ["CPROC_TEST_CHILD"]
WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")

# Nothing here comes near it; it only turns what would hang into a failure.
LIMIT_SECONDS = 30


def child_argv(mode, *args):
    return [CHILD, mode, *map(str, args)]


def child(mode, *args):
    return Cproc.Child.new(child_argv(mode, *args))


def shell(line):
    return Cproc.Child.new_shell(line)


def wait_until(condition):
    """Iterates the default main context until the condition holds."""
    expired = []

    def on_expired():
        expired.append(True)
        return GLib.SOURCE_REMOVE

    source = GLib.timeout_add_seconds(LIMIT_SECONDS, on_expired)
    while not condition() and not expired:
        GLib.MainContext.default().iteration(True)
    if expired:
        raise AssertionError("waited too long")
    GLib.source_remove(source)


def wait_closed(child):
    wait_until(lambda: child.props.state == Cproc.State.CLOSED)


def iterate():
    """Dispatches what is ready, without waiting."""
    while GLib.MainContext.default().iteration(False):
        pass


class Call:
    """An asynchronous call: pass it as the callback, then `finish` it."""

    def __init__(self):
        self.source = self.result = None

    def __call__(self, source, result, *_data):
        assert self.result is None, "called back twice"
        self.source, self.result = source, result

    def finish(self, finish):
        wait_until(lambda: self.result is not None)
        return finish(self.result)


class Recorder:
    """Keeps the signals of a child, in their order."""

    SIGNALS = ("started", "output", "line", "lines", "exit", "stream-ended", "closed")

    def __init__(self, child, signals=SIGNALS):
        self.events = []
        for name in signals:
            child.connect(name, self.record, name)

    def record(self, _child, *args):
        *values, name = args
        self.events.append((name, *values))

    def names(self):
        return [event[0] for event in self.events]

    def values(self, name):
        return [event[1:] for event in self.events if event[0] == name]


class Output:
    """Keeps all bytes that a child writes."""

    def __init__(self, child):
        self.stdout = b""
        self.stderr = b""
        child.connect("output", self.add)

    def add(self, _child, stream, data):
        if stream == Cproc.Stream.STDOUT:
            self.stdout += data.get_data()
        else:
            self.stderr += data.get_data()


def output_of(child):
    """Starts a child, waits until it is closed and returns its standard output as text."""
    output = Output(child)
    child.start()
    wait_closed(child)
    return output.stdout.decode()


class TestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def assertFails(self, domain, code, function, *args):
        """Calls the function, which must raise a GLib.Error of the given code; returns it."""
        try:
            function(*args)
        except GLib.Error as error:
            self.assertTrue(error.matches(domain, code), f"{error!r} is not {code!r}")
            return error
        raise AssertionError(f"no error, instead of {code!r}")

    def assertCprocFails(self, code, function, *args):
        return self.assertFails(Cproc.error_quark(), code, function, *args)

    def assertGone(self, pid):
        """The process ends, or has ended."""
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        ended = []
        GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, pidfd, GLib.IOCondition.IN,
                              lambda *_: ended.append(True))
        wait_until(lambda: ended)
        os.close(pidfd)

    def assertRuns(self, pid):
        os.kill(pid, 0)


class TapResult(unittest.TestResult):
    """Prints TAP; an exception in a callback fails the test that was running."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.problems = []
        self.reason = None
        self.failed = False
        sys.excepthook = self.in_callback

    def in_callback(self, *exception):
        self.problems.append("".join(traceback.format_exception(*exception)))

    def startTest(self, test):
        super().startTest(test)
        self.problems = []
        self.reason = None

    def addError(self, test, error):
        super().addError(test, error)
        self.in_callback(*error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.in_callback(*error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.problems.append(str(subtest))
            self.in_callback(*error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.reason = reason

    def stopTest(self, test):
        super().stopTest(test)
        self.number += 1
        name = "/".join(test.id().split(".")[1:])
        for problem in self.problems:
            print("# " + problem.rstrip().replace("\n", "\n# "))
        skip = f" # SKIP {self.reason}" if self.reason else ""
        print("not ok" if self.problems else "ok", self.number, name + skip, flush=True)
        self.failed = self.failed or bool(self.problems)


def main():
    loader = unittest.defaultTestLoader
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:], sys.modules["__main__"])
    else:
        suite = loader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(1 if result.failed else 0)

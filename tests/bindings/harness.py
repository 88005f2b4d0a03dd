# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the Python tests share: waiting for something to happen, recording signals."""

import os

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib

import tap
from tap import CHILD, LIMIT_SECONDS, main

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")


def child_argv(mode, *args):
    return [CHILD, mode, *map(str, args)]


def with_input(child):
    """Gives the child a pipe as its standard input, to be written to after the start."""
    child.props.command.set_stdin_mode(Cproc.Stdio.PIPE)
    return child


def child(mode, *args):
    return with_input(Cproc.Child.new(child_argv(mode, *args)))


def shell(line):
    return with_input(Cproc.Child.new_shell(line))


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


class TestCase(tap.TestCase):
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

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handlers in Python that do the worst in every signal of a child and of a worker."""

import sys

import harness
from harness import Cproc, iterate, wait_until
from gi.repository import GLib

CHILD_SIGNALS = ("started", "output", "lines", "line", "exit", "stream-ended", "closed",
                 "notify::state")
WORKER_SIGNALS = ("message", "disconnected", "exit", "closed")


def throw(_test, _child):
    raise ValueError("thrown by a handler")


def kill(_test, child):
    if child.props.state in (Cproc.State.RUNNING, Cproc.State.EXITED):
        try:
            child.kill()
        except GLib.Error as error:
            assert error.matches(Cproc.error_quark(), Cproc.Error.NOT_RUNNING), error


def nested_loop(_test, child):
    # There is no end to wait for from inside of the start.
    if child.props.state != Cproc.State.NEW:
        wait_until(lambda: child.props.state == Cproc.State.CLOSED)


def run_other(_test, _child):
    other = Cproc.Exec.new(harness.child_argv("echo", "1", "other"))
    other.run(None)
    assert other.get_stdout_text() == "other"


def start_other(test, _child):
    if test.others:
        return
    other = harness.child("exit", "0")
    test.others.append(other)
    other.start()


def drop(test, _child):
    test.subject = None


def disconnect(test, child):
    if test.handler is not None:
        handler, test.handler = test.handler, None
        child.disconnect(handler)


def send(_test, child):
    if isinstance(child, Cproc.Worker):
        try:
            child.send(Cproc.Message.new_text("[1]"))
        except GLib.Error as error:
            assert error.matches(Cproc.error_quark(), Cproc.Error.CHANNEL_CLOSED), error
    elif child.props.state != Cproc.State.NEW:
        child.close_stdin()


def echo_worker():
    # What comes goes back; that takes no interpreter.
    return Cproc.Worker.new_for_command(Cproc.Command.new_shell("exec cat <&3 >&3"))


ACTIONS = (throw, kill, nested_loop, run_other, start_other, drop, disconnect, send)


class TestHandlers(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.others = []
        self.thrown = []
        self.saved_hook = sys.excepthook
        sys.excepthook = lambda kind, value, _traceback: self.thrown.append((kind, str(value)))

    def tearDown(self):
        sys.excepthook = self.saved_hook
        super().tearDown()

    def connect(self, child, signal, action):
        self.n_calls = 0
        self.ends = []

        def on_signal(emitter, *_args):
            self.n_calls += 1
            action(self, emitter)

        child.connect("closed", lambda *_args: self.ends.append(True))
        self.handler = child.connect(signal, on_signal)

    def finish(self, action):
        wait_until(lambda: self.ends or self.subject is None)
        if self.subject is not None:
            self.assertEqual(self.ends, [True])
        self.assertGreater(self.n_calls, 0)
        expected = self.n_calls if action is throw else 0
        self.assertEqual(self.thrown, [(ValueError, "thrown by a handler")] * expected)
        self.subject = None
        iterate()
        for other in self.others:
            harness.wait_closed(other)
        self.others.clear()
        self.thrown.clear()

    def test_child(self):
        for action in ACTIONS:
            for signal in CHILD_SIGNALS:
                with self.subTest(action=action.__name__, signal=signal):
                    self.subject = harness.child("echo", "1", "a\nb", "2", "c\n")
                    self.connect(self.subject, signal, action)
                    self.subject.start()
                    self.finish(action)

    def test_worker(self):
        for action in ACTIONS:
            for signal in WORKER_SIGNALS:
                with self.subTest(action=action.__name__, signal=signal):
                    self.subject = echo_worker()
                    self.n_messages = 0
                    self.subject.connect("message", self.close_when_all_came)
                    self.connect(self.subject, signal, action)
                    self.subject.start()
                    for number in range(3):
                        self.subject.send(Cproc.Message.new_text(str(number)))
                    self.finish(action)

    def close_when_all_came(self, worker, _message):
        self.n_messages += 1
        if self.n_messages == 3:
            worker.close_channel()


if __name__ == "__main__":
    harness.main()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""CprocChild from Python: start, life, end."""

import gc
import os
import signal

import harness
from harness import (CHILD, Call, Cproc, Recorder, child, child_argv, iterate, shell, wait_closed,
                     wait_until)
from gi.repository import Gio, GLib

STDOUT, STDERR = Cproc.Stream.STDOUT, Cproc.Stream.STDERR


class Construction(harness.TestCase):
    def test_new(self):
        child = Cproc.Child.new([CHILD, "exit", "0"])
        self.assertEqual(child.get_command().props.argv, [CHILD, "exit", "0"])

    def test_new_shell(self):
        self.assertEqual(harness.output_of(shell("echo a; echo b")), "a\nb\n")

    def test_new_for_command(self):
        command = Cproc.Command.new(child_argv("exit", 3))
        child = Cproc.Child.new_for_command(command)
        self.assertIs(child.props.command, command)
        child.start()
        wait_closed(child)
        self.assertEqual(child.props.exit_code, 3)

    def test_defaults(self):
        child = shell("true")
        for name, value in {
            "pid": 0, "state": Cproc.State.NEW, "exit-code": -1, "term-signal": 0, "timeout": 0,
            "idle-timeout": 0, "drain-timeout": 1000, "kill-signal": signal.SIGTERM,
            "kill-grace": 5000, "timed-out": False, "encoding": "UTF-8",
            "max-line-length": 1 << 20, "universal-newlines": False,
            "line-flags": Cproc.LineFlags.NONE,
            "io-priority": GLib.PRIORITY_DEFAULT,
            "keep-output": False,
        }.items():
            with self.subTest(name):
                self.assertEqual(child.get_property(name), value)
                self.assertEqual(getattr(child, "get_" + name.replace("-", "_"))(), value)

    def test_writable_properties_notify(self):
        child = shell("true")
        changes = {
            "timeout": 5000, "idle-timeout": 6000, "drain-timeout": -1, "kill-signal": 9,
            "kill-grace": 1, "encoding": "ISO-8859-15", "max-line-length": 80,
            "universal-newlines": True, "io-priority": GLib.PRIORITY_LOW,
            "keep-output": True,
        }
        notified = []
        child.connect("notify", lambda _child, pspec: notified.append(pspec.name))
        for name, value in changes.items():
            child.set_property(name, value)
            self.assertEqual(child.get_property(name), value)
            getattr(child, "set_" + name.replace("-", "_"))(value)
            self.assertEqual(getattr(child, "get_" + name.replace("-", "_"))(), value)
        self.assertEqual(notified, list(changes))

    def test_subclass(self):
        class Counting(Cproc.Child):
            __gtype_name__ = "Counting"

            def __init__(self, argv):
                super().__init__(command=Cproc.Command.new(argv))
                self.seen = []

            def do_started(self):
                self.seen.append("started")

            def do_output(self, stream, data):
                self.seen.append(("output", stream, data.get_data()))

            def do_line(self, stream, line):
                self.seen.append(("line", stream, line))

            def do_exit(self, exit_code, term_signal):
                self.seen.append(("exit", exit_code, term_signal))

            def do_stream_ended(self, stream):
                self.seen.append(("stream-ended", stream))

            def do_closed(self):
                self.seen.append("closed")

        child = Counting(child_argv("echo", 1, "text\n"))
        child.start()
        wait_closed(child)
        self.assertEqual(child.seen[0], "started")
        self.assertEqual(child.seen[-1], "closed")
        self.assertCountEqual(child.seen, [
            "started", ("output", STDOUT, b"text\n"), ("line", STDOUT, "text"), ("exit", 0, 0),
            ("stream-ended", STDOUT), ("stream-ended", STDERR), "closed"])


class Start(harness.TestCase):
    def test_start(self):
        child = harness.child("sleep-forever")
        self.assertTrue(child.start())
        self.assertEqual(child.props.state, Cproc.State.RUNNING)
        self.assertGreater(child.props.pid, 0)
        self.assertRuns(child.props.pid)
        child.force_exit()
        wait_closed(child)

    def test_start_async(self):
        child = harness.child("exit", 0)
        call = Call()
        child.start_async(None, call)
        self.assertEqual(child.props.state, Cproc.State.STARTING)
        self.assertEqual(child.props.pid, 0)
        self.assertTrue(call.finish(child.start_finish))
        self.assertGreater(child.props.pid, 0)
        self.assertIs(call.source, child)
        wait_closed(child)
        self.assertEqual(child.props.exit_code, 0)

    def test_start_async_fails(self):
        child = Cproc.Child.new(["/no/such/program"])
        call = Call()
        child.start_async(None, call)
        self.assertFails(GLib.spawn_error_quark(), GLib.SpawnError.NOENT,
                         call.finish, child.start_finish)
        self.assertEqual(child.props.state, Cproc.State.NEW)

    def test_second_start(self):
        child = harness.child("exit", 0)
        child.start()
        self.assertCprocFails(Cproc.Error.ALREADY_STARTED, child.start)
        wait_closed(child)
        self.assertCprocFails(Cproc.Error.ALREADY_STARTED, child.start)

    def assertDoesNotStart(self, domain, code, child, *words):
        recorder = Recorder(child)
        error = self.assertFails(domain, code, child.start)
        for word in words:
            self.assertIn(word, error.message)
        iterate()
        self.assertEqual(recorder.events, [])
        self.assertEqual(child.props.state, Cproc.State.NEW)
        self.assertEqual(child.props.pid, 0)
        self.assertEqual(child.props.exit_code, -1)

    def test_missing_program(self):
        for program in ("/no/such/program", "no-such-program-anywhere"):
            self.assertDoesNotStart(GLib.spawn_error_quark(), GLib.SpawnError.NOENT,
                                    Cproc.Child.new([program, "x"]), program)

    def test_not_executable(self):
        path = self.path("plain", b"#!/bin/sh\n")
        self.assertDoesNotStart(GLib.spawn_error_quark(), GLib.SpawnError.ACCES,
                                Cproc.Child.new([path]), path)

    def test_directory(self):
        self.assertDoesNotStart(GLib.spawn_error_quark(), GLib.SpawnError.ACCES,
                                Cproc.Child.new([self.folder]), self.folder)

    def test_bad_interpreter(self):
        path = self.path("script", b"#!/no/such/interpreter\n")
        os.chmod(path, 0o755)
        self.assertDoesNotStart(GLib.spawn_error_quark(), GLib.SpawnError.NOENT,
                                Cproc.Child.new([path]), path)

    def test_missing_cwd(self):
        command = Cproc.Command.new(child_argv("exit", 0))
        command.set_cwd("/no/such/folder")
        child = Cproc.Child.new_for_command(command)
        self.assertDoesNotStart(GLib.spawn_error_quark(), GLib.SpawnError.CHDIR, child,
                                CHILD, "/no/such/folder")

    def test_arguments_too_long(self):
        self.assertDoesNotStart(GLib.spawn_error_quark(), GLib.SpawnError.TOO_BIG,
                                Cproc.Child.new(child_argv("exit", "x" * (4 << 20))), CHILD)

    def test_empty_argv(self):
        self.assertDoesNotStart(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT,
                                Cproc.Child.new([]))

    def test_start_again_after_failure(self):
        path = self.path("script", b"#!/bin/sh\nexit 4\n")
        child = Cproc.Child.new([path])
        self.assertFails(GLib.spawn_error_quark(), GLib.SpawnError.ACCES, child.start)
        os.chmod(path, 0o755)
        child.start()
        wait_closed(child)
        self.assertEqual(child.props.exit_code, 4)


class Life(harness.TestCase):
    def test_exit_codes(self):
        for code in (0, 1, 2, 7, 126, 127, 255):
            child = harness.child("exit", code)
            recorder = Recorder(child)
            child.start()
            wait_closed(child)
            self.assertEqual(recorder.values("exit"), [(code, 0)])
            self.assertEqual((child.props.exit_code, child.props.term_signal), (code, 0))

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGABRT, signal.SIGUSR1,
                       signal.SIGPIPE, signal.SIGSEGV):
            child = harness.child("signal", int(number))
            recorder = Recorder(child)
            child.start()
            wait_closed(child)
            self.assertEqual(recorder.values("exit"), [(-1, number)])
            self.assertEqual((child.props.exit_code, child.props.term_signal), (-1, number))

    def test_order_of_signals(self):
        child = harness.child("echo", 1, "one\ntwo\n", 2, "error")
        recorder = Recorder(child)
        child.start()
        wait_closed(child)
        names = recorder.names()
        self.assertEqual(names[0], "started")
        self.assertEqual(names[-1], "closed")
        for once in ("started", "exit", "closed"):
            self.assertEqual(names.count(once), 1)
        self.assertCountEqual(recorder.values("stream-ended"), [(STDOUT,), (STDERR,)])
        for stream in (STDOUT, STDERR):
            of_stream = [event[0] for event in recorder.events if stream in event[1:2]
                         and event[0] != "exit"]
            self.assertEqual(of_stream[-1], "stream-ended")
            self.assertEqual(of_stream.count("stream-ended"), 1)
        self.assertEqual(recorder.values("line"), [(STDOUT, "one"), (STDOUT, "two"),
                                                   (STDERR, "error")])

    def test_state_is_set_before_the_signal(self):
        child = harness.child("exit", 5)
        seen = []
        for name in ("started", "exit", "closed"):
            child.connect(name, lambda child, *args: seen.append(
                (args[-1], child.props.state, child.props.exit_code, child.props.pid > 0)), name)
        child.start()
        wait_closed(child)
        self.assertEqual(seen, [
            ("started", Cproc.State.RUNNING, -1, True),
            ("exit", Cproc.State.EXITED, 5, True),
            ("closed", Cproc.State.CLOSED, 5, True),
        ])

    def test_notify(self):
        child = harness.child("exit", 5)
        notified = []
        child.connect("notify", lambda child, pspec: notified.append(pspec.name))
        states = []
        child.connect("notify::state", lambda child, _pspec: states.append(child.props.state))
        child.start()
        wait_closed(child)
        self.assertEqual(states, [Cproc.State.RUNNING, Cproc.State.EXITED, Cproc.State.CLOSED])
        self.assertEqual(notified.count("pid"), 1)
        self.assertEqual(notified.count("exit-code"), 1)
        self.assertNotIn("term-signal", notified)

    def test_pid_stays(self):
        child = harness.child("exit", 0)
        child.start()
        pid = child.props.pid
        wait_closed(child)
        iterate()
        self.assertEqual(child.get_pid(), pid)

    def test_get_subprocess(self):
        child = harness.child("sleep-forever")
        self.assertIsNone(child.get_subprocess())
        child.start()
        subprocess = child.get_subprocess()
        self.assertIsInstance(subprocess, Gio.Subprocess)
        self.assertEqual(subprocess.get_identifier(), str(child.props.pid))
        child.force_exit()
        wait_closed(child)

    def test_usage(self):
        command = Cproc.Command.new_shell("i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done")
        command.set_containment(Cproc.Containment.TREE)
        child = Cproc.Child.new_for_command(command)
        child.start()
        wait_closed(child)
        usage = child.dup_resource_usage()
        self.assertGreater(usage.user_time, 0)
        self.assertGreaterEqual(usage.system_time, 0)
        self.assertGreater(usage.max_rss, 100 * 1024)

    def test_drop(self):
        child = harness.child("sleep-forever")
        child.start()
        pid = child.props.pid
        self.assertRuns(pid)
        del child
        gc.collect()
        self.assertGone(pid)

    def test_child_does_not_block_on_an_unread_pipe(self):
        child = harness.child("write", 1, 10_000_000)
        child.start()
        wait_closed(child)
        self.assertEqual(child.props.exit_code, 0)


class Wait(harness.TestCase):
    def test_wait(self):
        child = harness.child("exit", 9)
        recorder = Recorder(child)
        child.start()
        self.assertTrue(child.wait(None))
        self.assertEqual(child.props.state, Cproc.State.CLOSED)
        self.assertEqual(recorder.names()[-1], "closed")
        self.assertTrue(child.wait(None))

    def test_wait_does_not_run_other_sources(self):
        ran = []
        source = GLib.idle_add(lambda: ran.append(True) or GLib.SOURCE_CONTINUE)
        child = harness.child("exit", 0)
        child.start()
        child.wait(None)
        GLib.source_remove(source)
        self.assertEqual(ran, [])

    def test_wait_async(self):
        child = harness.child("exit", 9)
        child.start()
        call = Call()
        child.wait_async(None, call)
        self.assertTrue(call.finish(child.wait_finish))
        self.assertEqual(child.props.state, Cproc.State.CLOSED)

    def test_wait_cancelled(self):
        child = harness.child("sleep-forever")
        child.start()
        cancellable = Gio.Cancellable()
        call = Call()
        child.wait_async(cancellable, call)
        cancellable.cancel()
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED,
                         call.finish, child.wait_finish)
        self.assertEqual(child.props.state, Cproc.State.RUNNING)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, child.wait, cancellable)
        child.force_exit()
        wait_closed(child)

    def test_wait_check(self):
        for mode, argument, code, word in (("exit", 3, Cproc.Error.EXITED, "3"),
                                           ("signal", 9, Cproc.Error.SIGNALED, "SIGKILL")):
            child = harness.child(mode, argument)
            child.start()
            error = self.assertCprocFails(code, child.wait_check, None)
            self.assertIn(CHILD, error.message)
            self.assertIn(word, error.message)
        child = harness.child("exit", 0)
        child.start()
        self.assertTrue(child.wait_check(None))

    def test_wait_check_async(self):
        child = harness.child("exit", 3)
        child.start()
        call = Call()
        child.wait_check_async(None, call)
        self.assertCprocFails(Cproc.Error.EXITED, call.finish, child.wait_check_finish)

        child = harness.child("exit", 0)
        child.start()
        call = Call()
        child.wait_check_async(None, call)
        self.assertTrue(call.finish(child.wait_check_finish))

    def test_wait_before_the_start(self):
        self.assertCprocFails(Cproc.Error.NOT_RUNNING, shell("true").wait, None)


class Ending(harness.TestCase):
    def start(self, mode, *args):
        """Starts a child and waits for the line that says that it is ready."""
        child = harness.child(mode, *args)
        recorder = Recorder(child)
        child.start()
        wait_until(lambda: recorder.values("line"))
        self.first_line = recorder.values("line")[0][1]
        return child

    def test_kill(self):
        child = self.start("sleep-forever", "ready")
        self.assertTrue(child.kill())
        wait_closed(child)
        self.assertEqual((child.props.exit_code, child.props.term_signal), (-1, signal.SIGTERM))
        self.assertFalse(child.props.timed_out)

    def test_kill_signal(self):
        child = self.start("sleep-forever", "ready")
        child.props.kill_signal = signal.SIGINT
        child.kill()
        wait_closed(child)
        self.assertEqual(child.props.term_signal, signal.SIGINT)

    def test_kill_grace(self):
        child = self.start("ignore-term")
        child.props.kill_grace = 50
        child.kill()
        wait_closed(child)
        self.assertEqual(child.props.term_signal, signal.SIGKILL)

    def test_stopped(self):
        child = harness.child("sleep-forever", "ready")
        seen = []
        child.connect("stopped", lambda child, signum: seen.append(signum))
        child.connect("continued", lambda child: seen.append("continued"))
        child.start()
        for signum, length in ((signal.SIGSTOP, 1), (signal.SIGCONT, 2)):
            child.send_signal(signum)
            wait_until(lambda: len(seen) == length)
        self.assertEqual(seen, [signal.SIGSTOP, "continued"])
        child.force_exit()
        wait_closed(child)

    def test_force_exit(self):
        child = self.start("ignore-term")
        self.assertTrue(child.force_exit())
        wait_closed(child)
        self.assertEqual(child.props.term_signal, signal.SIGKILL)

    def test_send_signal(self):
        child = self.start("sleep-forever", "ready")
        self.assertTrue(child.send_signal(0))
        self.assertTrue(child.send_signal(signal.SIGUSR2))
        wait_closed(child)
        self.assertEqual(child.props.term_signal, signal.SIGUSR2)

    def test_gone(self):
        child = harness.child("exit", 0)
        child.start()
        wait_closed(child)
        for method, *args in ((child.kill,), (child.force_exit,),
                              (child.send_signal, signal.SIGTERM), (child.send_signal, 0)):
            # To Python it is no error, as in subprocess.
            if hasattr(Cproc, "run"):
                self.assertFalse(method(*args))
            else:
                self.assertCprocFails(Cproc.Error.NOT_RUNNING, method, *args)

    def test_prepare(self):
        for wait in (False, True):
            child = harness.child("exit", 3)
            if wait:
                call = Call()
                child.prepare_async(None, call)
                self.assertTrue(call.finish(child.prepare_finish))
            else:
                self.assertTrue(child.prepare())
            self.assertEqual((child.props.state, child.props.pid), (Cproc.State.PREPARED, 0))
            self.assertTrue(child.start())
            wait_closed(child)
            self.assertEqual(child.props.exit_code, 3)

    def test_not_started(self):
        child = harness.child("exit", 0)
        self.assertCprocFails(Cproc.Error.NOT_RUNNING, child.force_exit)
        self.assertCprocFails(Cproc.Error.NOT_RUNNING, child.send_signal, signal.SIGTERM)

    def test_group_is_killed(self):
        child = self.start("spawn-grandchild", "plain", "wait")
        grandchild = int(self.first_line)
        self.assertRuns(grandchild)
        child.kill()
        wait_closed(child)
        self.assertEqual(child.props.term_signal, signal.SIGTERM)
        self.assertGone(grandchild)

    def test_tree_is_killed(self):
        command = Cproc.Command.new(child_argv("spawn-grandchild", "session", "wait"))
        command.set_containment(Cproc.Containment.TREE)
        child = Cproc.Child.new_for_command(command)
        recorder = Recorder(child)
        child.start()
        wait_until(lambda: recorder.values("line"))
        grandchild = int(recorder.values("line")[0][1])
        self.assertRuns(grandchild)
        child.kill()
        wait_closed(child)
        self.assertEqual(child.props.term_signal, signal.SIGTERM)
        self.assertGone(grandchild)

    def test_timeout(self):
        child = harness.child("sleep-forever")
        child.props.timeout = 50
        recorder = Recorder(child)
        timed_out = []
        child.connect("notify::timed-out", lambda child, _: timed_out.append(child.props.timed_out))
        child.start()
        self.assertCprocFails(Cproc.Error.TIMED_OUT, child.wait_check, None)
        self.assertTrue(child.props.timed_out)
        self.assertEqual(timed_out, [True])
        self.assertEqual(recorder.values("exit"), [(-1, signal.SIGTERM)])

    def test_timeout_while_running(self):
        child = self.start("sleep-forever", "ready")
        child.props.timeout = 1
        wait_closed(child)
        self.assertTrue(child.props.timed_out)

    def test_idle_timeout(self):
        child = harness.child("sleep-forever", "not idle yet")
        child.props.idle_timeout = 100
        child.start()
        self.assertCprocFails(Cproc.Error.TIMED_OUT, child.wait_check, None)
        self.assertTrue(child.props.timed_out)

    def test_drain_timeout(self):
        child = harness.child("spawn-grandchild", "session", 6)
        child.props.drain_timeout = 50
        recorder = Recorder(child)
        child.start()
        wait_closed(child)
        self.assertEqual(recorder.values("exit"), [(6, 0)])
        os.kill(int(recorder.values("line")[0][1]), signal.SIGKILL)


if __name__ == "__main__":
    harness.main()

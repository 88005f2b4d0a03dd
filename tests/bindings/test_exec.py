# SPDX-License-Identifier: LGPL-2.1-or-later
"""CprocExec from Python."""

import signal

import harness
from harness import CHILD, Call, Cproc, Recorder, child_argv
from gi.repository import Gio, GLib

MAX_BUFFER = 204_800


def execute(mode, *args):
    return Cproc.Exec.new(child_argv(mode, *args))


class Construction(harness.TestCase):
    def test_new(self):
        child = Cproc.Exec.new_shell("echo $((6 * 7)); echo problem >&2")
        self.assertTrue(child.run(None))
        self.assertEqual(child.get_stdout_text(), "42\n")
        self.assertEqual(child.get_stderr_text(), "problem\n")
        self.assertEqual(child.props.stdout_text, "42\n")
        self.assertEqual(child.props.stderr_text, "problem\n")

    def test_new_argv(self):
        child = Cproc.Exec.new(child_argv("print-args", "a b", "$HOME"))
        child.run(None)
        self.assertEqual(child.get_stdout_text(), f"{CHILD}\na b\n$HOME\n")

    def test_new_for_command(self):
        command = Cproc.Command.new(child_argv("print-cwd"))
        command.set_cwd(self.folder)
        child = Cproc.Exec.new_for_command(command)
        child.run(None)
        self.assertEqual(child.get_stdout_text(), self.folder + "\n")

    def test_is_a_child(self):
        self.assertIsInstance(Cproc.Exec.new_shell("true"), Cproc.Child)

    def test_properties(self):
        child = Cproc.Exec.new_shell("true")
        self.assertEqual(child.props.max_buffer, MAX_BUFFER)
        self.assertIsNone(child.props.input)
        self.assertFalse(child.props.capture_stack)
        notified = []
        child.connect("notify", lambda _child, pspec: notified.append(pspec.name))
        child.set_max_buffer(10)
        child.set_input(GLib.Bytes.new(b"x"))
        child.set_capture_stack(True)
        self.assertEqual(child.get_max_buffer(), 10)
        self.assertEqual(child.get_input().get_data(), b"x")
        self.assertTrue(child.get_capture_stack())
        self.assertEqual(notified, ["max-buffer", "input", "capture-stack"])

    def test_nothing_before_the_run(self):
        child = Cproc.Exec.new_shell("true")
        self.assertEqual(child.get_stdout_bytes().get_data(), b"")
        self.assertEqual(child.get_stderr_text(), "")
        self.assertIsNone(child.get_error_stack())


class Run(harness.TestCase):
    def test_run_async(self):
        child = execute("echo", 1, "out", 2, "err")
        call = Call()
        child.run_async(None, call)
        self.assertTrue(call.finish(child.run_finish))
        self.assertEqual(child.get_stdout_bytes().get_data(), b"out")
        self.assertEqual(child.get_stderr_bytes().get_data(), b"err")
        self.assertEqual(child.props.state, Cproc.State.CLOSED)

    def test_signals_during_run(self):
        child = execute("echo", 1, "out\n")
        recorder = Recorder(child)
        child.run(None)
        names = recorder.names()
        self.assertEqual((names[0], names[-1]), ("started", "closed"))
        self.assertEqual(recorder.values("exit"), [(0, 0)])
        self.assertEqual(recorder.values("line"), [(Cproc.Stream.STDOUT, "out")])

    def test_start_like_any_child(self):
        child = execute("echo", 1, "out")
        child.start()
        child.wait(None)
        self.assertEqual(child.get_stdout_text(), "out")

    def test_stdin_is_empty(self):
        child = execute("cat")
        child.run(None)
        self.assertEqual(child.get_stdout_text(), "")

    def test_input(self):
        data = b"0123456789" * 20_000
        child = execute("cat")
        child.set_input(GLib.Bytes.new(data))
        child.run(None)
        self.assertEqual(child.get_stdout_bytes().get_data(), data)

    def test_input_that_nobody_reads(self):
        child = execute("echo", 1, "answer")
        child.set_input(GLib.Bytes.new(b"x" * 5_000_000))
        self.assertTrue(child.run(None))
        self.assertEqual(child.get_stdout_text(), "answer")

    def test_text_is_valid(self):
        child = Cproc.Exec.new(["cat", self.path("bytes", b"a\xff\0z")])
        child.run(None)
        self.assertEqual(child.get_stdout_text(), "a\ufffd\ufffdz")
        self.assertEqual(child.get_stdout_bytes().get_data(), b"a\xff\0z")

    def test_text_is_decoded(self):
        child = Cproc.Exec.new(["cat", self.path("latin", "äöü".encode("iso8859-1"))])
        child.props.encoding = "ISO-8859-1"
        child.run(None)
        self.assertEqual(child.get_stdout_text(), "äöü")

    def test_second_run(self):
        child = execute("exit", 0)
        child.run(None)
        self.assertCprocFails(Cproc.Error.ALREADY_STARTED, child.run, None)


class Failure(harness.TestCase):
    def test_exit_code(self):
        for code in (1, 7, 255):
            child = execute("exit", code)
            error = self.assertCprocFails(Cproc.Error.EXITED, child.run, None)
            self.assertIn(CHILD, error.message)
            self.assertIn(str(code), error.message)
            self.assertEqual((child.props.exit_code, child.props.term_signal), (code, 0))

    def test_signal(self):
        child = execute("signal", int(signal.SIGKILL))
        error = self.assertCprocFails(Cproc.Error.SIGNALED, child.run, None)
        self.assertIn("SIGKILL", error.message)
        self.assertEqual((child.props.exit_code, child.props.term_signal), (-1, signal.SIGKILL))

    def test_message_has_the_last_line_of_stderr(self):
        child = Cproc.Exec.new_shell("echo out; echo first >&2; echo the reason >&2; exit 3")
        error = self.assertCprocFails(Cproc.Error.EXITED, child.run, None)
        self.assertIn("the reason", error.message)
        self.assertNotIn("first\n", error.message)
        self.assertEqual(child.get_stdout_text(), "out\n")
        self.assertEqual(child.get_stderr_text(), "first\nthe reason\n")

    def test_async(self):
        child = execute("exit", 2)
        call = Call()
        child.run_async(None, call)
        self.assertCprocFails(Cproc.Error.EXITED, call.finish, child.run_finish)

    def test_does_not_start(self):
        child = Cproc.Exec.new(["/no/such/program"])
        self.assertFails(GLib.spawn_error_quark(), GLib.SpawnError.NOENT, child.run, None)
        call = Call()
        child.run_async(None, call)
        self.assertFails(GLib.spawn_error_quark(), GLib.SpawnError.NOENT,
                         call.finish, child.run_finish)

    def test_shell_that_finds_no_command(self):
        child = Cproc.Exec.new_shell("no-such-command-anywhere")
        self.assertCprocFails(Cproc.Error.EXITED, child.run, None)
        self.assertEqual(child.props.exit_code, 127)

    def test_timeout(self):
        child = execute("sleep-forever", "so far")
        child.props.timeout = 200
        self.assertCprocFails(Cproc.Error.TIMED_OUT, child.run, None)
        self.assertTrue(child.props.timed_out)
        self.assertEqual(child.props.term_signal, signal.SIGTERM)

    def test_cancelled(self):
        child = execute("sleep-forever", "so far")
        cancellable = Gio.Cancellable()
        child.connect("line", lambda *_: cancellable.cancel())
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, child.run, cancellable)
        self.assertEqual(child.props.term_signal, signal.SIGTERM)
        self.assertEqual(child.get_stdout_text(), "so far\n")

    def test_cancelled_async(self):
        child = execute("sleep-forever", "so far")
        cancellable = Gio.Cancellable()
        child.connect("line", lambda *_: cancellable.cancel())
        call = Call()
        child.run_async(cancellable, call)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED,
                         call.finish, child.run_finish)
        self.assertGone(child.props.pid)

    def test_cancelled_before(self):
        child = execute("exit", 0)
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, child.run, cancellable)

    def test_error_stack(self):
        child = execute("exit", 1)
        child.props.capture_stack = True
        self.assertCprocFails(Cproc.Error.EXITED, child.run, None)
        self.assertTrue(child.get_error_stack())

        child = execute("exit", 1)
        self.assertCprocFails(Cproc.Error.EXITED, child.run, None)
        self.assertIsNone(child.get_error_stack())


class OutputLimit(harness.TestCase):
    def test_default(self):
        for stream in (1, 2):
            child = execute("write", stream, MAX_BUFFER)
            self.assertTrue(child.run(None))

            child = execute("write", stream, MAX_BUFFER + 1)
            error = self.assertCprocFails(Cproc.Error.OUTPUT_LIMIT, child.run, None)
            self.assertIn(("stdout", "stderr")[stream - 1],
                          error.message.replace("standard output", "stdout")
                          .replace("standard error", "stderr"))
            data = (child.get_stdout_bytes() if stream == 1 else child.get_stderr_bytes())
            self.assertEqual(data.get_size(), MAX_BUFFER)

    def test_each_stream_has_its_own(self):
        child = Cproc.Exec.new_shell(f"{CHILD} write 1 {MAX_BUFFER}; {CHILD} write 2 {MAX_BUFFER}")
        self.assertTrue(child.run(None))
        self.assertEqual(child.get_stdout_bytes().get_size(), MAX_BUFFER)
        self.assertEqual(child.get_stderr_bytes().get_size(), MAX_BUFFER)

    def test_first_bytes_are_kept(self):
        child = execute("write", 1, 1_000_000)
        child.props.max_buffer = 30
        self.assertCprocFails(Cproc.Error.OUTPUT_LIMIT, child.run, None)
        self.assertEqual(child.get_stdout_text(), "abcdefghijklmnopqrstuvwxyzabcd")

    def test_endless_output_is_ended(self):
        child = Cproc.Exec.new(["yes"])
        self.assertCprocFails(Cproc.Error.OUTPUT_LIMIT, child.run, None)
        self.assertEqual(child.props.term_signal, signal.SIGTERM)

    def test_none(self):
        child = execute("write", 1, 3_000_000)
        child.props.max_buffer = -1
        self.assertTrue(child.run(None))
        self.assertEqual(child.get_stdout_bytes().get_size(), 3_000_000)

    def test_zero(self):
        child = execute("exit", 0)
        child.props.max_buffer = 0
        self.assertTrue(child.run(None))
        child = execute("echo", 1, "x")
        child.props.max_buffer = 0
        self.assertCprocFails(Cproc.Error.OUTPUT_LIMIT, child.run, None)


if __name__ == "__main__":
    harness.main()

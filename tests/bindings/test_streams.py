# SPDX-License-Identifier: LGPL-2.1-or-later
"""The streams of a CprocChild from Python: output, lines, input, extra pipes, pause."""


import harness
from harness import Call, Cproc, Output, Recorder, child_argv, iterate, wait_closed, wait_until
from gi.repository import Gio, GLib

STDOUT, STDERR = Cproc.Stream.STDOUT, Cproc.Stream.STDERR


def pattern(length):
    """What `child write` writes."""
    alphabet = b"abcdefghijklmnopqrstuvwxyz"
    return (alphabet * (length // 26 + 1))[:length]


class OutputTest(harness.TestCase):
    def test_both_streams(self):
        child = harness.child("echo", 1, "out", 2, "err")
        output = Output(child)
        child.start()
        wait_closed(child)
        self.assertEqual((output.stdout, output.stderr), (b"out", b"err"))

    def test_details(self):
        child = harness.child("echo", 1, "out", 2, "err")
        seen = []
        for name in ("output::stdout", "output::stderr"):
            child.connect(name, lambda _child, stream, data, name:
                          seen.append((name, stream, data.get_data())), name)
        child.start()
        wait_closed(child)
        self.assertCountEqual(seen, [("output::stdout", STDOUT, b"out"),
                                     ("output::stderr", STDERR, b"err")])

    def test_complete(self):
        for stream in (1, 2):
            for length in (1, 4096, 65536, 65537, 200_000, 5_000_000):
                child = harness.child("write", stream, length)
                output = Output(child)
                child.start()
                wait_closed(child)
                data = output.stdout if stream == 1 else output.stderr
                self.assertEqual(len(data), length)
                self.assertEqual(data, pattern(length))

    def test_any_bytes(self):
        path = self.path("bytes", bytes(range(256)))
        child = Cproc.Child.new(["cat", path])
        output = Output(child)
        child.start()
        wait_closed(child)
        self.assertEqual(output.stdout, bytes(range(256)))

    def test_no_output(self):
        child = harness.child("exit", 0)
        recorder = Recorder(child)
        child.start()
        wait_closed(child)
        self.assertEqual(recorder.values("output") + recorder.values("line"), [])
        self.assertCountEqual(recorder.values("stream-ended"), [(STDOUT,), (STDERR,)])


class Lines(harness.TestCase):
    def lines(self, content, encoding=None, max_line_length=None):
        child = Cproc.Child.new(["cat", self.path("content", content)])
        if encoding is not None:
            child.props.encoding = encoding
        if max_line_length is not None:
            child.props.max_line_length = max_line_length
        lines = []
        child.connect("line::stdout", lambda _child, _stream, line: lines.append(line))
        child.start()
        wait_closed(child)
        return lines

    def test_line_ends(self):
        self.assertEqual(self.lines(b"a\nb\r\n\nc\rd\n\r\nlast"),
                         ["a", "b", "", "c\rd", "", "last"])
        self.assertEqual(self.lines(b"\n"), [""])
        self.assertEqual(self.lines(b""), [])

    def test_utf8(self):
        text = "päivää\n你好\n🙂\n"
        self.assertEqual(self.lines(text.encode()), text.splitlines())

    def test_bad_bytes(self):
        self.assertEqual(self.lines(b"a\xffb\nnul\0!\n"), ["a\ufffdb", "nul\ufffd!"])

    def test_encoding(self):
        self.assertEqual(self.lines("äöü€\n".encode("iso8859-15"), encoding="ISO-8859-15"),
                         ["äöü€"])
        self.assertEqual(self.lines("päivää\n🙂\n".encode("utf-16-le"), encoding="UTF-16LE"),
                         ["päivää", "🙂"])

    def test_max_line_length(self):
        self.assertEqual(self.lines(b"0123456789ab\nc\n", max_line_length=5),
                         ["01234", "56789", "ab", "c"])

    def test_long_line(self):
        line = "x" * 300_000
        self.assertEqual(self.lines(line.encode() + b"\n"), [line])

    def test_many_lines_at_once(self):
        child = Cproc.Child.new(["seq", "20000"])
        lines, calls = [], []
        child.connect("lines::stdout", lambda _child, stream, some: (lines.extend(some),
                                                                     calls.append(stream)))
        child.start()
        wait_closed(child)
        self.assertEqual(lines, [str(number) for number in range(1, 20001)])
        self.assertLess(len(calls), 5000)
        self.assertEqual(set(calls), {STDOUT})

    def test_of_stderr(self):
        child = harness.child("echo", 1, "out\n", 2, "err\n")
        lines = []
        child.connect("line::stderr", lambda _child, stream, line: lines.append((stream, line)))
        child.start()
        wait_closed(child)
        self.assertEqual(lines, [(STDERR, "err")])


class Input(harness.TestCase):
    def test_write_async(self):
        child = harness.child("cat")
        output = Output(child)
        child.start()
        calls = [Call() for _ in range(3)]
        for number, call in enumerate(calls):
            child.write_async(GLib.Bytes.new(b"%d\n" % number), GLib.PRIORITY_DEFAULT, None, call)
        for call in calls:
            self.assertTrue(call.finish(child.write_finish))
        child.close_stdin()
        wait_closed(child)
        self.assertEqual(output.stdout, b"0\n1\n2\n")
        self.assertEqual(child.props.exit_code, 0)

    def test_close_stdin_comes_after_what_is_queued(self):
        data = pattern(3_000_000)
        child = harness.child("cat")
        output = Output(child)
        child.start()
        call = Call()
        child.write_async(GLib.Bytes.new(data), GLib.PRIORITY_DEFAULT, None, call)
        child.close_stdin()
        self.assertTrue(call.finish(child.write_finish))
        wait_closed(child)
        self.assertEqual(output.stdout, data)

    def test_broken_pipe(self):
        child = harness.child("close-and-sleep", 0)
        child.start()
        call = Call()
        child.write_async(GLib.Bytes.new(pattern(4_000_000)), GLib.PRIORITY_DEFAULT, None, call)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.BROKEN_PIPE,
                         call.finish, child.write_finish)
        child.force_exit()
        wait_closed(child)

    def test_write_cancelled(self):
        child = harness.child("sleep-forever")
        child.start()
        begun, waiting, cancellable = Call(), Call(), Gio.Cancellable()
        child.write_async(GLib.Bytes.new(pattern(8_000_000)), GLib.PRIORITY_DEFAULT, None, begun)
        child.write_async(GLib.Bytes.new(b"more"), GLib.PRIORITY_DEFAULT, cancellable, waiting)
        cancellable.cancel()
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED,
                         waiting.finish, child.write_finish)
        self.assertIsNone(begun.result)
        child.force_exit()
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.BROKEN_PIPE,
                         begun.finish, child.write_finish)
        wait_closed(child)

    def test_get_stdin_stream(self):
        child = harness.child("cat")
        output = Output(child)
        child.start()
        stream = child.get_stdin_stream()
        self.assertIsInstance(stream, Gio.OutputStream)
        stream.write_all(b"through the stream", None)
        stream.close(None)
        wait_closed(child)
        self.assertEqual(output.stdout, b"through the stream")

    def test_no_stdin_stream_where_there_is_no_pipe(self):
        command = Cproc.Command.new(child_argv("exit", 0))
        command.set_stdin_mode(Cproc.Stdio.NULL)
        child = Cproc.Child.new_for_command(command)
        child.start()
        self.assertIsNone(child.get_stdin_stream())
        wait_closed(child)


class TakenStreams(harness.TestCase):
    def read_all(self, stream):
        target = Gio.MemoryOutputStream.new_resizable()
        call = Call()
        target.splice_async(stream, Gio.OutputStreamSpliceFlags.CLOSE_TARGET |
                            Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, GLib.PRIORITY_DEFAULT, None,
                            call)
        call.finish(target.splice_finish)
        return target.steal_as_bytes().get_data()

    def test_stdout(self):
        child = harness.child("write", 1, 300_000)
        recorder = Recorder(child)
        stream = child.take_stdout_stream()
        self.assertIsInstance(stream, Gio.InputStream)
        child.start()
        self.assertEqual(self.read_all(stream), pattern(300_000))
        wait_closed(child)
        self.assertEqual(recorder.values("output"), [])

    def test_stderr(self):
        child = harness.child("echo", 1, "out", 2, "err")
        output = Output(child)
        stream = child.take_stderr_stream()
        child.start()
        self.assertEqual(self.read_all(stream), b"err")
        wait_closed(child)
        self.assertEqual((output.stdout, output.stderr), (b"out", b""))

    def test_while_paused(self):
        child = harness.child("write", 1, 100_000)
        child.pause(STDOUT)
        child.start()
        stream = child.take_stdout_stream()
        self.assertEqual(self.read_all(stream), pattern(100_000))
        wait_closed(child)


class Pipes(harness.TestCase):
    def start(self, direction, *argv):
        command = Cproc.Command.new(child_argv(*argv))
        command.add_pipe(5, direction)
        child = Cproc.Child.new_for_command(command)
        output = Output(child)
        child.start()
        stream = child.get_pipe_stream(5)
        self.assertIsInstance(stream, Gio.IOStream)
        return child, stream, output

    def test_read(self):
        child, stream, _output = self.start(Cproc.PipeDirection.READ, "echo", 5, "from five")
        self.assertEqual(stream.get_input_stream().read_bytes(100, None).get_data(), b"from five")
        wait_closed(child)

    def test_write(self):
        child, stream, output = self.start(Cproc.PipeDirection.WRITE, "cat", 5, 1)
        stream.get_output_stream().write_all(b"to five", None)
        stream.close(None)
        wait_closed(child)
        self.assertEqual(output.stdout, b"to five")

    def test_both(self):
        child, stream, _output = self.start(Cproc.PipeDirection.BOTH, "cat", 5, 5)
        stream.get_output_stream().write_all(b"echo", None)
        self.assertEqual(stream.get_input_stream().read_bytes(100, None).get_data(), b"echo")
        stream.close(None)
        wait_closed(child)

    def test_none(self):
        child = harness.child("exit", 0)
        child.start()
        self.assertIsNone(child.get_pipe_stream(5))
        wait_closed(child)


class Reads(harness.TestCase):
    def read_line(self, child, stream=STDOUT):
        call = Call()
        child.read_line_async(stream, None, call)
        return call.finish(child.read_line_finish)

    def test_lines_and_bytes(self):
        child = harness.child("echo", 1, "one\n\ntwo\nthree", 2, "err")
        child.props.keep_output = True
        child.start()
        self.assertEqual(self.read_line(child), "one")
        self.assertEqual(self.read_line(child), "")
        call = Call()
        child.read_async(STDOUT, 3, None, call)
        self.assertEqual(bytes(call.finish(child.read_finish).get_data()), b"two")
        wait_closed(child)
        self.assertEqual(child.try_read_line(STDOUT), "")
        self.assertEqual(self.read_line(child), "three")
        self.assertIsNone(self.read_line(child))
        self.assertIsNone(child.try_read_line(STDOUT))
        self.assertEqual(self.read_line(child, Cproc.Stream.STDERR), "err")

    def test_keep_early_and_discard(self):
        child = harness.child("echo", 1, "early\n", 2, "dropped\n")
        child.keep_early_output()
        child.start()
        wait_closed(child)
        child.discard_output(Cproc.Stream.STDERR)
        self.assertEqual(self.read_line(child), "early")
        self.assertIsNone(self.read_line(child, Cproc.Stream.STDERR))

    def test_errors(self):
        child = harness.child("exit", 0)
        calls = [Call(), Call()]
        for call in calls:
            child.read_line_async(STDOUT, None, call)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.PENDING, calls[1].finish,
                         child.read_line_finish)
        child.start()
        self.assertIsNone(calls[0].finish(child.read_line_finish))
        wait_closed(child)


class Pause(harness.TestCase):
    def test_pause_and_resume(self):
        child = harness.child("write", 1, 20_000_000)
        received = []

        def on_output(child, _stream, data):
            received.append(len(data.get_data()))
            if len(received) == 1:
                child.pause(STDOUT)

        child.connect("output::stdout", on_output)
        child.start()
        wait_until(lambda: received)
        # The child cannot end: what it writes fits in no pipe.
        waited = []
        GLib.timeout_add(100, lambda: waited.append(True) or GLib.SOURCE_REMOVE)
        wait_until(lambda: waited)
        self.assertEqual(len(received), 1)
        self.assertEqual(child.props.state, Cproc.State.RUNNING)

        child.resume(STDOUT)
        wait_closed(child)
        self.assertEqual(sum(received), 20_000_000)
        self.assertEqual(child.props.exit_code, 0)

    def test_paused_stream_holds_closed_back(self):
        child = harness.child("echo", 1, "text")
        output = Output(child)
        child.pause(STDOUT)
        child.start()
        wait_until(lambda: child.props.state == Cproc.State.EXITED)
        iterate()
        self.assertEqual(output.stdout, b"")
        self.assertEqual(child.props.state, Cproc.State.EXITED)
        child.resume(STDOUT)
        wait_closed(child)
        self.assertEqual(output.stdout, b"text")


class FromOneToAnother(harness.TestCase):
    def test_output_becomes_input(self):
        first = harness.child("write", 1, 100_000)
        second = harness.child("cat")
        output = Output(second)
        source = first.take_stdout_stream()
        first.start()
        second.start()
        target = second.get_stdin_stream()
        call = Call()
        target.splice_async(source, Gio.OutputStreamSpliceFlags.CLOSE_TARGET |
                            Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, GLib.PRIORITY_DEFAULT, None,
                            call)
        self.assertEqual(call.finish(target.splice_finish), 100_000)
        wait_closed(second)
        wait_closed(first)
        self.assertEqual(output.stdout, pattern(100_000))


if __name__ == "__main__":
    harness.main()

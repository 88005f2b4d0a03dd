# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override: values of Python's own, which do all that the raw ones do."""

import copy
import gc
import hashlib
import json
import os
import pickle
import weakref
from pathlib import Path

import harness
from harness import CHILD, Call, Cproc, child_argv, shell, wait_closed, wait_until
from test_worker import WorkerCase
from gi.repository import Gio, GLib, GObject, Json

VALUES = [{"foo": 1, "bar": [2, None, True]}, [], {}, [1, "a"], "text", "", 0, -7, 2**63 - 1, 1.5,
          -0.0, 1e300, True, False, None]


class OutputBytes(harness.TestCase):
    def output(self, connect="connect"):
        child = harness.child("echo", 1, "text\n")
        chunks = []
        getattr(child, connect)("output", lambda *args: chunks.append(args[2]))
        child.start()
        wait_closed(child)
        return chunks[0]

    def test_is_bytes(self):
        data = self.output()
        self.assertIsInstance(data, bytes)
        self.assertEqual(data, b"text\n")
        self.assertEqual(data.decode(), "text\n")
        self.assertEqual(b"".join([data, data]), b"text\ntext\n")
        self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256(b"text\n").digest())
        self.assertEqual({data: 1}[b"text\n"], 1)

    def test_is_like_a_gbytes(self):
        data = self.output()
        self.assertIs(type(data.get_data()), bytes)
        self.assertEqual(data.get_data(), b"text\n")
        self.assertEqual(data.get_size(), 5)
        self.assertTrue(data.equal(GLib.Bytes.new(b"text\n")))
        self.assertEqual(data.new_from_bytes(1, 2).get_data(), b"ex")
        self.assertEqual(data.unref_to_data(), b"text\n")
        stream = Gio.MemoryInputStream.new_from_bytes(data.to_gbytes())
        self.assertEqual(stream.read_bytes(100, None).get_data(), b"text\n")
        with self.assertRaises(AttributeError):
            data.no_such_thing

    def test_copies_are_plain(self):
        for again in (pickle.loads(pickle.dumps(self.output())), copy.deepcopy(self.output())):
            self.assertIs(type(again), bytes)
            self.assertEqual(again, b"text\n")

    def test_written_to_another_child(self):
        first, second = harness.child("echo", 1, "through"), harness.child("cat")
        received = []
        first.connect("output", lambda _child, _stream, data: second.write_async(data))
        first.connect("closed", lambda _child: second.close_stdin())
        second.connect("output", lambda _child, _stream, data: received.append(data))
        second.start()
        first.start()
        wait_closed(second)
        self.assertEqual(b"".join(received), b"through")

    def test_of_exec(self):
        child = Cproc.Exec(child_argv("echo", 1, "out", 2, "err"))
        self.assertIs(child.run(), True)
        data = child.get_stdout_bytes()
        # Another library's function takes it.
        self.assertIsInstance(data, GLib.Bytes)
        stream = Gio.MemoryInputStream.new_from_bytes(data)
        self.assertEqual(stream.read_bytes(100, None).get_data(), b"out")
        self.assertEqual((data.get_data(), data.get_size()), (b"out", 3))
        # And it is like bytes.
        self.assertEqual((data, len(data), bytes(data), data.decode()), (b"out", 3, b"out", "out"))
        self.assertEqual((data[0], data[1:], list(data)), (ord("o"), b"ut", list(b"out")))
        self.assertEqual((data + b"!", b"!" + data), (b"out!", b"!out"))
        self.assertEqual(data, child.get_stdout_bytes())
        self.assertNotEqual(data, b"err")
        self.assertIn(b"u", data)
        self.assertTrue(data.startswith(b"ou"))
        self.assertEqual({data: 1}[b"out"], 1)
        self.assertEqual(child.get_stderr_bytes(), b"err")
        self.assertEqual((child.stdout, child.stderr), ("out", "err"))


class Connections(harness.TestCase):
    """Whatever way a handler is connected, and found again."""

    def setUp(self):
        super().setUp()
        self.seen = []

    def on_output(self, *args):
        self.seen.append(args)

    def run_child(self, child):
        child.start()
        wait_closed(child)

    def test_every_kind(self):
        child = harness.child("echo", 1, "x")
        action = Gio.SimpleAction.new("other", None)
        child.connect("output", self.on_output, "a", "b")
        child.connect_after("output::stdout", self.on_output, "after")
        child.connect_object("output", self.on_output, action, "object")
        child.connect_object_after("output", self.on_output, action)
        child.connect_data("output", self.on_output, "data")
        child.connect_data("output", self.on_output, action,
                           connect_flags=GObject.ConnectFlags.SWAPPED)
        self.run_child(child)
        stdout = Cproc.Stream.STDOUT
        self.assertCountEqual(self.seen, [
            (child, stdout, b"x", "a", "b"), (child, stdout, b"x", "after"),
            (action, stdout, b"x", "object"), (action, stdout, b"x"),
            (child, stdout, b"x", "data"), (action, stdout, b"x", child)])
        self.assertTrue(all(isinstance(args[2], bytes) for args in self.seen))

    def test_details(self):
        child = harness.child("echo", 1, "out", 2, "err")
        child.connect("output::stderr", self.on_output)
        self.run_child(child)
        self.assertEqual(self.seen, [(child, Cproc.Stream.STDERR, b"err")])

    def test_disconnect(self):
        child = harness.child("echo", 1, "x")
        handler = child.connect("output", self.on_output)
        self.assertTrue(child.handler_is_connected(handler))
        child.disconnect(handler)
        self.run_child(child)
        self.assertEqual(self.seen, [])

    def test_by_function(self):
        child = harness.child("echo", 1, "x")
        child.connect("output", self.on_output)
        child.connect("output", lambda *_: self.seen.append("other"))
        self.assertEqual(child.handler_block_by_func(self.on_output), 1)
        self.assertEqual(child.handler_unblock_by_func(self.on_output), 1)
        child.disconnect_by_func(self.on_output)
        with self.assertRaises(TypeError):
            child.disconnect_by_func(self.on_output)
        self.run_child(child)
        self.assertEqual(self.seen, ["other"])

    def test_exception_in_a_handler(self):
        import sys
        child = harness.child("echo", 1, "x")
        raised = []
        hook, sys.excepthook = sys.excepthook, lambda *error: raised.append(error[1])
        try:
            child.connect("output", lambda *_: 1 / 0)
            child.connect("output", self.on_output)
            self.run_child(child)
        finally:
            sys.excepthook = hook
        self.assertEqual([type(error) for error in raised], [ZeroDivisionError])
        self.assertEqual(len(self.seen), 1)

    def test_not_callable(self):
        child = shell("true")
        with self.assertRaises(TypeError):
            child.connect("output", 1)
        with self.assertRaises(TypeError):
            child.connect("no-such-signal", print)

    def test_emit(self):
        child = shell("true")
        child.connect("output", self.on_output)
        child.emit("output", Cproc.Stream.STDERR, GLib.Bytes.new(b"by hand"))
        self.assertEqual(self.seen, [(child, Cproc.Stream.STDERR, b"by hand")])

    def test_virtual_method(self):
        class Subclass(Cproc.Child):
            __gtype_name__ = "OverrideSubclass"

            def do_output(self, stream, data):
                self.seen = (stream, data, data.get_data(), data.decode())

        class Below(Subclass):
            __gtype_name__ = "OverrideBelow"

            def do_output(self, stream, data):
                super().do_output(stream, data + b"!")

        for kind, expected in ((Subclass, b"x"), (Below, b"x!")):
            child = kind(child_argv("echo", 1, "x"))
            self.run_child(child)
            self.assertEqual(child.seen[1], expected)
            self.assertIsInstance(child.seen[1], bytes)

    def test_names_stay_free(self):
        class Busy(Cproc.Child):
            __gtype_name__ = "OverrideBusy"

            def __init__(self, argv):
                super().__init__(command=Cproc.Command.new(argv))
                self.pid, self.returncode, self.lines, self.stdout = 1, 2, [], []

            def do_line(self, stream, line):
                self.lines.append(line)

        child = Busy(child_argv("echo", 1, "x\n"))
        self.run_child(child)
        self.assertEqual((child.pid, child.returncode, child.lines, child.stdout),
                         (1, 2, ["x"], []))

    def test_child_is_dropped(self):
        child = harness.child("sleep-forever")
        child.connect("output", self.on_output)
        child.start()
        pid, wrapper = child.pid, weakref.ref(child)
        del child
        gc.collect()
        self.assertIsNone(wrapper())
        self.assertGone(pid)


class Message(harness.TestCase):
    def test_of_a_value(self):
        self.assertEqual(Cproc.Message({"a": [1, "да"]}).get_value(), {"a": [1, "да"]})
        self.assertEqual(Cproc.Message(GLib.Variant("i", 3)).get_text(), "3")
        self.assertEqual(Cproc.Message(Cproc.Message([1])).get_text(), "[1]")
        with open(os.devnull) as file:
            self.assertEqual(Cproc.Message([], [file]).get_fd_list().get_length(), 1)
        with self.assertRaises(TypeError):
            Cproc.Message(object())


class Messages(WorkerCase):
    def received(self, *values):
        """The values as handlers of `message` get them back."""
        worker = self.started()
        for value in values:
            self.assertIs(worker.send(value), True)
        self.wait_texts(len(values))
        return self.messages

    def test_values(self):
        received = self.received(*VALUES)
        self.assertEqual(received, VALUES)
        self.assertEqual(VALUES, received)
        for value, message in zip(VALUES, received):
            with self.subTest(value):
                self.assertIsInstance(message, type(value))
                self.assertEqual(bool(message), bool(value))
                self.assertEqual(repr(message), repr(value))
                self.assertEqual(message.get_value(), value)
                self.assertIs(type(message.get_value()), type(value))
                if not isinstance(value, (dict, list)):
                    self.assertEqual({value: "found"}[message], "found")

    def test_methods_of_a_message(self):
        for value, message in zip(VALUES, self.received(*VALUES)):
            self.assertIsInstance(message, Cproc.Message)
            self.assertEqual(json.loads(message.get_text()), value)
            self.assertIsInstance(message.get_root(), Json.Node)
            self.assertIsNone(message.get_fd_list())

    def test_not_every_value_is_a_message(self):
        for value in VALUES:
            self.assertNotIsInstance(value, Cproc.Message)

    def test_matching(self):
        [message, text] = self.received({"foo": {"bar": 2}}, "stop")
        match message:
            case {"foo": {"bar": int(number)}}:
                self.assertEqual(number, 2)
            case _:
                self.fail()
        self.assertEqual(json.dumps(message), '{"foo": {"bar": 2}}')
        self.assertEqual(text.upper(), "STOP")

    def test_changed_and_sent_back(self):
        worker = self.started()
        worker.send({"foo": 1})
        self.wait_texts(1)
        message = self.messages[0]
        message["bar"] = [2]
        worker.send(message)
        self.assertEqual(self.wait_texts(2)[1], '{"foo":1,"bar":[2]}')

    def test_sent_back_as_they_are(self):
        texts = ["null", "true", "1E2", "-0", "0.10", '"\\u0041"', "[1,2]"]
        worker = self.started()
        for text in texts:
            worker.send(Cproc.Message.new_text(text))
        self.wait_texts(len(texts))
        for message in list(self.messages):
            worker.send(message)
        worker.send({"in": self.messages[0], "at": [self.messages[1]]})
        self.assertEqual(self.wait_texts(2 * len(texts) + 1)[len(texts):],
                         texts + ['{"in":null,"at":[true]}'])

    def test_copies_are_plain(self):
        for value, message in zip(VALUES, self.received(*VALUES)):
            for again in (pickle.loads(pickle.dumps(message)), copy.deepcopy(message)):
                self.assertEqual(again, value)
                self.assertIs(type(again), type(value))

    def test_text(self):
        texts = ["ä 你好 🙂 \u2028", "a\nb\0c", "\ud800"]
        received = self.received(*texts)
        self.assertEqual(received, texts)
        self.assertEqual(received[0].get_text(), json.dumps(texts[0], ensure_ascii=False))

    def test_deep(self):
        deep = json.loads("[" * 512 + "]" * 512)
        self.assertEqual(self.received(deep), [deep])

    def test_cannot_be_sent(self):
        worker = self.started()
        for value, error in ((b"bytes", TypeError), ({1, 2}, TypeError), (object(), TypeError),
                             (float("nan"), ValueError), (float("inf"), ValueError)):
            with self.subTest(value), self.assertRaises(error):
                worker.send(value)
            with self.subTest(value), self.assertRaises(error):
                worker.send({"in": [value]})
        self.assertCprocFails(Cproc.Error.INVALID_MESSAGE, worker.send, {"cmd": "NODE_X"})
        worker.send("only this")
        self.assertEqual(self.wait_texts(1), ['"only this"'])

    def test_nodes_and_variants(self):
        worker = self.started()
        worker.send(Json.from_string('{"foo":1}'))
        worker.send(message=Json.from_string("[1]"))
        worker.send(GLib.Variant("as", ["x"]))
        self.assertEqual(self.wait_texts(3), ['{"foo":1}', "[1]", '["x"]'])

    def test_send_async_with_a_callback(self):
        worker = self.started()
        calls = [Call(), Call()]
        self.assertIsNone(worker.send_async({"big": 2**63 - 1}, None, calls[0]))
        self.assertIsNone(worker.send_async(Json.from_string("2"), None, calls[1]))
        for call in calls:
            self.assertIs(call.finish(worker.send_finish), True)
        self.assertEqual(self.wait_texts(2), ['{"big":9223372036854775807}', "2"])

    def test_send_async_with_user_data(self):
        worker = self.started()
        seen = []
        worker.send_async([1], None, lambda *args: seen.append(args[2:]), "a", "b")
        wait_until(lambda: seen)
        self.assertEqual(seen, [("a", "b")])

    def test_channel(self):
        channel = self.started().props.channel
        received = []
        channel.connect("message", lambda _channel, message: received.append(message))
        channel.send({"foo": None})
        wait_until(lambda: received)
        self.assertEqual(received, [{"foo": None}])
        self.assertEqual(received[0].get_text(), '{"foo":null}')

    def test_descriptors(self):
        worker = self.started()
        read_end, write_end = os.pipe()
        os.write(write_end, b"text")
        os.close(write_end)
        with open(read_end) as file:
            worker.send({"do": "read-fds"}, fds=[file])
        self.assertEqual(self.wait_texts(1), ['["text"]'])

        worker.send({"do": "give-fd", "text": "a present"})
        self.wait_texts(2)
        self.assertEqual(self.messages[1], "here")
        [fd] = self.messages[1].get_fd_list().steal_fds()
        self.assertEqual(os.read(fd, 100), b"a present")
        os.close(fd)


class Options(harness.TestCase):
    def text_of(self, program, **options):
        child = Cproc.Child(program, **options)
        return harness.output_of(child)

    def test_programs(self):
        self.assertEqual(self.text_of(child_argv("print-args", "a b")), f"{CHILD}\na b\n")
        self.assertEqual(self.text_of((CHILD, "print-args")), f"{CHILD}\n")
        self.assertEqual(self.text_of("echo $((1 + 2))"), "3\n")
        self.assertEqual(self.text_of([Path(CHILD), b"print-args", Path("x")]), f"{CHILD}\nx\n")
        self.assertEqual(self.text_of(Cproc.Command.new_shell("echo c")), "c\n")
        self.assertEqual(Cproc.Child(Path("/bin/true")).get_command().get_argv(), ["/bin/true"])

    def test_properties_of_the_object(self):
        command = Cproc.Command.new(["true"])
        child = Cproc.Child(command=command, timeout=5, encoding="UTF-16")
        self.assertIs(child.props.command, command)
        self.assertEqual((child.props.timeout, child.props.encoding), (5000, "UTF-16"))
        child = Cproc.Child(command, timeout=10)
        self.assertIs(child.props.command, command)

    def test_durations(self):
        from datetime import timedelta
        for value, expected in ((5, 5000), (0.25, 250), (0.0001, 1), (0, 0),
                                (timedelta(minutes=1), 60000)):
            child = Cproc.Child(["true"], timeout=value, idle_timeout=value, kill_grace=value)
            self.assertEqual((child.props.timeout, child.props.idle_timeout,
                              child.props.kill_grace), (expected,) * 3)
        for value in (-1, None, float("inf")):
            child = Cproc.Child(["true"], drain_timeout=value, kill_grace=value)
            self.assertEqual((child.props.drain_timeout, child.props.kill_grace), (-1, -1))
        for value in (None, float("inf")):
            child = Cproc.Child(["true"], timeout=value, idle_timeout=value)
            self.assertEqual((child.props.timeout, child.props.idle_timeout), (0, 0))
        for value in (-1, -0.5, True, float("nan"), 1e9):
            self.assertRaises(ValueError, Cproc.Child, ["true"], timeout=value)
        self.assertRaises(ValueError, Cproc.Child, ["true"], drain_timeout=-2)
        self.assertRaises(TypeError, Cproc.Child, ["true"], timeout="5")

    def test_launch(self):
        for folder in (self.folder, Path(self.folder), os.fsencode(self.folder)):
            self.assertEqual(self.text_of(child_argv("print-cwd"), cwd=folder),
                             self.folder + "\n")
        for env in ({"A": "1", "B": "x=y"}, {b"A": b"1", "B": "x=y"}, ["A=1", "B=x=y"]):
            self.assertEqual(self.text_of(child_argv("print-env"), env=env), "A=1\nB=x=y\n")
        self.assertEqual(self.text_of(child_argv("print-args"), argv0="name"), "name\n")
        command = Cproc.Child(["true"], umask=0o77, nice=3, new_session=True,
                              containment=Cproc.Containment.TREE).get_command()
        self.assertEqual((command.props.umask, command.props.nice, command.props.new_session,
                          command.props.containment), (0o77, 3, True, Cproc.Containment.TREE))

    def test_streams(self):
        import subprocess
        for null in (Cproc.Stdio.NULL, subprocess.DEVNULL):
            self.assertEqual(self.text_of(child_argv("echo", 1, "x"), stdout=null), "")
        for merge in (Cproc.Stdio.MERGE, subprocess.STDOUT):
            self.assertEqual(self.text_of(child_argv("echo", 2, "x"), stderr=merge), "x")
        self.assertEqual(self.text_of(child_argv("echo", 1, "x"), stdout=subprocess.PIPE), "x")

        path = Path(self.path("in", b"from a file"))
        target = Path(self.path("out"))
        self.text_of(["cat"], stdin=path, stdout=target)
        self.assertEqual(target.read_bytes(), b"from a file")
        with open(path) as source, open(target, "w") as file:
            self.text_of(["cat"], stdin=source, stdout=file.fileno())
        self.assertEqual(target.read_bytes(), b"from a file")
        with self.assertRaises(TypeError):
            Cproc.Child(["true"], stdout="file")

    def test_pass_fds(self):
        with open(self.path("file", b"five"), "rb") as file:
            self.assertEqual(self.text_of(child_argv("cat", 5, 1), pass_fds={5: file.fileno()}),
                             "five")
            file.seek(0)
            number = file.fileno()
            self.assertEqual(self.text_of(child_argv("cat", number, 1), pass_fds=[number]), "five")

    def test_what_is_wrong(self):
        for options in ({"no_such": 1}, {"timeout": "1"}, {"cwd": 5}, {"env": 5}):
            with self.subTest(options), self.assertRaises(TypeError):
                Cproc.Child(["true"], **options)
        with self.assertRaises(TypeError):
            Cproc.Child(Cproc.Command.new(["true"]), cwd="/")
        with self.assertRaises(TypeError):
            Cproc.Child(5)

    def test_command(self):
        command = Cproc.Command(child_argv("print-cwd"), cwd=self.folder, env={"A": "1"})
        self.assertEqual(self.text_of(command), self.folder + "\n")
        self.assertEqual(command.get_environment(), ["A=1"])
        self.assertEqual(self.text_of(Cproc.Command("echo $A", env={"A": "1"})), "1\n")
        self.assertEqual(Cproc.Command(Path("/bin/true")).get_argv(), ["/bin/true"])
        raw = Cproc.Command(argv=["true"], cwd="/", environment=["B=1"],
                            stdin_mode=Cproc.Stdio.NULL)
        self.assertEqual((raw.props.argv, raw.props.cwd, raw.props.environment,
                          raw.props.stdin_mode), (["true"], "/", ["B=1"], Cproc.Stdio.NULL))

    def test_exec(self):
        for data in (b"text", "text", bytearray(b"text"), memoryview(b"text"),
                     GLib.Bytes.new(b"text")):
            child = Cproc.Exec(["cat"], input=data, max_buffer=100)
            child.run()
            self.assertEqual(child.stdout, "text")
            self.assertEqual(child.props.max_buffer, 100)
            child = Cproc.Exec("cat")
            child.set_input(data)
            child.run()
            self.assertEqual(child.stdout, "text")
        raw = Cproc.Exec(command=Cproc.Command.new(["cat"]), input=GLib.Bytes.new(b"raw"))
        raw.run(None)
        self.assertEqual(raw.get_stdout_text(), "raw")

    def test_worker(self):
        import sys
        worker = Cproc.Worker(harness.WORKER, ["one"], exec_path=sys.executable, timeout=30.0,
                              cwd=self.folder)
        received = []
        worker.connect("message", lambda _worker, message: received.append(message))
        worker.start()
        worker.send({"do": "describe"})
        wait_until(lambda: received)
        self.assertEqual(received[0]["arguments"], ["one"])
        worker.close_channel()
        wait_closed(worker)
        command = Cproc.Command.new(["true"])
        self.assertIs(Cproc.Worker(command).props.command, command)
        self.assertIs(Cproc.Worker(command=command).props.command, command)
        self.assertEqual(Cproc.Worker("x.py", args=["a"], channel_fd=7).props.channel_fd, 7)


if __name__ == "__main__":
    harness.main()

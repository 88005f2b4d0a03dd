# SPDX-License-Identifier: LGPL-2.1-or-later
"""CprocWorker and CprocMessage from Python, with a worker in Python and one in Node."""

import json
import os
import sys
import unittest

import harness
from harness import Call, Cproc, Recorder, iterate, wait_closed, wait_until
from gi.repository import Gio, GLib, Json

TOLD = 12


def command(*args):
    command = Cproc.Command.new_module(harness.WORKER, list(args))
    command.set_exec_path(sys.executable)
    return command


class WorkerCase(harness.TestCase):
    def worker(self, command_=None):
        worker = Cproc.Worker.new_for_command(command_ or command())
        self.texts = []
        self.messages = []
        worker.connect("message", self.on_message)
        self.addCleanup(self.end, worker)
        return worker

    def started(self, command_=None):
        worker = self.worker(command_)
        worker.start()
        return worker

    def send_text(self, worker, text):
        return worker.send(Cproc.Message.new_text(text))

    def on_message(self, _worker, message):
        self.texts.append(message.get_text())
        self.messages.append(message)

    def end(self, worker):
        if worker.props.state == Cproc.State.NEW:
            return
        try:
            worker.force_exit()
        except GLib.Error:
            # It ended by itself.
            pass
        wait_closed(worker)

    def wait_texts(self, count):
        wait_until(lambda: len(self.texts) >= count)
        return self.texts

    def order(self, worker, **order):
        worker.send(Cproc.Message.new_text(json.dumps(order)))


class Construction(WorkerCase):
    def test_new(self):
        script = self.path("worker.py", b"import sys; sys.exit(int(sys.argv[1]))")
        worker = Cproc.Worker.new(script, ["8"])
        self.assertIsInstance(worker, Cproc.Child)
        worker.start()
        wait_closed(worker)
        self.assertEqual(worker.props.exit_code, 8)

    def test_properties(self):
        worker = self.worker()
        self.assertIsInstance(worker.props.channel, Cproc.Channel)
        self.assertIs(worker.get_channel(), worker.props.channel)
        self.assertFalse(worker.props.channel.props.connected)
        self.assertEqual(worker.props.channel_fd, 3)
        notified = []
        worker.connect("notify::channel-fd", lambda *_: notified.append(True))
        worker.set_channel_fd(7)
        self.assertEqual(worker.get_channel_fd(), 7)
        self.assertEqual(notified, [True])

    def test_arguments(self):
        worker = self.started(command("one", "two"))
        self.order(worker, do="describe")
        described = json.loads(self.wait_texts(1)[0])
        self.assertEqual(described, {"arguments": ["one", "two"], "variables": [],
                                     "same": True, "connected": True})

    def test_channel_fd(self):
        shell = Cproc.Command.new_shell("echo $NODE_CHANNEL_FD $NODE_CHANNEL_SERIALIZATION_MODE; "
                                        "echo 5 >&5")
        shell.set_stdout_mode(Cproc.Stdio.PIPE)
        worker = self.worker(shell)
        worker.props.channel_fd = 5
        recorder = Recorder(worker)
        worker.start()
        wait_closed(worker)
        self.assertEqual(recorder.values("line"), [(Cproc.Stream.STDOUT, "5 json")])
        self.assertEqual(self.texts, ["5"])


class Messages(WorkerCase):
    TEXTS = [
        "null", "true", "false", "0", "-0", "1.5", '"text"', '""', "[]", "{}", "[1,[2,[3]]]",
        '{"foo":1,"bar":2}', '{"b":1,"a":2}', "9223372036854775807", "-9223372036854775808",
        "0.1", "1e300", '"line\\nline"', '"nul\\u0000nul"',
        '"\u2028 🙂 ä"', '"\\ud800"',
    ]

    def test_texts_come_back_as_they_are(self):
        worker = self.started()
        for text in self.TEXTS:
            self.assertTrue(worker.send(Cproc.Message.new_text(text)))
        self.assertEqual(self.wait_texts(len(self.TEXTS)), self.TEXTS)

    def test_nodes(self):
        worker = self.started()
        for text in ('{"foo":1,"bar":[true,null,"x"]}', "42", '"text"'):
            self.assertTrue(worker.send(Cproc.Message.new_node(Json.from_string(text))))
        self.wait_texts(3)
        self.assertEqual(self.texts, ['{"foo":1,"bar":[true,null,"x"]}', "42", '"text"'])
        root = self.messages[0].get_root()
        self.assertEqual(root.get_node_type(), Json.NodeType.OBJECT)
        self.assertEqual(root.get_object().get_int_member("foo"), 1)
        self.assertEqual(self.messages[1].get_root().get_int(), 42)
        self.assertEqual(self.messages[2].get_root().get_string(), "text")
        self.assertIsNone(self.messages[0].get_fd_list())

    def test_variants(self):
        worker = self.started()
        self.assertTrue(worker.send(Cproc.Message.new_variant(GLib.Variant("s", "Hello there!"))))
        self.assertTrue(worker.send(Cproc.Message.new_variant(GLib.Variant("a{sv}", {
            "foo": GLib.Variant("i", 1)}))))
        self.assertTrue(worker.send(Cproc.Message.new_variant(GLib.Variant("x", 9007199254740993))))
        self.assertEqual(self.wait_texts(3), ['"Hello there!"', '{"foo":1}', "9007199254740993"])

    def test_send_async(self):
        worker = self.started()
        by_node, by_text = Call(), Call()
        worker.send_async(Cproc.Message.new_node(Json.from_string("[1]")), None, by_node)
        worker.send_async(Cproc.Message.new_text("[2]"), None, by_text)
        self.assertTrue(by_node.finish(worker.send_finish))
        self.assertTrue(by_text.finish(worker.send_finish))
        self.assertEqual(self.wait_texts(2), ["[1]", "[2]"])

    def test_large_ones_keep_their_order(self):
        worker = self.started()
        sent = [json.dumps([number, "x" * 100_000]) for number in range(50)]
        for text in sent:
            worker.send(Cproc.Message.new_text(text))
        self.assertEqual(self.wait_texts(50), sent)

    def test_not_a_message(self):
        worker = self.started()
        for text in ("", "{", "{'a':1}", "nul", "01", "[1,]", '"\t"', "1 2", "1e999",
                     '{"cmd":"NODE_HANDLE"}', "[" * 1000 + "]" * 1000):
            with self.subTest(text[:20]):
                self.assertCprocFails(Cproc.Error.INVALID_MESSAGE, self.send_text, worker, text)
        call = Call()
        worker.send_async(Cproc.Message.new_text('{"cmd":"NODE_HANDLE"}'), None, call)
        self.assertCprocFails(Cproc.Error.INVALID_MESSAGE, call.finish, worker.send_finish)
        worker.send(Cproc.Message.new_text('"only this"'))
        self.assertEqual(self.wait_texts(1), ['"only this"'])

    def test_what_is_like_the_protocol_but_is_not(self):
        worker = self.started()
        texts = ['{"cmd":"node_x"}', '{"CMD":"NODE_X"}', '{"a":{"cmd":"NODE_X"}}',
                 '["NODE_HANDLE"]', '{"cmd":1}']
        for text in texts:
            worker.send(Cproc.Message.new_text(text))
        self.assertEqual(self.wait_texts(len(texts)), texts)

    def test_too_large(self):
        worker = self.started()
        worker.props.channel.props.max_message_size = 10
        self.assertCprocFails(Cproc.Error.MESSAGE_TOO_LARGE, self.send_text, worker,
                              '"0123456789"')


class Descriptors(WorkerCase):
    def pipe_with(self, text):
        read_end, write_end = os.pipe()
        os.write(write_end, text)
        os.close(write_end)
        self.addCleanup(os.close, read_end)
        return read_end

    def test_to_the_worker(self):
        worker = self.started()
        fds = Gio.UnixFDList()
        fds.append(self.pipe_with(b"first"))
        message = Cproc.Message.new_text('{"do":"read-fds"}')
        self.assertTrue(message.set_fd_list(fds))
        self.assertTrue(worker.send(message))
        worker.send(Cproc.Message.new_text('"after"'))
        self.assertEqual(self.wait_texts(2), ['["first"]', '"after"'])

    def test_from_the_worker(self):
        worker = self.started()
        self.order(worker, do="give-fd", text="a present")
        self.assertEqual(self.wait_texts(1), ['"here"'])
        fds = self.messages[0].get_fd_list()
        self.assertIsInstance(fds, Gio.UnixFDList)
        self.assertEqual(fds.get_length(), 1)
        fd = fds.get(0)
        self.assertEqual(os.read(fd, 100), b"a present")
        os.close(fd)

    def test_socket(self):
        listener = Gio.SocketListener()
        port = listener.add_any_inet_port(None)
        client = Gio.SocketClient().connect_to_host("127.0.0.1", port, None)
        connection, _source = listener.accept(None)
        client.get_output_stream().write_all(b"over the net", None)

        worker = self.started()
        message = Cproc.Message.new_text('{"do":"read-fds"}')
        self.assertTrue(message.set_socket(connection.get_socket()))
        self.assertTrue(worker.send(message))
        self.assertEqual(self.wait_texts(1), ['["over the net"]'])
        listener.close()


class End(WorkerCase):
    def test_order(self):
        worker = self.worker()
        events = []
        for name in ("started", "message", "disconnected", "exit", "closed"):
            worker.connect(name, lambda *args: events.append(args[-1]), name)
        worker.start()
        self.order(worker, do="leave", count=20, size=50_000, code=4)
        wait_closed(worker)
        self.assertEqual(worker.props.exit_code, 4)
        self.assertEqual(len(self.texts), 20)
        # What the worker wrote before it ended may arrive after the exit.
        self.assertEqual([name for name in events if name != "exit"],
                         ["started"] + ["message"] * 20 + ["disconnected", "closed"])
        self.assertEqual(events[1:-1].count("exit"), 1)

    def test_close_channel(self):
        worker = self.started()
        disconnected = []
        worker.connect("disconnected", lambda *_: disconnected.append(True))
        worker.close_channel()
        self.assertEqual(disconnected, [])
        wait_closed(worker)
        self.assertEqual(disconnected, [True])
        self.assertEqual(worker.props.exit_code, TOLD)

    def test_close_channel_comes_after_what_is_queued(self):
        worker = self.started()
        for number in range(20):
            worker.send(Cproc.Message.new_text(json.dumps([number, "x" * 50_000])))
        worker.send(Cproc.Message.new_text('{"do":"leave","count":0,"size":0,"code":6}'))
        worker.close_channel()
        wait_closed(worker)
        self.assertEqual(worker.props.exit_code, 6)

    def test_worker_closes(self):
        worker = self.started()
        disconnected = []
        worker.connect("disconnected", lambda *_: disconnected.append(worker.props.state))
        self.order(worker, do="close")
        wait_closed(worker)
        self.assertEqual(len(disconnected), 1)
        self.assertEqual(worker.props.exit_code, TOLD)
        self.assertFalse(worker.props.channel.props.connected)

    def test_send_failed(self):
        worker = self.worker(Cproc.Command.new_shell(
            "for i in 1 2 3 4; do read frame; echo '{\"cmd\":\"NODE_HANDLE_NACK\"}'; done <&3 >&3"))
        failed = []
        for source in (worker, worker.props.channel):
            source.connect("send-failed", lambda source, message, error: failed.append(
                (source, message.get_text(), message.get_fd_list().get_length(),
                 error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED))))
        worker.start()
        fds = Gio.UnixFDList()
        fds.append(0)
        message = Cproc.Message.new_text("[1]")
        message.set_fd_list(fds)
        worker.send(message)
        wait_closed(worker)
        self.assertEqual(failed, [(worker, "[1]", 1, True),
                                  (worker.props.channel, "[1]", 1, True)])

    def test_send_before_and_after(self):
        worker = self.worker()
        fds = Gio.UnixFDList()
        for code in (Cproc.Error.NOT_RUNNING, Cproc.Error.CHANNEL_CLOSED):
            self.assertCprocFails(code, self.send_text, worker, "1")
            message = Cproc.Message.new_node(Json.from_string("1"))
            message.set_fd_list(fds)
            self.assertCprocFails(code, worker.send, message)
            call = Call()
            worker.send_async(Cproc.Message.new_text("1"), None, call)
            self.assertCprocFails(code, call.finish, worker.send_finish)
            if worker.props.state == Cproc.State.NEW:
                worker.start()
                worker.close_channel()
                wait_closed(worker)

    def test_parent_is_killed(self):
        mark = self.path("mark")
        script = self.path("parent.py", f"""
import gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib
command = Cproc.Command.new_module({harness.WORKER!r}, [])
command.set_exec_path({sys.executable!r})
command.set_environment_variable("CPROC_TEST_MARK", {mark!r})
worker = Cproc.Worker.new_for_command(command)
# The worker's answer says that it is ready.
worker.connect("message", lambda worker, message: print(worker.props.pid, flush=True))
worker.start()
worker.send(Cproc.Message.new_text("1"))
GLib.MainLoop().run()
""".encode())
        parent = Cproc.Child.new([sys.executable, script])
        pids = []
        parent.connect("line::stdout", lambda _parent, _stream, line: pids.append(int(line)))
        parent.start()
        wait_until(lambda: pids)
        parent.force_exit()
        wait_closed(parent)
        self.assertGone(pids[0])
        with open(mark) as file:
            self.assertEqual(file.read(), "disconnected")

    def test_wait(self):
        worker = self.started()
        self.order(worker, do="leave", count=3, size=10, code=0)
        self.assertTrue(worker.wait_check(None))
        self.assertEqual(len(self.texts), 3)

    def test_does_not_start(self):
        worker = self.worker(Cproc.Command.new(["/no/such/worker"]))
        events = []
        for name in ("started", "disconnected", "exit", "closed"):
            worker.connect(name, lambda *args: events.append(args[-1]), name)
        self.assertFails(GLib.spawn_error_quark(), GLib.SpawnError.NOENT, worker.start)
        iterate()
        self.assertEqual(events, [])
        self.assertEqual(worker.props.state, Cproc.State.NEW)
        self.assertFalse(worker.props.channel.props.connected)


@unittest.skipUnless(GLib.find_program_in_path("node"), "no node")
class Node(WorkerCase):
    SCRIPT = b"""
process.on('message', (message, handle) => {
  if (handle)
    handle.on('data', data => process.send({got: data.toString()}));
  else
    process.send(message);
});
process.on('disconnect', () => process.exit(12));
"""

    def node(self):
        return self.started(Cproc.Command.new_module(self.path("worker.js", self.SCRIPT), []))

    def test_messages(self):
        worker = self.node()
        texts = ['{"foo":1,"bar":[2,null,true]}', '"\\n\\u0000 🙂 \u2028"', "1.5", "null", "[]"]
        for text in texts:
            worker.send(Cproc.Message.new_text(text))
        self.assertEqual([json.loads(text) for text in self.wait_texts(len(texts))],
                         [json.loads(text) for text in texts])

    def test_close_channel(self):
        worker = self.node()
        worker.send(Cproc.Message.new_text("1"))
        self.wait_texts(1)
        worker.close_channel()
        wait_closed(worker)
        self.assertEqual(worker.props.exit_code, 12)

    def test_socket(self):
        listener = Gio.SocketListener()
        port = listener.add_any_inet_port(None)
        client = Gio.SocketClient().connect_to_host("127.0.0.1", port, None)
        connection, _source = listener.accept(None)
        worker = self.node()
        message = Cproc.Message.new_text('"take it"')
        message.set_socket(connection.get_socket())
        worker.send(message)
        client.get_output_stream().write_all(b"for node", None)
        self.assertEqual(json.loads(self.wait_texts(1)[0]), {"got": "for node"})
        listener.close()


if __name__ == "__main__":
    harness.main()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""CprocChannel from Python: what is not on CprocWorker too."""

import json
import os
import socket
import sys

import harness
from harness import Call, Cproc, child_argv, output_of, wait_until
from test_worker import WorkerCase, command
from gi.repository import Gio, GLib, Json

MIB = 1 << 20


class Parent(harness.TestCase):
    SCRIPT = """
import sys, gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib
try:
    channel = Cproc.Channel.get_parent()
    print("channel" if channel else "none")
except GLib.Error as error:
    not_supported = error.matches(Cproc.error_quark(), Cproc.Error.NOT_SUPPORTED)
    print("not supported" if not_supported else "error", error.message)
"""

    def answer(self, **variables):
        command = Cproc.Command.new([sys.executable, "-c", self.SCRIPT])
        for name, value in variables.items():
            command.set_environment_variable(name, value)
        return output_of(Cproc.Child.new_for_command(command)).strip()

    def test_no_worker(self):
        self.assertIsNone(Cproc.Channel.get_parent())
        self.assertEqual(self.answer(), "none")

    def test_bad_descriptor(self):
        for value in ("abc", "-1", "3x", "999", "1"):
            with self.subTest(value):
                self.assertEqual(self.answer(NODE_CHANNEL_FD=value)[:6], "error ")

    def test_other_serialization(self):
        answer = self.answer(NODE_CHANNEL_FD="3", NODE_CHANNEL_SERIALIZATION_MODE="advanced")
        self.assertIn("not supported", answer)
        self.assertIn("advanced", answer)


class Channel(WorkerCase):
    def channel(self, command=None):
        self.texts = []
        self.worker_ = self.started(command)
        return self.worker_.props.channel

    def test_connected(self):
        worker = self.worker()
        channel = worker.props.channel
        seen = []
        channel.connect("notify::connected", lambda *_: seen.append(channel.props.connected))
        channel.connect("disconnected", lambda *_: seen.append("disconnected"))
        self.assertFalse(channel.get_connected())
        worker.start()
        self.assertTrue(channel.get_connected())
        channel.close()
        self.assertFalse(channel.get_connected())
        wait_until(lambda: "disconnected" in seen)
        self.assertEqual(seen, [True, False, "disconnected"])

    def test_signals_of_its_own(self):
        channel = self.channel()
        texts = []
        channel.connect("message", lambda _channel, message: texts.append(message.get_text()))
        self.assertTrue(channel.send(Cproc.Message.new_text("[1]")))
        self.assertTrue(channel.send(Cproc.Message.new_node(Json.from_string("[2]"))))
        self.assertTrue(channel.send(Cproc.Message.new_variant(GLib.Variant("ai", [3]))))
        wait_until(lambda: len(texts) == 3)
        self.assertEqual(texts, ["[1]", "[2]", "[3]"])

    def test_async(self):
        channel = self.channel()
        by_node, by_text, flushed = Call(), Call(), Call()
        message = Cproc.Message.new_node(Json.from_string("[1]"))
        channel.send_async(message, None, by_node)
        channel.send_async(Cproc.Message.new_text("[2]"), None, by_text)
        channel.flush_async(None, flushed)
        self.assertTrue(by_node.finish(channel.send_finish))
        self.assertTrue(by_text.finish(channel.send_finish))
        self.assertTrue(flushed.finish(channel.flush_finish))
        self.assertEqual(channel.props.queued_bytes, 0)
        self.assertEqual(self.wait_texts(2), ["[1]", "[2]"])

    def test_flush(self):
        channel = self.channel()
        for number in range(10):
            channel.send(Cproc.Message.new_text(json.dumps([number, "x" * 100_000])))
        self.assertTrue(channel.flush(None))
        self.assertEqual(channel.get_queued_bytes(), 0)
        self.wait_texts(10)

    def test_values_without_a_tree(self):
        message = Cproc.Message.new_text('{"a":[1,2.5,true,"x",null],"b":{"c":1}}')
        self.assertEqual((message.has("/a/4"), message.has("/a/5")), (True, False))
        self.assertEqual(message.get_int64("/a/0"), 1)
        self.assertEqual(message.get_double("/a/1"), 2.5)
        self.assertIs(message.get_boolean("/a/2"), True)
        self.assertEqual(message.dup_string("/a/3"), "x")
        self.assertEqual((message.get_length("/a"), message.get_length("/a/0")), (5, -1))
        self.assertEqual(message.dup_variant("/b", None).unpack(), {"c": 1})
        self.assertEqual(message.dup_variant("/b", GLib.VariantType("a{sy}")).unpack(), {"c": 1})
        self.assertCprocFails(Cproc.Error.INVALID_MESSAGE, message.get_int64, "/a/1")
        with self.assertRaisesRegex(GLib.Error, "“/x”"):
            message.get_int64("/x")

    def test_send_with_fds(self):
        channel = self.channel()
        read_end, write_end = os.pipe()
        os.write(write_end, b"text")
        os.close(write_end)
        fds = Gio.UnixFDList()
        fds.append(read_end)
        os.close(read_end)
        message = Cproc.Message.new_text('{"do":"read-fds"}')
        self.assertTrue(message.set_fd_list(fds))
        self.assertTrue(channel.send(message))
        self.assertEqual(self.wait_texts(1), ['["text"]'])

    def test_congested(self):
        # Reads nothing.
        channel = self.channel(Cproc.Command.new(child_argv("sleep-forever")))
        seen = []
        channel.connect("notify::congested", lambda *_: seen.append(channel.props.congested))
        self.assertFalse(channel.props.congested)
        self.assertEqual(channel.props.queued_bytes, 0)
        text = json.dumps("x" * 100_000)
        for _ in range(20):
            channel.send(Cproc.Message.new_text(text))
        self.assertTrue(channel.get_congested())
        self.assertGreater(channel.get_queued_bytes(), MIB)
        self.assertEqual(seen, [True])

        cancellable = Gio.Cancellable()
        call = Call()
        channel.flush_async(cancellable, call)
        cancellable.cancel()
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED,
                         call.finish, channel.flush_finish)

        pending = Call()
        channel.flush_async(None, pending)
        self.worker_.force_exit()
        self.assertCprocFails(Cproc.Error.CHANNEL_CLOSED, pending.finish, channel.flush_finish)

    def test_decongested(self):
        channel = self.channel()
        seen = []
        channel.connect("notify::congested", lambda *_: seen.append(channel.props.congested))
        text = json.dumps("x" * 100_000)
        for _ in range(30):
            channel.send(Cproc.Message.new_text(text))
        self.wait_texts(30)
        self.assertEqual(seen, [True, False])

    def test_max_message_size(self):
        channel = self.channel()
        self.assertEqual(channel.get_max_message_size(), 64 * MIB)
        notified = []
        channel.connect("notify::max-message-size", lambda *_: notified.append(True))
        channel.set_max_message_size(1000)
        self.assertEqual(channel.props.max_message_size, 1000)
        self.assertEqual(notified, [True])
        self.assertCprocFails(Cproc.Error.MESSAGE_TOO_LARGE, channel.send,
                              Cproc.Message.new_text(json.dumps("x" * 1000)))
        call = Call()
        channel.send_async(Cproc.Message.new_text(json.dumps("x" * 1000)), None, call)
        self.assertCprocFails(Cproc.Error.MESSAGE_TOO_LARGE, call.finish, channel.send_finish)

    def test_size_at_the_other_end(self):
        channel = self.channel()
        channel.send(Cproc.Message.new_text('{"do":"limit","size":1000}'))
        channel.send(Cproc.Message.new_text(json.dumps("x" * 998)))
        channel.send(Cproc.Message.new_text(json.dumps("x" * 999)))
        channel.send(Cproc.Message.new_text('"last"'))
        self.assertEqual(self.wait_texts(4), ['"limited"', json.dumps("x" * 998),
                                              '["invalid", true]', '"last"'])


def socket_channels():
    """Two channels that are connected to each other."""
    ends = socket.socketpair()
    return [Cproc.Channel.new_for_socket(Gio.Socket.new_from_fd(end.detach())) for end in ends]


class Streams(harness.TestCase):
    def test_new_for_streams(self):
        to_one, to_other = os.pipe(), os.pipe()
        one, other = [Cproc.Channel.new_for_streams(
            Gio.UnixInputStream.new(read, True), Gio.UnixOutputStream.new(write, True))
            for read, write in ((to_one[0], to_other[1]), (to_other[0], to_one[1]))]
        one.send(Cproc.Message.new_text("1"))
        call = Call()
        other.receive_async(None, call)
        self.assertEqual(call.finish(other.receive_finish).get_text(), "1")
        one.close()
        call = Call()
        other.receive_async(None, call)
        self.assertIsNone(call.finish(other.receive_finish))
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT,
                         Cproc.Channel.new_for_streams, Gio.MemoryInputStream(),
                         Gio.MemoryOutputStream())


class Pulled(harness.TestCase):
    def test_receive(self):
        one, other = socket_channels()
        for number in range(3):
            one.send(Cproc.Message.new_text(str(number)))
        for number in range(3):
            call = Call()
            other.receive_async(None, call)
            self.assertEqual(call.finish(other.receive_finish).get_text(), str(number))
        call, second = Call(), Call()
        other.receive_async(None, call)
        other.receive_async(None, second)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.PENDING,
                         second.finish, other.receive_finish)
        one.close()
        self.assertIsNone(call.finish(other.receive_finish))

    def test_pause(self):
        one, other = socket_channels()
        texts = []
        other.connect("message", lambda _channel, message: texts.append(message.get_text()))
        other.pause()
        one.send(Cproc.Message.new_text("1"))
        harness.iterate()
        self.assertEqual(texts, [])
        other.resume()
        wait_until(lambda: texts == ["1"])
        one.close()
        other.close()

    def test_settings(self):
        one, _other = socket_channels()
        for name, value in (("exit_flush_timeout", -1), ("busy_poll", False), ("io_priority", 5)):
            self.assertNotEqual(getattr(one.props, name), value)
            setattr(one.props, name, value)
            self.assertEqual(getattr(one.props, name), value)
        self.assertEqual((one.get_exit_flush_timeout(), one.get_busy_poll(), one.get_io_priority()),
                         (-1, False, 5))


class Requests(WorkerCase):
    def channels(self):
        channels = socket_channels()
        for channel in channels:
            self.addCleanup(channel.close)
        return channels

    def request(self, channel, method, text=None, timeout=0):
        call = Call()
        params = None if text is None else Cproc.Message.new_text(text)
        channel.request_async(method, params, timeout, None, call)
        return call

    def test_serve(self):
        one, other = self.channels()
        seen = []

        def add(channel, request, data):
            seen.append((channel, data, request.props.method, request.props.params.get_text(),
                         request.props.is_notification, request.props.cancellable.is_cancelled()))
            self.assertTrue(request.reply(Cproc.Message.new_text("3")))

        other.serve("add", add, 5)
        call = self.request(one, "add", "[1,2]")
        self.assertEqual(call.finish(one.request_finish).get_text(), "3")
        self.assertEqual(seen, [(other, 5, "add", "[1,2]", False, False)])
        self.assertTrue(one.notify_peer("add", Cproc.Message.new_text("[4]")))
        wait_until(lambda: len(seen) == 2)
        self.assertEqual(seen[1][3:5], ("[4]", True))
        call = self.request(one, "other")
        error = self.assertFails(Cproc.reply_error_quark(), Cproc.ReplyError.METHOD_NOT_FOUND,
                                 call.finish, one.request_finish)
        self.assertIn("other", error.message)
        other.serve("add", None)

    def test_handler(self):
        one, other = self.channels()
        codes = [Cproc.ReplyError.PARSE_ERROR, Cproc.ReplyError.INVALID_REQUEST,
                 Cproc.ReplyError.INVALID_PARAMS, Cproc.ReplyError.INTERNAL_ERROR,
                 Cproc.ReplyError.CANCELLED, 7]
        data = Cproc.Message.new_text('{"more":1}')
        other.connect("request-received", lambda _channel, request: request.reply_error(
            codes[int(request.get_method())], "no", data))
        for number, code in enumerate(codes):
            call = self.request(one, str(number))
            wait_until(lambda: call.result is not None)
            error = self.assertFails(Cproc.reply_error_quark(), code, one.request_finish,
                                     call.result)
            self.assertEqual(error.message, "no")
            got = Cproc.Channel.request_get_error_data(call.result)
            self.assertEqual(got.get_text(), '{"more":1}')

    def test_timeout(self):
        one, _other = self.channels()
        call = self.request(one, "x", None, 1)
        self.assertCprocFails(Cproc.Error.TIMED_OUT, call.finish, one.request_finish)

    def test_worker(self):
        worker = self.started()
        worker.connect("request-received", lambda _worker, request: request.reply(
            Cproc.Message.new_text("1")))
        result = worker.request("add", Cproc.Message.new_text("[1,2]"), 20_000, None)
        self.assertEqual(str(getattr(result, "get_text", lambda: result)()), "3")
        call = self.request(worker, "add", "[3,4]")
        self.assertEqual(call.finish(worker.request_finish).get_text(), "7")
        self.assertTrue(worker.notify_peer("add", Cproc.Message.new_text("[1,2]")))

    def test_worker_receives(self):
        worker = Cproc.Worker.new_for_command(command())
        self.addCleanup(self.end, worker)
        call = Call()
        worker.receive_async(None, call)
        worker.start()
        self.send_text(worker, "[1]")
        self.assertEqual(call.finish(worker.receive_finish).get_text(), "[1]")


class Untrusted(WorkerCase):
    """What comes from the other side, whatever it is, harms nobody."""

    def run_lines(self, *lines):
        data = self.path("lines", b"".join(line + b"\n" for line in lines))
        worker = self.worker(Cproc.Command.new_shell(f"cat '{data}' >&3"))
        errors = []
        worker.props.channel.connect("invalid-message", lambda _channel, error:
                                     errors.append(error))
        worker.start()
        harness.wait_closed(worker)
        for error in errors:
            self.assertTrue(error.matches(Cproc.error_quark(), Cproc.Error.INVALID_MESSAGE))
        return errors

    def test_bad_lines_are_skipped(self):
        bad = [b"", b"undefined", b"{", b"[1,]", b"nul", b"'a'", b'"\xff"', b"\xef\xbb\xbf1",
               b"[" * 600 + b"]" * 600, b"1e999", b"1 2", b'"a\tb"']
        lines = []
        for number, line in enumerate(bad):
            lines += [line, b"%d" % number]
        errors = self.run_lines(*lines)
        self.assertEqual(self.texts, [str(number) for number in range(len(bad))])
        self.assertEqual(len(errors), len(bad))

    def test_deep_nesting(self):
        errors = self.run_lines(b"[" * 1_000_000, b'"after"')
        self.assertEqual(self.texts, ['"after"'])
        self.assertEqual(len(errors), 1)

    def test_carriage_return_and_space(self):
        self.assertEqual(self.run_lines(b" [1] \r", b"\t2"), [])
        self.assertEqual([json.loads(text) for text in self.texts], [[1], 2])

    def test_protocol_messages_never_arrive(self):
        errors = self.run_lines(b'{"cmd":"NODE_UNKNOWN"}', b'{"cmd":"NODE_HANDLE_ACK"}', b"1")
        self.assertEqual(self.texts, ["1"])
        self.assertEqual(errors, [])

    def test_unfinished_line(self):
        worker = self.worker(Cproc.Command.new_shell("printf '1\\n[2' >&3"))
        worker.start()
        harness.wait_closed(worker)
        self.assertEqual(self.texts, ["1"])


if __name__ == "__main__":
    harness.main()

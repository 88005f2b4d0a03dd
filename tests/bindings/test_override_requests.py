# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override: requests with values, and functions that answer them."""

import asyncio
import contextlib
import io
import socket
import sys

import harness
from harness import Cproc
from test_override_asyncio import AsyncCase
from gi.repository import Gio, GLib


def connected_channels(case):
    channels = [Cproc.Channel.new_for_socket(Gio.Socket.new_from_fd(end.detach()))
                for end in socket.socketpair()]
    for channel in channels:
        case.addCleanup(channel.close)
    return channels


class Requests(AsyncCase):
    def channels(self):
        return connected_channels(self)

    async def refused(self, code, call):
        with self.assertRaises(GLib.Error) as caught, contextlib.redirect_stderr(io.StringIO()):
            await call
        self.assertTrue(caught.exception.matches(Cproc.reply_error_quark(), code),
                        caught.exception)
        return caught.exception

    async def test_method(self):
        one, other = self.channels()

        @other.method
        def add(a, b=10):
            return a + b

        @other.method("slow.add")
        async def add_slowly(a, b):
            await asyncio.sleep(0)
            return {"sum": add(a, b)}

        @other.method
        def nothing():
            pass

        self.assertEqual(add(1, 2), 3)
        self.assertEqual(await one.request_async("add", [1, 2]), 3)
        self.assertEqual(await one.request_async("add", {"a": 1}), 11)
        self.assertEqual(await one.request_async("slow.add", [1, 2], timeout=20), {"sum": 3})
        self.assertIsNone(await one.request_async("nothing"))
        error = await self.refused(Cproc.ReplyError.INVALID_PARAMS, one.request_async("add", []))
        self.assertIn("'a'", error.message)
        await self.refused(Cproc.ReplyError.METHOD_NOT_FOUND, one.request_async("other"))

    async def test_worker(self):
        async with self.worker() as worker:
            self.assertEqual(await worker.request_async("add", [1, 2]), 3)
            self.assertEqual(worker.request("add", (3, 4), timeout=20.5), 7)
            self.assertTrue(worker.notify_peer("add", [5]))

    async def test_exception(self):
        one, other = self.channels()

        def fail(*_args):
            raise ValueError("because")

        async def fail_slowly(*_args):
            await asyncio.sleep(0)
            fail()

        other.serve("plain", fail)
        other.serve("coroutine", fail_slowly)
        other.method("method")(fail)
        other.connect("request-received",
                      lambda channel, request: (fail_slowly if request.method == "later"
                                                else fail)(channel, request))
        for name in ("plain", "coroutine", "method", "handler", "later"):
            with self.subTest(name):
                error = await self.refused(Cproc.ReplyError.INTERNAL_ERROR,
                                           one.request_async(name))
                self.assertEqual(error.message, "because")
                self.assertIn("ValueError: because", error.data["stack"])

    async def test_after_a_reply(self):
        one, other = self.channels()

        def reply_and_fail(_channel, request):
            request.reply(5)
            raise ValueError("too late")

        other.serve("x", reply_and_fail)
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            self.assertEqual(await one.request_async("x"), 5)
        self.assertIn("too late", printed.getvalue())

    async def test_no_value(self):
        one, other = self.channels()
        other.method("x")(lambda: {1, 2})
        error = await self.refused(Cproc.ReplyError.INTERNAL_ERROR, one.request_async("x"))
        self.assertIn("set", error.message)

    async def test_data(self):
        one, other = self.channels()
        other.serve("x", lambda _channel, request: request.reply_error(7, "no", request.params))
        error = await self.refused(7, one.request_async("x", [1]))
        self.assertEqual((error.message, error.data), ("no", [1]))
        error = await self.refused(7, one.request_async("x"))
        self.assertIsNone(error.data)

    async def test_timeout(self):
        one, other = self.channels()
        held = []
        other.serve("x", lambda _channel, request: held.append(request))
        with self.assertRaises(TimeoutError) as caught:
            await one.request_async("x", timeout=0.05)
        self.assertTrue(caught.exception.matches(Cproc.error_quark(), Cproc.Error.TIMED_OUT))
        for timeout in (True, float("nan"), -1, 2 ** 40):
            with self.assertRaises(ValueError):
                one.request_async("x", timeout=timeout)

    async def test_cancelled(self):
        one, other = self.channels()
        held = []
        other.serve("x", lambda _channel, request: held.append(request))
        task = asyncio.create_task(one.request_async("x"))
        while not held:
            await asyncio.sleep(0.01)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        while not held[0].get_cancellable().is_cancelled():
            await asyncio.sleep(0.01)


class Receive(AsyncCase):
    async def test_slow_loop_holds_the_sender_up(self):
        one, other = connected_channels(self)
        for number in range(40):
            one.send([number, "x" * 100_000])
        numbers = []
        async for number, _text in other:
            numbers.append(number)
            if number == 5:
                break
        for _ in range(20):
            await asyncio.sleep(0.01)
        self.assertGreater(one.props.queued_bytes, 1 << 20)
        while len(numbers) < 40:
            numbers.append((await other.receive())[0])
        self.assertEqual(numbers, list(range(40)))

    async def test_after_the_end(self):
        worker = self.worker()
        worker.start()
        worker.send({"do": "leave", "count": 5, "size": 10, "code": 3})
        await worker.wait_async()
        self.assertEqual([number async for number, _text in worker], [0, 1, 2, 3, 4])
        with self.assertRaises(EOFError):
            await worker.receive()

    async def test_cancelled_loses_nothing(self):
        one, other = connected_channels(self)
        for number in range(100):
            task = asyncio.create_task(other.receive())
            await asyncio.sleep(0)
            one.send(number)
            if number % 2:
                await asyncio.sleep(0)
            task.cancel()
            try:
                self.assertEqual(await task, number)
            except asyncio.CancelledError:
                self.assertEqual(await other.receive(), number)

    async def test_a_handler_after_tasks(self):
        one, other = connected_channels(self)
        seen = asyncio.Queue()
        await self.cancelled(other.receive())
        one.send(1)
        self.assertEqual(await other.receive(), 1)
        other.connect("message", lambda _channel, message: seen.put_nowait(message))
        one.send(2)
        self.assertEqual(await seen.get(), 2)


class Pool(AsyncCase):
    async def test_request(self):
        async with Cproc.Pool(harness.WORKER, 2, exec_path=sys.executable) as pool:
            self.assertEqual(pool.props.size, 2)
            self.assertEqual(await pool.request("add", [1, 2], timeout=20), 3)
            self.assertEqual(await asyncio.gather(*(pool.request_async("add", [number, 1])
                                                    for number in range(5))), [1, 2, 3, 4, 5])
        self.assertEqual(pool.props.state, Cproc.PoolState.CLOSED)


    async def test_map(self):
        async with Cproc.Pool(harness.WORKER, 2, exec_path=sys.executable) as pool:
            items = [[number, 1] for number in range(20)]
            self.assertEqual([sum_ async for sum_ in pool.map("add", items)],
                             list(range(1, 21)))

            asked = []

            async def ask():
                for number in range(6):
                    asked.append(number)
                    yield [number, 1]

            answers = pool.map("add", ask(), in_flight=2)
            self.assertEqual(await answers.__anext__(), 1)
            self.assertEqual(asked, [0, 1])
            await answers.aclose()
            with self.assertRaises(ValueError):
                pool.map("add", [], in_flight=0)

            results = []
            with self.assertRaises(GLib.Error) as caught:
                async for result in pool.map("add", [[1, 2], [1, "x"], [3, 4]]):
                    results.append(result)
            self.assertEqual(results, [3])
            self.assertEqual(caught.exception.code, Cproc.ReplyError.INTERNAL_ERROR)
        self.assertEqual(pool.dup_statistics().unpack()["running"], 0)

    async def test_a_worker_asks(self):
        pool = Cproc.Pool(harness.WORKER, 1, exec_path=sys.executable)

        def refuse(_pool, worker, request):
            self.assertIsInstance(worker, Cproc.Worker)
            raise RuntimeError("because")

        handler = pool.connect("request-received", refuse)
        async with pool:
            with contextlib.redirect_stderr(io.StringIO()) as printed:
                self.assertEqual(await pool.request("ask", ["up"]), "because")
            self.assertIn("RuntimeError", printed.getvalue())
            pool.disconnect(handler)

            async def answer(_pool, _worker, request):
                await asyncio.sleep(0)
                request.reply([request.method, request.params])

            pool.connect("request-received", answer)
            self.assertEqual(await pool.request("ask", ["up"]), ["up", [1]])


class NoLoop(harness.TestCase):
    def test_coroutine(self):
        one, other = connected_channels(self)

        async def later(_channel, request):
            request.reply("done")

        other.serve("x", later)
        call = harness.Call()
        one.request_async("x", None, 0, None, call)
        self.assertEqual(call.finish(one.request_finish).get_value(), "done")


if __name__ == "__main__":
    harness.main()

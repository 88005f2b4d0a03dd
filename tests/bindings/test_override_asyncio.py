# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override in asyncio."""

import asyncio
import gc
import os
import signal
import sys
import time
import warnings

import harness
from harness import Cproc
from gi.repository import Gio, GLib, Json


class AsyncCase(harness.TestCase):
    """Its test methods are coroutines, each run in an event loop of its own."""

    def _callTestMethod(self, method):
        self.run_main(method())

    def run_main(self, main):
        asyncio.run(asyncio.wait_for(main, harness.LIMIT_SECONDS))

    def worker(self):
        return Cproc.Worker(harness.WORKER, exec_path=sys.executable)

    async def cancelled(self, awaitable, ready=None):
        """Cancels the awaitable in a task, as soon as the event is set."""
        task = asyncio.ensure_future(awaitable)
        await (ready.wait() if ready else asyncio.sleep(0))
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    def assertEnded(self, child):
        self.assertGreaterEqual(child.props.state, Cproc.State.EXITED)
        self.assertEqual(child.returncode, -signal.SIGTERM)


class Calls(AsyncCase):
    async def test_exec(self):
        child = Cproc.Exec("echo out; echo err >&2")
        result = await child.run_async()
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("out\n", "err\n", 0))
        self.assertEqual(child.get_stdout_text(), "out\n")

    async def test_exec_fails(self):
        with self.assertRaises(Cproc.ProcessError) as caught:
            await Cproc.Exec("echo out; exit 3").run_async()
        self.assertEqual((caught.exception.returncode, caught.exception.stdout), (3, "out\n"))
        with self.assertRaises(GLib.Error) as caught:
            await Cproc.Exec(["/no/such/program"]).run_async()
        self.assertTrue(caught.exception.matches(GLib.spawn_error_quark(), GLib.SpawnError.NOENT))

    async def test_run(self):
        self.assertEqual((await Cproc.run_async(["cat"], input=b"x", text=False)).stdout, b"x")
        self.assertEqual((await Cproc.run_async("exit 4")).returncode, 4)
        with self.assertRaises(Cproc.ProcessError):
            await Cproc.run_async("exit 4", check=True)
        with self.assertRaises(Cproc.ProcessError):
            await Cproc.run_async("exec sleep 1000", timeout=0.1)

    async def test_child(self):
        child = harness.child("exit", 5)
        self.assertIs(await child.start_async(), True)
        self.assertGreater(child.pid, 0)
        self.assertIs(await child.wait_async(), True)
        self.assertEqual(child.returncode, 5)
        with self.assertRaises(Cproc.ProcessError):
            await child.wait_check_async()

    async def test_at_once(self):
        started = time.monotonic()
        results = await asyncio.gather(*(Cproc.run_async(f"sleep 0.5; echo {number}")
                                         for number in range(20)))
        self.assertEqual([result.stdout for result in results],
                         [f"{number}\n" for number in range(20)])
        self.assertLess(time.monotonic() - started, 8)

    async def test_every_way_to_await(self):
        await asyncio.create_task(Cproc.Exec("true").run_async())
        await asyncio.ensure_future(Cproc.Exec("true").run_async())
        await asyncio.gather(Cproc.Exec("true").run_async(), Cproc.Exec("true").run_async())
        await asyncio.wait_for(Cproc.Exec("true").run_async(), 30)
        await asyncio.shield(Cproc.Exec("true").run_async())
        call = Cproc.Exec("true").run_async()
        results = await asyncio.gather(*(self.again(call) for _ in range(3)))
        self.assertIs(results[0], results[2])
        self.assertIs(await call, results[0])

    async def again(self, call):
        return await call

    async def test_left_to_itself(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            child = Cproc.Exec("echo x")
            child.run_async()
            gc.collect()
            await self.closed(child)
        self.assertEqual(child.stdout, "x\n")

    async def closed(self, child):
        event = asyncio.Event()
        child.connect("closed", lambda _child: event.set())
        await event.wait()

    async def test_callback_as_ever(self):
        child = Cproc.Exec("echo x")
        done = asyncio.get_running_loop().create_future()
        self.assertIsNone(child.run_async(None, lambda *args: done.set_result(args), "data"))
        source, result, data = await done
        self.assertEqual((source, data), (child, "data"))
        self.assertIs(child.run_finish(result), True)

    async def test_cancellable(self):
        cancellable = Gio.Cancellable()
        asyncio.get_running_loop().call_later(0.05, cancellable.cancel)
        with self.assertRaises(GLib.Error) as caught:
            await Cproc.Exec("exec sleep 1000").run_async(cancellable)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    async def test_write(self):
        child = harness.child("cat")
        output = harness.Output(child)
        await child.start_async()
        for data in (b"bytes ", "text ", GLib.Bytes.new(b"gbytes ")):
            self.assertIs(await child.write_async(data), True)
        large = b"x" * 1_000_000
        await child.write_async(large, GLib.PRIORITY_HIGH)
        child.close_stdin()
        await child.wait_async()
        self.assertEqual(output.stdout, b"bytes text gbytes " + large)

    async def test_handlers_in_the_loop(self):
        """A handler is where tasks can be made."""
        child = harness.child("echo", 1, "a\nb\n")
        tasks = []

        async def double(line):
            await asyncio.sleep(0)
            return 2 * line

        child.connect("line", lambda _child, _stream, line:
                      tasks.append(asyncio.create_task(double(line))))
        child.start()
        await child.wait_async()
        self.assertEqual(await asyncio.gather(*tasks), ["aa", "bb"])


class Cancelling(AsyncCase):
    async def test_exec(self):
        child = Cproc.Exec("exec sleep 1000")
        started = asyncio.Event()
        child.connect("started", lambda _child: started.set())
        await self.cancelled(child.run_async(), started)
        self.assertEqual(child.props.state, Cproc.State.CLOSED)
        self.assertEqual(child.returncode, -signal.SIGTERM)

    async def test_run(self):
        pids = self.path("pids")
        task = asyncio.create_task(Cproc.run_async(f"echo $$ > {pids}.new; mv {pids}.new {pids}; "
                                                   "exec sleep 1000"))
        while not os.path.exists(pids):
            await asyncio.sleep(0.01)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        with open(pids) as file:
            self.assertRaises(ProcessLookupError, os.kill, int(file.read()), 0)

    async def test_timeout(self):
        child = Cproc.Exec("exec sleep 1000")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(child.run_async(), 0.1)
        self.assertEnded(child)

    async def test_before_the_start(self):
        child = Cproc.Exec("exec sleep 1000")
        task = asyncio.ensure_future(child.run_async())
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    async def test_child_that_will_not_go(self):
        child = Cproc.Exec("trap '' TERM; echo; while :; do sleep 0.1; done", kill_grace=0.1)
        ready = asyncio.Event()
        child.connect("line", lambda *_: ready.set())
        await self.cancelled(child.run_async(), ready)
        self.assertEqual(child.returncode, -signal.SIGKILL)

    async def test_lines(self):
        child = Cproc.Child("echo; exec sleep 1000")
        ready = asyncio.Event()

        async def read():
            async for _line in child.lines():
                ready.set()

        await self.cancelled(read(), ready)
        self.assertEnded(child)

    async def test_lines_of_a_child_that_waits(self):
        child = Cproc.Child("yes")
        ready = asyncio.Event()

        async def read():
            async for _line in child.lines():
                ready.set()
                await asyncio.sleep(1000)

        await self.cancelled(read(), ready)
        # The task was cancelled outside of the iteration; only what is dropped is ended.
        self.assertEqual(child.props.state, Cproc.State.RUNNING)
        child.kill()
        await child.wait_async()

    async def test_messages(self):
        worker = self.worker()
        ready = asyncio.Event()

        async def read():
            await worker.start_async()
            worker.send(1)
            async for _message in worker:
                ready.set()

        await self.cancelled(read(), ready)
        self.assertEnded(worker)

    async def test_looking_does_not_kill(self):
        worker = self.worker()
        worker.start()
        await self.cancelled(worker.wait_async())
        await self.cancelled(worker.receive())
        worker.send("still there")
        self.assertEqual(await worker.receive(), "still there")
        worker.close_channel()
        await worker.wait_async()
        self.assertEqual(worker.returncode, 12)


class Lines(AsyncCase):
    async def test_all(self):
        child = Cproc.Child(["seq", "100000"])
        lines = [line async for line in child.lines()]
        self.assertEqual(lines, [str(number) for number in range(1, 100001)])
        await child.wait_check_async()

    async def test_streams(self):
        child = harness.child("echo", 1, "out\nmore", 2, "err\n")

        async def read(stream):
            return [line async for line in child.lines(stream)]

        child.start()
        self.assertEqual(await asyncio.gather(read(Cproc.Stream.STDERR),
                                              read(Cproc.Stream.STDOUT)),
                         [["err"], ["out", "more"]])

    async def test_kept_from_the_start_on(self):
        """What comes while one awaits something else is not lost."""
        for start in (Cproc.Child.start, Cproc.Child.start_async):
            child = harness.child("cat")
            started = start(child)
            if started is not True:
                await started
            await child.write_async("one\ntwo\n")
            child.close_stdin()
            await child.wait_async()
            self.assertEqual([line async for line in child.lines()], ["one", "two"])
            self.assertEqual([line async for line in child.lines()], [])

    async def test_too_much_before_it_is_asked_for(self):
        child = harness.child("write", 1, 3_000_000)
        child.props.max_line_length = 1000
        child.start()
        await child.wait_async()
        with self.assertRaises(GLib.Error) as caught:
            await child.lines().__anext__()
        self.assertTrue(caught.exception.matches(Cproc.error_quark(), Cproc.Error.OUTPUT_LIMIT))
        self.assertEqual([line async for line in child.lines()], [])

    async def test_other_stream_does_not_hold_it_up(self):
        child = harness.child("write", 2, 3_000_000, 65536, 1, 3)
        await child.start_async()
        self.assertEqual([line async for line in child.lines()], ["abc"])
        await child.wait_async()

    async def test_one_loop_after_the_other(self):
        child = harness.child("lines", 100_000)
        numbers = []
        while len(numbers) < 1000:
            async for line in child.lines():
                numbers.append(int(line.split()[1]))
                if len(numbers) % 7 == 0 and len(numbers) < 200:
                    break
            await asyncio.sleep(0.01)
        self.assertEqual(numbers, list(range(1, 100_001)))

    async def test_each_line_to_one_task(self):
        child = harness.child("lines", 10_000)

        async def read():
            return [line async for line in child.lines()]

        parts = await asyncio.gather(*(read() for _ in range(3)))
        self.assertCountEqual(sum(parts, []), [f"line {number}" for number in range(1, 10_001)])

    async def test_cancelled_read_loses_nothing(self):
        child = harness.child("cat")
        await child.start_async()
        reading = asyncio.create_task(child.read_line_async())
        await asyncio.sleep(0.01)
        reading.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await reading
        await child.write_async("one\ntwo\n")
        self.assertEqual(await child.read_line_async("stdout"), "one")
        data = await child.read_async("stdout", 2)
        self.assertEqual((data, type(data)), (b"tw", Cproc.Bytes))
        child.close_stdin()
        self.assertEqual(await child.read_async(), b"o\n")
        self.assertEqual(await child.read_async(), b"")
        self.assertIsNone(await child.read_line_async())
        await child.wait_async()

    async def test_memory(self):
        """A slow loop makes the child wait."""
        child = Cproc.Child(["yes"])
        lines = child.lines()
        await lines.__anext__()
        before = -1
        while (now := self.written(child)) != before:
            before = now
            await asyncio.sleep(0.2)
        self.assertLess(now, 2_000_000)
        child.kill()
        await child.wait_async()

    def written(self, child):
        with open(f"/proc/{child.pid}/io") as file:
            return int(file.read().split("wchar:")[1].split()[0])

    async def test_leaving_lets_the_child_go(self):
        async with Cproc.Child(["seq", "1000000"]) as child:
            async for _line in child.lines():
                break
        self.assertEqual(child.returncode, 0)

    async def test_not_kept_where_there_is_a_handler(self):
        child = harness.child("echo", 1, "x\n", 2, "y\n")
        child.connect("line::stdout", lambda *_: None)
        child.start()
        await child.wait_async()
        self.assertEqual([line async for line in child.lines()], [])
        self.assertEqual([line async for line in child.lines(Cproc.Stream.STDERR)], ["y"])

    async def test_back_pressure(self):
        child = Cproc.Child(["yes"])
        received = 0
        more = asyncio.Event()

        def on_output(_child, _stream, data):
            nonlocal received
            received += len(data)
            more.set()

        lines = child.lines()
        child.connect("output", on_output)
        async for _line in lines:
            break
        # It comes to a stop, since nobody takes the others.
        while more.is_set():
            more.clear()
            await asyncio.sleep(0.2)
        self.assertLess(received, 2_000_000)
        for _ in range(received // 2):
            await lines.__anext__()
        await more.wait()
        # Nobody will take them any more, and the child is not held up.
        child.discard_output("stdout")
        for _ in range(100):
            more.clear()
            await more.wait()
        child.kill()
        await child.wait_async()

    async def test_does_not_start(self):
        with self.assertRaises(GLib.Error):
            async for _line in Cproc.Child(["/no/such/program"]).lines():
                self.fail()

    async def test_no_pipe(self):
        child = Cproc.Child(["true"], stdout=Cproc.Stdio.NULL)
        with self.assertRaises(GLib.Error) as caught:
            await child.lines().__anext__()
        self.assertTrue(caught.exception.matches(Cproc.error_quark(), Cproc.Error.NOT_SUPPORTED))


class Worker(AsyncCase):
    async def test_messages(self):
        values = [{"foo": [1, 2.5, None]}, [], "text", 5, True, False, None]
        received = []
        async with self.worker() as worker:
            for value in values:
                self.assertIs(await worker.send_async(value), True)
            async for message in worker:
                received.append(message)
                if len(received) == len(values):
                    break
        self.assertEqual(received, values)
        self.assertIs(received[4], True)
        self.assertIs(received[5], False)
        self.assertIs(received[6], None)
        self.assertEqual(received[0].get_text(), '{"foo":[1,2.5,null]}')
        self.assertEqual(worker.returncode, 12)

    async def test_ends_with_the_channel(self):
        worker = self.worker()
        worker.start()
        await worker.send_async({"do": "leave", "count": 50, "size": 10_000, "code": 3})
        numbers = [message[0] async for message in worker]
        self.assertEqual(numbers, list(range(50)))
        await worker.wait_async()
        self.assertEqual(worker.returncode, 3)
        self.assertEqual([message async for message in worker], [])
        with self.assertRaises(EOFError):
            await worker.receive()

    async def test_is_started(self):
        worker = Cproc.Worker(Cproc.Command("echo '[1]' >&3"))
        self.assertEqual([message async for message in worker], [[1]])

    async def test_request_and_reply(self):
        async with self.worker() as worker:
            for number in range(20):
                worker.send(number)
                self.assertEqual(await worker.receive(), number)

    async def test_each_message_to_one_task(self):
        async with self.worker() as worker:
            tasks = [asyncio.create_task(worker.receive()) for _ in range(5)]
            tasks[0].cancel()
            for number in range(4):
                worker.send(number)
            received = await asyncio.gather(*tasks[1:])
        self.assertCountEqual(received, range(4))

    async def test_raw_ones(self):
        async with self.worker() as worker:
            await worker.send_async(Json.from_string("[1]"))
            await worker.send_async(Cproc.Message.new_text("[2]"))
            await worker.props.channel.send_async([3])
            await worker.props.channel.flush_async()
            self.assertEqual([await worker.receive() for _ in range(3)], [[1], [2], [3]])
            with self.assertRaises(GLib.Error) as caught:
                await worker.send_async(Cproc.Message.new_text("{"))
            self.assertTrue(caught.exception.matches(Cproc.error_quark(),
                                                     Cproc.Error.INVALID_MESSAGE))
            with self.assertRaises(TypeError):
                worker.send_async(b"bytes")

    async def test_in_the_worker(self):
        script = self.path("worker.py", b"""
import asyncio, gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc

async def main():
    parent = Cproc.Channel.get_parent()
    await asyncio.sleep(0.2)
    async for message in parent:
        await parent.send_async({"got": message})
    print("disconnected")

asyncio.run(main())
""")
        lines = []
        worker = Cproc.Worker(script, exec_path=sys.executable, stdout=Cproc.Stdio.PIPE)
        worker.connect("line", lambda _worker, _stream, line: lines.append(line))
        async with worker:
            worker.send("one")
            self.assertEqual(await worker.receive(), {"got": "one"})
        self.assertEqual((lines, worker.returncode), (["disconnected"], 0))


class ContextManager(AsyncCase):
    async def test_waits(self):
        async with harness.child("cat") as child:
            await child.write_async("x\n")
            async for line in child.lines():
                self.assertEqual(line, "x")
                break
        self.assertEqual(child.returncode, 0)

    async def test_exception_kills(self):
        with self.assertRaises(ZeroDivisionError):
            async with harness.child("sleep-forever") as child:
                1 / 0
        self.assertEnded(child)

    async def test_cancellation_kills(self):
        child = harness.child("sleep-forever")
        entered = asyncio.Event()

        async def stay(forever):
            async with child:
                entered.set()
                if forever:
                    await asyncio.sleep(1000)

        await self.cancelled(stay(True), entered)
        self.assertEnded(child)
        child = harness.child("sleep-forever")
        entered.clear()
        await self.cancelled(stay(False), entered)
        self.assertEnded(child)

    async def test_many_lines_unread(self):
        async with harness.child("write", 1, 5_000_000) as child:
            child.props.max_line_length = 100
            lines = child.lines()
            async for _line in lines:
                break
        self.assertEqual(child.returncode, 0)


if __name__ == "__main__":
    harness.main()

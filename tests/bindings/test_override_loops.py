# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override: asyncio and the main context of GLib in one thread."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import harness
from harness import Call, Cproc, wait_closed
from test_override_asyncio import AsyncCase
from gi.repository import GLib


class EventLoop(AsyncCase):
    async def test_everything_of_asyncio_goes_on(self):
        loop = asyncio.get_running_loop()
        await Cproc.run_async("true")
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        theirs.send(b"line\n")
        self.assertEqual(await reader.readline(), b"line\n")
        writer.close()
        theirs.close()
        self.assertEqual(await loop.run_in_executor(None, lambda: 5), 5)
        process = await asyncio.create_subprocess_exec("echo", "x", stdout=subprocess.PIPE)
        self.assertEqual((await process.communicate())[0], b"x\n")
        future = loop.create_future()
        threading.Timer(0.05, lambda: loop.call_soon_threadsafe(future.set_result, 1)).start()
        self.assertEqual(await future, 1)
        event = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, event.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await event.wait()
        loop.remove_signal_handler(signal.SIGUSR1)

    async def test_time(self):
        await Cproc.run_async("true")
        for seconds in (0, 0.001, 0.05, 0.2):
            before = time.monotonic()
            await asyncio.sleep(seconds)
            self.assertGreaterEqual(time.monotonic() - before, seconds)
        self.assertLess(time.monotonic() - before, 5)

    async def test_other_sources_of_glib(self):
        await Cproc.run_async("true")
        called = asyncio.Event()
        GLib.timeout_add(20, lambda: called.set())
        await called.wait()
        called.clear()
        GLib.idle_add(lambda: called.set())
        await called.wait()

    async def test_waits_without_work(self):
        """Neither side polls the other."""
        child = harness.child("sleep-forever")
        await child.start_async()
        cpu = time.process_time()
        await asyncio.sleep(0.5)
        self.assertLess(time.process_time() - cpu, 0.3)
        turns = 0
        iteration = GLib.MainContext.iteration

        def counted(*args):
            nonlocal turns
            turns += 1
            return iteration(*args)

        GLib.MainContext.iteration = counted
        try:
            await asyncio.sleep(0.5)
        finally:
            GLib.MainContext.iteration = iteration
        # Four as a rule, nine at times on a busy machine; to poll would take many more.
        self.assertLess(turns, 25)
        child.kill()
        await child.wait_async()

    async def test_idle_sources_are_not_starved(self):
        await Cproc.run_async("true")
        called = asyncio.Event()
        GLib.idle_add(lambda: called.set())
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        # Always ready, since nobody reads.
        theirs.send(b"x")
        loop.add_reader(ours, lambda: None)
        await called.wait()
        loop.remove_reader(ours)
        ours.close()
        theirs.close()


class Loops(harness.TestCase):
    """Event loops, one after the other and beside each other."""

    def test_one_after_the_other(self):
        for _ in range(3):
            self.assertEqual(asyncio.run(Cproc.run_async("echo x")).stdout, "x\n")

    def test_begun_outside(self):
        self.assertEqual(asyncio.run(Cproc.Exec("echo x").run_async()).stdout, "x\n")
        child = harness.child("sleep-forever")
        child.start()

        async def end():
            child.kill()
            await child.wait_async()

        asyncio.run(end())
        self.assertEqual(child.returncode, -signal.SIGTERM)

    def test_left_running(self):
        """A child outlives the loop, and the main context it belongs to is free again."""
        child = harness.child("echo", 1, "x\n")
        lines = []
        child.connect("line", lambda _child, _stream, line: lines.append(line))

        async def main():
            await child.start_async()

        asyncio.run(main())
        wait_closed(child)
        self.assertEqual(lines, ["x"])

    def test_inside_of_a_callback(self):
        results = []

        def on_idle():
            results.append(asyncio.run(Cproc.run_async("echo x")).stdout)
            return GLib.SOURCE_REMOVE

        GLib.idle_add(on_idle)
        harness.wait_until(lambda: results)
        self.assertEqual(results, ["x\n"])

    def test_in_threads(self):
        results = []

        async def main(number):
            child = Cproc.Child(["seq", "1000"])
            lines = [line async for line in child.lines()]
            result = await Cproc.run_async(f"echo {number}")
            results.append((len(lines), result.stdout))

        threads = [threading.Thread(target=lambda number=number: asyncio.run(main(number)))
                   for number in range(4)]
        for thread in threads:
            thread.start()
        asyncio.run(main(4))
        for thread in threads:
            thread.join()
        self.assertCountEqual(results, [(1000, f"{number}\n") for number in range(5)])

    def test_outside_of_asyncio(self):
        """Imported or not, it changes nothing for who has no loop."""
        child = Cproc.Exec.new_shell("echo x")
        child.run_async()
        wait_closed(child)
        self.assertEqual(child.get_stdout_text(), "x\n")
        call = Call()
        child = Cproc.Exec.new_shell("echo y")
        self.assertIsNone(child.run_async(None, call))
        self.assertIs(call.finish(child.run_finish), True)

    def test_asyncio_is_not_imported(self):
        # PyGObject itself imports it since 3.50.
        code = """
import sys, gi
gi.require_version("Cproc", "1")
from gi.repository import Gio
before = "asyncio" in sys.modules
from gi.repository import Cproc
child = Cproc.Exec("true")
child.run_async()
print(Cproc.run("echo x").stdout.strip(), ("asyncio" in sys.modules) == before)
"""
        self.assertEqual(Cproc.run([sys.executable, "-c", code]).stdout, "x True\n")

    def test_ctrl_c(self):
        code = """
import asyncio, gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc
async def main():
    child = Cproc.Child("echo $$; exec sleep 1000")
    async for line in child.lines():
        print(line, flush=True)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
        python = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                                  start_new_session=True)
        with python:
            pid = int(python.stdout.readline())
            python.send_signal(signal.SIGINT)
            self.assertEqual(python.stdout.read(), "interrupted\n")
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_unknown_loop(self):
        class Other(asyncio.SelectorEventLoop):
            pass

        loop = Other()
        selector, loop._selector = loop._selector, None

        async def main():
            await Cproc.run_async("true")

        try:
            with self.assertRaisesRegex(RuntimeError, "Other"):
                from gi.overrides._cproc import loops
                loops.attach(loop)
        finally:
            loop._selector = selector
            loop.close()


if __name__ == "__main__":
    harness.main()

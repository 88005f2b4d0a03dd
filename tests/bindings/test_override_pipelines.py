# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override: pipelines."""

import asyncio
import signal

import harness
from harness import Cproc
from gi.repository import GLib


class Operator(harness.TestCase):
    def test_run(self):
        pipeline = (Cproc.Command(["seq", "100000"]) | Cproc.Command(["grep", "7"])
                    | Cproc.Command(["head", "-n", "2"]))
        result = Cproc.run(pipeline)
        self.assertEqual(result.stdout, "7\n17\n")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(result.returncodes), 3)
        self.assertEqual(result.returncodes[2], 0)
        result.check_returncode()

    def test_sigpipe(self):
        result = Cproc.run(Cproc.Command("exec yes") | Cproc.Command(["head", "-n", "1"]),
                           check=True, text=False)
        self.assertEqual(result.stdout, b"y\n")
        self.assertEqual(result.returncodes, [-signal.SIGPIPE, 0])

    def test_children(self):
        first = Cproc.Child(["echo", "x"])
        last = Cproc.Exec(["cat"])
        pipeline = first | last
        self.assertEqual(list(pipeline), [first, last])
        pipeline.start()
        pipeline.wait_check()
        self.assertEqual(last.stdout, "x\n")
        self.assertEqual(pipeline.returncodes, [0, 0])

    def test_branches(self):
        """A pipeline that is not in use yet is a value."""
        start = Cproc.Command(["echo", "b a"]) | Cproc.Command(["cat"])
        words = Cproc.run(start | Cproc.Command(["wc", "-w"])).stdout
        lines = Cproc.run(start | Cproc.Command(["wc", "-l"])).stdout
        self.assertEqual([int(words), int(lines)], [2, 1])

    def test_misuse(self):
        with self.assertRaises(TypeError):
            Cproc.Command(["true"]) | "cat"
        pipeline = Cproc.Command(["true"]) | Cproc.Command(["cat"])
        self.assertEqual(len(pipeline), 2)
        with self.assertRaises(TypeError):
            pipeline | Cproc.Command(["cat"])
        with self.assertRaises(TypeError):
            Cproc.run(pipeline, cwd="/")


class Failure(harness.TestCase):
    def test_check(self):
        pipeline = Cproc.Command("echo bad >&2; exit 3") | Cproc.Command(["cat"])
        with self.assertRaises(Cproc.ProcessError) as caught:
            Cproc.run(pipeline, check=True)
        self.assertEqual(caught.exception.returncode, 3)
        self.assertEqual(caught.exception.returncodes, [3, 0])
        self.assertIn("bad", str(caught.exception))

    def test_no_check(self):
        result = Cproc.run(Cproc.Command("exit 3") | Cproc.Command(["cat"]))
        self.assertEqual((result.returncode, result.returncodes), (0, [3, 0]))
        with self.assertRaises(Cproc.ProcessError):
            result.check_returncode()
        Cproc.run(Cproc.Command("exit 3") | Cproc.Command(["cat"]), check=True, pipefail=False)

    def test_start(self):
        pipeline = Cproc.Command(["cat"]) | Cproc.Command(["/nonexistent/program"])
        with self.assertRaises(FileNotFoundError):
            Cproc.run(pipeline)
        self.assertEqual(pipeline.props.failed_stage, 1)

    def test_timeout(self):
        pipeline = Cproc.Command(["sleep", "60"]) | Cproc.Command(["sleep", "60"])
        with self.assertRaises(TimeoutError):
            Cproc.run(pipeline, timeout=0.02)
        self.assertEqual(pipeline.returncodes, [-signal.SIGTERM] * 2)


class Asynchronous(harness.TestCase):
    def test_run(self):
        async def main():
            return await Cproc.run_async(Cproc.Command(["echo", "x"]) | Cproc.Command(["cat"]))

        self.assertEqual(asyncio.run(main()).stdout, "x\n")

    def test_cancelled(self):
        pipeline = Cproc.Command("echo $$; exec sleep 60") | Cproc.Command(["cat"])

        async def main():
            task = asyncio.ensure_future(Cproc.run_async(pipeline))
            while pipeline.get_state() != Cproc.State.RUNNING:
                await asyncio.sleep(0.001)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.assertEqual(pipeline.get_state(), Cproc.State.CLOSED)
        self.assertEqual(pipeline.returncodes[0], -signal.SIGTERM)

    def test_signal_name(self):
        pipeline = Cproc.Command(["sleep", "60"]) | Cproc.Command(["sleep", "60"])
        pipeline.start()
        self.assertTrue(pipeline.send_signal("INT"))
        pipeline.wait()
        self.assertFalse(pipeline.kill())
        with self.assertRaises(GLib.Error):
            pipeline.wait_check()


if __name__ == "__main__":
    harness.main()

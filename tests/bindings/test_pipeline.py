# SPDX-License-Identifier: LGPL-2.1-or-later
"""Children joined by pipes."""

import signal

import harness
from harness import Cproc
from gi.repository import Gio, GLib


def new(*lines):
    pipeline = Cproc.Pipeline.new()
    children = [pipeline.append(Cproc.Command.new_shell(line)) for line in lines]
    return pipeline, children


class Pipeline(harness.TestCase):
    def test_output(self):
        pipeline, (first,) = new("exec yes")
        last = Cproc.Exec.new(["head", "-n", "1"])
        closed = []
        self.assertEqual(pipeline.append_child(last), last)
        self.assertEqual(pipeline.get_item_type(), Cproc.Child.__gtype__)
        self.assertEqual([pipeline.get_item(i) for i in range(pipeline.get_n_items())],
                         [first, last])
        pipeline.connect("closed", closed.append)
        self.assertTrue(pipeline.start())
        self.assertTrue(pipeline.wait(None))
        self.assertTrue(pipeline.wait_check(None))
        self.assertEqual(last.get_stdout_text(), "y\n")
        self.assertEqual(first.get_term_signal(), signal.SIGPIPE)
        self.assertEqual(closed, [pipeline])
        self.assertEqual(pipeline.get_state(), Cproc.State.CLOSED)

    def test_failure(self):
        pipeline, _ = new("exit 3", "exec cat")
        pipeline.start()
        with self.assertRaises(GLib.Error) as caught:
            pipeline.wait_check(None)
        self.assertTrue(caught.exception.matches(Cproc.error_quark(), Cproc.Error.EXITED))
        self.assertEqual(pipeline.get_failed_stage(), 0)
        pipeline.set_pipefail(False)
        self.assertFalse(pipeline.props.pipefail)
        self.assertTrue(pipeline.wait_check(None))

    def test_signals(self):
        for end in (lambda it: it.kill(), lambda it: it.send_signal(signal.SIGTERM)):
            pipeline, children = new("exec sleep 60", "exec sleep 60")
            pipeline.start()
            self.assertTrue(end(pipeline))
            pipeline.wait(None)
            self.assertEqual([child.get_term_signal() for child in children],
                             [signal.SIGTERM] * 2)

    def test_timeout(self):
        pipeline, _ = new("exec sleep 60", "exec sleep 60")
        pipeline.set_timeout(20)
        pipeline.start()
        pipeline.wait(None)
        self.assertTrue(pipeline.get_timed_out())

    def test_async(self):
        for name in ("wait_async", "wait_check_async"):
            pipeline, _ = new("echo x", "exec cat")
            call = harness.Call()
            pipeline.start_async(None, call)
            self.assertTrue(call.finish(pipeline.start_finish))
            call = harness.Call()
            getattr(pipeline, name)(None, call)
            self.assertTrue(call.finish(getattr(pipeline, name.replace("async", "finish"))))


if __name__ == "__main__":
    harness.main()

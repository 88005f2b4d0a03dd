# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools, as the introspection gives them."""

import harness
from gi.repository import Cproc, Gio, GLib

WORKER = """import json, os, socket
channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
for line in channel.makefile("r"):
    message = json.loads(line)
    if "id" not in message:
        message = message["method"]
    elif message["method"] == "fail":
        error = {"code": -32601, "message": "no", "data": [1]}
        message = {"jsonrpc": "2.0", "id": message["id"], "error": error}
    else:
        result = sum(message.get("params", []))
        message = {"jsonrpc": "2.0", "id": message["id"], "result": result}
    channel.sendall((json.dumps(message) + "\\n").encode())
"""

SETTINGS = {
    "min_size": 0, "concurrency": 2, "max_queue": 7, "idle_timeout": 1000, "start_timeout": 20000,
    "max_requests": 100, "max_age": 100000, "max_rss": 1 << 40, "retries": 1, "cancel_grace": 500,
    "restart_intensity": 3, "restart_period": 5000, "restart_delay": 50, "size": 2, "prepared": 0,
}


class Pool(harness.TestCase):
    def pool(self):
        return Cproc.Pool.new(Cproc.Command.new(["python3", "-c", WORKER]), 1)

    def until(self, done):
        context = GLib.MainContext.default()
        while not done:
            context.iteration(True)
        return done[0]

    def request(self, pool, method, text=None):
        done = []
        params = Cproc.Message.new_text(text) if text is not None else None
        pool.request_async(method, params, 0, None, lambda _, result: done.append(result))
        return self.until(done)

    def close(self, pool):
        done = []
        pool.close_async(None, lambda _, result: done.append(result))
        self.assertTrue(pool.close_finish(self.until(done)))
        self.assertEqual(pool.get_state(), Cproc.PoolState.CLOSED)

    def test_settings(self):
        pool = self.pool()
        for name, value in SETTINGS.items():
            setattr(pool.props, name, value)
            self.assertEqual(getattr(pool.props, name), value)
        self.assertEqual(pool.get_size(), 2)
        pool.set_size(3)
        self.assertEqual(pool.props.size, 3)
        self.assertIsInstance(pool.props.command, Cproc.Command)
        self.assertIsNone(pool.props.setup)
        pool.set_setup(Cproc.Message.new_text("[1]"))
        self.assertEqual(pool.get_setup().get_text(), "[1]")
        self.assertIs(pool.props.congested, False)
        self.assertEqual(pool.props.state, Cproc.PoolState.IDLE)

    def test_requests(self):
        pool = self.pool()
        seen = []
        pool.connect("worker-started", lambda _, worker: seen.append("started"))
        pool.connect("worker-ended", lambda _, worker, error: seen.append(error))
        pool.connect("message", lambda _, worker, message: seen.append(message.get_text()))
        pool.connect("failed", lambda _, error: seen.append("failed"))
        pool.connect("drained", lambda _: seen.append("drained"))
        result = self.request(pool, "add", "[1, 2]")
        self.assertEqual(pool.request_finish(result).get_int64(""), 3)
        self.assertEqual(pool.get_state(), Cproc.PoolState.RUNNING)
        self.assertIsInstance(pool.get_item(0), Cproc.Worker)
        pool.broadcast("note", None)

        done = []
        pool.request_full_async("add", None, 1, "key", 0, None, lambda _, r: done.append(r))
        self.assertEqual(pool.request_finish(self.until(done)).get_int64(""), 0)
        done = []
        pool.drain_async(None, lambda _, result: done.append(result))
        self.assertTrue(pool.drain_finish(self.until(done)))
        self.assertEqual(pool.dup_statistics().unpack()["completed"], 2)
        self.close(pool)
        self.assertEqual(seen, ["started", "drained", '"note"', "drained", None])

    def test_errors(self):
        pool = self.pool()
        result = self.request(pool, "fail")
        with self.assertRaises(GLib.Error) as caught:
            pool.request_finish(result)
        self.assertTrue(caught.exception.matches(Cproc.reply_error_quark(),
                                                 Cproc.ReplyError.METHOD_NOT_FOUND))
        self.assertEqual(Cproc.Pool.request_get_error_data(result).get_text(), "[1]")
        pool.abort()
        with self.assertRaises(GLib.Error) as caught:
            pool.request_finish(self.request(pool, "add", "[1]"))
        self.assertTrue(caught.exception.matches(Cproc.error_quark(), Cproc.Error.CLOSED))
        self.close(pool)

    def test_enums(self):
        self.assertEqual([int(state) for state in (
            Cproc.PoolState.IDLE, Cproc.PoolState.RUNNING, Cproc.PoolState.FAILED,
            Cproc.PoolState.CLOSING, Cproc.PoolState.CLOSED)], [0, 1, 2, 3, 4])
        self.assertEqual([int(code) for code in (
            Cproc.ReplyError.PARSE_ERROR, Cproc.ReplyError.INVALID_REQUEST,
            Cproc.ReplyError.METHOD_NOT_FOUND, Cproc.ReplyError.INVALID_PARAMS,
            Cproc.ReplyError.INTERNAL_ERROR, Cproc.ReplyError.CANCELLED)],
            [-32700, -32600, -32601, -32602, -32603, -32800])


if __name__ == "__main__":
    harness.main()

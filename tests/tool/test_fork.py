# SPDX-License-Identifier: LGPL-2.1-or-later
"""cproc fork: lines become messages, messages become lines."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from common import SIGNAL, WORKER, TestCase, environment, main, run, start

NODE_WORKER = """
process.on('message', message => {
  console.error('got', message);
  process.send({answer: message});
});
"""


class Fork(TestCase):
    def echo(self, text):
        """What an echoing worker has been sent, for the lines."""
        done = run("fork", WORKER, "echo", input=text.encode())
        self.assertEqual((done.code, done.stderr), (0, b""))
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def test_json(self):
        values = [{"hello": "there", "n": [1, 2.5, None, True]}, [], "text", 42, -1, None, False]
        self.assertEqual(self.echo("".join(json.dumps(value) + "\n" for value in values)), values)

    def test_text(self):
        self.assertEqual(self.echo("Hello there!\ntruest\n1.2.3\npäivää 🙂\nsays \"x\\y\"\n"),
                         ["Hello there!", "truest", "1.2.3", "päivää 🙂", 'says "x\\y"'])

    def test_as_it_is(self):
        done = run("fork", WORKER, "echo", input=b'{"b": 1,\t"a": 1.50}\n')
        self.assertEqual(done.stdout, b'{"b": 1,\t"a": 1.50}\n')

    def test_line_ends(self):
        self.assertEqual(self.echo('"one"\r\n\n\r\ntwo\r\n3'), ["one", "two", 3])

    def test_greeting(self):
        done = run("fork", "--", WORKER, "greet", input=b"Hello there!\n")
        self.assertEqual(done.code, 0)
        self.assertIn(b"got a message from master: Hello there!\n", done.stdout)
        self.assertIn(b'{"foo":1,"bar":2}\n', done.stdout)

    def test_conversation(self):
        """Each message is answered while standard input is open."""
        with start("fork", WORKER, "echo", stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE) as process:
            for number in range(100):
                process.stdin.write(b"%d\n" % number)
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), b"%d\n" % number)
            process.stdin.close()
            self.assertEqual(process.wait(), 0)

    def test_many(self):
        text = "".join(f"{{\"number\": {i}}}\n" for i in range(20000))
        done = run("fork", WORKER, "echo", input=text.encode())
        self.assertEqual(done.code, 0)
        self.assertEqual(done.stdout, text.encode())

    def test_slow_worker(self):
        """Which has not even begun when standard input ends."""
        path = self.path("worker", f"#!/bin/sh\nsleep 1.5\nexec '{WORKER}' echo\n")
        os.chmod(path, 0o755)
        done = run("fork", path, input=b"1\n2\n")
        self.assertEqual((done.code, done.stdout, done.stderr), (0, b"1\n2\n", b""))

    def test_linger(self):
        """A worker that sends nothing is waited for no longer than was asked."""
        for option in ("-l", "--linger"):
            done = run("fork", option, "0.01", WORKER, "greet", input=b"")
            self.assertEqual((done.code, done.stdout), (0, b""))

    def test_stdin_from_a_file(self):
        with open(self.path("lines", "1\n2\n"), "rb") as file, \
             start("fork", WORKER, "echo", stdin=file,
                   stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.read(), b"1\n2\n")
            self.assertEqual(process.wait(), 0)

    def test_nothing_to_send(self):
        done = run("fork", "--linger=0", WORKER, "echo")
        self.assertEqual((done.code, done.stdout, done.stderr), (0, b"", b""))

    def test_bad_lines(self):
        lines = [b'{"broken": ', b"[1,", b'"open', b"{} {}", b"\xff", b"a\0b", b"[" * 1000]
        for line in lines:
            done = run("fork", WORKER, "echo", input=b"1\n" + line + b"\n3\n")
            self.assertEqual((done.code, done.stdout), (1, b"1\n3\n"), line)
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
            self.assertIn(b"cproc fork: line 2: ", done.stderr)

    def test_exit_code(self):
        done = run("fork", WORKER, "exit", input=b"1\n")
        self.assertEqual((done.code, done.stdout), (6, b"1\n"))

    def test_ended_by_a_signal(self):
        done = run("fork", WORKER, "raw", "1\n", signal.SIGKILL)
        self.assertEqual((done.code, done.stdout), (SIGNAL + signal.SIGKILL, b"1\n"))

    def test_ends_with_its_worker(self):
        """Though standard input stays open."""
        with start("fork", WORKER, "send", 3, stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.read(), b"0\n1\n2\n")
            self.assertEqual(process.wait(), 0)

    def test_bad_messages(self):
        done = run("fork", WORKER, "raw", "1\n{oops\n2\n")
        self.assertEqual((done.code, done.stdout), (1, b"1\n2\n"))
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"cproc fork: ", done.stderr)

    def test_bad_linger(self):
        self.assertUsageError(run("fork", "-l", "long", WORKER), "“long”")

    def test_module_without_runtime(self):
        done = run("fork", self.path("worker.js", NODE_WORKER), env=environment(PATH=self.folder))
        self.assertEqual(done.code, 127)
        self.assertIn("“node” cannot run it", done.stderr.decode())

    @unittest.skipUnless(shutil.which("node"), "needs Node")
    def test_node(self):
        done = run("fork", self.path("worker.js", NODE_WORKER),
                   input=b'Hello there!\n{"x": [1]}\n')
        self.assertEqual(done.code, 0)
        self.assertEqual([json.loads(line) for line in done.stdout.splitlines()],
                         [{"answer": "Hello there!"}, {"answer": {"x": [1]}}])
        self.assertIn(b"got Hello there!\n", done.stderr)

    def test_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        with start("fork", WORKER, "echo", stdin=subprocess.PIPE, stdout=writer,
                   stderr=subprocess.PIPE) as process:
            os.close(writer)
            process.stdin.write(b"1\n")
            process.stdin.flush()
            self.assertEqual(process.wait(), SIGNAL + signal.SIGPIPE)
            self.assertEqual(process.stderr.read(), b"")

    def test_interrupt(self):
        with start("fork", WORKER, "echo", stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE) as process:
            process.stdin.write(b"1\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), b"1\n")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(), -signal.SIGINT)


main()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""cproc spawn, without a terminal."""

import re
import signal
import subprocess

from common import CHILD, SIGNAL, TIMED_OUT, TestCase, environment, main, run, start

LINE = re.compile(r"(\d\d:\d\d:\d\d\.\d\d\d) (out|err|end) (.*)")


def parse(output):
    """Returns the stream and the text of each line."""
    return [LINE.fullmatch(line).groups()[1:] for line in output.decode().splitlines()]


class Spawn(TestCase):
    def test_lines(self):
        done = run("spawn", CHILD, "lines", 3)
        self.assertEqual(parse(done.stdout), [
            ("out", "line 1"), ("out", "line 2"), ("out", "line 3"),
            ("end", "exited with code 0")])
        self.assertEqual((done.code, done.stderr), (0, b""))

    def test_both_streams(self):
        done = run("spawn", "--", CHILD, "echo", 1, "one\nunfinished", 2, "two\n")
        lines = parse(done.stdout)
        self.assertEqual(lines[-1], ("end", "exited with code 0"))
        self.assertCountEqual(lines[:-1],
                              [("out", "one"), ("out", "unfinished"), ("err", "two")])

    def test_times(self):
        done = run("spawn", "--shell", "echo 1; sleep 0.1; echo 2")
        times = [line[:12] for line in done.stdout.decode().splitlines()]
        self.assertEqual(len(times), 3)
        # But around midnight.
        if not times[0].startswith("23:59"):
            self.assertLess(times[0], times[1])
            self.assertLessEqual(times[1], times[2])

    def test_lines_come_at_once(self):
        """The program waits for what is answered to its first line."""
        with start("spawn", "--shell", "echo question; read answer; echo $answer",
                   stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            self.assertIn(b"out question", process.stdout.readline())
            process.stdin.write(b"answer\n")
            process.stdin.close()
            self.assertIn(b"out answer", process.stdout.readline())

    def test_exit_code(self):
        for code in (0, 1, 9, 255):
            done = run("spawn", CHILD, "exit", code)
            self.assertEqual(done.code, code)
            self.assertEqual(parse(done.stdout), [("end", f"exited with code {code}")])

    def test_signal(self):
        done = run("spawn", CHILD, "signal", signal.SIGUSR2)
        self.assertEqual(done.code, SIGNAL + signal.SIGUSR2)
        self.assertEqual(parse(done.stdout), [("end", "ended by SIGUSR2")])

    def test_end_is_last(self):
        """Even where output is still being read."""
        done = run("spawn", CHILD, "lines", 20000)
        lines = parse(done.stdout)
        self.assertEqual(len(lines), 20001)
        self.assertEqual(lines[-1][0], "end")

    def test_timeout(self):
        for option in (["-t", "0.05"], ["--timeout=0.05"]):
            done = run("spawn", *option, CHILD, "sleep-forever", "began")
            self.assertEqual(done.code, TIMED_OUT)
            self.assertEqual(parse(done.stdout), [("out", "began"), ("end", "timed out")])

    def test_idle_timeout(self):
        for option in (["-i", "0.2"], ["--idle-timeout=0.2"]):
            done = run("spawn", *option, CHILD, "sleep-forever", "began")
            self.assertEqual(done.code, TIMED_OUT)
            self.assertEqual(parse(done.stdout)[-1], ("end", "timed out"))

    def test_output_is_not_idle(self):
        done = run("spawn", "--idle-timeout=10", "--shell",
                   "for i in 1 2 3; do echo $i; sleep 0.05; done")
        self.assertEqual((done.code, len(parse(done.stdout))), (0, 4))

    def test_bad_seconds(self):
        for option in ("--timeout", "--idle-timeout"):
            self.assertUsageError(run("spawn", option + "=later", "true"), "“later”")

    def test_plain(self):
        for option in ("-p", "--plain"):
            done = run("spawn", option, CHILD, "echo", 1, "one\n", 2, "two\n", 1, "three")
            self.assertEqual((done.code, done.stdout, done.stderr), (0, b"one\nthree", b"two\n"))

    def test_shell(self):
        for option in ("-s", "--shell"):
            done = run("spawn", option, "-p", "echo $((6 * 7))")
            self.assertEqual(done.stdout, b"42\n")
        self.assertUsageError(run("spawn", "--shell", "echo", "more"), "more")

    def test_any_bytes(self):
        text = bytes(range(256)) * 300 + b"\r\n\x1b[2Jno end"
        path = self.path("bytes", text)
        for stream in ("", " >&2"):
            done = run("spawn", "--plain", "--shell", f"cat {path}{stream}")
            self.assertEqual(done.stderr if stream else done.stdout, text)

    def test_replaced_bytes(self):
        done = run("spawn", "printf", r"\377 \000\r\nnext")
        self.assertEqual(parse(done.stdout)[:2], [("out", "\ufffd \ufffd"), ("out", "next")])

    def test_no_colours(self):
        """Standard output is no terminal here."""
        done = run("spawn", CHILD, "echo", 2, "x\n", env=environment(TERM="xterm-256color"))
        self.assertNotIn(b"\033", done.stdout)


main()

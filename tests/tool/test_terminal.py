# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command on a terminal: colours, and Ctrl-C."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

from common import CHILD, LIMIT_SECONDS, TOOL, TestCase, as_from_a_shell, main

CTRL_C = b"\x03"
CTRL_D = b"\x04"
CTRL_Z = b"\x1a"


# What a shell with job control does: runs the command as the foreground job, waits until it is
# stopped, and lets it go on once it has been told to.
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
print("stopped", os.WIFSTOPPED(status), flush=True)
os.tcsetpgrp(0, os.getpid())
sys.stdin.readline()
os.tcsetpgrp(0, job)
os.kill(-job, signal.SIGCONT)
_, status = os.waitpid(job, 0)
os.tcsetpgrp(0, os.getpid())
print("ended", os.waitstatus_to_exitcode(status), flush=True)
"""


class Terminal:
    """The command, alone on a terminal of its own."""

    def __init__(self, *argv, program=TOOL, **variables):
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            as_from_a_shell()
            environ = {**os.environ, "TERM": "xterm-256color", **variables}
            if "NO_COLOR" not in variables:
                environ.pop("NO_COLOR", None)
            os.execve(program, [program, *map(str, argv)], environ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def read(self, enough=lambda output: False):
        """Reads to the end, or until what has been read is enough."""
        end = time.monotonic() + LIMIT_SECONDS
        while not enough(self.output):
            readable, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not readable:
                raise AssertionError(f"waited too long; so far: {self.output}")
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                # The other side has been closed.
                data = b""
            if not data:
                break
            self.output += data
        return self.output

    def read_lines(self, number):
        """Reads so many lines."""
        return self.read(lambda output: output.count(b"\n") >= number).split(b"\r\n")[:number]

    def ends_within(self, seconds):
        """Without reading."""
        poll = select.poll()
        poll.register(self.fd, 0)
        return bool(poll.poll(seconds * 1000))

    def type(self, data):
        os.write(self.fd, data)

    def wait(self):
        self.read()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Colours(TestCase):
    def spawn(self, *options, **variables):
        with Terminal("spawn", *options, CHILD, "echo", 1, "one\n", 2, "two\n",
                      **variables) as terminal:
            self.assertEqual(terminal.wait(), 0)
            return terminal.output

    def test_on_a_terminal(self):
        output = self.spawn()
        self.assertIn(b"\033[31merr\033[0m two", output)
        self.assertIn(b"out\033[0m one", output)
        self.assertTrue(output.endswith(b"\033[0m\r\n"))

    def test_not_wanted(self):
        for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            output = self.spawn(**variables)
            self.assertIn(b" err two\r\n", output)
            self.assertNotIn(b"\033", output)

    def test_empty_says_nothing(self):
        self.assertIn(b"\033[31m", self.spawn(NO_COLOR=""))

    def test_escapes_are_left_out(self):
        script = (r"printf 'a\033[2J\033[Hb\033]0;title\007c\033Pq\033\\d\033(Be\tf\001\rg"
                  r"\302\2332Jh\n'")
        with Terminal("spawn", "--shell", script, NO_COLOR="1") as terminal:
            self.assertEqual(terminal.wait(), 0)
            self.assertIn(b" out abcde\tfgh\r\n", terminal.output)

    def test_plain(self):
        self.assertNotIn(b"\033", self.spawn("--plain"))


class Keys(TestCase):
    def test_stdin_is_not_the_terminal(self):
        with Terminal("exec", CHILD, "cat") as terminal:
            self.assertEqual(terminal.wait(), 0)

    def test_interrupt(self):
        for verb in ("exec", "spawn"):
            pid_file = self.path("pid-" + verb)
            script = f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; sleep 1000"
            with Terminal(verb, "--shell", script) as terminal:
                self.wait_for(pid_file)
                terminal.type(CTRL_C)
                self.assertEqual(terminal.wait(), -signal.SIGINT)
            self.assertGone(self.read_pid(pid_file))

    def test_stop(self):
        """Ctrl-Z stops the program with the command, and both go on."""
        for verb in ("exec", "spawn"):
            pid_file, end_file = self.path("pid-z-" + verb), self.path("end-z-" + verb)
            # Waits in the shell itself: a shell that has just begun another program waits for it
            # in the kernel, and does not stop there.
            os.mkfifo(end_file)
            script = (f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; "
                      f"read line <{end_file}; echo done")
            with Terminal("-c", SHELL, TOOL, verb, "--shell", script,
                          program=sys.executable) as terminal:
                self.wait_for(pid_file)
                terminal.type(CTRL_Z)
                terminal.read(lambda output: b"stopped True" in output)
                self.wait_for_stop(self.read_pid(pid_file))
                terminal.type(b"\n")
                open(end_file, "w", encoding="ascii").close()
                self.assertEqual(terminal.wait(), 0)
                self.assertIn(b"done", terminal.output)
                self.assertIn(b"ended 0", terminal.output)

    def wait_for_stop(self, pid):
        end = time.monotonic() + LIMIT_SECONDS
        state = ""
        while state != "T":
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                state = file.read().rpartition(") ")[2][0]

    def wait_for(self, path):
        end = time.monotonic() + LIMIT_SECONDS
        while not os.path.exists(path):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def read_pid(self, path):
        with open(path, encoding="ascii") as file:
            return int(file.read())

    def test_interrupt_ends_jobs_in_the_background(self):
        with Terminal("spawn", "--plain", "--shell",
                      f"{CHILD} sleep-forever & echo job $!; {CHILD} spawn-grandchild session stay"
                      ) as terminal:
            pids = [int(line.split()[-1]) for line in terminal.read_lines(2)]
            terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), -signal.SIGINT)
            for pid in pids:
                self.assertGone(pid)

    def test_interrupt_ends_what_ignores_it(self):
        """The second Ctrl-C does."""
        with Terminal("spawn", "--plain", "--shell",
                      f"echo $$; exec {CHILD} ignore-term") as terminal:
            pid, ready = terminal.read_lines(2)
            self.assertEqual(ready, b"ready")
            began = time.monotonic()
            # Two that come at once are one signal.
            while not terminal.ends_within(0.1):
                terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), -signal.SIGINT)
            # Not by the grace of five seconds.
            self.assertLess(time.monotonic() - began, 4)
            self.assertGone(int(pid))

    def test_interrupt_ends_a_script(self):
        """A shell whose command was interrupted does not go on."""
        with Terminal("-c", f"{TOOL} spawn --plain {CHILD} sleep-forever ready; echo went on",
                      program="/bin/sh") as terminal:
            self.assertEqual(terminal.read_lines(1), [b"ready"])
            terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), -signal.SIGINT)
            self.assertNotIn(b"went on", terminal.output)

    def test_hang_up(self):
        """What ran on a terminal that is closed ends with it."""
        terminal = Terminal("spawn", "--plain", CHILD, "spawn-grandchild", "session", "stay")
        [pid] = map(int, terminal.read_lines(1))
        os.close(terminal.fd)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]),
                         -signal.SIGHUP)
        self.assertGone(pid)

    def test_messages_by_hand(self):
        """fork reads the terminal itself, to its Ctrl-D."""
        with Terminal("fork", "--linger=0.2", os.environ["CPROC_TEST_WORKER"], "echo") as terminal:
            terminal.type(b"Hello there!\n")
            # What is typed is shown too.
            terminal.read(lambda output: b'"Hello there!"\r\n' in output)
            terminal.type(CTRL_D)
            self.assertEqual(terminal.wait(), 0)


# Says whether the terminal is after the command as it was before it.
MODES = """
import subprocess, sys, termios
before = termios.tcgetattr(0)
code = subprocess.call(sys.argv[1:])
print("same" if termios.tcgetattr(0) == before else "other", code)
"""


class ProgramTerminal(TestCase):
    """spawn --terminal: the program has a terminal of its own."""

    def test_lines(self):
        with Terminal("spawn", "--terminal", "--shell", "test -t 0 && test -t 1 && read x && "
                      "echo \"<$x>\"", NO_COLOR="1") as terminal:
            terminal.type(b"hi\r")
            self.assertEqual(terminal.wait(), 0)
            self.assertIn(b" out <hi>\r\n", terminal.output)

    def test_interrupt(self):
        with Terminal("spawn", "--terminal", "--shell", "echo ready; sleep 1000") as terminal:
            terminal.read(lambda output: b"ready" in output)
            terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), -signal.SIGINT)

    def test_keys(self):
        """Each key is the program's: this one interrupts it, and not the command."""
        with Terminal("spawn", "--plain", "--terminal", "--shell",
                      "trap 'echo interrupted; exit 7' INT; echo ready; "
                      "while :; do sleep 0.01; done") as terminal:
            terminal.read(lambda output: b"ready" in output)
            terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), 7)
            self.assertIn(b"interrupted", terminal.output)

    def test_end_of_file(self):
        with Terminal("spawn", "--plain", "--terminal", "--shell",
                      "echo ready; cat; echo end") as terminal:
            terminal.read(lambda output: b"ready" in output)
            terminal.type(b"echo\r" + CTRL_D)
            self.assertEqual(terminal.wait(), 0)
            self.assertEqual(terminal.output, b"ready\r\necho\r\necho\r\nend\r\n")

    def test_size(self):
        with Terminal("spawn", "--plain", "--terminal", CHILD, "print-sizes") as terminal:
            for columns, rows in ((90, 33), (91, 34)):
                fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ,
                            struct.pack("HHHH", rows, columns, 0, 0))
                shown = f"{columns}x{rows}".encode("ascii")
                terminal.read(lambda output, shown=shown: shown in output)
            terminal.type(CTRL_D)
            self.assertEqual(terminal.wait(), 0)

    def test_modes_come_back(self):
        with Terminal("-c", MODES, TOOL, "spawn", "--plain", "--terminal", "--shell", "exit 5",
                      program=sys.executable) as terminal:
            self.assertEqual(terminal.wait(), 0)
            self.assertIn(b"same 5\r\n", terminal.output)



main()

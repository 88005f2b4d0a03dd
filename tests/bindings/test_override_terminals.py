# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override: terminal=, and real programs at a terminal."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import unittest

import harness
from harness import Cproc, wait_closed, wait_until
from gi.repository import Gio, GLib

TERMINAL = Cproc.Stdio.TERMINAL


def program(name):
    return unittest.skipUnless(shutil.which(name), f"{name} is not installed")


class Session:
    """A program at a terminal, and what it has shown so far."""

    def __init__(self, argv, **options):
        self.shown = ""
        self.child = Cproc.Child(argv, terminal=options.pop("terminal", True), **options)
        self.child.connect("output::stdout", self.on_output)
        self.child.start()

    def on_output(self, _child, _stream, data):
        self.shown += bytes(data).decode("utf-8", "replace")

    def type(self, text):
        self.child.write_async(text)

    def wait(self, pattern):
        """Waits for the text, and forgets everything up to its end."""
        wait_until(lambda: re.search(pattern, self.shown))
        match = re.search(pattern, self.shown)
        self.shown = self.shown[match.end():]
        return match

    def close(self):
        wait_closed(self.child)
        return self.child.returncode


class Option(harness.TestCase):
    def test_modes(self):
        def modes(**options):
            command = Cproc.Child(["true"], **options).get_command()
            return (command.props.stdin_mode, command.props.stdout_mode,
                    command.props.stderr_mode)

        default = Cproc.Stdio.DEFAULT
        self.assertEqual(modes(terminal=True), (TERMINAL,) * 3)
        self.assertEqual(modes(terminal=(100, 30)), (TERMINAL,) * 3)
        self.assertEqual(modes(terminal=False), (default,) * 3)
        self.assertEqual(modes(terminal=None), (default,) * 3)
        # A stream of one's own, in any order.
        expected = (TERMINAL, Cproc.Stdio.PIPE, TERMINAL)
        self.assertEqual(modes(terminal=True, stdout=Cproc.Stdio.PIPE), expected)
        self.assertEqual(modes(stdout=Cproc.Stdio.PIPE, terminal=True), expected)
        for wrong in (1, "yes", (80,), (80, 24, 1)):
            self.assertRaises(TypeError, Cproc.Child, ["true"], terminal=wrong)
        with self.assertRaisesRegex(TypeError, "terminal=True"):
            Cproc.Child(["true"], pty=True)

    def test_run(self):
        self.assertEqual(Cproc.run("stty size; test -t 2", terminal=(101, 31)).stdout,
                         "31 101\r\n")
        result = Cproc.run("echo out; echo err >&2", terminal=True)
        self.assertEqual((result.stdout, result.stderr), ("out\r\nerr\r\n", ""))
        flags = Cproc.TerminalFlags.RAW
        self.assertEqual(Cproc.run("echo x", terminal=True, terminal_flags=flags).stdout, "x\n")
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT,
                         lambda: Cproc.run("true", terminal=(0, 0)))

    def test_input(self):
        flags = Cproc.TerminalFlags.NO_ECHO
        for text in ("", "a\n", "a\nb"):
            result = Cproc.run(["cat"], terminal=True, terminal_flags=flags, input=text)
            self.assertEqual(result.stdout, text.replace("\n", "\r\n"))
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.MESSAGE_TOO_LARGE, lambda: Cproc.run(
            ["cat"], terminal=True, terminal_flags=flags, input="x" * 5000))


class Programs(harness.TestCase):
    def test_python(self):
        session = Session([sys.executable, "-q", "-i"], env={"TERM": "dumb", "LC_ALL": "C.UTF-8",
                                                             "PYTHON_BASIC_REPL": "1"})
        session.wait(">>> ")
        session.type("6 * 7\r")
        session.wait(r"\b42\b")
        session.wait(">>> ")
        session.type("import os; os.get_terminal_size()\r")
        session.wait("columns=80, lines=24")
        session.type("import time; print('rea' + 'dy'); time.sleep(600)\r")
        session.wait("ready")
        session.type("\x03")
        session.wait("KeyboardInterrupt")
        session.wait(">>> ")
        session.type("raise SystemExit(5)\r")
        self.assertEqual(session.close(), 5)

    def test_python_ends_at_the_end_of_file(self):
        session = Session([sys.executable, "-q", "-i"], env={"TERM": "dumb",
                                                             "PYTHON_BASIC_REPL": "1"})
        session.wait(">>> ")
        session.child.close_stdin()
        self.assertEqual(session.close(), 0)

    @program("bash")
    def test_bash(self):
        session = Session(["bash", "--norc", "--noprofile", "-i"], env={
            "PS1": "prompt> ", "PATH": "/usr/bin:/bin", "TERM": "dumb", "HISTFILE": ""})
        session.wait("prompt> ")
        self.assertNotIn("job control", session.shown)
        # The quotes keep the echo of the line apart.
        session.type("sh -c 'echo rea''dy; exec sleep 600'\r")
        session.wait("ready")
        session.type("\x1a")
        session.wait("Stopped")
        session.wait("prompt> ")
        session.type("jobs; bg; kill %1; wait; echo jobs=$(jobs -r | wc -l)\r")
        session.wait("jobs=0")
        session.wait("prompt> ")
        session.type("exit 7\r")
        self.assertEqual(session.close(), 7)

    @program("bash")
    def test_bash_lines(self):
        """Bash ends the lines that it edits with two carriage returns."""
        child = Cproc.Child(["bash", "--norc", "--noprofile", "-i"], terminal=True,
                            env={"PS1": "", "PATH": "/usr/bin:/bin", "TERM": "vt100"})
        lines = []
        child.connect("line::stdout", lambda _child, _stream, line: lines.append(line))
        child.start()
        child.write_async("echo hello\r")
        wait_until(lambda: any(line.endswith(("hello", "hello\r")) and "echo" not in line
                               for line in lines))
        child.write_async("exit\r")
        wait_closed(child)
        self.assertFalse([line for line in lines if line.endswith("\r")])

    @program("bash")
    def test_bash_obeys_the_kill_signal(self):
        session = Session(["bash", "--norc", "--noprofile", "-i"], kill_grace=-1,
                          env={"PS1": "prompt> ", "PATH": "/usr/bin:/bin", "TERM": "dumb"})
        session.wait("prompt> ")

        def hang_up():
            session.child.kill()
            return GLib.SOURCE_CONTINUE

        # Again, where bash was just about to wait for a key and waits on.
        hang_up()
        source = GLib.timeout_add(500, hang_up)
        self.assertEqual(session.close(), -1)
        GLib.source_remove(source)

    @program("less")
    def test_less(self):
        path = self.path("text", "".join(f"line {n}\n" for n in range(1, 101)).encode())
        session = Session(["less", path], terminal=(40, 10),
                          env={"TERM": "xterm", "PATH": "/usr/bin:/bin"})
        session.wait("line 9\\b")
        self.assertNotIn("line 10", session.shown)
        session.child.set_terminal_size(40, 20)
        # Less may be on its way to wait for a key.
        session.type("g")
        session.wait("line 19\\b")
        session.type("G")
        session.wait("line 100")
        session.type("q")
        self.assertEqual(session.close(), 0)

    @program("top")
    def test_top(self):
        result = Cproc.run(["top", "-b", "-n", "1", "-w", "100"], terminal=True)
        self.assertIn("PID", result.stdout)
        session = Session(["top", "-d", "100"], env={"TERM": "xterm", "PATH": "/usr/bin:/bin"})
        session.wait("PID")
        session.type("q")
        self.assertEqual(session.close(), 0)

    @program("vim")
    def test_vim(self):
        path = self.path("text", b"one\n")
        result = Cproc.run(["vim", "-u", "NONE", "-es", "-c", "%s/one/two/", "-c", "wq", path],
                           terminal=True)
        self.assertEqual(result.returncode, 0)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "two\n")

    def test_colours_of_ls(self):
        env = {"PATH": "/usr/bin:/bin", "LS_COLORS": "di=01;34", "TERM": "xterm-256color"}
        options = {"cwd": "/", "env": env}
        self.assertIn("\x1b[", Cproc.run(["ls", "--color=auto"], terminal=True, **options).stdout)
        self.assertNotIn("\x1b[", Cproc.run(["ls", "--color=auto"], **options).stdout)

    @program("git")
    def test_colours_of_git(self):
        env = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "GIT_PAGER": "cat",
               "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", "init", "-q", self.folder], env=env, check=True)
        self.path("file", b"")
        argv = ["git", "status", "--short"]
        options = {"cwd": self.folder, "env": env}
        self.assertIn("\x1b[31m??", Cproc.run(argv, terminal=True, **options).stdout)
        self.assertNotIn("\x1b[", Cproc.run(argv, **options).stdout)

    def test_getpass(self):
        code = "import getpass; print(len(getpass.getpass('secret: ')))"
        session = Session([sys.executable, "-c", code])
        session.wait("secret: ")
        session.type("abcde\r")
        session.wait("5")
        self.assertEqual(session.close(), 0)
        self.assertNotIn("abcde", session.shown)


class Prompts(harness.TestCase):
    """Programs that ask at the terminal, whatever their streams are."""

    PHRASE = "correct horse"

    def new_key(self):
        key = self.path("key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", self.PHRASE, "-f", key],
                       check=True)
        return key

    def ask(self, argv, prompt, answer, **options):
        """Types the answer at the prompt, which comes on the stream of the terminal."""
        child = Cproc.Child(argv, stdin=TERMINAL, **options)
        shown, out = [], []

        def on_terminal(_child, _stream, data):
            shown.append(bytes(data).decode())
            if prompt in "".join(shown) and answer not in answered:
                answered.append(answer)
                child.write_async(answer + "\r")

        answered = []
        child.connect("output::terminal", on_terminal)
        child.connect("output::stdout", lambda _child, _stream, data: out.append(bytes(data)))
        child.start()
        wait_closed(child)
        self.assertNotIn(answer, "".join(shown))
        return child.returncode, b"".join(out).decode()

    @program("ssh-keygen")
    def test_ssh_keygen(self):
        key = self.new_key()
        code, out = self.ask(["ssh-keygen", "-y", "-f", key], "passphrase", self.PHRASE)
        self.assertEqual(code, 0)
        with open(key + ".pub", encoding="ascii") as file:
            self.assertEqual(out.split()[:2], file.read().split()[:2])

    @program("ssh")
    def test_ssh(self):
        """A server for this test alone asks for nothing; the client asks for its key's phrase."""
        server = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
        if server is None:
            self.skipTest("sshd is not installed")
        key, port = self.new_key(), self.start_server(server)
        config = self.path("config", f"""
Host node
  HostName 127.0.0.1
  Port {port}
  User {pwd.getpwuid(os.getuid()).pw_name}
  IdentityFile {key}
  IdentitiesOnly yes
  UserKnownHostsFile {self.folder}/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
""".encode())
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY")}
        code, out = self.ask(["ssh", "-F", config, "node", "echo", "from afar"], "passphrase",
                             self.PHRASE, env=environment)
        self.assertEqual((code, out), (0, "from afar\n"))

    def start_server(self, server):
        host_key = self.path("hostkey")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = self.path("sshd_config", f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
PidFile none
AuthorizedKeysFile {self.folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
""".encode())
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        child = Cproc.Child([server, "-D", "-e", "-f", config])
        listening = []
        child.connect("line::stderr", lambda _child, _stream, line:
                      listening.append(line) if "listening" in line else None)
        child.start()
        self.addCleanup(child.force_exit)
        wait_until(lambda: listening or child.props.state == Cproc.State.CLOSED)
        if not listening:
            self.skipTest("sshd does not start here")
        return port


if __name__ == "__main__":
    harness.main()

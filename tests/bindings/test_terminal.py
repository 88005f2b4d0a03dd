# SPDX-License-Identifier: LGPL-2.1-or-later
"""A terminal for a CprocChild from Python."""

import os

import harness
from harness import Cproc, wait_closed, wait_until
from gi.repository import Gio, GLib


def terminal_child(line, flags=Cproc.TerminalFlags.NONE):
    command = Cproc.Command.new(["/bin/sh", "-c", line])
    for name in ("stdin", "stdout", "stderr"):
        command.set_property(f"{name}-mode", Cproc.Stdio.TERMINAL)
    command.set_terminal_flags(flags)
    return Cproc.Child.new_for_command(command)


def record(child, detail="stdout"):
    text = bytearray()
    child.connect(f"output::{detail}",
                  lambda _child, _stream, data: text.extend(data.get_data()))
    return text


def type_at(child, text):
    child.write_async(GLib.Bytes.new(text), GLib.PRIORITY_DEFAULT, None, None)


class Terminal(harness.TestCase):
    def test_values(self):
        self.assertEqual(int(Cproc.Stdio.TERMINAL), 8)
        self.assertEqual(int(Cproc.Stream.TERMINAL), 0)
        self.assertEqual([int(flag) for flag in (Cproc.TerminalFlags.NONE,
                                                 Cproc.TerminalFlags.NO_ECHO,
                                                 Cproc.TerminalFlags.RAW)], [0, 1, 2])
        command = Cproc.Command.new(["true"])
        command.set_terminal_flags(Cproc.TerminalFlags.RAW)
        self.assertEqual(command.get_terminal_flags(), Cproc.TerminalFlags.RAW)
        self.assertEqual(command.props.terminal_flags, Cproc.TerminalFlags.RAW)

    def test_dialogue(self):
        child = terminal_child("printf 'name? '; read -r x; echo \"hello $x\"; stty size")
        child.get_command().set_terminal_size(100, 40)
        text = record(child)
        child.start()
        wait_until(lambda: b"name? " in text)
        type_at(child, b"Ada\r")
        wait_closed(child)
        self.assertEqual(text, b"name? Ada\r\nhello Ada\r\n40 100\r\n")

    def test_own_stream(self):
        command = Cproc.Command.new(["/bin/sh", "-c", "echo out; echo tty > /dev/tty"])
        command.set_stdin_mode(Cproc.Stdio.TERMINAL)
        child = Cproc.Child.new_for_command(command)
        text, out = record(child, "terminal"), record(child)
        child.start()
        wait_closed(child)
        self.assertEqual((text, out), (b"tty\r\n", b"out\n"))

    def test_resize(self):
        child = terminal_child("stty size; read -r x; stty size")
        text = record(child)
        child.set_terminal_size(10, 20)
        child.start()
        wait_until(lambda: b"20 10" in text)
        self.assertTrue(child.set_terminal_size(30, 40))
        type_at(child, b"\r")
        wait_closed(child)
        self.assertIn(b"40 30\r\n", text)
        with self.assertRaises(GLib.Error):
            child.set_terminal_size(0, 1)

    def test_too_long(self):
        child = terminal_child("cat", Cproc.TerminalFlags.NO_ECHO)
        child.start()
        call = harness.Call()
        child.write_async(GLib.Bytes.new(b"x" * 4096), GLib.PRIORITY_DEFAULT, None, call)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.MESSAGE_TOO_LARGE, call.finish,
                         child.write_finish)
        child.close_stdin()
        wait_closed(child)
        self.assertEqual(child.get_exit_code(), 0)

    def test_take(self):
        child = terminal_child("echo hello")
        fd = child.take_terminal()
        self.addCleanup(os.close, fd)
        child.start()
        wait_closed(child)
        self.assertEqual(os.read(fd, 100), b"hello\r\n")
        with self.assertRaises(OSError):
            os.read(fd, 100)
        with self.assertRaises(GLib.Error):
            child.take_terminal()


if __name__ == "__main__":
    harness.main()

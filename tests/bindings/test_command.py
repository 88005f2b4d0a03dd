# SPDX-License-Identifier: LGPL-2.1-or-later
"""CprocCommand from Python."""

import os
import resource
import socket
import sys
import unittest

import harness
from harness import CHILD, Cproc, child_argv, output_of
from gi.repository import Gio, GLib


def run(command):
    return output_of(Cproc.Child.new_for_command(command))


def command(mode, *args):
    return Cproc.Command.new(child_argv(mode, *args))


def ids(command):
    return dict(line.split("=") for line in run(command).splitlines())


class Construction(harness.TestCase):
    def test_new(self):
        command = Cproc.Command.new([CHILD, "print-args", "a b", "", "ä"])
        self.assertEqual(command.props.argv, [CHILD, "print-args", "a b", "", "ä"])
        self.assertEqual(command.get_argv(), command.props.argv)
        self.assertEqual(run(command), f"{CHILD}\na b\n\nä\n")

    def test_new_shell(self):
        command = Cproc.Command.new_shell("echo $((6 * 7)) | cat")
        self.assertEqual(command.props.argv, ["/bin/sh", "-c", "echo $((6 * 7)) | cat"])
        self.assertEqual(run(command), "42\n")

    def test_set_argv(self):
        command = Cproc.Command.new(["false"])
        command.set_argv(child_argv("print-args", "set"))
        self.assertEqual(run(command), f"{CHILD}\nset\n")
        command.props.argv = child_argv("print-args", "property")
        self.assertEqual(run(command), f"{CHILD}\nproperty\n")

    def test_constructor_properties(self):
        command = Cproc.Command(argv=child_argv("print-cwd"), cwd=self.folder)
        self.assertEqual(run(command), self.folder + "\n")

    def test_is_reusable(self):
        command = Cproc.Command.new(child_argv("print-args", "again"))
        self.assertEqual([run(command) for _ in range(3)], [f"{CHILD}\nagain\n"] * 3)

    def test_defaults(self):
        command = Cproc.Command.new(["true"])
        for name, value in {
            "argv0": None, "cwd": None, "environment": None, "exec-path": None, "exec-argv": [],
            "stdin-mode": Cproc.Stdio.DEFAULT, "stdout-mode": Cproc.Stdio.DEFAULT,
            "stderr-mode": Cproc.Stdio.DEFAULT, "containment": Cproc.Containment.AUTO,
            "new-session": False, "die-with-parent": False, "user-id": -1, "group-id": -1,
            "umask": -1, "nice": 0,
        }.items():
            with self.subTest(name):
                # No argument list and an empty one are the same to a binding.
                self.assertEqual(command.get_property(name) or value, value)

    def test_notify(self):
        command = Cproc.Command.new(["true"])
        changes = {
            "argv": ["false"], "argv0": "x", "cwd": "/", "environment": ["A=1"],
            "exec-path": "/bin/sh", "exec-argv": ["-e"], "stdin-mode": Cproc.Stdio.NULL,
            "stdout-mode": Cproc.Stdio.INHERIT, "stderr-mode": Cproc.Stdio.MERGE,
            "containment": Cproc.Containment.NONE, "new-session": True, "die-with-parent": True,
            "user-id": 1, "group-id": 1, "umask": 0o77, "nice": 3,
        }
        notified = []
        command.connect("notify", lambda _command, pspec: notified.append(pspec.name))
        for name, value in changes.items():
            command.set_property(name, value)
            command.set_property(name, value)
            self.assertEqual(command.get_property(name), value)
        self.assertEqual([name for name in notified if name in changes], list(changes))


class Module(harness.TestCase):
    def test_exec_path(self):
        command = Cproc.Command.new_module("module", ["x", "y"])
        command.set_exec_path(CHILD)
        command.set_exec_argv(["print-args", "before"])
        self.assertEqual(run(command), f"{CHILD}\nbefore\nmodule\nx\ny\n")
        self.assertEqual(command.get_exec_path(), CHILD)
        self.assertEqual(command.get_exec_argv(), ["print-args", "before"])

    def test_executable_file(self):
        self.assertEqual(run(Cproc.Command.new_module(CHILD, ["print-args", "it"])),
                         f"{CHILD}\nit\n")

    def test_python_by_suffix(self):
        module = self.path("module.py", b"import sys; print(sys.argv[1:])\n")
        self.assertEqual(run(Cproc.Command.new_module(module, ["one"])), "['one']\n")

    @unittest.skipUnless(GLib.find_program_in_path("node"), "no node")
    def test_node_by_suffix(self):
        for suffix in ("js", "cjs", "mjs"):
            module = self.path("module." + suffix, b"console.log(process.argv.slice(2));\n")
            self.assertEqual(run(Cproc.Command.new_module(module, ["one"])), "[ 'one' ]\n")

    @unittest.skipUnless(GLib.find_program_in_path("gjs"), "no gjs")
    def test_gjs_by_suffix(self):
        module = self.path("module.gjs", b"print(JSON.stringify(ARGV));\n")
        self.assertEqual(run(Cproc.Command.new_module(module, ["one"])), '["one"]\n')

    def test_unknown_kind(self):
        module = self.path("module.unknown", b"")
        child = Cproc.Child.new_for_command(Cproc.Command.new_module(module, []))
        with self.assertRaises(GLib.Error) as caught:
            child.start()
        self.assertIn("module.unknown", caught.exception.message)
        self.assertIn("exec-path", caught.exception.message)
        self.assertEqual(child.props.state, Cproc.State.NEW)


class Attributes(harness.TestCase):
    def test_argv0(self):
        command = Cproc.Command.new(child_argv("print-args"))
        command.set_argv0("another name")
        self.assertEqual(command.get_argv0(), "another name")
        self.assertEqual(run(command), "another name\n")

    def test_cwd(self):
        command = Cproc.Command.new(child_argv("print-cwd"))
        command.set_cwd(self.folder)
        self.assertEqual(command.get_cwd(), self.folder)
        self.assertEqual(run(command), self.folder + "\n")

    def test_environment(self):
        command = Cproc.Command.new(child_argv("print-env"))
        command.set_environment(["B=2", "A=1"])
        self.assertEqual(command.get_environment(), ["B=2", "A=1"])
        self.assertEqual(sorted(run(command).splitlines()), ["A=1", "B=2"])
        command.set_environment(None)
        self.assertIn(f"PATH={os.environ['PATH']}", run(command).splitlines())

    def test_environment_variables(self):
        command = Cproc.Command.new(child_argv("print-env", "CPROC_A", "HOME", "PATH"))
        command.set_environment_variable("CPROC_A", "a=b c")
        command.unset_environment_variable("HOME")
        self.assertEqual(run(command), f"a=b c\n(unset)\n{os.environ['PATH']}\n")

    def test_environment_variable_with_equals_sign(self):
        command = Cproc.Command.new(child_argv("exit", 0))
        command.set_environment_variable("A=B", "c")
        child = Cproc.Child.new_for_command(command)
        error = self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT,
                                 child.start)
        self.assertIn("A=B", error.message)

    def test_containment(self):
        none = Cproc.Command.new(child_argv("print-ids"))
        none.set_containment(Cproc.Containment.NONE)
        self.assertEqual(none.get_containment(), Cproc.Containment.NONE)
        self.assertEqual(int(ids(none)["pgid"]), os.getpgrp())

        group = Cproc.Command.new(child_argv("print-ids"))
        group.set_containment(Cproc.Containment.GROUP)
        of_group = ids(group)
        self.assertEqual(of_group["pgid"], of_group["pid"])
        self.assertEqual(int(of_group["sid"]), os.getsid(0))

    def test_new_session(self):
        command = Cproc.Command.new(child_argv("print-ids"))
        command.set_new_session(True)
        self.assertTrue(command.get_new_session())
        of_session = ids(command)
        self.assertEqual(of_session["sid"], of_session["pid"])

    def test_die_with_parent(self):
        command = Cproc.Command.new(child_argv("print-ids"))
        self.assertEqual(ids(command)["death-signal"], "0")
        command.set_die_with_parent(True)
        self.assertTrue(command.get_die_with_parent())
        self.assertNotEqual(ids(command)["death-signal"], "0")

    def test_ids(self):
        # A program that every user may run, whatever folder this is in.
        command = Cproc.Command.new_shell("id -ru; id -u; id -rg; id -g")
        user, group = (os.getuid(), os.getgid()) if os.getuid() else (65534, 65534)
        command.set_user_id(user)
        command.set_group_id(group)
        self.assertEqual((command.get_user_id(), command.get_group_id()), (user, group))
        self.assertEqual(run(command), f"{user}\n{user}\n{group}\n{group}\n")

    def test_umask(self):
        command = Cproc.Command.new(child_argv("print-ids"))
        command.set_umask(0o027)
        self.assertEqual(command.get_umask(), 0o027)
        self.assertEqual(ids(command)["umask"], "027")

    def test_nice(self):
        command = Cproc.Command.new(child_argv("print-ids"))
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        command.set_nice(2)
        self.assertEqual(command.get_nice(), 2)
        self.assertEqual(int(ids(command)["nice"]), min(mine + 2, 19))

    def test_resource_limit(self):
        command = Cproc.Command.new(child_argv("print-limits", resource.RLIMIT_NOFILE,
                                               resource.RLIMIT_CORE))
        command.set_resource_limit(Cproc.Resource.NOFILE, 100, 200)
        command.set_resource_limit(Cproc.Resource.CORE, 0, 0)
        self.assertEqual(run(command), "100 200\n0 0\n")

    def test_resources_have_the_numbers_of_the_system(self):
        for name in ("CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK",
                     "AS"):
            self.assertEqual(int(getattr(Cproc.Resource, name)),
                             getattr(resource, "RLIMIT_" + name))


class Stdio(harness.TestCase):
    def kinds(self, command):
        """What the three standard streams lead to, by number."""
        lines = [line.split() for line in run(command).splitlines()]
        return {int(number): kind for number, kind, *_rest in lines}

    def test_nothing_else_is_open(self):
        self.assertEqual(sorted(self.kinds(command("print-fds"))), [0, 1, 2])

    def test_null(self):
        cat = command("cat")
        cat.set_stdin_mode(Cproc.Stdio.NULL)
        self.assertEqual(cat.get_stdin_mode(), Cproc.Stdio.NULL)
        self.assertEqual(run(cat), "")

        echo = command("echo", 1, "out", 2, "err")
        echo.set_stdout_mode(Cproc.Stdio.NULL)
        self.assertEqual(echo.get_stdout_mode(), Cproc.Stdio.NULL)
        self.assertEqual(run(echo), "")

    def test_merge(self):
        echo = command("echo", 1, "one ", 2, "two ", 1, "three")
        echo.set_stderr_mode(Cproc.Stdio.MERGE)
        self.assertEqual(echo.get_stderr_mode(), Cproc.Stdio.MERGE)
        self.assertEqual(run(echo), "one two three")

    def test_socket(self):
        test = Cproc.Command.new_shell("test -S /proc/self/fd/1 && cat")
        test.set_stdin_mode(Cproc.Stdio.SOCKET)
        test.set_stdout_mode(Cproc.Stdio.SOCKET)
        self.assertEqual(test.get_stdout_mode(), Cproc.Stdio.SOCKET)
        child = Cproc.Child.new_for_command(test)
        text = []
        child.connect("line::stdout", lambda _child, _stream, line: text.append(line))
        child.start()
        child.get_stdin_stream().write_all(b"through sockets", None)
        child.close_stdin()
        self.assertTrue(child.wait_check(None))
        self.assertEqual(text, ["through sockets"])

    def test_inherit(self):
        script = f"""
import gi
gi.require_version("Cproc", "1")
from gi.repository import Cproc
command = Cproc.Command.new({child_argv("echo", 1, "inherited")!r})
command.props.stdout_mode = Cproc.Stdio.INHERIT
child = Cproc.Child.new_for_command(command)
child.start()
child.wait_check(None)
"""
        self.assertEqual(run(Cproc.Command.new([sys.executable, "-c", script])), "inherited")

    def test_files(self):
        source = self.path("in", b"from a file")
        target = self.path("out", b"something longer that was there before")
        cat = command("cat")
        cat.set_stdio_file(0, source, Cproc.FileFlags.READ)
        cat.set_stdio_file(1, target, Cproc.FileFlags.WRITE)
        self.assertEqual(cat.get_stdin_mode(), Cproc.Stdio.FILE)
        self.assertEqual(cat.get_stdout_mode(), Cproc.Stdio.FILE)
        self.assertEqual(run(cat), "")
        with open(target, "rb") as file:
            self.assertEqual(file.read(), b"from a file")

        cat.set_stdio_file(1, target, Cproc.FileFlags.APPEND)
        run(cat)
        with open(target, "rb") as file:
            self.assertEqual(file.read(), b"from a file" * 2)

    def test_tee(self):
        path = self.path("tee", b"before")
        echo = command("echo", "1", "both")
        echo.set_stdio_tee(1, path, Cproc.FileFlags.DEFAULT)
        self.assertEqual(run(echo), "both")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"both")
        echo.set_stdio_tee(1, "/nonexistent/file", Cproc.FileFlags.WRITE)
        with self.assertRaises(GLib.Error):
            run(echo)
        echo.set_stdio_tee(1, None, Cproc.FileFlags.DEFAULT)
        self.assertEqual(run(echo), "both")

    def test_exclusive_file(self):
        target = self.path("out", b"mine")
        echo = command("echo", 1, "text")
        echo.set_stdio_file(1, target, Cproc.FileFlags.WRITE | Cproc.FileFlags.EXCLUSIVE)
        child = Cproc.Child.new_for_command(echo)
        error = self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.EXISTS, child.start)
        self.assertIn(target, error.message)
        with open(target, "rb") as file:
            self.assertEqual(file.read(), b"mine")

    def test_take_fd(self):
        read_end, write_end = os.pipe()
        cat = command("cat", 7, 1)
        cat.take_fd(read_end, 7)
        os.write(write_end, b"through seven")
        os.close(write_end)
        self.assertEqual(run(cat), "through seven")

    def test_take_fd_for_a_standard_stream(self):
        read_end, write_end = os.pipe()
        cat = command("cat")
        cat.take_fd(read_end, 0)
        self.assertEqual(cat.get_stdin_mode(), Cproc.Stdio.FD)
        os.write(write_end, b"given")
        os.close(write_end)
        self.assertEqual(run(cat), "given")

    def test_pass_fd_leaves_ours(self):
        with open(self.path("file", b"text"), "rb") as file:
            cat = command("cat", 9, 1)
            self.assertTrue(cat.pass_fd(file.fileno(), 9))
            self.assertEqual(run(cat), "text")
            file.seek(0)
            self.assertEqual(file.read(), b"text")

    def test_pass_fd_that_is_not_open(self):
        with self.assertRaises(GLib.Error) as caught:
            command("cat").pass_fd(9999, 5)
        self.assertIn("9999", caught.exception.message)

    def test_fd_without_descriptor(self):
        cat = command("cat")
        cat.set_stdin_mode(Cproc.Stdio.FD)
        child = Cproc.Child.new_for_command(cat)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT, child.start)
        self.assertEqual(child.props.state, Cproc.State.NEW)

    def test_add_pipe(self):
        for direction, target in ((Cproc.PipeDirection.READ, 3), (Cproc.PipeDirection.WRITE, 4),
                                  (Cproc.PipeDirection.BOTH, 5)):
            piped = command("print-fds")
            piped.add_pipe(target, direction)
            self.assertEqual(sorted(self.kinds(piped)), [0, 1, 2, target])

    def test_default_flags(self):
        path = os.path.join(self.folder, "file")
        echo = command("echo", 1, "text")
        echo.set_stdio_file(1, path, Cproc.FileFlags.DEFAULT)
        output_of(Cproc.Child.new_for_command(echo))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "text")

    def test_dup_and_close_fds(self):
        read_end, write_end = os.pipe()
        cat = command("cat")
        cat.take_fd(read_end, 0)
        again = cat.dup()
        cat.close_fds()
        os.write(write_end, b"text")
        os.close(write_end)
        self.assertEqual(output_of(Cproc.Child.new_for_command(again)), "text")
        self.assertRaises(GLib.Error, Cproc.Child.new_for_command(cat).start)

    def test_terminal_and_groups(self):
        shell = Cproc.Command.new(["sh", "-c", "true 2>/dev/null </dev/tty || echo none"])
        self.assertFalse(shell.get_no_terminal())
        shell.props.no_terminal = True
        self.assertEqual(output_of(Cproc.Child.new_for_command(shell)), "none\n")
        self.assertIsNone(shell.get_supplementary_groups())
        shell.set_supplementary_groups(GLib.Variant("au", [5]))
        self.assertEqual(shell.props.supplementary_groups.unpack(), [5])

    def test_socket_as_fd(self):
        ours, theirs = socket.socketpair()
        cat = command("cat", 3, 3)
        cat.take_fd(theirs.detach(), 3)
        child = Cproc.Child.new_for_command(cat)
        child.start()
        del cat
        ours.sendall(b"there and back")
        ours.shutdown(socket.SHUT_WR)
        harness.wait_closed(child)
        self.assertEqual(ours.recv(100), b"there and back")
        ours.close()


if __name__ == "__main__":
    harness.main()

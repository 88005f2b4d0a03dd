#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""exec: run a command, get all of its output. One that works, then one that fails."""

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib


def on_exit(child, exit_code, term_signal):
    print(f"child process exited with code {exit_code}")


def on_finished(child, result, loop):
    try:
        child.run_finish(result)
    except GLib.Error as error:
        print(f"error: {error.message}")
        print(f"error code: {child.props.exit_code}")
        print(f"signal received: {child.props.term_signal}")
        print(f"stack:\n{child.get_error_stack()}", end="")

    print(f"stdout:\n{child.get_stdout_text()}", end="")
    print(f"stderr:\n{child.get_stderr_text()}", end="")
    loop.quit()


def run(line):
    loop = GLib.MainLoop()
    child = Cproc.Exec.new_shell(line)
    child.props.capture_stack = True
    child.connect("exit", on_exit)
    child.run_async(None, on_finished, loop)
    loop.run()


run("ls -l")
run("ls -l no-such-file")

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""spawn: start a program and live with it. Follows a file for two seconds."""

import sys

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib

if len(sys.argv) != 2:
    sys.exit("usage: spawn.py FILE")


def on_exit(tail, code, signal):
    print(f"tail exited with code {code}, signal {signal}")


def stop():
    tail.kill()
    return GLib.SOURCE_REMOVE


loop = GLib.MainLoop()
tail = Cproc.Child.new(["tail", "-f", sys.argv[1]])
tail.connect("line::stdout", lambda tail, stream, line: print("tail output:", line))
tail.connect("line::stderr", lambda tail, stream, line: print("tail error output:", line))
tail.connect("exit", on_exit)
tail.connect("closed", lambda tail: loop.quit())

tail.start()
GLib.timeout_add(2000, stop)
loop.run()

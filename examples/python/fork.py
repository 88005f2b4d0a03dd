#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""fork: start a worker and talk to it in messages. The worker may be written in any language."""

import json
import sys

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib


def on_message(worker, message):
    print("got message from child:", message.get_text())
    worker.close_channel()


if len(sys.argv) != 2:
    sys.exit("usage: fork.py WORKER")

loop = GLib.MainLoop()
worker = Cproc.Worker.new(sys.argv[1], [])
worker.connect("message", on_message)
worker.connect("closed", lambda worker: loop.quit())

worker.start()
worker.send(Cproc.Message.new_text(json.dumps("Hello there!")))
loop.run()

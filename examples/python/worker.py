#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A worker: answers the messages of the program that started it, until that program goes."""

import json
import sys

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib


def on_message(parent, message):
    print("got a message from master:", json.loads(message.get_text()), flush=True)
    answer = json.dumps({"foo": 1, "bar": 2}, separators=(",", ":"))
    parent.send(Cproc.Message.new_text(answer))


parent = Cproc.Channel.get_parent()
if parent is None:
    sys.exit("This is to be run as a worker")

loop = GLib.MainLoop()
parent.connect("message", on_message)
parent.connect("disconnected", lambda parent: loop.quit())
loop.run()

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The worker of the documents: answers each message with its double."""

import json

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, GLib

loop = GLib.MainLoop()
parent = Cproc.Channel.get_parent()
parent.connect("message", lambda parent, message:
               parent.send(Cproc.Message.new_text(json.dumps(2 * json.loads(message.get_text())))))
parent.connect("disconnected", lambda parent: loop.quit())
loop.run()

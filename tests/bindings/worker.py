# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests fork: does what messages tell it to, and sends all other messages back."""

import json
import os
import sys

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, Gio, GLib

# The exit code that says: the parent is gone, and I was told.
TOLD = 12

parent = Cproc.Channel.get_parent()
loop = GLib.MainLoop()
exit_code = TOLD


def send(value):
    parent.send(Cproc.Message.new_text(json.dumps(value)))


def describe(_order, _message):
    again = Cproc.Channel.get_parent()
    send({
        "arguments": sys.argv[1:],
        "variables": [name for name in GLib.listenv() if name.startswith("NODE_CHANNEL")],
        "same": again is parent,
        "connected": parent.props.connected,
    })


def leave(order, _message):
    """Sends much, flushes and exits."""
    global exit_code
    for number in range(order["count"]):
        send([number, "x" * order["size"]])
    exit_code = order["code"]
    if order.get("async"):
        parent.flush_async(None, lambda parent, result: (parent.flush_finish(result), loop.quit()))
    else:
        parent.flush(None)
        loop.quit()


def read_fds(_order, message):
    fds = message.get_fd_list().steal_fds()
    texts = []
    for fd in fds:
        texts.append(os.read(fd, 1000).decode())
        os.close(fd)
    send(texts)


def give_fd(order, _message):
    read_end, write_end = os.pipe()
    os.write(write_end, order["text"].encode())
    os.close(write_end)
    fds = Gio.UnixFDList()
    fds.append(read_end)
    os.close(read_end)
    message = Cproc.Message.new_text(json.dumps("here"))
    message.set_fd_list(fds)
    parent.send(message)


def close(_order, _message):
    parent.close()


def limit(order, _message):
    parent.props.max_message_size = order["size"]
    parent.connect("invalid-message", lambda _parent, error: send(
        ["invalid", error.matches(Cproc.error_quark(), Cproc.Error.MESSAGE_TOO_LARGE)]))
    send("limited")


def on_message(_parent, message):
    value = json.loads(message.get_text())
    order = value.get("do") if isinstance(value, dict) else None
    if order is None:
        try:
            parent.send(Cproc.Message.new_text(message.get_text()))
        except GLib.Error as error:
            # The parent does not wait for all the answers.
            if not error.matches(Cproc.error_quark(), Cproc.Error.CHANNEL_CLOSED):
                raise
    else:
        ORDERS[order](value, message)


def on_disconnected(_parent):
    if "CPROC_TEST_MARK" in os.environ:
        with open(os.environ["CPROC_TEST_MARK"], "w") as mark:
            mark.write("disconnected")
    loop.quit()


ORDERS = {
    "describe": describe, "leave": leave, "read-fds": read_fds, "give-fd": give_fd,
    "close": close, "limit": limit,
}

def add(_parent, request):
    result = sum(json.loads(request.get_params().get_text()))
    request.reply(Cproc.Message.new_text(json.dumps(result)))


def ask(_parent, request):
    """Asks the parent, and answers what it has answered."""
    [method] = json.loads(request.get_params().get_text())

    def answered(channel, result):
        try:
            text = channel.request_finish(result).get_text()
        except GLib.Error as error:
            text = json.dumps(error.message)
        request.reply(Cproc.Message.new_text(text))

    parent.request_async(method, Cproc.Message.new_text("[1]"), 0, None, answered)


parent.serve("add", add)
parent.serve("ask", ask)
parent.connect("message", on_message)
parent.connect("disconnected", on_disconnected)
loop.run()
sys.exit(exit_code)

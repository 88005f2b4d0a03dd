# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ctrl-C while a call blocks in C."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from typing import Iterator

from gi.repository import Gio


class Watcher:
    """A thread that cancels the calls of the main thread when there is a SIGINT.

    Python runs no handler while it is in C; all it does then is to write the number of the signal
    to a descriptor.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._call: Gio.Cancellable | None = None
        self._previous = -1
        self._drained = threading.Event()
        threading.Thread(target=self._watch, name="cproc-interrupt", daemon=True).start()

    def _watch(self) -> None:
        while numbers := self._reader.recv(64):
            call = self._call
            if signal.SIGINT in numbers and call is not None:
                call.cancel()
            if self._previous != -1:
                with contextlib.suppress(OSError):
                    os.write(self._previous, numbers.replace(b"\0", b""))
            if 0 in numbers:
                self._drained.set()

    @contextlib.contextmanager
    def cancels(self, call: Gio.Cancellable) -> Iterator[None]:
        self._call = call
        self._previous = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(self._previous)
            self._call = None

    def drain(self) -> None:
        """Waits until the thread has read all signals, so that none ends a later call."""
        self._drained.clear()
        self._writer.send(b"\0")
        self._drained.wait()


watcher: Watcher | None = None


def forget_watcher() -> None:
    """After a fork: the thread is not there."""
    global watcher
    watcher = None


os.register_at_fork(after_in_child=forget_watcher)


@contextlib.contextmanager
def interruptible(cancellable: Gio.Cancellable | None) -> Iterator[Gio.Cancellable | None]:
    """Lets Ctrl-C end a call that blocks in C: by what it yields, for that call to be given.

    KeyboardInterrupt comes after the call: in a callback from C it would be lost.
    """
    global watcher
    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield cancellable
        return

    if watcher is None:
        watcher = Watcher()
    interrupts: list[int] = []
    cancellable = cancellable or Gio.Cancellable()
    try:
        signal.signal(signal.SIGINT, lambda number, _frame: interrupts.append(number))
        with watcher.cancels(cancellable):
            # The first moments have nobody who watches.
            if interrupts:
                cancellable.cancel()
            yield cancellable
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if interrupts:
            watcher.drain()
            raise KeyboardInterrupt from None

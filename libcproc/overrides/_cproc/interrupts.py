# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ctrl-C while a call blocks in C."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import socket
import threading
from typing import Any, Callable, Iterator

from gi.repository import Cproc, Gio


class Watcher:
    """A thread that interrupts the calls of the main thread when there is a SIGINT.

    Python runs no handler while it is in C; all it does then is to write the number of the signal
    to a descriptor.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._interrupt: Callable[[], None] | None = None
        self._previous = -1
        self._drained = threading.Event()
        threading.Thread(target=self._watch, name="cproc-interrupt", daemon=True).start()

    def _watch(self) -> None:
        while numbers := self._reader.recv(64):
            interrupt = self._interrupt
            if signal.SIGINT in numbers and interrupt is not None:
                interrupt()
            if self._previous != -1:
                with contextlib.suppress(OSError):
                    os.write(self._previous, numbers.replace(b"\0", b""))
            if 0 in numbers:
                self._drained.set()

    @contextlib.contextmanager
    def calls(self, interrupt: Callable[[], None]) -> Iterator[None]:
        self._interrupt = interrupt
        self._previous = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(self._previous)
            self._interrupt = None

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


def get_watcher() -> Watcher:
    global watcher
    if watcher is None:
        watcher = Watcher()
    return watcher


def is_with_us(process: int) -> bool:
    """Whether a process is in the group that our terminal sends its Ctrl-C to."""
    try:
        with open("/dev/tty", "rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp() == os.getpgid(process)
    except OSError:
        return False


def pass_on(child: Any, cancellable: Gio.Cancellable) -> Callable[[], None]:
    """What gives a child the Ctrl-C that we get, where it does not get it itself.

    A child that is not ended by that is ended by the second one.
    """
    count = 0

    def interrupt() -> None:
        nonlocal count
        count += 1
        process = child.props.pid if isinstance(child, Cproc.Child) else 0
        if (count > 1 or process <= 1
                or child.get_command().get_containment() == Cproc.Containment.TREE):
            cancellable.cancel()
        elif child.props.state == Cproc.State.RUNNING and not is_with_us(process):
            with contextlib.suppress(OSError):
                leads = os.getpgid(process) == process
                (os.killpg if leads else os.kill)(process, signal.SIGINT)

    return interrupt


@contextlib.contextmanager
def interruptible(cancellable: Gio.Cancellable | None,
                  child: Any = None) -> Iterator[Gio.Cancellable | None]:
    """Lets Ctrl-C end a call that blocks in C: by what it yields, for that call to be given.

    A handler of the program's own, and KeyboardInterrupt, come after the call: what they raise in a
    callback from C would be lost. A child that is waited for gets the signal at once.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield cancellable
        return

    own = handler is not signal.default_int_handler
    watcher = get_watcher()
    cancellable = cancellable or Gio.Cancellable()
    interrupt = pass_on(child, cancellable) if own else cancellable.cancel
    interrupts: list[int] = []
    try:
        signal.signal(signal.SIGINT, lambda number, _frame: interrupts.append(number))
        with watcher.calls(interrupt):
            # The first moments have nobody who watches.
            if interrupts:
                interrupt()
            yield cancellable
    finally:
        signal.signal(signal.SIGINT, handler)
        if interrupts:
            watcher.drain()
        if interrupts and not own:
            raise KeyboardInterrupt from None
        for number in interrupts:
            handler(number, inspect.currentframe())

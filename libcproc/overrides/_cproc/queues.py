# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loops over lines and messages, which are read one by one."""

from __future__ import annotations

from typing import Any, Callable

from gi.repository import Cproc, Gio, GLib, GObject

from . import loops
from .values import plain_message


class Turns:
    """Reads of one kind, of which the library allows one at a time.

    The object that is read keeps it, so nothing in it may lead back to the object.
    """

    def __init__(self) -> None:
        self._loop: Any = None
        self._turn: Any = None
        # The read of a task that was cancelled: what it may have got is for the next task.
        self._left: Any = None

    def _lock(self) -> Any:
        """A lock of the running event loop."""
        loop = loops.asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            self._turn = loops.asyncio.Lock()
        return self._turn

    async def _take_left(self) -> Any:
        try:
            return None if self._left is None else await self._left
        except GLib.Error:
            return None

    async def read(self, begin: Callable[[], Any]) -> Any:
        """What the read gets that `begin` begins. Raises EOFError when nothing more will come."""
        async with self._lock():
            value = await self._take_left()
            self._left = None
            if value is None:
                self._left = begin()
                try:
                    value = await self._left
                except GLib.Error:
                    self._left = None
                    raise
                self._left = None
        if value is None:
            raise EOFError("Nothing more will come")
        return value

    @property
    def is_free(self) -> bool:
        """Whether no task reads."""
        return self._left is None and (self._turn is None or not self._turn.locked())


class Iterator:
    """Takes one after the other, for `async for`.

    A child that has not been started is started; one whose iteration is cancelled is killed.
    """

    def __init__(self, child: Any = None) -> None:
        self._child = child

    def __aiter__(self) -> Iterator:
        return self

    async def _take(self) -> Any:
        raise NotImplementedError

    async def __anext__(self) -> Any:
        child = self._child
        try:
            while child is not None and child.props.state < Cproc.State.STARTING:
                await start(child)
            return await self._take()
        except EOFError:
            raise StopAsyncIteration from None
        except loops.asyncio.CancelledError:
            if child is not None:
                await end(child)
            raise


class Lines(Iterator):
    """The lines of one stream of a child."""

    def __init__(self, child: Any, stream: Any) -> None:
        super().__init__(child)
        self._stream = stream
        # The library's own: it is called for each line.
        self._try_read_line = super(Cproc.Child, child).try_read_line
        self._turns = child.__dict__.setdefault(READERS, {}).setdefault(stream, Turns())
        # A read that ends at once tells the library that others will come.
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        child.read_line_async(stream, cancellable, lambda *_: None)

    async def _take(self) -> Any:
        return await self._turns.read(lambda: self._child.read_line_async(self._stream))

    async def __anext__(self) -> Any:
        # What is there already takes no turn of the event loop.
        line = self._try_read_line(self._stream) if self._turns.is_free else None
        return await super().__anext__() if line is None else line


class Messages(Iterator):
    """The messages of a channel or a worker."""

    def __init__(self, source: Any) -> None:
        super().__init__(source if isinstance(source, Cproc.Child) else None)
        self._source = source

    async def _take(self) -> Any:
        return await receive(self._source)


# The start of a child that is under way, for all loops over what it has.
START = "_cproc_start"


async def start(child: Any) -> None:
    """Starts a child, once for all who want it started."""
    call = child.__dict__.get(START)
    if call is None:
        call = child.__dict__[START] = child.start_async()
    try:
        await call
    except GLib.Error as error:
        # Somebody else starts it, or has failed to meanwhile.
        if not error.matches(Cproc.error_quark(), Cproc.Error.ALREADY_STARTED):
            raise
    finally:
        child.__dict__.pop(START, None)


async def end(child: Any) -> None:
    """Kills a child, and waits until its process has ended."""
    try:
        child.kill()
    except GLib.Error:
        return
    await loops.emission(child, "exit")


# What belongs to an object is in its __dict__: it lives as long as the object does.
READERS = "_cproc_readers"
RECEIVER = "_cproc_receiver"


def release(child: Any) -> None:
    """Lets go of the streams that loops have read, so that the child waits for no other loop."""
    for stream in child.__dict__.get(READERS, {}):
        child.discard_output(stream)


def keep_messages(source: Any) -> None:
    """Has the channel keep the messages that nobody has asked for when it ends."""
    number = GObject.signal_lookup("message", source)
    if RECEIVER in source.__dict__ or GObject.signal_has_handler_pending(source, number, 0, True):
        return
    source.__dict__[RECEIVER] = Turns()
    # A receive that ends at once tells the library that others will come.
    cancellable = Gio.Cancellable()
    cancellable.cancel()
    source.receive_async(cancellable, lambda *_: None)


async def receive(source: Any) -> Any:
    """The value of the next message of a channel or a worker, for whoever asks first."""
    receiver = source.__dict__.get(RECEIVER)
    if receiver is None:
        receiver = source.__dict__[RECEIVER] = Turns()
    return plain_message(await receiver.read(source.receive_async))

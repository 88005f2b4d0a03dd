# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines that wait until a task asks for them, and messages that are received one by one."""

from __future__ import annotations

import collections
import weakref
from typing import Any, Callable

from gi.repository import Cproc, Gio, GLib, GObject

from . import loops
from .values import plain_message

# Characters of lines that may wait before their child has to; and before they are thrown away,
# where nobody may ever want them.
LIMIT = 1 << 18

DETAILS = {Cproc.Stream.STDOUT: "stdout", Cproc.Stream.STDERR: "stderr"}


class Queue:
    """What came by signals of an object, for tasks to take."""

    limit = LIMIT

    def __init__(self, source: Any, handlers: dict[str, Callable]) -> None:
        self.items: collections.deque = collections.deque()
        self.size = 0
        self.ended = False
        self.lost = False
        self.taken = False
        self._waiting: list = []
        # The object keeps its queue: nothing that its handlers hold may lead back to it.
        self._source = weakref.ref(source)
        self._handlers = [GObject.Object.connect(source, signal, handler)
                          for signal, handler in handlers.items()]

    def source(self) -> Any:
        return self._source()

    def take(self) -> None:
        """From now on somebody asks for what comes."""
        if self.lost:
            raise RuntimeError("Too much came before anybody asked: ask as soon as it is started")
        self.taken = True

    def add(self, items: list, size: int) -> None:
        self.items.extend(items)
        self.size += size
        if not self.taken and self.size > self.limit:
            self.lost = True
            self.items.clear()
            self.disconnect()
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def end(self, *_args: Any) -> None:
        self.ended = True
        self.disconnect()
        self.add([], 0)

    def disconnect(self) -> None:
        source = self.source()
        while self._handlers:
            handler = self._handlers.pop()
            if source is not None:
                source.disconnect(handler)

    def pop(self) -> Any:
        """The next item, which is there."""
        return self.items.popleft()

    async def get(self) -> Any:
        """The next item. Raises EOFError when none will come."""
        while not self.items:
            if self.ended:
                raise EOFError("Nothing more will come")
            future = loops.new_future()
            self._waiting.append(future)
            try:
                await future
            finally:
                self._waiting.remove(future)
        return self.pop()


class LineQueue(Queue):
    """The lines of one stream. A child that writes faster than they are taken is made to wait."""

    def __init__(self, child: Any, stream: Any) -> None:
        self.stream = stream
        self._paused = False
        detail = DETAILS[stream]
        super().__init__(child, {
            "lines::" + detail: self._on_lines,
            "stream-ended::" + detail: self.end,
            "closed": self.end,
        })

    def _on_lines(self, child: Any, stream: Any, lines: list[str]) -> None:
        self.add(lines, sum(map(len, lines)) + len(lines))
        if self.taken and self.size > LIMIT:
            self._paused = True
            child.pause(stream)

    def pop(self) -> str:
        line = self.items.popleft()
        self.size -= len(line) + 1
        if self._paused and self.size <= LIMIT // 2:
            self._resume()
        return line

    def _resume(self) -> None:
        child = self.source()
        if self._paused and child is not None:
            child.resume(self.stream)
        self._paused = False

    def close(self) -> None:
        self.end()
        self._resume()


class Receiver:
    """The receives of a channel or a worker. The library allows one at a time.

    The object keeps it, so nothing in it may lead back to the object.
    """

    def __init__(self) -> None:
        self._loop: Any = None
        self._turn: Any = None
        # The receive of a task that was cancelled: what it may have got is for the next task.
        self._left: Any = None

    def turn(self) -> Any:
        """A lock of the running event loop."""
        loop = loops.asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            self._turn = loops.asyncio.Lock()
        return self._turn

    async def _message(self, source: Any) -> Any:
        """The next message, None at the end."""
        if self._left is not None:
            try:
                message = await self._left
            except GLib.Error:
                message = None
            self._left = None
            if message is not None:
                return message
        self._left = source.receive_async()
        try:
            message = await self._left
        except GLib.Error:
            self._left = None
            raise
        self._left = None
        return message

    async def receive(self, source: Any) -> Any:
        """The value of the next message. Raises EOFError when none will come."""
        async with self.turn():
            message = await self._message(source)
        if message is None:
            raise EOFError("Nothing more will come")
        return plain_message(message)


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
            if child is not None and child.props.state < Cproc.State.RUNNING:
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

    def __init__(self, queue: Queue, child: Any) -> None:
        super().__init__(child)
        self._queue = queue

    async def _take(self) -> Any:
        return await self._queue.get()

    async def __anext__(self) -> Any:
        return self._queue.pop() if self._queue.items else await super().__anext__()

    def __del__(self) -> None:
        self._queue.close()


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
        # Somebody else starts it, and is told how that ends.
        if not error.matches(Cproc.error_quark(), Cproc.Error.ALREADY_STARTED):
            raise
    finally:
        child.__dict__.pop(START, None)


def stream_of(stream: Any) -> Any:
    """A stream of a child by its number, or by its name."""
    for number, name in DETAILS.items():
        if stream == name or not isinstance(stream, str) and stream == number:
            return number
    raise ValueError(f"There is no stream {stream!r}: it is “stdout” or “stderr”")


async def end(child: Any) -> None:
    """Kills a child, and waits until its process has ended."""
    release_lines(child)
    try:
        child.kill()
    except GLib.Error:
        return
    await loops.emission(child, "exit")


# What belongs to an object is in its __dict__: it lives as long as the object does.
LINES = "_cproc_lines"
RECEIVER = "_cproc_receiver"


def listens(source: Any, signal: str, detail: str | None = None) -> bool:
    """Whether a signal of an object has a handler."""
    number = GObject.signal_lookup(signal, source)
    quarks = [0] if detail is None else [0, GLib.quark_from_string(detail)]
    return any(GObject.signal_has_handler_pending(source, number, quark, True)
               for quark in quarks)


def keep_lines(child: Any) -> None:
    """Keeps the first lines of a child that is started while nobody listens to it."""
    queues = child.__dict__.setdefault(LINES, [])
    for stream, detail in DETAILS.items():
        if not any(listens(child, signal, detail) for signal in ("output", "line", "lines")):
            queues.append(LineQueue(child, stream))


def lines(child: Any, stream: Any) -> Lines:
    """An iterator over the lines that come, and those that were kept for it."""
    stream = stream_of(stream)
    queues = [queue for queue in child.__dict__.get(LINES, []) if not (queue.taken and queue.ended)]
    queue = next((queue for queue in queues if queue.stream == stream and not queue.taken), None)
    if queue is None:
        queue = LineQueue(child, stream)
        queues.append(queue)
        if child.props.state == Cproc.State.CLOSED:
            queue.end()
    queue.take()
    child.__dict__[LINES] = queues
    return Lines(queue, child)


def release_lines(child: Any) -> None:
    """Lets no stream wait for its lines to be taken any more."""
    for queue in child.__dict__.pop(LINES, []):
        queue.close()


def keep_messages(source: Any) -> None:
    """Has the channel keep the messages that nobody has asked for when it ends."""
    if RECEIVER in source.__dict__ or listens(source, "message"):
        return
    source.__dict__[RECEIVER] = Receiver()
    # A receive that ends at once tells the library that others will come.
    cancellable = Gio.Cancellable()
    cancellable.cancel()
    source.receive_async(cancellable, lambda *_: None)


async def receive(source: Any) -> Any:
    """The value of the next message of a channel or a worker, for whoever asks first."""
    receiver = source.__dict__.get(RECEIVER)
    if receiver is None:
        receiver = source.__dict__[RECEIVER] = Receiver()
    return await receiver.receive(source)

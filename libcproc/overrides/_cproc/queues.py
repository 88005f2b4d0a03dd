# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines and messages that wait until a task asks for them."""

from __future__ import annotations

import collections
import weakref
from typing import Any, Callable

from gi.repository import Cproc, GLib, GObject

from . import loops
from .values import plain_message

# Characters of lines that may wait before their child has to; and before they are thrown away,
# where nobody may ever want them.
LIMIT = 1 << 18
# The same of messages that nobody has asked for.
MESSAGE_LIMIT = 1 << 26

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


class Inbox(Queue):
    """The messages of a channel or a worker."""

    limit = MESSAGE_LIMIT

    def __init__(self, source: Any) -> None:
        super().__init__(source, {"message": self._on_message, "disconnected": self.end})

    def _on_message(self, _source: Any, message: Any) -> None:
        self.add([message], 0 if self.taken else len(message.get_text()))

    def pop(self) -> Any:
        return plain_message(self.items.popleft())


class Iterator:
    """Takes from a queue, for `async for`.

    A child that has not been started is started; one whose iteration is cancelled is killed.
    """

    def __init__(self, queue: Queue, child: Any = None) -> None:
        self._queue = queue
        self._child = child

    def __aiter__(self) -> Iterator:
        return self

    async def __anext__(self) -> Any:
        if self._queue.items:
            return self._queue.pop()
        child = self._child
        try:
            if child is not None and child.props.state < Cproc.State.RUNNING:
                await start(child)
            return await self._queue.get()
        except EOFError:
            raise StopAsyncIteration from None
        except loops.asyncio.CancelledError:
            if child is not None:
                await end(child)
            raise


class Lines(Iterator):
    """The lines of one stream of a child."""

    def __del__(self) -> None:
        self._queue.close()


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


# The queues of an object are in its __dict__: they live as long as it does.
LINES = "_cproc_lines"
INBOX = "_cproc_inbox"


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
    """Keeps the messages of a channel or a worker that nobody listens to yet."""
    if INBOX not in source.__dict__ and not listens(source, "message"):
        source.__dict__[INBOX] = Inbox(source)


def inbox(source: Any, connected: bool) -> Inbox:
    """The messages of a channel or a worker, for whoever asks first."""
    queue = source.__dict__.get(INBOX)
    if queue is None:
        queue = source.__dict__[INBOX] = Inbox(source)
        if not connected:
            queue.end()
    queue.take()
    return queue

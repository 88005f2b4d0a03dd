# SPDX-License-Identifier: LGPL-2.1-or-later
"""asyncio and the GLib main context in one thread, without a thread or a timer of their own.

An event loop of asyncio's waits in its selector. GLibSelector takes the place of that, and waits in
the main context instead, where the descriptors of asyncio are one source beside all others. A loop
that runs on GLib anyway, like the one of PyGObject 3.50 (gi.events), is left as it is.
"""

from __future__ import annotations

import asyncio
import collections
import collections.abc
import threading
from typing import Any, Callable, Generator

from gi.repository import Gio, GLib

# Modules with event loops that iterate the main context themselves.
GLIB_LOOPS = frozenset({"gi", "gbulb", "asyncio_glib"})


class _Wakeup(GLib.Source):
    """Ends the wait of the main context when asyncio has something to do."""

    def prepare(self) -> tuple[bool, int]:
        return False, -1

    def check(self) -> bool:
        return False

    def dispatch(self, _callback: Any, _args: Any) -> bool:
        self.set_ready_time(-1)
        return GLib.SOURCE_CONTINUE


class GLibSelector:
    """A selector that dispatches a main context while it waits."""

    def __init__(self, selector: Any) -> None:
        self._selector = selector
        self._thread = threading.get_ident()
        self._context, self._pushed = _main_context()
        self._source = _Wakeup()
        # asyncio is asked after every iteration, so nothing needs to give way to this source.
        self._source.set_priority(GLib.PRIORITY_LOW)
        self._source.add_unix_fd(selector.fileno(), GLib.IOCondition.IN)
        self._source.attach(self._context)

    def select(self, timeout: float | None = None) -> list:
        if timeout is None:
            self._source.set_ready_time(-1)
        elif timeout > 0:
            self._source.set_ready_time(GLib.get_monotonic_time() + int(timeout * 1_000_000) + 1)
        self._context.iteration(timeout is None or timeout > 0)
        return self._selector.select(0)

    def close(self) -> None:
        self._source.destroy()
        if self._pushed and self._thread == threading.get_ident():
            self._context.pop_thread_default()
        self._selector.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)


def _main_context() -> tuple[GLib.MainContext, bool]:
    """The main context for the loop of this thread, and whether it was made for it."""
    context = GLib.MainContext.ref_thread_default()
    default = GLib.MainContext.default()
    # Another thread's is not for us to iterate.
    if context != default or threading.current_thread() is threading.main_thread():
        if context.acquire():
            context.release()
            return context, False
    context = GLib.MainContext.new()
    context.push_thread_default()
    return context, True


def attach(loop: asyncio.AbstractEventLoop) -> None:
    """Makes an event loop dispatch the main context, from now to its end."""
    selector = getattr(loop, "_selector", None)
    if isinstance(selector, GLibSelector) or type(loop).__module__.split(".")[0] in GLIB_LOOPS:
        return
    if not hasattr(selector, "fileno"):
        raise RuntimeError(f"{type(loop).__qualname__} cannot wait for GLib: use the event loop of "
                           "asyncio itself, or of gi.events")
    loop._selector = GLibSelector(selector)


class Call(collections.abc.Coroutine):
    """An operation that is under way: await it, make a task of it, or leave it to itself.

    Cancelling a task that awaits it cancels the operation, and waits for that.
    """

    def __init__(self, start: Callable, args: tuple, finish: Callable[[Any], Any],
                 cancellable: Gio.Cancellable | None = None) -> None:
        self._finish: Callable[[Any], Any] | None = finish
        self._cancellable = cancellable or Gio.Cancellable()
        self._waiting: list[asyncio.Future] = []
        self._done = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._iterator: Generator | None = None
        start(*args, self._cancellable, self._on_ready)

    def _on_ready(self, _source: Any, result: Gio.AsyncResult) -> None:
        # What finishes it leads back to the object, which may keep this.
        finish, self._finish = self._finish, None
        try:
            self._value = finish(result)
        except Exception as error:
            # It is for the one who awaits; the way it came would lead back to here, in a circle.
            error.__context__ = None
            self._error = error.with_traceback(None)
        self._done = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def __await__(self) -> Generator:
        cancelled = None
        while not self._done:
            future = new_future()
            self._waiting.append(future)
            try:
                yield from future
            except asyncio.CancelledError as error:
                self._cancellable.cancel()
                # Who asks twice does not want to wait.
                if cancelled is not None:
                    raise
                cancelled = error
            finally:
                self._waiting.remove(future)
        if cancelled is not None:
            raise cancelled
        if self._error is None:
            return self._value
        try:
            raise self._error
        finally:
            self = None

    def send(self, value: Any) -> Any:
        if self._iterator is None:
            self._iterator = self.__await__()
        return self._iterator.send(value)

    def throw(self, *error: Any) -> Any:
        if self._iterator is None:
            self._iterator = self.__await__()
        return self._iterator.throw(*error)

    def close(self) -> None:
        if self._iterator is not None:
            self._iterator.close()


def new_future() -> asyncio.Future:
    """A future of the running loop, which dispatches the main context."""
    loop = asyncio.get_running_loop()
    attach(loop)
    return loop.create_future()


async def emission(source: Any, signal: str) -> None:
    """Waits for a signal."""
    future = new_future()
    handler = source.connect(signal, lambda *_: future.done() or future.set_result(None))
    try:
        await future
    finally:
        source.disconnect(handler)


async def _iterate(items: Any) -> Any:
    if hasattr(items, "__aiter__"):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def map_in_order(call: Callable, items: Any, limit: int) -> Any:
    """Calls a coroutine function with each item, so many at a time, and yields what they return."""
    waiting: collections.deque = collections.deque()
    try:
        async for item in _iterate(items):
            waiting.append(asyncio.ensure_future(call(item)))
            if len(waiting) >= limit:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for future in waiting:
            future.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

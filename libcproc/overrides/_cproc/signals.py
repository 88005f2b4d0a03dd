# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handlers that are given Python's values."""

from __future__ import annotations

import functools
from typing import Any, Callable

from .requests import call_handler
from .values import native_bytes, native_message

# The signals with an argument to convert: which one, counted from the object on, and how.
CONVERSIONS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "output": (2, native_bytes),
    "message": (1, native_message),
}


class Handler:
    """Calls a handler with one argument converted.

    Equal to the handler, so that handler_block_by_func and its like find it.
    """

    __slots__ = ("function", "index", "convert")

    def __init__(self, function: Callable, index: int, convert: Callable[[Any], Any]) -> None:
        self.function = function
        self.index = index
        self.convert = convert

    def __call__(self, *args: Any) -> Any:
        index = self.index
        return self.function(*args[:index], self.convert(args[index]), *args[index + 1:])

    def __eq__(self, other: Any) -> bool:
        return self.function == (other.function if isinstance(other, Handler) else other)

    def __hash__(self) -> int:
        return hash(self.function)


class RequestHandler(Handler):
    """Calls a handler of requests; what it raises is the answer."""

    __slots__ = ()

    def __init__(self, function: Callable, index: int) -> None:
        super().__init__(function, index, lambda request: request)

    def __call__(self, *args: Any) -> None:
        call_handler(self.function, args[self.index], args)


def converting(detailed_signal: str, function: Any, index: int = 1) -> Any:
    """The handler to connect to a signal instead of this one.

    `index` is where a request stands among the arguments.
    """
    if detailed_signal in ("request-received", "request_received") and callable(function):
        return RequestHandler(function, index)
    conversion = CONVERSIONS.get(detailed_signal.partition("::")[0])
    if conversion is None or not callable(function):
        return function
    return Handler(function, *conversion)


class Signals:
    """Signals of a GObject class whose handlers are given Python's values."""

    def connect(self, detailed_signal: str, handler: Callable, *args: Any) -> int:
        return super().connect(detailed_signal, converting(detailed_signal, handler), *args)

    def connect_after(self, detailed_signal: str, handler: Callable, *args: Any) -> int:
        return super().connect_after(detailed_signal, converting(detailed_signal, handler), *args)

    def connect_object(self, detailed_signal: str, handler: Callable, *args: Any) -> int:
        return super().connect_object(detailed_signal, converting(detailed_signal, handler), *args)

    def connect_object_after(self, detailed_signal: str, handler: Callable, *args: Any) -> int:
        return super().connect_object_after(detailed_signal,
                                            converting(detailed_signal, handler), *args)

    def connect_data(self, detailed_signal: str, handler: Callable, *data: Any,
                     **flags: Any) -> int:
        return super().connect_data(detailed_signal, converting(detailed_signal, handler), *data,
                                    **flags)


class PoolSignals:
    """Signals of a pool: what a handler of requests raises is the answer."""

    def connect(self, detailed_signal: str, handler: Callable, *args: Any) -> int:
        return super().connect(detailed_signal, self._answering(detailed_signal, handler), *args)

    def connect_after(self, detailed_signal: str, handler: Callable, *args: Any) -> int:
        return super().connect_after(detailed_signal, self._answering(detailed_signal, handler),
                                     *args)

    @staticmethod
    def _answering(detailed_signal: str, handler: Any) -> Any:
        if detailed_signal in ("request-received", "request_received"):
            return converting(detailed_signal, handler, 2)
        return handler


def convert_output_vfunc(cls: type) -> None:
    """Lets the do_output that a class defines itself have bytes too."""
    function = cls.__dict__.get("do_output")
    if not callable(function):
        return

    @functools.wraps(function)
    def do_output(self: Any, stream: Any, data: Any) -> None:
        function(self, stream, native_bytes(data))

    cls.do_output = do_output

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests of the other side of a channel, and the functions that answer them."""

from __future__ import annotations

import functools
import inspect
import traceback
from typing import Any, Callable, Coroutine

from gi.repository import Cproc, GLib

from .calls import in_task
from .errors import native_error
from .values import plain_message

# Those that are under way: an event loop holds its tasks weakly.
tasks: set = set()


def answer_exception(request: Any, error: BaseException) -> None:
    """Answers a request whose handler has raised, and prints what it has raised."""
    stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    traceback.print_exception(type(error), error, error.__traceback__)
    if request.__dict__.get("_replied"):
        return
    try:
        request.reply_error(Cproc.ReplyError.INTERNAL_ERROR, str(error) or type(error).__name__,
                            {"stack": stack})
    except GLib.Error:
        # The channel has ended.
        pass


async def await_handler(request: Any, coroutine: Coroutine) -> None:
    try:
        await coroutine
    except Exception as error:
        answer_exception(request, error)


def run_coroutine(coroutine: Coroutine) -> None:
    """Runs a coroutine in the event loop of this thread, or to its end where none runs."""
    import asyncio
    if not in_task():
        asyncio.run(coroutine)
        return
    task = asyncio.get_running_loop().create_task(coroutine)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def call_handler(function: Callable, request: Any, args: tuple) -> None:
    """Calls a handler of requests; what it raises is the answer. A coroutine is awaited."""
    try:
        outcome = function(*args)
        if inspect.iscoroutine(outcome):
            run_coroutine(await_handler(request, outcome))
    except Exception as error:
        answer_exception(request, error)


def answering(function: Callable) -> Callable:
    """The function to serve a method with instead of this one."""
    @functools.wraps(function, assigned=("__name__", "__doc__"), updated=())
    def serve(channel: Any, request: Any, *args: Any) -> None:
        call_handler(function, request, (channel, request, *args))
    return serve


async def reply_later(request: Any, coroutine: Coroutine) -> None:
    request.reply(await coroutine)


def method(function: Callable) -> Callable:
    """A function of values as one that serves requests."""
    def serve(_channel: Any, request: Any) -> Any:
        params = request.params
        args = params if isinstance(params, list) else ()
        keywords = params if isinstance(params, dict) else {}
        try:
            inspect.signature(function).bind(*args, **keywords)
        except TypeError as error:
            request.reply_error(Cproc.ReplyError.INVALID_PARAMS, str(error))
            return None
        except ValueError:
            # A function in C, which does not tell what it takes.
            pass
        outcome = function(*args, **keywords)
        if inspect.iscoroutine(outcome):
            return reply_later(request, outcome)
        request.reply(outcome)
        return None
    return serve


def request_error(error: GLib.Error, source: Any, data: Any) -> GLib.Error:
    """The error of a request, with the data that the other side gave it."""
    error = native_error(error, source)
    error.data = None if data is None else plain_message(data)
    return error

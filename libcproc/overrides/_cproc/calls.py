# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asynchronous methods, with a callback or to be awaited.

asyncio is not imported for programs that do not use it.
"""

from __future__ import annotations

import sys
from typing import Any, Callable


def in_task() -> bool:
    """Whether an event loop of asyncio runs in this thread."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def attach() -> None:
    """Makes the running event loop, if there is one, dispatch the main context."""
    if in_task():
        from . import loops
        loops.attach(loops.asyncio.get_running_loop())


def begin(start: Callable, args: tuple, finish: Callable, cancellable: Any, callback: Any,
          user_data: tuple) -> Any:
    """Starts an asynchronous call: as it is with a callback, and to be awaited without."""
    attach()
    if callback is not None or "asyncio" not in sys.modules:
        return start(*args, cancellable, callback, *user_data)

    from . import loops
    return loops.Call(start, args, finish, cancellable)

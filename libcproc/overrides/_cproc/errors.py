# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors of the library that are Python's own as well.

The first base decides how an exception is laid out: GLib.Error has to be it.
"""

from __future__ import annotations

import errno
import functools
import os
from typing import Any, Callable

from gi.repository import Cproc, Gio, GLib

DOMAIN = GLib.quark_to_string(Cproc.error_quark())
IO_DOMAIN = GLib.quark_to_string(Gio.io_error_quark())
SPAWN_DOMAIN = GLib.quark_to_string(GLib.spawn_error_quark())


def rebuild(cls: type, message: str, domain: str, code: int, state: dict[str, Any]) -> GLib.Error:
    error = cls(message, domain, code)
    for name, value in state.items():
        setattr(error, name, value)
    return error


class PicklableError(GLib.Error):
    """An error that goes to another process whole."""

    # What an instance has beside its __dict__.
    _KEPT: tuple[str, ...] = ()

    def __reduce__(self) -> tuple:
        state = {name: getattr(self, name) for name in self._KEPT}
        state.update((name, value) for name, value in self.__dict__.items()
                     if name not in ("message", "domain", "code"))
        return rebuild, (type(self), self.message, self.domain, self.code, state)


class SystemError_(PicklableError):
    """What errors that are an OSError have in common."""

    _KEPT = ("errno", "strerror", "filename")
    _ERRNO = 0

    def __init__(self, message: str = "", domain: str = DOMAIN, code: int = 0,
                 filename: Any = None) -> None:
        super().__init__(message, domain, code)
        self.errno = self._ERRNO
        self.strerror = os.strerror(self._ERRNO)
        self.filename = filename

    def __str__(self) -> str:
        return self.message


class NotFound(SystemError_, FileNotFoundError):
    """A program, a directory or a file that is not there."""

    _ERRNO = errno.ENOENT


class NotPermitted(SystemError_, PermissionError):
    """A program, a directory or a file that may not be used."""

    _ERRNO = errno.EACCES


class NotDirectory(SystemError_, NotADirectoryError):
    """A path that leads through what is no directory."""

    _ERRNO = errno.ENOTDIR


class NobodyReads(SystemError_, BrokenPipeError):
    """Something was written or sent to a process that takes nothing any more."""

    _ERRNO = errno.EPIPE


class TookTooLong(SystemError_, TimeoutError):
    """A request that was not answered in time."""

    _ERRNO = errno.ETIMEDOUT


SPAWN_KINDS = {
    GLib.SpawnError.NOENT: NotFound,
    GLib.SpawnError.ACCES: NotPermitted,
    GLib.SpawnError.PERM: NotPermitted,
    GLib.SpawnError.NOTDIR: NotDirectory,
}
IO_KINDS = {
    Gio.IOErrorEnum.NOT_FOUND: NotFound,
    Gio.IOErrorEnum.PERMISSION_DENIED: NotPermitted,
    Gio.IOErrorEnum.NOT_DIRECTORY: NotDirectory,
    Gio.IOErrorEnum.BROKEN_PIPE: NobodyReads,
}


def directory_kind(path: Any) -> type[SystemError_]:
    """Why a directory could not be entered."""
    try:
        os.listdir(path)
    except FileNotFoundError:
        return NotFound
    except NotADirectoryError:
        return NotDirectory
    except OSError:
        pass
    return NotPermitted


def native_error(error: GLib.Error, child: Any = None) -> GLib.Error:
    """The error as one that Python has a class for too, if there is one."""
    if isinstance(error, PicklableError):
        return error
    command = child.get_command() if isinstance(child, Cproc.Child) else None
    filename = None
    kind: type[SystemError_] | None = None
    if error.domain == SPAWN_DOMAIN and error.code == GLib.SpawnError.CHDIR:
        filename = command.get_cwd() if command is not None else None
        kind = directory_kind(filename) if filename is not None else NotFound
    elif error.domain == SPAWN_DOMAIN:
        kind = SPAWN_KINDS.get(error.code)
        argv = command.get_argv() if command is not None else None
        filename = argv[0] if argv else None
    elif error.domain == IO_DOMAIN:
        kind = IO_KINDS.get(error.code)
    elif error.domain == DOMAIN and error.code == Cproc.Error.CHANNEL_CLOSED:
        kind = NobodyReads
    elif error.domain == DOMAIN and error.code == Cproc.Error.TIMED_OUT:
        kind = TookTooLong
    if kind is None:
        return error
    return kind(error.message, error.domain, error.code, filename)


def native(method: Callable) -> Callable:
    """Makes a method raise errors that are Python's own as well."""
    @functools.wraps(method)
    def call(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return method(self, *args, **keywords)
        except GLib.Error as error:
            raise native_error(error, self) from None
    return call


def write_error(error: GLib.Error, child: Any) -> GLib.Error:
    """The error of a write: that the process has ended is that nobody reads."""
    if error.matches(Cproc.error_quark(), Cproc.Error.NOT_RUNNING) \
            and child.props.state >= Cproc.State.EXITED:
        return NobodyReads(error.message, error.domain, error.code)
    return native_error(error, child)

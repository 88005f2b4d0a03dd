# SPDX-License-Identifier: LGPL-2.1-or-later
"""Python's own values instead of GBytes and JsonNode, which still do what those do.

What a handler is given is a value of Python's that has the methods of the GLib object in whose
place it stands, so that programs written for either go on working.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, Callable

from gi.repository import Cproc, Gio, GLib, Json


class Bytes(bytes):
    """Bytes that also have the methods of a GLib.Bytes."""

    def get_data(self) -> bytes:
        return bytes(self)

    def get_size(self) -> int:
        return len(self)

    def to_gbytes(self) -> GLib.Bytes:
        """The same as a GLib.Bytes, for functions of other libraries."""
        return GLib.Bytes.new(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.to_gbytes(), name)

    def __reduce__(self) -> tuple:
        return bytes, (bytes(self),)


class GBytes(GLib.Bytes):
    """A GLib.Bytes that is compared, measured, cut and decoded like bytes."""

    def __bytes__(self) -> bytes:
        return self.get_data() or b""

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(bytes(self))

    def __len__(self) -> int:
        return self.get_size()

    def __iter__(self):
        return iter(bytes(self))

    def __contains__(self, part: Any) -> bool:
        return part in bytes(self)

    def __getitem__(self, index: Any) -> Any:
        return bytes(self)[index]

    def __add__(self, other: Any) -> bytes:
        return bytes(self) + bytes(other)

    def __radd__(self, other: Any) -> bytes:
        return other + bytes(self)

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, GLib.Bytes):
            other = other.get_data()
        return bytes(self) == other

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        return repr(bytes(self))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(bytes(self), name)


def native_bytes(value: GLib.Bytes | bytes) -> Bytes:
    if isinstance(value, Bytes):
        return value
    return Bytes(value.get_data() or b"" if isinstance(value, GLib.Bytes) else value)


def likable_bytes(value: GLib.Bytes) -> GLib.Bytes:
    """The very GLib.Bytes, with the manners of bytes."""
    if type(value) is GLib.Bytes:
        # A convenience only: a PyGObject that lays objects out otherwise refuses it.
        with contextlib.suppress(TypeError):
            value.__class__ = GBytes
    return value


def gbytes(value: Any, encoding: str | None = None) -> Any:
    """A GLib.Bytes for what Python programs have: text, or anything that holds bytes."""
    if value is None or isinstance(value, GLib.Bytes):
        return value
    if isinstance(value, str):
        return GLib.Bytes.new(value.encode(encoding or "UTF-8"))
    return GLib.Bytes.new(bytes(memoryview(value)))


class Received:
    """What a received value keeps of the Cproc.Message that it came as."""

    _message: Any = None

    def get_text(self) -> str:
        return self._message.get_text()

    def get_root(self) -> Json.Node:
        return self._message.get_root()

    def get_fd_list(self) -> Gio.UnixFDList | None:
        return self._message.get_fd_list()

    def get_value(self) -> Any:
        return self._message.get_value()

    def __reduce__(self) -> tuple:
        return json.loads, (self.get_text(),)


class ReceivedDict(Received, dict):
    def __reduce__(self) -> tuple:
        return dict, (dict(self),)


class ReceivedList(Received, list):
    def __reduce__(self) -> tuple:
        return list, (list(self),)


class ReceivedStr(Received, str):
    pass


class ReceivedInt(Received, int):
    pass


class ReceivedFloat(Received, float):
    pass


class ReceivedConstant(Received):
    """Stands in for True, False or None, which Python lets nobody subclass.

    It is equal to the one it stands for, is as true or false, and an instance of the same class;
    only `is` tells them apart.
    """

    def __init__(self, value: bool | None) -> None:
        self._value = value

    @property
    def __class__(self) -> type:
        return type(self._value)

    def get_value(self) -> bool | None:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: Any) -> bool:
        return self._value == (other._value if type(other) is ReceivedConstant else other)

    def __hash__(self) -> int:
        return hash(self._value)

    def __int__(self) -> int:
        return int(self._value)

    __index__ = __int__

    def __repr__(self) -> str:
        return repr(self._value)


RECEIVED: dict[type, Callable[[Any], Received]] = {
    dict: ReceivedDict,
    list: ReceivedList,
    str: ReceivedStr,
    int: ReceivedInt,
    float: ReceivedFloat,
    bool: ReceivedConstant,
    type(None): ReceivedConstant,
}


def native_message(message: Any) -> Any:
    """The value of a message, with the methods of the message."""
    if isinstance(message, Received):
        return message
    value = message.get_value()
    received = RECEIVED[type(value)](value)
    received._message = message
    return received


def plain_message(message: Any) -> Any:
    """The same, but True, False and None themselves."""
    value = message.get_value()
    return value if value is None or value is True or value is False else native_message(message)


def _encode_other(value: Any) -> Any:
    if type(value) is ReceivedConstant:
        return value.get_value()
    raise TypeError(f"A {type(value).__name__} cannot be sent: JSON has no such value")


def json_text(value: Any) -> str:
    """The JSON text of a value to send."""
    # A container may have been changed since it came.
    if isinstance(value, (Received, Cproc.Message)) and not isinstance(value, (dict, list)):
        return value.get_text()
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"),
                      default=_encode_other)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair has no UTF-8, but JSON has an escape for it.
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_encode_other)
    return text


def fd_list(files: Any) -> Gio.UnixFDList:
    """The descriptors as a list of GIO's, which duplicates them."""
    if isinstance(files, Gio.UnixFDList):
        return files
    fds = Gio.UnixFDList.new()
    for file in files:
        fds.append(file if isinstance(file, int) else file.fileno())
    return fds

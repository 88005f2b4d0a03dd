# SPDX-License-Identifier: LGPL-2.1-or-later
"""Properties of a command whose text need not be UTF-8: paths, arguments, the environment."""

from __future__ import annotations

import os
from typing import Any

TEXTS = frozenset({"argv0", "cwd", "exec_path"})
LISTS = frozenset({"argv", "environment", "exec_argv"})


def underscored(name: str) -> str:
    return name.replace("-", "_")


def has(name: str) -> bool:
    return underscored(name) in TEXTS | LISTS


def get(command: Any, name: str) -> Any:
    """The value, in which surrogates stand for what is not UTF-8, as os.fsdecode() has it."""
    return getattr(command, "get_" + underscored(name))()


def put(command: Any, name: str, value: Any) -> None:
    """The setters take what a property of text cannot hold."""
    if value is not None and underscored(name) in TEXTS:
        value = os.fsdecode(value)
    elif value is not None and not isinstance(value, (str, bytes)):
        value = [os.fsdecode(entry) for entry in value]
    getattr(command, "set_" + underscored(name))(value)


class Properties:
    """The properties of one command, where PyGObject has its own."""

    def __init__(self, command: Any, properties: Any) -> None:
        vars(self).update(_command=command, _properties=properties)

    def __getattr__(self, name: str) -> Any:
        return get(self._command, name) if has(name) else getattr(self._properties, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if has(name):
            put(self._command, name, value)
        else:
            setattr(self._properties, name, value)

    def __dir__(self) -> Any:
        return dir(self._properties)

    def __iter__(self) -> Any:
        return iter(self._properties)


class PropertiesOfCommands:
    """The attribute `props` of the class and of its instances."""

    def __init__(self, raw: type) -> None:
        self.raw = raw

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return super(self.raw, owner).props
        return Properties(instance, super(self.raw, instance).props)

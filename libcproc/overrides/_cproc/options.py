# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keyword options of the constructors, and what they mean to a command."""

from __future__ import annotations

import datetime
import os
from typing import Any, Iterable, Mapping

from gi.repository import Cproc

from .values import gbytes

# What belongs to the command rather than to one run of it. The names are those of its properties,
# and of subprocess.
PLAIN = frozenset({
    "containment", "new_session", "die_with_parent", "user_id", "group_id", "umask", "nice",
    "exec_argv",
})
PATHS = frozenset({"argv0", "cwd", "exec_path"})
STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
LAUNCH = PLAIN | PATHS | STREAMS.keys() | {"env", "pass_fds"}

# PIPE, STDOUT and DEVNULL of subprocess.
SUBPROCESS_MODES = {-1: Cproc.Stdio.PIPE, -2: Cproc.Stdio.MERGE, -3: Cproc.Stdio.NULL}

DURATIONS = frozenset({"timeout", "idle_timeout", "drain_timeout", "kill_grace"})


def milliseconds(value: Any) -> Any:
    """Milliseconds, which an int counts already; a float is of seconds, as elsewhere in Python."""
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds()
    if isinstance(value, float):
        # What is short is not none.
        return max(round(value * 1000), 1) if value > 0 else round(value * 1000)
    return 0 if value is None else value


def split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Splits options into those of the command and those of the object itself."""
    launch = {name: value for name, value in options.items() if name in LAUNCH}
    own = {name: value for name, value in options.items() if name not in LAUNCH}
    return launch, own


def properties(options: dict[str, Any]) -> dict[str, Any]:
    """Options of an object as the values of its properties."""
    converted = {}
    for name, value in options.items():
        if name.replace("-", "_") in DURATIONS:
            value = milliseconds(value)
        elif name == "input":
            value = gbytes(value)
        converted[name] = value
    return converted


def environment(variables: Mapping | Iterable | None) -> list[str] | None:
    """The whole environment of a child, as NAME=value."""
    if variables is None:
        return None
    if isinstance(variables, Mapping):
        return [f"{os.fsdecode(name)}={os.fsdecode(value)}" for name, value in variables.items()]
    return [os.fsdecode(variable) for variable in variables]


def apply(command: Any, options: dict[str, Any]) -> None:
    """Sets options on a command."""
    for name, value in options.items():
        if name in STREAMS:
            set_stream(command, name, value)
        elif name == "env":
            command.set_environment(environment(value))
        elif name == "pass_fds":
            pass_fds(command, value)
        elif name in PATHS and value is not None:
            command.set_property(name, os.fsdecode(value))
        else:
            command.set_property(name, value)


def set_stream(command: Any, name: str, value: Any) -> None:
    """Leads a standard stream to a mode, a path, a descriptor, or a file that is open."""
    if value is None:
        return
    if isinstance(value, int) and not isinstance(value, Cproc.Stdio) and value < 0:
        value = SUBPROCESS_MODES[value]
    if isinstance(value, Cproc.Stdio):
        command.set_property(name + "-mode", value)
    elif isinstance(value, os.PathLike):
        flags = Cproc.FileFlags.READ if name == "stdin" else Cproc.FileFlags.WRITE
        command.set_stdio_file(STREAMS[name], os.fspath(value), flags)
    elif isinstance(value, int) or hasattr(value, "fileno"):
        command.pass_fd(value if isinstance(value, int) else value.fileno(), STREAMS[name])
    else:
        raise TypeError(f"{name} is a Cproc.Stdio, a pathlib.Path, a descriptor or a file, "
                        f"not {value!r}")


def pass_fds(command: Any, fds: Mapping[int, int] | Iterable[int]) -> None:
    """Gives the child descriptors: {its number: ours}, or such as keep their number."""
    for target, fd in fds.items() if isinstance(fds, Mapping) else ((fd, fd) for fd in fds):
        command.pass_fd(fd, target)


def new_command(program: Any, options: dict[str, Any]) -> Any:
    """A command from what people write: a program, or a command."""
    if isinstance(program, Cproc.Command):
        return with_no_options(program, options)
    command = Cproc.Command.new(argv(program))
    apply(command, options)
    return command


def new_module(module: Any, args: Iterable, options: dict[str, Any]) -> Any:
    """The command of a worker: a module and its arguments, or a command."""
    if isinstance(module, Cproc.Command):
        return with_no_options(module, options)
    command = Cproc.Command.new_module(os.fspath(module), argument_list(args))
    apply(command, options)
    return command


def argv(program: Any) -> list[str]:
    """What to run: a line for the shell, a file, an argument list."""
    if isinstance(program, str):
        return ["/bin/sh", "-c", program]
    if isinstance(program, os.PathLike):
        return [os.fsdecode(program)]
    return argument_list(program)


def argument_list(args: Iterable) -> list[str]:
    return [os.fsdecode(argument) for argument in args]


def with_no_options(command: Any, options: dict[str, Any]) -> Any:
    if options:
        raise TypeError(f"{', '.join(options)}: set these on the command, which others may share")
    return command

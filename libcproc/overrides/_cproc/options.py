# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keyword options of the constructors, and what they mean to a command."""

from __future__ import annotations

import datetime
import difflib
import math
import os
import sys
from typing import Any, Iterable, Mapping

from gi.repository import Cproc, GLib, GObject

from .values import gbytes

# What belongs to the command rather than to one run of it. The names are those of its properties,
# and of subprocess.
PLAIN = frozenset({
    "containment", "new_session", "die_with_parent", "user_id", "group_id", "umask", "nice",
    "exec_argv", "no_terminal", "supplementary_groups", "runner", "terminal_flags",
}) & {pspec.name.replace("-", "_") for pspec in GObject.list_properties(Cproc.Command)}
PATHS = frozenset({"argv0", "cwd", "exec_path"})
STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
LAUNCH = PLAIN | PATHS | STREAMS.keys() | {"env", "pass_fds", "shell", "terminal"}

# PIPE, STDOUT and DEVNULL of subprocess.
SUBPROCESS_MODES = {-1: Cproc.Stdio.PIPE, -2: Cproc.Stdio.MERGE, -3: Cproc.Stdio.NULL}

# Options in seconds, and what None means to them: to the first that nothing is watched, to the
# others that there is no limit.
WATCHES = frozenset({"timeout", "idle_timeout", "connect_timeout", "heartbeat", "start_timeout",
                     "max_age", "restart_period", "restart_delay"})
GRACES = frozenset({"drain_timeout", "kill_grace", "cancel_grace", "exit_flush_timeout"})
SIZES = frozenset({"max_buffer", "max_line_length", "max_message_size", "max_rss", "max_queue",
                   "max_requests"})
LARGEST = 2 ** 32 - 1

# What a parent tells a program of its message channel.
CHANNEL = ("NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "NODE_UNIQUE_ID")

# Names that people bring along, and what they are here.
HINTS = {
    "start_new_session": "new_session=True",
    "user": "user_id",
    "group": "group_id",
    "preexec_fn": "options such as umask, nice, new_session and user_id",
    "executable": "argv0 for the name that the program sees, and the path as the program",
    "bufsize": "nothing: output is read as it comes",
    "close_fds": "nothing: the child gets no descriptors but those of pass_fds",
    "errors": "nothing: what does not decode is replaced",
    "capture_output": "run(), which captures; or stdout=Cproc.Stdio.PIPE",
    "check": "run(), or wait_check()",
    "pty": "terminal=True",
    "tty": "terminal=True",
}


def seconds(name: str, value: Any) -> int:
    """Milliseconds, out of seconds: an int, a float or a timedelta."""
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds()
    if value is None or value == math.inf:
        return -1 if name in GRACES else 0
    if isinstance(value, bool) or isinstance(value, float) and math.isnan(value):
        raise ValueError(f"{name} is a number of seconds, not {value!r}")
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number of seconds, not {value!r}")
    if value == -1 and name in GRACES:
        return -1
    # What is short is not none.
    milliseconds = max(round(value * 1000), 1) if value > 0 else 0
    if value < 0 or milliseconds > LARGEST:
        raise ValueError(f"{name} cannot be {value!r} seconds")
    return milliseconds


def limit(pspec: Any, value: Any) -> Any:
    """A number where None, infinity and -1 are no limit, also for a property without a sign."""
    if value is not None and value not in (-1, math.inf):
        return value
    return -1 if pspec.minimum < 0 else pspec.maximum


def signal_number(value: Any) -> Any:
    """A signal by number or by name, “SIGINT” or “INT”."""
    if not isinstance(value, str):
        return value
    number = Cproc.signal_from_string(value)
    if number == 0:
        raise ValueError(f"There is no signal {value!r}")
    return number


def stream(value: Any) -> Any:
    """A stream that a child writes, by its number or by its name."""
    for name in ("stdout", "stderr"):
        if value == name or not isinstance(value, str) and value == STREAMS[name]:
            return Cproc.Stream(STREAMS[name])
    raise ValueError(f"There is no stream {value!r}: it is “stdout” or “stderr”")


def split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Splits options into those of the command and those of the object itself."""
    launch = {name: value for name, value in options.items() if name in LAUNCH}
    own = {name: value for name, value in options.items() if name not in LAUNCH}
    return launch, own


def unknown(owner: Any, name: str, known: Iterable[str]) -> TypeError:
    what = getattr(owner, "__name__", str(owner))
    if name in HINTS:
        return TypeError(f"{what} has no option {name}: use {HINTS[name]}")
    close = difflib.get_close_matches(name, known, 1)
    hint = f": is {close[0]} meant?" if close else ""
    return TypeError(f"{what} has no option {name}{hint}")


def properties(owner: type, options: dict[str, Any]) -> dict[str, Any]:
    """Options of an object as the values of its properties."""
    pspecs = {pspec.name.replace("-", "_"): pspec for pspec in GObject.list_properties(owner)}
    converted = {}
    for given, value in options.items():
        name = given.replace("-", "_")
        if name not in pspecs:
            raise unknown(owner, name, LAUNCH | pspecs.keys())
        if name in WATCHES or name in GRACES:
            value = limit(pspecs[name], seconds(name, value))
        elif name in SIZES:
            value = limit(pspecs[name], value)
        elif name == "kill_signal":
            value = signal_number(value)
        elif name == "input":
            value = gbytes(value, options.get("encoding"))
        converted[name] = value
    return converted


def variable(name: Any, value: Any) -> str:
    name, value = os.fsdecode(name), os.fsdecode(value)
    if not name or "=" in name:
        raise ValueError(f"{name!r} cannot be the name of a variable of the environment")
    if "\0" in name or "\0" in value:
        raise ValueError(f"The variable {name!r} of the environment has a null character")
    return f"{name}={value}"


def is_own_channel(name: Any, value: Any) -> bool:
    """Whether a copy of os.environ tells of this program's own message channel."""
    return name in CHANNEL and value == os.environ.get(name)


def environment(variables: Mapping | Iterable | None, fds: Iterable[int] = ()) -> list[str] | None:
    """The whole environment of a child that is given these descriptors, as NAME=value."""
    if variables is None:
        return None
    if isinstance(variables, Mapping):
        has_channel = variables.get(CHANNEL[0]) in map(str, fds)
        return [variable(name, value) for name, value in variables.items()
                if has_channel or not is_own_channel(name, value)]
    return [os.fsdecode(entry) for entry in variables]


def apply(command: Any, options: dict[str, Any]) -> None:
    """Sets options on a command."""
    set_terminal(command, options.get("terminal"))
    fds = options.get("pass_fds", ())
    if not isinstance(fds, Mapping):
        fds = tuple(fds)
    for name, value in options.items():
        if name in STREAMS:
            set_stream(command, name, value)
        elif name == "env":
            command.set_environment(environment(value, fds))
        elif name == "pass_fds":
            pass_fds(command, fds)
        elif name in ("shell", "terminal"):
            pass
        elif name in PATHS:
            # The setters take what a property of text cannot hold.
            path = None if value is None else os.fsdecode(value)
            getattr(command, "set_" + name)(path)
        elif name == "supplementary_groups" and not isinstance(value, (GLib.Variant, type(None))):
            command.set_supplementary_groups(GLib.Variant("au", list(value)))
        elif name == "exec_argv":
            command.set_exec_argv(argument_list(value or ()))
        else:
            command.set_property(name, value)


def set_terminal(command: Any, value: Any) -> None:
    """Leads all three streams to a terminal: True, or its size as columns and rows."""
    if value is None or value is False:
        return
    if value is not True:
        try:
            columns, rows = value
        except (TypeError, ValueError):
            raise TypeError(f"terminal is True or (columns, rows), not {value!r}") from None
        command.set_terminal_size(columns, rows)
    for name in STREAMS:
        command.set_property(name + "-mode", Cproc.Stdio.TERMINAL)


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
        command.set_stdio_file(STREAMS[name], os.fsdecode(value), flags)
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
    command = Cproc.Command.new(argv(program, options.get("shell")))
    apply(command, options)
    return command


def new_module(module: Any, args: Iterable, options: dict[str, Any]) -> Any:
    """The command of a worker: a module and its arguments, or a command."""
    if isinstance(module, Cproc.Command):
        return with_no_options(module, options)
    command = Cproc.Command.new_module(os.fsdecode(module), argument_list(args))
    apply(command, options)
    return command


def set_interpreter(command: Any, module: Any) -> None:
    """A module in Python is run by the Python that runs this program.

    One that can be executed runs as itself.
    """
    path = os.fsdecode(module)
    if path.endswith(".py") and sys.executable and not os.access(path, os.X_OK):
        command.set_exec_path(sys.executable)


def argv(program: Any, shell: bool | None = None) -> list[str]:
    """What to run: a line for the shell, a file, an argument list."""
    if isinstance(program, (str, bytes)):
        line = os.fsdecode(program)
        return [line] if shell is False else ["/bin/sh", "-c", line]
    if isinstance(program, os.PathLike):
        program = [program]
    arguments = argument_list(program)
    return ["/bin/sh", "-c", *arguments] if shell else arguments


def no_line(what: str, argv: Any) -> Any:
    """The arguments for a constructor that takes no line."""
    if isinstance(argv, (str, bytes)):
        raise TypeError(f"{what}.new() takes a list of arguments; {what}.new_shell() takes a line "
                        "for the shell")
    return argv


def argument_list(args: Iterable) -> list[str]:
    return [os.fsdecode(argument) for argument in args]


def with_no_options(command: Any, options: dict[str, Any]) -> Any:
    if options:
        raise TypeError(f"{', '.join(options)}: set these on the command, which others may share")
    return command

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands that run to their end: their results and errors."""

from __future__ import annotations

from typing import Any

from gi.repository import Cproc, GLib

from .errors import DOMAIN, PicklableError, native_error

ENDS = frozenset({Cproc.Error.EXITED, Cproc.Error.SIGNALED})
ERRORS = ENDS | {Cproc.Error.TIMED_OUT, Cproc.Error.OUTPUT_LIMIT}


def returncode(child: Any) -> int | None:
    """As in subprocess: negative for a signal, None while there is none."""
    if child.props.term_signal:
        return -child.props.term_signal
    return child.props.exit_code if child.props.state >= Cproc.State.EXITED else None


class ProcessError(PicklableError):
    """A program that did not end well: an error of Cproc.Error, and what the program left.

    For a Cproc.Child that is not a Cproc.Exec, stdout and stderr are None.
    """

    def __init__(self, message: str = "", domain: str = DOMAIN, code: int = 0, *,
                 cmd: list[str] | None = None, returncode: int | None = None,
                 stdout: str | bytes | None = None, stderr: str | bytes | None = None) -> None:
        super().__init__(message, domain, code)
        self.cmd = cmd
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def __str__(self) -> str:
        return self.message


class TimedOut(ProcessError, TimeoutError):
    """A program that was ended because of a timeout."""

    _KEPT = ("errno", "strerror", "filename")


class Result:
    """How a program ended, and what it wrote: as subprocess.CompletedProcess."""

    def __init__(self, args: list[str], returncode: int | None, stdout: str | bytes,
                 stderr: str | bytes, error: ProcessError | None = None,
                 drained: bool = True) -> None:
        self.args = args
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr
        self.drained = drained
        self._error = error

    def check_returncode(self) -> None:
        """Raises ProcessError if the program did not end with 0."""
        if self._error is not None:
            raise self._error

    def __repr__(self) -> str:
        return (f"Result(args={self.args!r}, returncode={self.returncode!r}, "
                f"stdout={self.stdout!r}, stderr={self.stderr!r})")


def output(child: Any, text: bool = True) -> dict[str, Any]:
    """What an exec has kept; nothing for another child."""
    if not isinstance(child, Cproc.Exec):
        return {}
    if text:
        return {"stdout": child.get_stdout_text(), "stderr": child.get_stderr_text()}
    return {"stdout": bytes(child.get_stdout_bytes()), "stderr": bytes(child.get_stderr_bytes())}


def process_error(error: GLib.Error, child: Any) -> GLib.Error:
    """The error with all that a program left, if it is about how the program ended."""
    if error.domain != DOMAIN or error.code not in ERRORS:
        return native_error(error, child)
    cls = TimedOut if error.code == Cproc.Error.TIMED_OUT else ProcessError
    return cls(error.message, error.domain, error.code,
                        cmd=child.get_command().get_argv(), returncode=returncode(child),
                        **output(child))


def new_exec(program: Any, options: dict[str, Any]) -> Any:
    # The caller wants all there is, as from subprocess.
    options.setdefault("max_buffer", -1)
    capture = options.pop("capture_output", None)
    if capture and not options.keys().isdisjoint({"stdout", "stderr"}):
        raise ValueError("stdout and stderr cannot be given together with capture_output")
    if capture is not None and not capture:
        options.setdefault("stdout", Cproc.Stdio.INHERIT)
        options.setdefault("stderr", Cproc.Stdio.INHERIT)
    return Cproc.Exec(program, **options)


def result(child: Any, text: bool, check: bool, error: GLib.Error | None = None) -> Result:
    """What to return for a child that has run, or raises what is to be raised."""
    if isinstance(error, ProcessError) and not text:
        error.__dict__.update(output(child, text))
    if error is not None and (check or error.domain != DOMAIN or error.code not in ENDS):
        raise error
    if error is not None:
        error.with_traceback(None)
    return Result(child.get_command().get_argv(), returncode(child), **output(child, text),
                  error=error, drained=child.props.drained)


def wants_text(options: dict[str, Any]) -> bool:
    """Whether the caller wants text, which is so unless `text` says no."""
    text = options.pop("text", None)
    return text is None or bool(text)


def run(program: Any, /, *, check: bool = False, **options: Any) -> Result:
    """Runs a program, waits for it, and returns how it ended and all that it wrote.

    As subprocess.run, but output is captured, and text, unless `text=False`; and a string is a line
    for the shell. A program that does not end with 0 raises ProcessError only with `check=True`;
    a timeout, and more output than `max_buffer`, raise it always. Times are in seconds.

    Of a pipeline, `a | b`, it is the result of the last stage, with the `returncodes` of all.
    """
    if isinstance(program, Cproc.Pipeline):
        from . import pipes
        return pipes.run(program, check, options)
    text = wants_text(options)
    child = new_exec(program, options)
    try:
        child.run()
    except GLib.Error as error:
        return result(child, text, check, error)
    return result(child, text, check)


async def run_async(program: Any, /, *, check: bool = False, **options: Any) -> Result:
    """The same for asyncio. Cancelling the task kills the program."""
    if isinstance(program, Cproc.Pipeline):
        from . import pipes
        return await pipes.run_async(program, check, options)
    text = wants_text(options)
    child = new_exec(program, options)
    try:
        await child.run_async()
    except GLib.Error as error:
        return result(child, text, check, error)
    return result(child, text, check)


def check_output(program: Any, /, **options: Any) -> str | bytes:
    """Standard output of a program that has to end with 0, as subprocess.check_output."""
    options.setdefault("check", True)
    return run(program, **options).stdout


def spawn(program: Any, /, **options: Any) -> Any:
    """A child that has been started."""
    child = Cproc.Child(program, **options)
    child.start()
    return child


def fork(module: Any, /, args: Any = (), **options: Any) -> Any:
    """A worker that has been started."""
    worker = Cproc.Worker(module, args, **options)
    worker.start()
    return worker

# SPDX-License-Identifier: LGPL-2.1-or-later
"""libcproc as a Python programmer expects it.

PyGObject loads this by itself. All that introspection gives is still there and behaves the same;
what is added:

- `Cproc.run("ls -l")` and `await Cproc.run_async(["ls", "-l"])` return a result or raise a
  `Cproc.ProcessError`, which is a `GLib.Error`;
- constructors take a command as people write it, and options: `Cproc.Child(["make"], cwd=path)`;
- handlers of `output` are given bytes, those of `message` the value of the message, which all have
  the methods of the GLib.Bytes or the Cproc.Message in whose place they stand;
- `send()` takes any value that JSON has;
- the asynchronous methods can be awaited when they are given no callback, in any event loop of
  asyncio; `async for line in child.lines()`, `async for message in worker`;
- children are context managers;
- `a | b` of commands or children is a pipeline, and `Cproc.run(a | b)` runs it.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable

from gi.repository import GLib, Json

from ..module import get_introspection_module
from ..overrides import override
from ._cproc import options, paths, pipes, requests, running
from ._cproc.calls import attach, begin, in_task
from ._cproc.errors import native, write_error
from ._cproc.interrupts import interruptible
from ._cproc.pipes import PipelineResult
from ._cproc.running import ProcessError, Result, check_output, fork, process_error, run
from ._cproc.running import run_async, spawn
from ._cproc.signals import PoolSignals, Signals, convert_output_vfunc
from ._cproc.values import Bytes, Received, fd_list, gbytes, json_text, likable_bytes
from ._cproc.values import plain_message

Raw = get_introspection_module("Cproc")

exec = run

__all__ = ["Bytes", "PipelineResult", "ProcessError", "Result", "check_output", "exec", "fork",
           "run", "run_async", "spawn"]


def public(cls: type) -> type:
    """Puts a class in the place of the one that introspection gives."""
    __all__.append(cls.__name__)
    return override(cls)


class attribute:
    """A read-only property that an instance may still use the name of for its own."""

    def __init__(self, function: Callable) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self.function(instance)


class MessageMeta(type(Raw.Message)):
    """What a handler is given for a message passes for one."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return super().__instancecheck__(instance) or isinstance(instance, Received)


@public
class Message(Raw.Message, metaclass=MessageMeta):
    def __new__(cls, value: Any, fds: Any = None) -> Any:
        """The message of a value, with open files, if any are given."""
        return to_message(value, fds)

    def __init__(self, value: Any, fds: Any = None) -> None:
        pass

    def get_value(self) -> Any:
        """The value, as Python's own json reads it."""
        return json.loads(self.get_text())


def to_message(value: Any, fds: Any = None) -> Raw.Message:
    """The message of a value; one that is a message already, where no files are to go with it."""
    if isinstance(value, Raw.Message) and fds is None:
        return value
    if isinstance(value, Json.Node):
        message = Raw.Message.new_node(value)
    elif isinstance(value, GLib.Variant):
        message = Raw.Message.new_variant(value)
    else:
        message = Raw.Message.new_text(json_text(value))
    if fds is not None:
        message.set_fd_list(fd_list(fds))
    return message


def to_params(value: Any) -> Raw.Message | None:
    """The parameters of a request."""
    return None if value is None else to_message(value)


def to_item(value: Any) -> Any:
    """The parameters of the request for an item: the item itself, or a list of it."""
    return value if isinstance(value, (list, tuple, dict, Raw.Message)) else [value]


@public
class Request(Raw.Request):
    @attribute
    def method(self) -> str:
        """The name of the method."""
        return self.get_method()

    @attribute
    def params(self) -> Any:
        """The parameters as a value, None where there are none."""
        params = self.get_params()
        return None if params is None else plain_message(params)

    def reply(self, result: Any = None) -> bool:
        """Answers with a value."""
        message = to_message(result)
        self._replied = True
        return super().reply(message)

    def reply_error(self, code: int, message: str, data: Any = None) -> bool:
        """Answers with an error, and with a value that tells more of it."""
        data = None if data is None else to_message(data)
        self._replied = True
        return super().reply_error(code, message, data)


@public
class Command(Raw.Command):
    props = paths.PropertiesOfCommands(Raw.Command)

    def __init__(self, program: Any = None, /, **keywords: Any) -> None:
        launch, own = options.split(keywords)
        texts = {name: own.pop(name) for name in list(own) if paths.has(name)}
        super().__init__(**options.properties(Raw.Command, own))
        for name, value in texts.items():
            paths.put(self, name, value)
        if program is not None:
            self.set_argv(options.argv(program, launch.get("shell")))
        options.apply(self, launch)

    def get_property(self, name: str) -> Any:
        return paths.get(self, name) if paths.has(name) else super().get_property(name)

    def set_property(self, name: str, value: Any) -> None:
        if paths.has(name):
            paths.put(self, name, value)
        else:
            super().set_property(name, value)

    def __or__(self, stage: Any) -> Any:
        return pipes.join(self, stage)

    @staticmethod
    def new(argv: Any) -> Command:
        return Raw.Command.new(options.no_line("Command", argv))

    @staticmethod
    def new_module(path: Any, args: Any = None) -> Command:
        command = Raw.Command.new_module(path, args)
        options.set_interpreter(command, path)
        return command


@public
class Child(Signals, Raw.Child):
    def __init__(self, program: Any = None, /, **keywords: Any) -> None:
        if program is not None:
            launch, keywords = options.split(keywords)
            keywords["command"] = options.new_command(program, launch)
        super().__init__(**options.properties(type(self), keywords))

    @classmethod
    def new(cls, argv: Any) -> Child:
        if cls is not Child:
            return cls(options.no_line(cls.__name__, argv))
        return Raw.Child.new(options.no_line("Child", argv))

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if not cls.__module__.startswith("gi.overrides."):
            convert_output_vfunc(cls)

    def __or__(self, stage: Any) -> Any:
        return pipes.join(self, stage)

    @attribute
    def pid(self) -> int:
        """The process id, also after the end; 0 before the start."""
        return self.props.pid

    @attribute
    def returncode(self) -> int | None:
        """As in subprocess: negative for a signal, None while there is none."""
        return running.returncode(self)

    def _prepare(self) -> None:
        """Before a start: in a task, what comes first is kept for who will ask for it there."""
        if in_task():
            attach()
            self.keep_early_output()

    @native
    def prepare(self) -> bool:
        self._prepare()
        return super().prepare()

    def prepare_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        self._prepare()
        return begin(super().prepare_async, (), self.prepare_finish, cancellable, callback,
                     user_data)

    @native
    def prepare_finish(self, result: Any) -> bool:
        return super().prepare_finish(result)

    @native
    def start(self) -> bool:
        self._prepare()
        return super().start()

    def start_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        self._prepare()
        return begin(super().start_async, (), self.start_finish, cancellable, callback, user_data)

    @native
    def start_finish(self, result: Any) -> bool:
        return super().start_finish(result)

    @native
    def wait(self, cancellable: Any = None) -> bool:
        with interruptible(cancellable, self) as cancellable:
            return super().wait(cancellable)

    @native
    def wait_finish(self, result: Any) -> bool:
        return super().wait_finish(result)

    def wait_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        return begin(super().wait_async, (), self.wait_finish, cancellable, callback, user_data)

    def wait_check(self, cancellable: Any = None) -> bool:
        try:
            with interruptible(cancellable, self) as cancellable:
                return super().wait_check(cancellable)
        except GLib.Error as error:
            raise process_error(error, self) from None

    def wait_check_async(self, cancellable: Any = None, callback: Any = None,
                         *user_data: Any) -> Any:
        return begin(super().wait_check_async, (), self.wait_check_finish, cancellable, callback,
                     user_data)

    def wait_check_finish(self, result: Any) -> bool:
        try:
            return super().wait_check_finish(result)
        except GLib.Error as error:
            raise process_error(error, self) from None

    def write_async(self, bytes: Any, io_priority: int = GLib.PRIORITY_DEFAULT,
                    cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        """Writes bytes or text to standard input."""
        return begin(super().write_async, (gbytes(bytes, self.get_encoding()), io_priority),
                     self.write_finish, cancellable, callback, user_data)

    def write_finish(self, result: Any) -> bool:
        try:
            return super().write_finish(result)
        except GLib.Error as error:
            raise write_error(error, self) from None

    def read_line_async(self, stream: Any = Raw.Stream.STDOUT, cancellable: Any = None,
                        callback: Any = None, *user_data: Any) -> Any:
        """Reads a line without its end: None when the stream has ended."""
        return begin(super().read_line_async, (options.stream(stream),), self.read_line_finish,
                     cancellable, callback, user_data)

    def read_async(self, stream: Any = Raw.Stream.STDOUT, count: int = 1 << 16,
                   cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        """Reads 1 to `count` bytes: none when the stream has ended."""
        return begin(super().read_async, (options.stream(stream), count), self.read_finish,
                     cancellable, callback, user_data)

    @native
    def read_line_finish(self, result: Any) -> str | None:
        return super().read_line_finish(result)

    @native
    def read_finish(self, result: Any) -> Bytes:
        return Bytes(super().read_finish(result).get_data() or b"")

    def try_read_line(self, stream: Any = Raw.Stream.STDOUT) -> str | None:
        """The next line if it has come already."""
        return super().try_read_line(options.stream(stream))

    def discard_output(self, stream: Any) -> None:
        """Lets go of a stream that is kept for reads."""
        super().discard_output(options.stream(stream))

    def _signal(self, method: Callable, *args: Any) -> bool:
        """Sends a signal. That the process has ended is no error, as in subprocess."""
        try:
            return method(*args)
        except GLib.Error as error:
            if (error.matches(Raw.error_quark(), Raw.Error.NOT_RUNNING)
                    and self.props.state >= Raw.State.EXITED):
                return False
            raise

    def kill(self) -> bool:
        return self._signal(super().kill)

    def send_signal(self, signum: Any) -> bool:
        """Sends a signal, by number or by name."""
        return self._signal(super().send_signal, options.signal_number(signum))

    def force_exit(self) -> bool:
        return self._signal(super().force_exit)

    def lines(self, stream: Any = Raw.Stream.STDOUT) -> Any:
        """An asynchronous iterator over the lines of a stream.

        A child that has not been started is started. One that writes faster than its lines are
        taken waits; `discard_output()` lets it go on once no more are wanted. Cancelling a task in
        the middle of the iteration kills the child.
        """
        from ._cproc import queues
        return queues.Lines(self, options.stream(stream))

    def _leave(self) -> None:
        self.close_stdin()

    def _end(self) -> None:
        try:
            self.kill()
        except GLib.Error:
            pass

    def __enter__(self) -> Child:
        if self.props.state <= Raw.State.PREPARED:
            self.start()
        return self

    def __exit__(self, kind: Any, *_error: Any) -> None:
        try:
            if kind is not None:
                self._end()
            self._leave()
            self.wait()
        except BaseException:
            self._end()
            Child.wait(self)
            raise

    async def __aenter__(self) -> Child:
        if self.props.state <= Raw.State.PREPARED:
            await self.start_async()
        return self

    async def __aexit__(self, kind: Any, *_error: Any) -> None:
        from ._cproc import loops, queues
        queues.release(self)
        if kind is not None:
            await queues.end(self)
        self._leave()
        try:
            await self.wait_async()
        except loops.asyncio.CancelledError:
            await queues.end(self)
            raise


@public
class Exec(Raw.Exec):
    def __init__(self, program: Any = None, /, **keywords: Any) -> None:
        super().__init__(program, **keywords)

    @classmethod
    def new(cls, argv: Any) -> Exec:
        return Raw.Exec.new(options.no_line("Exec", argv))

    def run(self, cancellable: Any = None) -> bool:
        try:
            with interruptible(cancellable, self) as cancellable:
                return super().run(cancellable)
        except GLib.Error as error:
            raise process_error(error, self) from None

    def run_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        return begin(super().run_async, (), self._run_result, cancellable, callback, user_data)

    def run_finish(self, result: Any) -> bool:
        try:
            return super().run_finish(result)
        except GLib.Error as error:
            raise process_error(error, self) from None

    def _run_result(self, result: Any) -> Result:
        self.run_finish(result)
        return running.result(self, True, True)

    def set_input(self, input: Any) -> None:
        super().set_input(gbytes(input, self.get_encoding()))

    def get_stdout_bytes(self) -> GLib.Bytes:
        return likable_bytes(super().get_stdout_bytes())

    def get_stderr_bytes(self) -> GLib.Bytes:
        return likable_bytes(super().get_stderr_bytes())

    @attribute
    def stdout(self) -> str:
        """Standard output, as text."""
        return self.get_stdout_text()

    @attribute
    def stderr(self) -> str:
        """Standard error, as text."""
        return self.get_stderr_text()


@public
class Pipeline(Raw.Pipeline):
    # What is appended at the first use: only then it is known which one is the last.
    _stages: tuple = ()

    def __init__(self, *stages: Any, **keywords: Any) -> None:
        super().__init__(**options.properties(Raw.Pipeline, keywords))
        self._stages = stages

    def __or__(self, stage: Any) -> Any:
        if not pipes.is_stage(stage):
            return NotImplemented
        if not self._stages and len(self) > 0:
            raise TypeError("This pipeline is in use; append() adds a stage")
        return Pipeline(*self._stages, stage, pipefail=self.props.pipefail)

    def _settle(self, **of_exec: Any) -> None:
        """Appends the stages; a last command becomes an exec."""
        stages, self._stages = self._stages, ()
        for number, stage in enumerate(stages, 1):
            if isinstance(stage, Raw.Command) and number == len(stages):
                stage = Exec(stage, **of_exec)
            if isinstance(stage, Raw.Child):
                super().append_child(stage)
            else:
                super().append(stage if isinstance(stage, Raw.Command) else Command(stage))

    def append(self, command: Any) -> Child:
        self._settle()
        return super().append(command)

    def append_child(self, child: Any) -> Child:
        self._settle()
        return super().append_child(child)

    def get_n_items(self) -> int:
        self._settle()
        return super().get_n_items()

    def get_item(self, position: int) -> Child | None:
        self._settle()
        return super().get_item(position)

    def __len__(self) -> int:
        return self.get_n_items()

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter([self.get_item(position) for position in range(len(self))])

    @attribute
    def returncodes(self) -> list:
        """The return code of each stage."""
        return [child.returncode for child in self]

    def _prepare(self) -> None:
        self._settle()
        for child in self:
            child._prepare()

    @native
    def start(self) -> bool:
        self._prepare()
        return super().start()

    def start_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        self._prepare()
        return begin(super().start_async, (), self.start_finish, cancellable, callback, user_data)

    @native
    def start_finish(self, result: Any) -> bool:
        return super().start_finish(result)

    @native
    def wait(self, cancellable: Any = None) -> bool:
        with interruptible(cancellable) as cancellable:
            return super().wait(cancellable)

    def wait_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        return begin(super().wait_async, (), self.wait_finish, cancellable, callback, user_data)

    @native
    def wait_finish(self, result: Any) -> bool:
        return super().wait_finish(result)

    def wait_check(self, cancellable: Any = None) -> bool:
        try:
            with interruptible(cancellable) as cancellable:
                return super().wait_check(cancellable)
        except GLib.Error as error:
            raise pipes.pipeline_error(error, self) from None

    def wait_check_async(self, cancellable: Any = None, callback: Any = None,
                         *user_data: Any) -> Any:
        return begin(super().wait_check_async, (), self.wait_check_finish, cancellable, callback,
                     user_data)

    def wait_check_finish(self, result: Any) -> bool:
        try:
            return super().wait_check_finish(result)
        except GLib.Error as error:
            raise pipes.pipeline_error(error, self) from None

    def kill(self) -> bool:
        return Child._signal(self, super().kill)

    def send_signal(self, signum: Any) -> bool:
        """Sends a signal, by number or by name."""
        return Child._signal(self, super().send_signal, options.signal_number(signum))


class Messages(Signals):
    """What a channel and a worker have in common."""

    @native
    def send(self, message: Any, *, fds: Any = None) -> bool:
        """Sends a value, a Cproc.Message, a Json.Node or a GLib.Variant; with open files, if any
        are given."""
        return super().send(to_message(message, fds))

    @native
    def send_finish(self, result: Any) -> bool:
        return super().send_finish(result)

    def send_async(self, message: Any, cancellable: Any = None, callback: Any = None,
                   *user_data: Any, fds: Any = None) -> Any:
        """Sends what send() does, until the kernel has it."""
        return begin(super().send_async, (to_message(message, fds),), self.send_finish,
                     cancellable, callback, user_data)

    def receive_async(self, cancellable: Any = None, callback: Any = None,
                      *user_data: Any) -> Any:
        return begin(super().receive_async, (), self.receive_finish, cancellable, callback,
                     user_data)

    def notify_peer(self, method: str, params: Any = None) -> bool:
        """Sends a notification, whose parameters are a list or a dict."""
        return super().notify_peer(method, to_params(params))

    def request(self, method: str, params: Any = None, timeout_ms: int = 0,
                cancellable: Any = None, *, timeout: Any = None) -> Any:
        """Sends a request and waits for the answer, a value. The timeout is in seconds."""
        timeout_ms = timeout_ms if timeout is None else options.seconds("timeout", timeout)
        try:
            with interruptible(cancellable) as cancellable:
                message = super().request(method, to_params(params), timeout_ms, cancellable)
        except GLib.Error as error:
            raise requests.request_error(error, self, None) from None
        return plain_message(message)

    def request_async(self, method: str, params: Any = None, timeout_ms: int = 0,
                      cancellable: Any = None, callback: Any = None, *user_data: Any,
                      timeout: Any = None) -> Any:
        """Sends a request; what is awaited is the answer, a value. The timeout is in seconds."""
        timeout_ms = timeout_ms if timeout is None else options.seconds("timeout", timeout)
        return begin(super().request_async, (method, to_params(params), timeout_ms),
                     self._request_value, cancellable, callback, user_data)

    def request_finish(self, result: Any) -> Raw.Message:
        try:
            return super().request_finish(result)
        except GLib.Error as error:
            data = Raw.Channel.request_get_error_data(result)
            raise requests.request_error(error, self, data) from None

    def _request_value(self, result: Any) -> Any:
        return plain_message(self.request_finish(result))

    async def receive(self) -> Any:
        """The next message that comes. Raises EOFError when the channel is closed."""
        from ._cproc import queues
        return await queues.receive(self)


@public
class Channel(Messages, Raw.Channel):
    @staticmethod
    def get_parent() -> Channel | None:
        channel = Raw.Channel.get_parent()
        if channel is not None and in_task():
            attach()
            from ._cproc import queues
            queues.keep_messages(channel)
        return channel

    def flush(self, cancellable: Any = None) -> bool:
        with interruptible(cancellable) as cancellable:
            return super().flush(cancellable)

    def flush_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        return begin(super().flush_async, (), self.flush_finish, cancellable, callback, user_data)

    def serve(self, method: str, func: Any = None, *user_data: Any) -> None:
        """Handles the requests of one method. What the function raises is the answer."""
        super().serve(method, None if func is None else requests.answering(func), *user_data)

    def method(self, function: Any) -> Any:
        """Serves a function under its name, or under another: `@channel.method("name")`.

        The parameters of a request are its arguments, and what it returns is the result. It may be
        a coroutine function.
        """
        if isinstance(function, str):
            name = function
            return lambda function: self.serve(name, requests.method(function)) or function
        self.serve(function.__name__, requests.method(function))
        return function

    def __aiter__(self) -> Any:
        from ._cproc import queues
        return queues.Messages(self)


@public
class Worker(Messages, Raw.Worker):
    def __init__(self, module: Any = None, /, args: Iterable = (), **keywords: Any) -> None:
        if module is not None:
            launch, keywords = options.split(keywords)
            keywords["command"] = options.new_module(module, args, launch)
        super().__init__(**keywords)

    @staticmethod
    def new(module: Any, args: Any = None) -> Worker:
        worker = Raw.Worker.new(module, args)
        options.set_interpreter(worker.get_command(), module)
        return worker

    @classmethod
    def new_shell(cls, *_args: Any) -> Any:
        raise TypeError("A worker is a module, not a line for the shell: Worker.new() makes one")

    def _prepare(self) -> None:
        super()._prepare()
        if in_task():
            from ._cproc import queues
            queues.keep_messages(self)

    def _leave(self) -> None:
        self.close_channel()
        super()._leave()

    def __aiter__(self) -> Any:
        """The messages, as they come. Cancelling a task in the middle of them kills the worker."""
        from ._cproc import queues
        return queues.Messages(self)


@public
class Pool(PoolSignals, Raw.Pool):
    def __init__(self, module: Any = None, size: int | None = None, /, *, args: Iterable = (),
                 **keywords: Any) -> None:
        if module is not None:
            launch, keywords = options.split(keywords)
            keywords["command"] = options.new_module(module, args, launch)
        if size is not None:
            keywords["size"] = size
        super().__init__(**options.properties(Raw.Pool, keywords))

    def request_async(self, method: str, params: Any = None, timeout_ms: int = 0,
                      cancellable: Any = None, callback: Any = None, *user_data: Any,
                      timeout: Any = None) -> Any:
        """Gives a request to a worker; what is awaited is the answer, a value."""
        timeout_ms = timeout_ms if timeout is None else options.seconds("timeout", timeout)
        return begin(super().request_async, (method, to_params(params), timeout_ms),
                     self._request_value, cancellable, callback, user_data)

    async def request(self, method: str, params: Any = None, *, timeout: Any = None) -> Any:
        """Gives a request to a worker, and returns the answer, a value."""
        return await self.request_async(method, params, timeout=timeout)

    def map(self, method: str, items: Any, *, in_flight: int | None = None,
            timeout: Any = None) -> Any:
        """Gives a request for each item to the workers; iterates over the answers in order."""
        from ._cproc import loops
        limit = self.props.size * self.props.concurrency if in_flight is None else in_flight
        if limit < 1:
            raise ValueError("in_flight is at least 1")
        return loops.map_in_order(
            lambda item: self.request(method, to_item(item), timeout=timeout), items, limit)

    def request_finish(self, result: Any) -> Raw.Message:
        try:
            return super().request_finish(result)
        except GLib.Error as error:
            data = Raw.Pool.request_get_error_data(result)
            raise requests.request_error(error, self, data) from None

    def _request_value(self, result: Any) -> Any:
        return plain_message(self.request_finish(result))

    def drain_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        return begin(super().drain_async, (), self.drain_finish, cancellable, callback, user_data)

    def close_async(self, cancellable: Any = None, callback: Any = None, *user_data: Any) -> Any:
        return begin(super().close_async, (), self.close_finish, cancellable, callback, user_data)

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, kind: Any, *_error: Any) -> None:
        if kind is not None:
            self.abort()
        await self.close_async()

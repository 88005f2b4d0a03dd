# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a type checker has nothing to say about. It is never run."""

import asyncio
from datetime import timedelta
from pathlib import Path

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc, Gio, GLib


def on_output(child: Cproc.Child, stream: Cproc.Stream, data: Cproc.Bytes) -> None:
    text: str = data.decode()
    also: bytes = data.get_data()
    print(stream, text, also)


def on_data(child: Cproc.Child, stream: Cproc.Stream, line: str, number: int) -> None:
    print(line.upper(), number)


child = Cproc.Child(["tail", "-f", Path("x")], cwd=Path("/"), env={"A": "1"}, timeout=5.0,
                    idle_timeout=timedelta(seconds=1), stderr=Cproc.Stdio.MERGE, stdout=Path("y"))
child.connect("output::stdout", on_output)
child.connect("line", on_data, 5)
child.connect("exit", lambda child, code, signal: print(code + 1, signal + 1))
child.connect("notify::state", lambda child, pspec: None)
ok: bool = child.start()
pid: int = child.pid
code: int | None = child.returncode
state: Cproc.State = child.props.state
child.props.timeout = 5

result: Cproc.Result[str] = Cproc.run("ls -l", check=True, input=b"x")
print(result.stdout.strip())
lines: list[bytes] = Cproc.run(["ls"], text=False, capture_output=True).stdout.splitlines()
text: str = Cproc.exec("ls", timeout=2).stdout
output: bytes = Cproc.check_output("ls", text=False)
Cproc.spawn("ls", kill_signal="SIGINT", max_line_length=None).kill()
Cproc.fork("worker.py", ["a"]).send(1)
Cproc.Child.new(["ls", "-l"]).lines("stderr")

raw = Cproc.Exec.new_shell("ls")
raw.run(None)
raw.run_async(None, lambda source, result, data: None, 5)
data: bytes = raw.get_stdout_bytes().get_data()
try:
    raw.run()
except Cproc.ProcessError as error:
    message: str = error.message
    print(error.returncode, error.stderr)


async def main() -> None:
    exec_ = Cproc.Exec("ls", input="text")
    result = await exec_.run_async()
    status: int | None = result.returncode
    async for line in child.lines():
        print(line.upper())
    async with Cproc.Worker("worker.js", ["a"], exec_path="/usr/bin/node") as worker:
        worker.send({"foo": [1, None]})
        await worker.send_async("x")
        async for message in worker:
            print(message["foo"])
        reply = await worker.receive()
    await asyncio.gather(child.start_async(), child.write_async("x"))
    done: bool = await child.wait_async()
    asyncio.create_task(child.wait_async())
    print(status, done, reply)
    parent = Cproc.Channel.get_parent()
    total = await worker.request_async("add", [1, 2], timeout=timedelta(seconds=5))
    print(total, worker.request("add", {"a": 1}), worker.notify_peer("log"))
    if parent is not None:
        @parent.method
        async def add(a: int, b: int) -> int:
            return a + b

        parent.serve("sub", lambda channel, request: request.reply(request.params))
        parent.connect("request-received", lambda channel, request: request.reply(request.method))
        async for message in parent:
            parent.send(message)
Cproc.Child(["top"], terminal=True, terminal_flags=Cproc.TerminalFlags.NO_ECHO)
terminal = Cproc.Child(["top"], terminal=(100, 30), stdout=Cproc.Stdio.PIPE)
terminal.set_terminal_size(80, 24)
terminal_fd: int = terminal.take_terminal()

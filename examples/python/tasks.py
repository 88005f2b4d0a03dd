#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The three verbs in asyncio."""

import asyncio
import sys

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc


async def main(module):
    # exec: both at once.
    first, second = await asyncio.gather(Cproc.run_async("sleep 0.1; echo first"),
                                         Cproc.run_async(["cat"], input="second\n"))
    print(first.stdout, second.stdout, sep="", end="")

    # One that fails, and one that takes too long: it is killed.
    try:
        await Cproc.run_async(["ls", "no-such-file"], check=True)
    except Cproc.ProcessError as error:
        print(f"exit code {error.returncode}")
    try:
        await asyncio.wait_for(Cproc.run_async("sleep 60"), 0.1)
    except asyncio.TimeoutError:
        print("too long")

    # spawn: lines as they come.
    async for line in Cproc.Child(["seq", "3"]).lines():
        print("line", line)

    # fork: any value that JSON has is a message.
    async with Cproc.Worker(module) as worker:
        worker.send("Hello there!")
        message = await worker.receive()
        print("got message from child:", message["foo"], message["bar"])


if len(sys.argv) != 2:
    sys.exit("usage: tasks.py WORKER")
asyncio.run(main(sys.argv[1]))

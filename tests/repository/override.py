# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc

assert Cproc.run("pwd", cwd="/").stdout == "/\n"
print(asyncio.run(Cproc.run_async("pwd; echo installed", cwd="/")).stdout, end="")

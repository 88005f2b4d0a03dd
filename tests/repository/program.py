# SPDX-License-Identifier: LGPL-2.1-or-later

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc

command = Cproc.Command.new_shell("pwd; echo installed")
command.set_cwd("/")
child = Cproc.Exec.new_for_command(command)
child.run(None)
print(child.get_stdout_text(), end="")

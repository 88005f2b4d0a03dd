# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a type checker must find: the kind of error is named on the line. It is never run."""

import gi

gi.require_version("Cproc", "1")
from gi.repository import Cproc

Cproc.Child(["ls"], no_such=1)  # E: call-arg
Cproc.Child(["ls"], timeout="5")  # E: arg-type
child = Cproc.Child("ls")
child.start(5)  # E: call-arg
child.props.pid = 5  # E: misc
child.lines().upper()  # E: attr-defined
number: int = Cproc.run("ls").returncode  # E: assignment
Cproc.run("ls", check=1.5)  # E: call-overload
child.wait_async().upper()  # E: attr-defined
Cproc.Child.new("ls -l")  # E: arg-type
Cproc.run("ls").stdout.no_such()  # E: attr-defined
text: str = Cproc.run("ls", text=False).stdout  # E: assignment
child.lines("stdin")  # E: arg-type
child.pause("stdout")  # E: arg-type

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* spawn: start a program and live with it. Follows a file for two seconds. */

int main (string[] args) {
  Intl.setlocale ();
  if (args.length != 2) {
    printerr ("usage: spawn FILE\n");
    return 2;
  }

  var loop = new MainLoop ();
  var tail = new Cproc.Child ({ "tail", "-f", args[1] });
  tail.line["stdout"].connect ((stream, line) => print ("tail output: %s\n", line));
  tail.line["stderr"].connect ((stream, line) => print ("tail error output: %s\n", line));
  tail.exit.connect ((code, term_signal) =>
    print ("tail exited with code %d, signal %d\n", code, term_signal));
  tail.closed.connect (() => loop.quit ());

  try {
    tail.start ();
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }

  Timeout.add (2000, () => {
    try {
      tail.kill ();
    } catch (Error error) {
      printerr ("%s\n", error.message);
    }
    return Source.REMOVE;
  });
  loop.run ();
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* exec: run a command, get all of its output. One that works, then one that fails. */

async void run (string line) {
  var exec = new Cproc.Exec.shell (line);
  exec.capture_stack = true;
  exec.exit.connect ((code, term_signal) => print ("child process exited with code %d\n", code));

  try {
    yield exec.run_async ();
  } catch (Error error) {
    print ("error: %s\n", error.message);
    print ("error code: %d\n", exec.exit_code);
    print ("signal received: %d\n", exec.term_signal);
    print ("stack:\n%s", exec.get_error_stack ());
  }

  print ("stdout:\n%s", exec.get_stdout_text ());
  print ("stderr:\n%s", exec.get_stderr_text ());
}

async void run_all () {
  yield run ("ls -l");
  yield run ("ls -l no-such-file");
}

int main () {
  var loop = new MainLoop ();

  Intl.setlocale ();
  run_all.begin (() => loop.quit ());
  loop.run ();
  return 0;
}

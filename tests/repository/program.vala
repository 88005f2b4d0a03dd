/* SPDX-License-Identifier: LGPL-2.1-or-later */

int main () {
  try {
    var exec = new Cproc.Exec.shell ("cd / && pwd; echo installed");
    exec.run (null);
    print ("%s", exec.get_stdout_text ());
    return 0;
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker: answers the messages of the program that started it, until that program goes. */

void answer (Cproc.Channel parent, Cproc.Message message) {
  print ("got a message from master: %s\n", message.get_root ().get_string ());

  try {
    parent.send (new Cproc.Message.text ("{\"foo\":1,\"bar\":2}"));
  } catch (Error error) {
    printerr ("%s\n", error.message);
  }
}

int main () {
  Intl.setlocale ();

  try {
    var parent = Cproc.Channel.get_parent ();
    if (parent == null) {
      printerr ("This is to be run as a worker\n");
      return 1;
    }

    var loop = new MainLoop ();
    parent.message.connect (answer);
    parent.disconnected.connect (() => loop.quit ());
    loop.run ();
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }
  return 0;
}

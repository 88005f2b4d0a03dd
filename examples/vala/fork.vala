/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* fork: start a worker and talk to it in messages. The worker may be written in any language. */

int main (string[] args) {
  Intl.setlocale ();
  if (args.length != 2) {
    printerr ("usage: fork WORKER\n");
    return 2;
  }

  var loop = new MainLoop ();
  var worker = new Cproc.Worker (args[1]);
  worker.message.connect ((message) => {
    print ("got message from child: %s\n", message.get_text ());
    worker.close_channel ();
  });
  worker.closed.connect (() => loop.quit ());

  try {
    worker.start ();
    worker.send (new Cproc.Message.variant ("Hello there!"));
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }

  loop.run ();
  return 0;
}

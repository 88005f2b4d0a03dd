// SPDX-License-Identifier: LGPL-2.1-or-later

// What the tests fork: does what messages tell it to, and sends all other messages back.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

// Newer GLibs have it in a namespace of its own.
const UnixInputStream = await import('gi://GioUnix').then(
  module => module.default.InputStream, () => Gio.UnixInputStream);

// The exit code that says: the parent is gone, and I was told.
const TOLD = 12;

const parent = Cproc.Channel.get_parent();
const loop = new GLib.MainLoop(null, false);
let exitCode = TOLD;

const send = value => parent.send(Cproc.Message.new_text(JSON.stringify(value)));

const orders = {
  describe() {
    send({
      arguments: ARGV,
      variables: GLib.listenv().filter(name => name.startsWith('NODE_CHANNEL')),
      same: Cproc.Channel.get_parent() === parent,
      connected: parent.connected,
    });
  },

  leave({count, size, code}) {
    for (let number = 0; number < count; number++)
      send([number, 'x'.repeat(size)]);
    exitCode = code;
    parent.flush(null);
    loop.quit();
  },

  readFds(_order, message) {
    const texts = message.get_fd_list().steal_fds().map(fd => {
      const stream = new UnixInputStream({fd, close_fd: true});
      const text = new TextDecoder().decode(stream.read_bytes(1000, null).toArray());
      stream.close(null);
      return text;
    });
    send(texts);
  },

  giveFd({path}) {
    const stream = Gio.File.new_for_path(path).read(null);
    const fds = new Gio.UnixFDList();
    fds.append(stream.get_fd());
    stream.close(null);
    const message = Cproc.Message.new_text(JSON.stringify('here'));
    message.set_fd_list(fds);
    parent.send(message);
  },

  repeat({count, text}) {
    for (let number = 0; number < count; number++)
      send([number, text]);
  },

  queued() {
    send(parent.queued_bytes);
  },

  write({value}) {
    send(value);
  },

  close() {
    parent.close();
  },
};

parent.serve('add', (_parent, request) => {
  const [a, b] = JSON.parse(request.get_params().get_text());
  request.reply(Cproc.Message.new_text(JSON.stringify(a + b)));
});
// Asks the parent, and answers what it has answered.
parent.serve('ask', (_parent, request) => {
  const [method] = JSON.parse(request.get_params().get_text());
  parent.request_async(method, Cproc.Message.new_text('[1]'), 0, null, (channel, result) =>
    request.reply(channel.request_finish(result)));
});
parent.connect('message', (_parent, message) => {
  const value = JSON.parse(message.get_text());
  const order = orders[value?.do];
  if (order)
    order(value, message);
  else
    parent.send(Cproc.Message.new_text(message.get_text()));
});
parent.connect('disconnected', () => loop.quit());
loop.run();
System.exit(exitCode);

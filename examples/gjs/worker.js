#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A worker: answers the messages of the program that started it, until that program goes.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';
import System from 'system';

const parent = Cproc.Channel.get_parent();
if (parent === null) {
  printerr('This is to be run as a worker');
  System.exit(1);
}

const loop = new GLib.MainLoop(null, false);
parent.connect('message', (_parent, message) => {
  print(`got a message from master: ${JSON.parse(message.get_text())}`);
  parent.send(Cproc.Message.new_text(JSON.stringify({foo: 1, bar: 2})));
});
parent.connect('disconnected', () => loop.quit());
loop.run();

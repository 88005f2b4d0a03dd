#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// fork: start a worker and talk to it in messages. The worker may be written in any language.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';
import System from 'system';

if (ARGV.length !== 1) {
  printerr('usage: fork.js WORKER');
  System.exit(2);
}

const loop = new GLib.MainLoop(null, false);
const worker = Cproc.Worker.new(ARGV[0], []);
worker.connect('message', (_worker, message) => {
  print(`got message from child: ${message.get_text()}`);
  worker.close_channel();
});
worker.connect('closed', () => loop.quit());

worker.start();
worker.send(Cproc.Message.new_text(JSON.stringify('Hello there!')));
loop.run();

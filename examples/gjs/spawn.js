#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// spawn: start a program and live with it. Follows a file for two seconds.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';
import System from 'system';

if (ARGV.length !== 1) {
  printerr('usage: spawn.js FILE');
  System.exit(2);
}

const loop = new GLib.MainLoop(null, false);
const tail = Cproc.Child.new(['tail', '-f', ARGV[0]]);
tail.connect('line::stdout', (_tail, _stream, line) => print(`tail output: ${line}`));
tail.connect('line::stderr', (_tail, _stream, line) => print(`tail error output: ${line}`));
tail.connect('exit', (_tail, code, signal) =>
  print(`tail exited with code ${code}, signal ${signal}`));
tail.connect('closed', () => loop.quit());

tail.start();
setTimeout(() => tail.kill(), 2000);
loop.run();

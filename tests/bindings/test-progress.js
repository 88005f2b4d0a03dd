// SPDX-License-Identifier: LGPL-2.1-or-later

// The progress of a child, from GJS.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

import {
  assertEqual, assertFails, closed, encode, main, newChild, test, withInput,
} from './harness.js';

const STEPS = "printf '\\r 10%%'; read x; printf '\\r 50%%'; read x; printf '\\r100%%\\n'";

test('pattern', async () => {
  const child = withInput(Cproc.Child.new_shell(STEPS));
  const progress = Cproc.Progress.new(child);
  const seen = [];
  progress.connect('notify::fraction', () => {
    seen.push(progress.fraction);
    child.write_async(encode('\n'), GLib.PRIORITY_DEFAULT, null, null);
  });
  assertEqual(progress.fraction, -1);
  assertEqual(progress.set_pattern('(\\d+)%'), true);
  child.start();
  await closed(child);
  assertEqual(seen, [0.1, 0.5, 1]);
  assertEqual(progress.get_fraction(), 1);
});

test('bad-patterns', async () => {
  const progress = Cproc.Progress.new(newChild('exit', 0));
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT,
    () => progress.set_pattern('%'));
  await assertFails(GLib.RegexError, GLib.RegexError.UNMATCHED_PARENTHESIS,
    () => progress.set_pattern('('));
  progress.set_pattern(null);
});

test('function', async () => {
  const child = newChild('echo', 1, 'a\nb\n', 2, 'c\n');
  const progress = Cproc.Progress.new(child);
  const seen = [];
  progress.set_func((self, stream, line) => {
    seen.push(`${self === child} ${stream} ${line}`);
    return line === 'b' ? 0.25 : -1;
  });
  System.gc();
  child.start();
  await closed(child);
  assertEqual(seen.sort(), ['true 1 a', 'true 1 b', 'true 2 c']);
  assertEqual(progress.fraction, 0.25);
  progress.set_func(null);
});

await main();

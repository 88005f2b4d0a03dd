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
  const seen = [];
  child.connect('notify::progress', () => {
    seen.push(child.progress);
    child.write_async(encode('\n'), GLib.PRIORITY_DEFAULT, null, null);
  });
  assertEqual(child.progress, -1);
  assertEqual(child.set_progress_pattern('(\\d+)%'), true);
  child.start();
  await closed(child);
  assertEqual(seen, [0.1, 0.5, 1]);
  assertEqual(child.get_progress(), 1);
});

test('bad-patterns', async () => {
  const child = newChild('exit', 0);
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT,
    () => child.set_progress_pattern('%'));
  await assertFails(GLib.RegexError, GLib.RegexError.UNMATCHED_PARENTHESIS,
    () => child.set_progress_pattern('('));
  child.set_progress_pattern(null);
});

test('function', async () => {
  const child = newChild('echo', 1, 'a\nb\n', 2, 'c\n');
  const seen = [];
  child.set_progress_func((self, stream, line) => {
    seen.push(`${self === child} ${stream} ${line}`);
    return line === 'b' ? 0.25 : -1;
  });
  System.gc();
  child.start();
  await closed(child);
  assertEqual(seen.sort(), ['true 1 a', 'true 1 b', 'true 2 c']);
  assertEqual(child.progress, 0.25);
  child.set_progress_func(null);
});

await main();

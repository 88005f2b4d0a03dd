// SPDX-License-Identifier: LGPL-2.1-or-later

// Cproc.js: the option terminal.

import Cproc from 'gi://Cproc?version=1';

import {assertEqual, main, test} from './harness.js';

const {Stdio, TerminalFlags} = Cproc;

function modes(options) {
  const {command} = new Cproc.Child(['true'], options);
  return [command.stdin_mode, command.stdout_mode, command.stderr_mode];
}

test('modes', () => {
  const all = [Stdio.TERMINAL, Stdio.TERMINAL, Stdio.TERMINAL];
  assertEqual(modes({terminal: true}), all);
  assertEqual(modes({terminal: [100, 30]}), all);
  assertEqual(modes({stdio: 'terminal'}), all);
  assertEqual(modes({terminal: false}), [Stdio.DEFAULT, Stdio.DEFAULT, Stdio.DEFAULT]);
  // A stream of one's own, in any order.
  const mixed = [Stdio.TERMINAL, Stdio.PIPE, Stdio.TERMINAL];
  assertEqual(modes({terminal: true, stdout: 'pipe'}), mixed);
  assertEqual(modes({stdout: 'pipe', terminal: true}), mixed);
  let wrong = null;
  try {
    modes({terminal: 'yes'});
  } catch (error) {
    wrong = error;
  }
  assertEqual(wrong instanceof TypeError, true);
});

test('run', async () => {
  const size = await Cproc.exec('stty size; test -t 2', {terminal: [101, 31]});
  assertEqual(size.stdout, '31 101\r\n');
  const both = await Cproc.exec('echo out; echo err >&2', {terminal: true});
  assertEqual([both.stdout, both.stderr], ['out\r\nerr\r\n', '']);
  const raw = await Cproc.exec('echo x', {terminal: true, terminalFlags: TerminalFlags.RAW});
  assertEqual(raw.stdout, 'x\n');
});

await main();

// SPDX-License-Identifier: LGPL-2.1-or-later

// Handlers in GJS that throw, in every signal and callback: GJS writes of it, and all goes on.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';

import {
  assert, assertEqual, childArgv, closed, main, newChild, record, test, until,
} from './harness.js';

let thrown = 0;

function fail() {
  thrown++;
  GLib.test_expect_message('Gjs', GLib.LogLevelFlags.LEVEL_CRITICAL, '*thrown by a handler*');
  throw new Error('thrown by a handler');
}

function assertThrown(what) {
  GLib.test_assert_expected_messages_internal('Gjs', 'test-handlers.js', 0, what);
  assert(thrown > 0, what);
  thrown = 0;
}

for (const name of ['started', 'output', 'lines', 'line', 'exit', 'stream-ended', 'closed',
  'notify::state']) {
  test(`child-${name}`, async () => {
    const child = newChild('echo', 1, 'a\nb', 2, 'c\n');
    child.connect(name, fail);
    const seen = record(child);
    child.start();
    await closed(child);
    assertThrown(name);
    assertEqual(seen.values('line').map(([, line]) => line).sort(), ['a', 'b', 'c']);
    assertEqual(seen.names().at(-1), 'closed');
    assertEqual(child.exit_code, 0);
  });
}

for (const name of ['message', 'invalid-message', 'disconnected', 'exit', 'closed']) {
  test(`worker-${name}`, async () => {
    // What comes goes back; that takes no interpreter.
    const command = Cproc.Command.new_shell('echo no message >&3; exec cat <&3 >&3');
    const worker = Cproc.Worker.new_for_command(command);
    const texts = [];
    worker.connect(name, fail);
    worker.connect('invalid-message', () => {});
    worker.connect('message', (_worker, message) => {
      if (texts.push(message.get_text()) === 3)
        worker.close_channel();
    });
    worker.start();
    for (let i = 0; i < 3; i++)
      worker.send(Cproc.Message.new_text(String(i)));
    await closed(worker);
    assertThrown(name);
    assertEqual(texts, ['0', '1', '2']);
    assertEqual(worker.exit_code, 0);
  });
}

test('callback', async () => {
  const exec = Cproc.Exec.new(childArgv('exit', 0));
  exec.run_async(null, fail);
  await until(() => thrown > 0);
  assertThrown('callback');
  assertEqual(exec.state, Cproc.State.CLOSED);
});

test('progress-function', async () => {
  const child = newChild('echo', 1, 'a\nb\n');
  const progress = Cproc.Progress.new(child);
  progress.set_func((_child, _stream, line) => line === 'a' ? fail() : 0.5);
  child.start();
  await closed(child);
  assertThrown('progress');
  assertEqual(progress.fraction, 0.5);
});

await main();

// SPDX-License-Identifier: LGPL-2.1-or-later

// Children joined by pipes.

import Cproc from 'gi://Cproc?version=1';

import {assert, assertCprocFails, assertEqual, main, test, until} from './harness.js';

function newPipeline(...lines) {
  const pipeline = Cproc.Pipeline.new();
  const children = lines.map(line => pipeline.append(Cproc.Command.new_shell(line)));
  return [pipeline, children];
}

test('output', () => {
  const [pipeline, [first]] = newPipeline('exec yes');
  const last = Cproc.Exec.new(['head', '-n', '1']);
  let closed = 0;
  assertEqual(pipeline.append_child(last), last);
  assertEqual(pipeline.get_n_items(), 2);
  assertEqual(pipeline.get_item(0), first);
  assert(pipeline.get_item_type() !== null);
  pipeline.connect('closed', () => closed++);
  assert(pipeline.start());
  assert(pipeline.wait(null));
  assert(pipeline.wait_check(null));
  assertEqual(last.get_stdout_text(), 'y\n');
  assertEqual(first.term_signal, 13);
  assertEqual(closed, 1);
  assertEqual(pipeline.state, Cproc.State.CLOSED);
});

test('failure', async () => {
  const [pipeline] = newPipeline('exit 3', 'exec cat');
  pipeline.start();
  pipeline.wait(null);
  await assertCprocFails(Cproc.Error.EXITED, () => pipeline.wait_check(null));
  assertEqual(pipeline.failed_stage, 0);
  pipeline.pipefail = false;
  assert(pipeline.wait_check(null));
});

test('signals', () => {
  for (const end of [pipeline => pipeline.kill(), pipeline => pipeline.send_signal(15)]) {
    const [pipeline, children] = newPipeline('exec sleep 60', 'exec sleep 60');
    pipeline.start();
    assert(end(pipeline));
    pipeline.wait(null);
    assertEqual(children.map(child => child.term_signal), [15, 15]);
  }
});

test('timeout', () => {
  const [pipeline] = newPipeline('exec sleep 60', 'exec sleep 60');
  pipeline.timeout = 20;
  pipeline.start();
  pipeline.wait(null);
  assertEqual(pipeline.timed_out, true);
});

test('async', async () => {
  for (const name of ['wait', 'wait_check']) {
    const [pipeline] = newPipeline('echo x', 'exec cat');
    let started = null;
    let ended = null;
    pipeline.start_async(null, (_self, result) => {
      started = pipeline.start_finish(result);
    });
    await until(() => started !== null);
    pipeline[`${name}_async`](null, (_self, result) => {
      ended = pipeline[`${name}_finish`](result);
    });
    await until(() => ended !== null);
    assertEqual([started, ended], [true, true]);
  }
  // What coverage looks for.
  assertEqual(typeof Cproc.Pipeline.prototype.wait_async, 'function');
  assertEqual(typeof Cproc.Pipeline.prototype.wait_check_async, 'function');
});

await main();

// SPDX-License-Identifier: LGPL-2.1-or-later

// Cproc.js: pipelines.

import Cproc from 'gi://Cproc?version=1';

import {assert, assertCprocFails, assertEqual, main, test} from './harness.js';

test('pipeline', async () => {
  const pipeline = Cproc.pipeline([['seq', '100000'], new Cproc.Command(['grep', '7']),
    'head -n 2']);
  assertEqual(pipeline.state, Cproc.State.NEW);
  assert(await pipeline.start_async());
  assert(await pipeline.wait_check_async());
  const last = pipeline.get_item(2);
  assert(last instanceof Cproc.Exec);
  assertEqual(last.get_stdout_text(), '7\n17\n');
});

test('children', async () => {
  const first = new Cproc.Child('echo x');
  const last = new Cproc.Exec(['cat'], {encoding: 'ISO-8859-1'});
  const pipeline = Cproc.pipeline([first, last]);
  assertEqual([pipeline.get_item(0), pipeline.get_item(1)], [first, last]);
  await pipeline.start_async();
  await pipeline.wait_async();
  assertEqual(last.get_stdout_text(), 'x\n');
});

test('options', async () => {
  const pipeline = Cproc.pipeline([['sleep', '60'], ['cat']], {timeout: 20, pipefail: false});
  assertEqual(pipeline.pipefail, false);
  pipeline.start();
  await assertCprocFails(Cproc.Error.TIMED_OUT, () => pipeline.wait_check_async());
});

test('kill', async () => {
  const pipeline = Cproc.pipeline([['sleep', '60'], ['sleep', '60']]);
  pipeline.start();
  assert(pipeline.kill('SIGINT'));
  await pipeline.wait_async();
  assertEqual(pipeline.get_item(1).term_signal, 2);
  assertEqual(pipeline.kill(), false);
});

await main();

// SPDX-License-Identifier: LGPL-2.1-or-later

// Cproc.js: requests with values, and functions that answer them.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';

import {
  WORKER, assert, assertCprocFails, assertEqual, assertFails, assertIncludes, childArgv,
  cleanup, end, main, takeLogged, test,
} from './harness.js';

const {ReplyError} = Cproc;

function newWorker() {
  const worker = Cproc.fork(WORKER, [], {execPath: 'gjs', execArgv: ['-m']});
  cleanup(() => end(worker));
  return worker;
}

test('values', async () => {
  const worker = newWorker();
  assertEqual(await worker.request_async('add', [1, 2]), 3);
  assertEqual(await worker.channel.request_async('add', [2, 2], 20000), 4);
  assertEqual(await worker.request_async('add', ['a', 'b'], 20000, null), 'ab');
  assertEqual(worker.request('add', [3, 4]), 7);
  assertEqual(worker.notify_peer('add', [3, 4]), true);
  await assertFails(ReplyError, ReplyError.METHOD_NOT_FOUND, worker.request_async('other'));
});

test('what-a-handler-throws', async () => {
  // The worker asks this process, by way of what it sends back.
  const worker = newWorker();
  const fail = () => {
    throw new Error('because');
  };
  worker.channel.serve('plain', fail);
  worker.channel.serve('promise', async () => fail());
  worker.channel.serve('string', () => Promise.reject('because'));
  worker.connect('request-received', fail);
  const answers = worker.messages();
  for (const [id, method] of ['plain', 'promise', 'string', 'handler'].entries()) {
    worker.send({do: 'write', value: {jsonrpc: '2.0', id: id + 1, method}});
    const {value: answer} = await answers.next();
    assertEqual([answer.id, answer.error.code, answer.error.message],
      [id + 1, ReplyError.INTERNAL_ERROR, 'because']);
    assertEqual(typeof answer.error.data.stack, 'string');
    const printed = takeLogged();
    assertEqual(printed.length, 1);
    assertIncludes(printed[0], method, 'because');
  }
});

test('pool', async () => {
  const command = Cproc.Command.new_module(WORKER, []);
  command.exec_path = 'gjs';
  command.exec_argv = ['-m'];
  const pool = Cproc.Pool.new(command, 1);
  assertEqual(await pool.request_async('add', [1, 2]), 3);
  const sums = [];
  for await (const sum of pool.map('add', [[1, 1], [2, 1], [3, 1]], {inFlight: 2}))
    sums.push(sum);
  assertEqual(sums, [2, 3, 4]);
  await assertFails(ReplyError, ReplyError.INTERNAL_ERROR,
    pool.map('add', [{}, [1, 1]]).next());
  pool.connect('request-received', (_pool, worker, request) => {
    assert(worker instanceof Cproc.Worker);
    request.reply([request.get_method(), request.params.value]);
  });
  assertEqual(await pool.request_async('ask', ['up']), ['up', [1]]);
  assertEqual(await pool.drain_async(), true);
  assertEqual(await pool.close_async(), true);
});

test('data-of-an-error', async () => {
  const worker = newWorker();
  const error = await assertFails(ReplyError, ReplyError.INTERNAL_ERROR,
    worker.request_async('add', {}));
  assertEqual(typeof error.data.stack, 'string');
  assert(error.message.length > 0);
  const deaf = new Cproc.Worker(Cproc.Command.new(childArgv('sleep-forever')));
  cleanup(() => end(deaf));
  deaf.start();
  await assertCprocFails(Cproc.Error.TIMED_OUT, deaf.request_async('never', [], 50));
  assert(error instanceof GLib.Error);
});

await main();

// SPDX-License-Identifier: LGPL-2.1-or-later

// Enumerations, error codes and the boxed values that every room shares, from GJS.

import Cproc from 'gi://Cproc?version=1';

import {assertEqual, main, test} from './harness.js';

// In the order of their numbers, which are part of the ABI.
const ENUMERATIONS = [
  [Cproc.State, ['NEW', 'PREPARED', 'STARTING', 'RUNNING', 'EXITED', 'CLOSED']],
  [Cproc.Error, ['EXITED', 'SIGNALED', 'TIMED_OUT', 'OUTPUT_LIMIT', 'ALREADY_STARTED',
    'NOT_RUNNING', 'CHANNEL_CLOSED', 'INVALID_MESSAGE', 'MESSAGE_TOO_LARGE', 'NOT_SUPPORTED',
    'RUNNER_FAILED', 'RUNNER_LOST', 'QUEUE_FULL', 'WORKER_ENDED', 'CLOSED']],
];

test('enumerations', () => {
  for (const [kind, names] of ENUMERATIONS)
    assertEqual(names.map(name => kind[name]), names.map((_name, index) => index));
});

test('line-flags', () => {
  const names = ['NONE', 'CONTINUES', 'REPLACED', 'UNTERMINATED'];
  assertEqual(names.map(name => Cproc.LineFlags[name]), [0, 1, 2, 4]);
});

test('resource-usage', () => {
  const usage = new Cproc.ResourceUsage();
  usage.user_time = 1;
  usage.system_time = 2;
  usage.max_rss = 3;
  const copy = usage.copy();
  usage.max_rss = 4;
  assertEqual([copy.user_time, copy.system_time, copy.max_rss], [1, 2, 3]);
});

await main();

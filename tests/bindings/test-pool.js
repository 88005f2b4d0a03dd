// SPDX-License-Identifier: LGPL-2.1-or-later

// Pools, as the introspection gives them.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';
import {assert, assertCprocFails, assertEqual, assertFails, main, test, until} from './harness.js';

const WORKER = `
import json, os, socket
channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
for line in channel.makefile("r"):
    message = json.loads(line)
    if "id" not in message:
        message = message["method"]
    elif message["method"] == "fail":
        error = {"code": -32601, "message": "no", "data": [1]}
        message = {"jsonrpc": "2.0", "id": message["id"], "error": error}
    else:
        result = sum(message.get("params", []))
        message = {"jsonrpc": "2.0", "id": message["id"], "result": result}
    channel.sendall((json.dumps(message) + "\\n").encode())
`;

const SETTINGS = {
  min_size: 0, concurrency: 2, max_queue: 7, idle_timeout: 1000, start_timeout: 20000,
  max_requests: 100, max_age: 100000, max_rss: 2 ** 40, retries: 1, cancel_grace: 500,
  restart_intensity: 3, restart_period: 5000, restart_delay: 50, size: 2, prepared: 0,
};

const newPool = () => Cproc.Pool.new(Cproc.Command.new(['python3', '-c', WORKER]), 1);

async function request(pool, method, text = null) {
  let done = null;
  const params = text !== null ? Cproc.Message.new_text(text) : null;
  pool.request_async(method, params, 0, null, (_pool, result) => (done = result));
  await until(() => done !== null);
  return done;
}

async function close(pool) {
  let done = null;
  pool.close_async(null, (_pool, result) => (done = result));
  await until(() => done !== null);
  assertEqual(pool.close_finish(done), true);
  assertEqual(pool.get_state(), Cproc.PoolState.CLOSED);
}

test('settings', () => {
  const pool = newPool();
  for (const [name, value] of Object.entries(SETTINGS)) {
    pool[name] = value;
    assertEqual(pool[name], value);
  }
  assertEqual(pool.get_size(), 2);
  pool.set_size(3);
  assertEqual(pool.size, 3);
  assert(pool.command instanceof Cproc.Command);
  assertEqual(pool.setup, null);
  pool.set_setup(Cproc.Message.new_text('[1]'));
  assertEqual(pool.get_setup().get_text(), '[1]');
  assertEqual([pool.congested, pool.state], [false, Cproc.PoolState.IDLE]);
});

test('requests', async () => {
  const pool = newPool();
  const seen = [];
  pool.connect('worker-started', () => seen.push('started'));
  pool.connect('worker-ended', (_pool, _worker, error) => seen.push(error));
  pool.connect('message', (_pool, _worker, message) => seen.push(message.get_text()));
  pool.connect('failed', () => seen.push('failed'));
  pool.connect('drained', () => seen.push('drained'));
  assertEqual(pool.request_finish(await request(pool, 'add', '[1, 2]')).get_int64(''), 3);
  assertEqual(pool.get_state(), Cproc.PoolState.RUNNING);
  assert(pool.get_item(0) instanceof Cproc.Worker);
  pool.broadcast('note', null);

  let done = null;
  pool.request_full_async('add', null, 1, 'key', 0, null, (_pool, result) => (done = result));
  await until(() => done !== null);
  assertEqual(pool.request_finish(done).get_int64(''), 0);
  done = null;
  pool.drain_async(null, (_pool, result) => (done = result));
  await until(() => done !== null);
  assertEqual(pool.drain_finish(done), true);
  assertEqual(pool.dup_statistics().recursiveUnpack().completed, 2);
  await close(pool);
  assertEqual(seen, ['started', 'drained', '"note"', 'drained', null]);
});

test('errors', async () => {
  const pool = newPool();
  const result = await request(pool, 'fail');
  await assertFails(Cproc.ReplyError, Cproc.ReplyError.METHOD_NOT_FOUND,
    () => pool.request_finish(result));
  assertEqual(Cproc.Pool.request_get_error_data(result).get_text(), '[1]');
  assert(Cproc.reply_error_quark() !== GLib.quark_from_string('none'));
  pool.abort();
  const refused = await request(pool, 'add', '[1]');
  await assertCprocFails(Cproc.Error.CLOSED, () => pool.request_finish(refused));
  await close(pool);
});

test('enums', () => {
  assertEqual([Cproc.PoolState.IDLE, Cproc.PoolState.RUNNING, Cproc.PoolState.FAILED,
    Cproc.PoolState.CLOSING, Cproc.PoolState.CLOSED], [0, 1, 2, 3, 4]);
  assertEqual([Cproc.ReplyError.PARSE_ERROR, Cproc.ReplyError.INVALID_REQUEST,
    Cproc.ReplyError.METHOD_NOT_FOUND, Cproc.ReplyError.INVALID_PARAMS,
    Cproc.ReplyError.INTERNAL_ERROR, Cproc.ReplyError.CANCELLED],
  [-32700, -32600, -32601, -32602, -32603, -32800]);
});

await main();

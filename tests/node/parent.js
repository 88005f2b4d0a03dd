// SPDX-License-Identifier: LGPL-2.1-or-later

// A parent of Node's for a libcproc program that knows nothing of Node. Arguments: what to do, and
// the program.

'use strict';

const assert = require('assert');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const {fork, spawn} = require('child_process');

const [, , mode, program] = process.argv;

function event(emitter, name) {
  return new Promise(resolve => emitter.once(name, (...args) => resolve(args)));
}

async function readAll(socket) {
  let text = '';

  socket.setEncoding('utf8');
  for await (const part of socket)
    text += part;

  return text;
}

// Not by its 'close', which Node does not emit after a disconnect() from its side.
function watch(child) {
  child.output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', text => (child.output += text));
  child.ended = Promise.all([event(child, 'exit'), event(child.stdout, 'close')]);

  return child;
}

function start(...args) {
  return watch(spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit', 'ipc']}));
}

async function assertClosed(child) {
  const [[code, signal]] = await child.ended;

  assert.deepStrictEqual([code, signal], [0, null]);
}

async function hello() {
  const child = start('hello');

  child.send('Hello there!');
  const [message] = await event(child, 'message');
  assert.deepStrictEqual(message, {foo: 1, bar: 2});
  child.disconnect();
  await assertClosed(child);
  assert.strictEqual(child.output, 'got a message from master: Hello there!\ndisconnected\n');
}

// fork() runs what it is told to as the runtime, with the module as its first argument.
async function forked() {
  const child = watch(fork('echo', [], {execPath: program, execArgv: [], silent: true}));

  child.send([1]);
  assert.deepStrictEqual((await event(child, 'message'))[0], [1]);
  child.disconnect();
  await assertClosed(child);
}

async function kinds(echoMode) {
  const child = start(echoMode);
  const values = [
    null, true, false, 0, 1.5, -1, 1e21, 1e-7, 2 ** 53, 0.1, '', 'a\0b', '\b\t\n\f\r"\\/\x1f\x7f',
    '\u0085\u2028\u2029', '😀'.repeat(1000), '\ud800', [], [1, [2, null]], {}, {b: 1, a: {c: []}},
    {cmd: 'node_x'}, {cmd: 'NODE'}, 'x'.repeat(1000000),
  ];
  const got = [];
  const all = new Promise(resolve => child.on('message', message => {
    got.push(message);
    if (got.length === values.length)
      resolve();
  }));

  for (const value of values)
    child.send(value);
  await all;
  if (echoMode === 'echo-node') {
    // A tree has no character for these.
    values[values.indexOf('a\0b')] = 'a\ufffdb';
    values[values.indexOf('\ud800')] = '\ufffd';
  }
  assert.deepStrictEqual(got, values);
  child.disconnect();
  await assertClosed(child);
}

// The worker is told of what is no message and goes on.
async function badLine() {
  const child = start('echo');

  child.send({toJSON() {}});
  child.send('next');
  const [first] = await event(child, 'message');
  const [second] = await event(child, 'message');
  assert.ok('invalid' in first);
  assert.strictEqual(second, 'next');
  child.disconnect();
  await assertClosed(child);
}

async function childCloses() {
  const child = start('close');

  child.send('bye');
  assert.deepStrictEqual(await event(child, 'message'), ['bye', undefined]);
  await event(child, 'disconnect');
  assert.ok(!child.connected);
  await assertClosed(child);
  assert.strictEqual(child.output, 'disconnected\n');
}

async function sendAndExit() {
  const child = start('send-and-exit');
  let n = 0;

  child.on('message', message => assert.strictEqual(message[0], n++));
  await assertClosed(child);
  assert.strictEqual(n, 4000);
}

// A connection to a server of ours goes to the worker; the server, which asks after its
// connections, can be counted and closed while the worker has it.
async function sockets() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cproc-'));
  const where = path.join(dir, 'socket');
  const child = start('socket');
  const server = net.createServer({pauseOnConnect: true});

  try {
    await new Promise(resolve => server.listen(where, resolve));
    const client = net.connect(where);
    const [connection] = await event(server, 'connection');
    const greeted = event(child, 'message');

    child.send('socket', connection);
    assert.strictEqual(await readAll(client), 'greetings for "socket"');
    assert.deepStrictEqual(await greeted, ['greeted', undefined]);

    const count = await new Promise((resolve, reject) => server.getConnections(
      (error, n) => (error ? reject(error) : resolve(n))));
    assert.strictEqual(count, 0);
    await new Promise(resolve => server.close(resolve));

    // The whole server. Node takes the name away when it closes its own end, so another is made.
    const given = net.createServer();
    const there = path.join(dir, 'server');
    const greetedToo = event(child, 'message');

    await new Promise(resolve => given.listen(there, resolve));
    fs.linkSync(there, `${there}-too`);
    await new Promise(resolve => child.send('server', given, resolve));
    await new Promise(resolve => given.close(resolve));
    assert.strictEqual(await readAll(net.connect(`${there}-too`)), 'greetings for "server"');
    assert.deepStrictEqual(await greetedToo, ['greeted', undefined]);
  } finally {
    fs.rmSync(dir, {recursive: true});
  }
  child.disconnect();
  await assertClosed(child);
}

// Dies, and the worker is told.
async function death() {
  const child = spawn(program, ['echo'], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});

  child.send(1);
  await event(child, 'message');
  process.kill(process.pid, 'SIGKILL');
}

const modes = {
  hello, forked, badLine, childCloses, sendAndExit, sockets, death,
  kinds: () => kinds('echo'), kindsNode: () => kinds('echo-node'),
};

modes[mode]().then(() => console.log('ok'));

// SPDX-License-Identifier: LGPL-2.1-or-later

// A worker of Node's that knows nothing of libcproc. The first argument says what it does.

'use strict';

const net = require('net');
const path = require('path');
const dgram = require('dgram');

// Every kind of value that JSON.stringify() writes.
function emit() {
  const values = [
    null, true, false, 0, -0, 1.5, 1e21, 1e-7, 2 ** 53 - 1, 2 ** 64, -1e20, '',
    'plain',
    'a\0b', '\b\t\n\f\r"\\/\x1f\x7f', '\u0085\u2028\u2029', '😀', '\ud800', 'a\udc00b',
    [], [1, [2, undefined]], {}, {b: 1, a: 2, '': 3}, {undefined: undefined, f() {}},
    NaN, -Infinity, new Date(0), Buffer.from('ab'), new Map(), {cmd: 'NODE_'}, {cmd: 'node_x'},
  ];

  for (const value of values)
    process.send(value);
  process.send({cmd: 'NODE_X', swallowed: true});
  process.send({toJSON() {}});
  process.send('last');
  process.disconnect();
}

function echo() {
  process.on('message', message => process.send(message));
}

function hello() {
  process.on('message', message => {
    console.log(`got a message from master: ${message}`);
    process.send({foo: 1, bar: 2});
  });
}

// Greets whoever is at the other end of what comes.
function greet() {
  process.on('message', (message, handle) => {
    const kind = handle?.constructor?.name;

    if (handle instanceof net.Server)
      handle.once('connection',
        socket => socket.end(`server for ${message}`, () => handle.close()));
    else if (handle instanceof net.Socket)
      handle.end(`socket for ${message}`);
    else if (handle instanceof dgram.Socket)
      handle.close();
    else if (handle)
      handle.close();
    process.send({message, kind});
  });
}

// Gives away a server, and the connection that somebody makes to another one.
function give() {
  const dir = process.argv[3];
  const server = net.createServer();
  const accepting = net.createServer(socket => {
    process.send('connection', socket);
    accepting.close();
  });

  server.listen(path.join(dir, 'server'), () => process.send('server', server));
  accepting.listen(path.join(dir, 'connection'), () => process.send('ready'));
}

// A message of the size that it is told.
function size() {
  process.on('message', n => process.send('x'.repeat(n)));
}

function leave() {
  process.on('message', () => process.disconnect());
}

function die() {
  process.on('message', () => process.kill(process.pid, 'SIGKILL'));
}

const modes = {emit, echo, hello, greet, give, size, leave, die};

process.on('disconnect', () => console.log('disconnected'));
modes[process.argv[2]]();

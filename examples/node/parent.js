// SPDX-License-Identifier: LGPL-2.1-or-later

// A plain Node parent: it forks a worker that is a program of its own, as a libcproc one in C.

const {fork} = require('node:child_process');

const program = process.argv[2];
const worker = fork(program, [], {execPath: program, execArgv: []});

worker.on('message', message => {
  console.log('got message from child:', JSON.stringify(message));
  worker.disconnect();
});
worker.send('Hello there!');

// SPDX-License-Identifier: LGPL-2.1-or-later

// A plain Node worker: it knows nothing of libcproc, and a libcproc program can fork it.

process.on('message', message => {
  console.log('got a message from master:', message);
  process.send({foo: 1, bar: 2});
});

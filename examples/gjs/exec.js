#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// exec: run a command, get all of its output. One that works, then one that fails.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';

Gio._promisify(Cproc.Exec.prototype, 'run_async', 'run_finish');

async function run(line) {
  const exec = Cproc.Exec.new_shell(line);
  exec.capture_stack = true;
  exec.connect('exit', (_exec, code) => print(`child process exited with code ${code}`));

  try {
    await exec.run_async(null);
  } catch (error) {
    print(`error: ${error.message}`);
    print(`error code: ${exec.exit_code}`);
    print(`signal received: ${exec.term_signal}`);
    print(`stack:\n${exec.get_error_stack()}`.trimEnd());
  }

  print(`stdout:\n${exec.get_stdout_text()}`.trimEnd());
  print(`stderr:\n${exec.get_stderr_text()}`.trimEnd());
}

await run('ls -l');
await run('ls -l no-such-file');

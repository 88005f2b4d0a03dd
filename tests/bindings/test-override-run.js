// SPDX-License-Identifier: LGPL-2.1-or-later

// Cproc.js: constructors with options, exec() and spawn(), and errors that tell how it ended.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {
  CHILD, assert, assertBytes, assertCprocFails, assertEqual, assertFails, assertIncludes, childArgv,
  cleanup, closed, decode, encode, end, file, main, outputOf, pattern, read, signal, test,
} from './harness.js';

const {Containment, Stdio} = Cproc;

function assertTypeError(call) {
  try {
    call();
  } catch (error) {
    if (error instanceof TypeError)
      return error;
    throw error;
  }
  throw new Error('no error');
}

async function lines(argv, options) {
  const {stdout} = await Cproc.exec(argv, options);
  return stdout.split('\n').slice(0, -1);
}

test('programs', async () => {
  assertEqual(await outputOf(new Cproc.Child([CHILD, 'print-args', 'a b', 5])),
    `${CHILD}\na b\n5\n`);
  assertEqual(await outputOf(new Cproc.Child('echo a; echo b')), 'a\nb\n');
  const command = new Cproc.Command(childArgv('print-args'), {argv0: 'other'});
  assertEqual(await outputOf(new Cproc.Child(command)), 'other\n');
  const child = new Cproc.Child(command, {timeout: 5000, kill_grace: 7});
  assertEqual([child.command === command, child.timeout, child.killGrace], [true, 5000, 7]);
  assertTypeError(() => new Cproc.Child(command, {cwd: '/'}));
  assertEqual(new Cproc.Command('ls -l').argv, ['/bin/sh', '-c', 'ls -l']);

  const program = Gio.File.new_for_path(CHILD);
  assertEqual((await Cproc.exec([program, 'print-args'])).stdout, `${CHILD}\n`);
});

test('as-the-library-has-it', async () => {
  const command = new Cproc.Command({argv: ['true'], cwd: '/', 'new-session': true});
  assertEqual([command.argv, command.cwd, command.new_session], [['true'], '/', true]);
  const exec = new Cproc.Exec({command, max_buffer: 5, timeout: 1000, killSignal: 9});
  assertEqual([exec.command === command, exec.max_buffer, exec.timeout, exec.kill_signal],
    [true, 5, 1000, 9]);
  assertEqual(new Cproc.Command().argv, []);
  assertEqual(new Cproc.Child().command.argv, []);
  assertEqual(new Cproc.Worker({command, channel_fd: 5}).channel_fd, 5);
  assertEqual(GObject.Object.new(Cproc.Exec, {command}).command === command, true);
});

test('options-of-the-command', () => {
  const options = {
    argv0: 'name', execPath: '/bin/cat', execArgv: ['-n'], cwd: Gio.File.new_for_path('/usr'),
    containment: 'tree', newSession: true, dieWithParent: true, userId: 7, groupId: 8, umask: 0o77,
    nice: 3, stdin: 'null', stdout: 'inherit', stderr: Stdio.MERGE, timeout: undefined,
  };
  const it = new Cproc.Child(['true'], options).command;
  assertEqual([it.argv0, it.exec_path, it.exec_argv, it.cwd], ['name', '/bin/cat', ['-n'], '/usr']);
  assertEqual([it.containment, it.new_session, it.die_with_parent],
    [Containment.TREE, true, true]);
  assertEqual([it.user_id, it.group_id, it.umask, it.nice], [7, 8, 0o77, 3]);
  assertEqual([it.stdin_mode, it.stdout_mode, it.stderr_mode],
    [Stdio.NULL, Stdio.INHERIT, Stdio.MERGE]);
  const other = new Cproc.Child(['true'], {new_session: true, 'die-with-parent': true}).command;
  assertEqual([other.new_session, other.die_with_parent], [true, true]);
  const plain = new Cproc.Command(['true'], {cwd: '/', stdio: 'ignore'});
  assertEqual([plain.cwd, plain.stdin_mode, plain.stderr_mode], ['/', Stdio.NULL, Stdio.NULL]);
});

test('options-of-the-child', () => {
  const it = new Cproc.Exec('true', {
    timeout: 1, idleTimeout: 2, drainTimeout: 3, killSignal: 'SIGINT', killGrace: 4,
    maxLineLength: 5, encoding: 'ISO-8859-15', maxBuffer: -1, input: 'text', captureStack: true,
  });
  assertEqual([it.timeout, it.idle_timeout, it.drain_timeout, it.kill_signal, it.kill_grace],
    [1, 2, 3, 2, 4]);
  assertEqual([it.max_line_length, it.encoding, it.max_buffer, decode(it.input), it.capture_stack],
    [5, 'ISO-8859-15', -1, 'text', true]);
  assertEqual(new Cproc.Child('true', {killSignal: 'TERM'}).kill_signal, 15);
  assertEqual(new Cproc.Worker('module.js', {channelFd: 9}).channel_fd, 9);
});

test('options-that-are-none', () => {
  for (const options of [{killSignal: 'SIGNONE'}, {killSignal: 0}, {containment: 'all'},
    {stdin: 'pip'}])
    assertTypeError(() => new Cproc.Child(['true'], options));
  for (const options of [{colour: 1}, {maxBuffer: 5}]) {
    try {
      void new Cproc.Child(['true'], options);
    } catch (error) {
      assertIncludes(String(error), 'no option');
      continue;
    }
    throw new Error('no error');
  }
});

test('worker-options', async () => {
  const script = file('worker.sh', '#!/bin/sh\nexit $#\n', 0o755);
  for (const [worker, code] of [
    [new Cproc.Worker(script), 0], [new Cproc.Worker(script, ['a', 2, 'c']), 3],
    [new Cproc.Worker('-c', ['exit $#', 'a', 'b'], {execPath: '/bin/sh'}), 1],
    [new Cproc.Worker(['/bin/sh', '-c', 'exit 5']), 5],
    [new Cproc.Worker(Cproc.Command.new(['false'])), 1],
    [Cproc.fork(script, ['a', 'b']), 2], [Cproc.fork(script, {cwd: '/'}), 0],
  ]) {
    if (worker.state === Cproc.State.NEW)
      worker.start();
    await closed(worker);
    assertEqual(worker.exit_code, code);
  }
});

test('environment', async () => {
  const print = childArgv('print-env');
  assertEqual((await lines(print, {env: {A: '1', B: 2, C: null, D: undefined}})).sort(),
    ['A=1', 'B=2']);
  assertEqual(await lines(print, {env: ['X=y']}), ['X=y']);
  assertEqual(await lines(print, {env: {}}), []);
  GLib.setenv('CPROC_TEST_OLD', 'old', true);
  cleanup(() => GLib.unsetenv('CPROC_TEST_OLD'));
  assert((await lines(print, {env: null})).includes('CPROC_TEST_OLD=old'));
  const extended = await lines(print, {env: {A: 1, CPROC_TEST_OLD: null}, extendEnv: true});
  assert(extended.includes('A=1') && extended.length > 1 &&
    !extended.includes('CPROC_TEST_OLD=old'));
});

test('streams', async () => {
  const [input, output] = [file('in', 'from a file'), file('out', '')];
  const cat = childArgv('cat', 0, 1);
  await Cproc.exec(cat, {stdin: Gio.File.new_for_path(input), stdout: {path: output}});
  assertEqual(read(output), 'from a file');
  await Cproc.exec(childArgv('echo', 1, '!'), {stdout: {path: output, append: true}});
  assertEqual(read(output), 'from a file!');
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.EXISTS,
    Cproc.exec(['true'], {stdout: {path: output, exclusive: true}}));

  const stream = Gio.File.new_for_path(input).read(null);
  assertEqual((await Cproc.exec(cat, {stdin: {fd: stream.get_fd()}})).stdout, 'from a file');
  const echo = childArgv('echo', 1, 'out', 2, 'err');
  assertEqual((await Cproc.exec(echo, {stderr: 'merge'})).stdout, 'outerr');
  assertEqual((await Cproc.exec(echo, {stdio: ['ignore', 'pipe', 'ignore']})).stderr, '');
  assertEqual((await Cproc.exec(echo, {stdio: [null, null, 'merge']})).stdout, 'outerr');

  const other = Gio.File.new_for_path(input).read(null);
  assertEqual((await Cproc.exec(childArgv('cat', 7, 1), {fds: {7: other.get_fd()}})).stdout,
    'from a file');
  stream.close(null);
  other.close(null);
});

test('exec', async () => {
  assertEqual(await Cproc.exec("printf 'ä 🙂\\n'; echo error >&2"),
    {stdout: 'ä 🙂\n', stderr: 'error\n', exitCode: 0, signal: null});
  assertEqual((await Cproc.exec(childArgv('cat', 0, 1), {input: 'text'})).stdout, 'text');
  assertEqual((await Cproc.exec(childArgv('cat', 0, 1), {input: encode('text')})).stdout, 'text');
  const bytes = new Uint8Array([0, 255, 10]);
  const result = await Cproc.exec(childArgv('cat', 0, 1), {input: bytes, encoding: 'buffer'});
  assertBytes(result.stdout, bytes);
  assertEqual(result.stderr.length, 0);
  assertBytes((await Cproc.exec(childArgv('write', 2, 100), {encoding: 'buffer'})).stderr,
    pattern(100));
});

test('exec-fails', async () => {
  const {EXITED, SIGNALED, TIMED_OUT, OUTPUT_LIMIT} = Cproc.Error;
  const error = await assertCprocFails(EXITED, Cproc.exec('echo out; echo why >&2; exit 7'));
  assertEqual([error.stdout, error.stderr, error.exitCode, error.signal],
    ['out\n', 'why\n', 7, null]);
  assert(error instanceof Cproc.Error && error instanceof GLib.Error);
  assertIncludes(error.message, 'exited with code 7', 'why');
  assertIncludes(error.stack, 'test-override-run.js');

  const killed = await assertCprocFails(SIGNALED, Cproc.exec('echo out; kill -USR1 $$'));
  assertEqual([killed.stdout, killed.exitCode, killed.signal], ['out\n', null, 'SIGUSR1']);
  const late = await assertCprocFails(TIMED_OUT,
    Cproc.exec('echo out; sleep 100', {timeout: 100, killSignal: 'SIGINT'}));
  assertEqual([late.stdout, late.exitCode], ['out\n', null]);
  const much = await assertCprocFails(OUTPUT_LIMIT,
    Cproc.exec(childArgv('write', 1, 1000000), {maxBuffer: 10, encoding: 'buffer'}));
  assertBytes(much.stdout, pattern(10));

  const none = await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT,
    Cproc.exec(['/no/such/program'], {reject: false}));
  assertEqual([none.exitCode, none.signal, none.stdout], [null, null, '']);
});

test('exec-without-errors', async () => {
  assertEqual(await Cproc.exec('echo a; exit 3', {reject: false}),
    {stdout: 'a\n', stderr: '', exitCode: 3, signal: null});
  assertEqual((await Cproc.exec('kill -9 $$', {reject: false})).signal, 'SIGKILL');
});

test('exec-ends-early', async () => {
  const cancellable = new Gio.Cancellable();
  const promise = Cproc.exec(childArgv('sleep-forever', 'ready'), {cancellable});
  await signal(promise.child, 'line');
  cancellable.cancel();
  const error = await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, promise);
  assertEqual([error.stdout, error.signal], ['ready\n', 'SIGTERM']);

  const other = Cproc.exec(childArgv('sleep-forever', 'ready'));
  assert(other.child instanceof Cproc.Exec);
  await signal(other.child, 'line');
  other.child.kill();
  await assertCprocFails(Cproc.Error.SIGNALED, other);
});

test('synchronous-errors', async () => {
  const exec = Cproc.Exec.new_shell('echo out; exit 3');
  const error = await assertCprocFails(Cproc.Error.EXITED, () => exec.run(null));
  assertEqual([error.stdout, error.stderr, error.exitCode, error.signal], ['out\n', '', 3, null]);
  const again = await assertCprocFails(Cproc.Error.EXITED, () => exec.wait_check(null));
  assertEqual([again.stdout, again.exitCode], ['out\n', 3]);

  const child = Cproc.Child.new(['false']);
  child.start();
  const plain = await assertCprocFails(Cproc.Error.EXITED, () => child.wait_check(null));
  assertEqual([plain.exitCode, plain.signal, 'stdout' in plain], [1, null, false]);
  assertEqual([exec.run.length, child.wait_check.length], [1, 1]);
});

test('spawn', async () => {
  const child = Cproc.spawn(childArgv('sleep-forever', 'ready'), {killSignal: 'SIGKILL'});
  cleanup(() => end(child));
  assertEqual(child.state, Cproc.State.RUNNING);
  const [, line] = await signal(child, 'line');
  assertEqual(line, 'ready');
  child.kill();
  const error = await assertCprocFails(Cproc.Error.SIGNALED, child.wait_check_async());
  assertEqual([error.exitCode, error.signal], [null, 'SIGKILL']);
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, () => Cproc.spawn(['/no/such/one']));
});

test('subclass', async () => {
  const Mine = GObject.registerClass(class Mine extends Cproc.Child {
    constructor(...args) {
      super(...args);
      this.seen = [];
    }

    vfunc_closed() {
      this.seen.push('closed');
    }
  });
  for (const child of [new Mine(['true'], {timeout: 9000}), new Mine('true', {timeout: 9000}),
    new Mine({command: Cproc.Command.new(['true']), timeout: 9000})]) {
    assertEqual([child instanceof Cproc.Child, child instanceof Mine, child.timeout],
      [true, true, 9000]);
    await child.start_async();
    await child.wait_check_async();
    assertEqual(child.seen, ['closed']);
  }
});

await main();

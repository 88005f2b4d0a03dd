// SPDX-License-Identifier: LGPL-2.1-or-later

// CprocExec from GJS.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {
  CHILD, assert, assertBytes, assertCprocFails, assertEqual, assertFails, assertIncludes, childArgv,
  decode, encode, file, main, pattern, record, test,
} from './harness.js';

Gio._promisify(Cproc.Exec.prototype, 'run_async', 'run_finish');

const MAX_BUFFER = 204800;
const [SIGKILL, SIGTERM] = [9, 15];
const execute = (mode, ...args) => Cproc.Exec.new(childArgv(mode, ...args));

test('constructors', () => {
  const shell = Cproc.Exec.new_shell('echo $((6 * 7)); echo problem >&2');
  assert(shell instanceof Cproc.Child);
  assertEqual(shell.run(null), true);
  assertEqual([shell.get_stdout_text(), shell.get_stderr_text()], ['42\n', 'problem\n']);
  assertEqual([shell.stdout_text, shell.stderr_text], ['42\n', 'problem\n']);

  const argv = execute('print-args', 'a b', '$HOME');
  argv.run(null);
  assertEqual(argv.get_stdout_text(), `${CHILD}\na b\n$HOME\n`);

  const command = Cproc.Command.new(childArgv('print-cwd'));
  command.cwd = '/';
  const forCommand = Cproc.Exec.new_for_command(command);
  forCommand.run(null);
  assertEqual(forCommand.get_stdout_text(), '/\n');
});

test('properties', () => {
  const it = Cproc.Exec.new_shell('true');
  assertEqual([it.max_buffer, it.input, it.capture_stack], [MAX_BUFFER, null, false]);
  const notified = [];
  it.connect('notify', (_it, pspec) => notified.push(pspec.name));
  it.max_buffer = 10;
  it.set_input(encode('x'));
  it.capture_stack = true;
  assertEqual([it.get_max_buffer(), decode(it.get_input()), it.get_capture_stack()],
    [10, 'x', true]);
  assertEqual(notified, ['max-buffer', 'input', 'capture-stack']);
});

test('run-async', async () => {
  const it = execute('echo', 1, 'out', 2, 'err');
  const recorded = record(it);
  assertEqual(await it.run_async(null), true);
  assertEqual([decode(it.get_stdout_bytes()), decode(it.get_stderr_bytes())], ['out', 'err']);
  assertEqual([recorded.names()[0], recorded.names().at(-1)], ['started', 'closed']);
  assertEqual(recorded.values('exit'), [[0, 0]]);
});

test('input', async () => {
  const empty = execute('cat');
  await empty.run_async(null);
  assertEqual(empty.get_stdout_text(), '');

  const given = execute('cat');
  given.input = new GLib.Bytes(pattern(200000));
  await given.run_async(null);
  assertBytes(given.get_stdout_bytes().toArray(), pattern(200000));

  const unread = execute('echo', 1, 'answer');
  unread.input = new GLib.Bytes(pattern(5000000));
  assertEqual(await unread.run_async(null), true);
});

test('text', () => {
  const it = Cproc.Exec.new(['cat', file('bytes', new Uint8Array([97, 255, 0, 122]))]);
  it.run(null);
  assertEqual(it.get_stdout_text(), 'a\ufffd\ufffdz');
});

test('exit-code', async () => {
  for (const code of [1, 7, 255]) {
    const it = execute('exit', code);
    const error = await assertCprocFails(Cproc.Error.EXITED, it.run_async(null));
    assertIncludes(error.message, CHILD, String(code));
    assertEqual([it.exit_code, it.term_signal], [code, 0]);
  }
});

test('signal', async () => {
  const it = execute('signal', SIGKILL);
  const error = await assertCprocFails(Cproc.Error.SIGNALED, it.run_async(null));
  assertIncludes(error.message, 'SIGKILL');
  assertEqual([it.exit_code, it.term_signal], [-1, SIGKILL]);
});

test('message-has-the-last-line-of-stderr', async () => {
  const it = Cproc.Exec.new_shell('echo out; echo first >&2; echo the reason >&2; exit 3');
  const error = await assertCprocFails(Cproc.Error.EXITED, it.run_async(null));
  assertIncludes(error.message, 'the reason');
  assertEqual([it.get_stdout_text(), it.get_stderr_text()], ['out\n', 'first\nthe reason\n']);
});

test('does-not-start', async () => {
  const it = Cproc.Exec.new(['/no/such/program']);
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, it.run_async(null));
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, () => it.run(null));
});

test('timeout', async () => {
  const it = execute('sleep-forever', 'so far');
  it.timeout = 200;
  await assertCprocFails(Cproc.Error.TIMED_OUT, it.run_async(null));
  assertEqual([it.timed_out, it.term_signal], [true, SIGTERM]);
});

test('cancelled', async () => {
  const it = execute('sleep-forever', 'so far');
  const cancellable = new Gio.Cancellable();
  it.connect('line', () => cancellable.cancel());
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, it.run_async(cancellable));
  assertEqual([it.term_signal, it.get_stdout_text()], [SIGTERM, 'so far\n']);
});

test('output-limit', async () => {
  for (const stream of [1, 2]) {
    assertEqual(await execute('write', stream, MAX_BUFFER).run_async(null), true);
    const it = execute('write', stream, MAX_BUFFER + 1);
    await assertCprocFails(Cproc.Error.OUTPUT_LIMIT, it.run_async(null));
    const bytes = stream === 1 ? it.get_stdout_bytes() : it.get_stderr_bytes();
    assertBytes(bytes.toArray(), pattern(MAX_BUFFER));
  }
  const unlimited = execute('write', 1, 1000000);
  unlimited.max_buffer = -1;
  await unlimited.run_async(null);
  assertEqual(unlimited.get_stdout_bytes().get_size(), 1000000);
});

test('error-stack', async () => {
  const it = execute('exit', 1);
  assertEqual(it.get_error_stack(), null);
  it.capture_stack = true;
  await assertCprocFails(Cproc.Error.EXITED, it.run_async(null));
  assert(it.get_error_stack().length > 0);
});

await main();

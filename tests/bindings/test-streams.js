// SPDX-License-Identifier: LGPL-2.1-or-later

// The streams of a CprocChild from GJS: output, lines, input, extra pipes, pause.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {
  assert, assertBytes, assertEqual, assertFails, assertSame, childArgv, closed, collect, decode,
  delay, encode, file, main, newChild, pattern, record, test, until,
} from './harness.js';

const {PipeDirection, State, Stream} = Cproc;

Gio._promisify(Cproc.Child.prototype, 'write_async', 'write_finish');
Gio._promisify(Gio.OutputStream.prototype, 'splice_async', 'splice_finish');

async function readAll(stream) {
  const target = Gio.MemoryOutputStream.new_resizable();
  await target.splice_async(stream, Gio.OutputStreamSpliceFlags.CLOSE_TARGET |
    Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, GLib.PRIORITY_DEFAULT, null);
  return target.steal_as_bytes().toArray();
}

async function linesOf(content, properties = {}) {
  const child = Cproc.Child.new(['cat', file('content', content)]);
  Object.assign(child, properties);
  const lines = [];
  child.connect('line::stdout', (_child, _stream, line) => lines.push(line));
  child.start();
  await closed(child);
  return lines;
}

test('both-streams', async () => {
  const child = newChild('echo', 1, 'out', 2, 'err');
  const output = collect(child);
  child.start();
  await closed(child);
  assertEqual([decode(output.stdout()), decode(output.stderr())], ['out', 'err']);
});

test('details', async () => {
  const child = newChild('echo', 1, 'out', 2, 'err');
  const seen = [];
  for (const name of ['output::stdout', 'output::stderr'])
    child.connect(name, (_child, stream, bytes) => seen.push([name, stream, decode(bytes)]));
  for (const name of ['line::stdout', 'line::stderr'])
    child.connect(name, (_child, stream, line) => seen.push([name, stream, line]));
  child.start();
  await closed(child);
  assertSame(seen, [
    ['output::stdout', Stream.STDOUT, 'out'], ['output::stderr', Stream.STDERR, 'err'],
    ['line::stdout', Stream.STDOUT, 'out'], ['line::stderr', Stream.STDERR, 'err'],
  ]);
});

test('complete', async () => {
  for (const length of [1, 65536, 65537, 200000, 3000000]) {
    const child = newChild('write', 1, length);
    const output = collect(child);
    child.start();
    await closed(child);
    assertBytes(output.stdout(), pattern(length));
  }
});

test('lines', async () => {
  assertEqual(await linesOf('a\nb\r\n\nc\rd\nlast'), ['a', 'b', '', 'c\rd', 'last']);
  assertEqual(await linesOf('päivää\n你好\n🙂\n'), ['päivää', '你好', '🙂']);
  assertEqual(await linesOf(new Uint8Array([97, 255, 98, 10, 0, 10])), ['a\ufffdb', '\ufffd']);
  assertEqual(await linesOf('0123456789ab\nc\n', {max_line_length: 5}),
    ['01234', '56789', 'ab', 'c']);
  assertEqual(await linesOf(new Uint8Array([228, 246, 252, 10]), {encoding: 'ISO-8859-1'}),
    ['äöü']);
});

test('many-lines-at-once', async () => {
  const child = Cproc.Child.new(['seq', '20000']);
  const lines = [];
  let calls = 0;
  child.connect('lines::stdout', (_child, _stream, some) => {
    lines.push(...some);
    calls++;
  });
  child.start();
  await closed(child);
  assertEqual(lines.length, 20000);
  assertEqual([lines[0], lines.at(-1)], ['1', '20000']);
  assert(calls < 5000, 'many come at once');
});

test('write', async () => {
  const child = newChild('cat');
  const output = collect(child);
  child.start();
  const writes = ['one ', 'two ', 'three'].map(text =>
    child.write_async(encode(text), GLib.PRIORITY_DEFAULT, null));
  child.close_stdin();
  assertEqual(await Promise.all(writes), [true, true, true]);
  await closed(child);
  assertEqual(decode(output.stdout()), 'one two three');
});

test('write-to-a-closed-end', async () => {
  const child = newChild('close-and-sleep', 0);
  child.start();
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.BROKEN_PIPE,
    child.write_async(new GLib.Bytes(pattern(4000000)), GLib.PRIORITY_DEFAULT, null));
  child.force_exit();
  await closed(child);
});

test('stdin-stream', async () => {
  const child = newChild('cat');
  const output = collect(child);
  child.start();
  const stream = child.get_stdin_stream();
  assert(stream instanceof Gio.OutputStream);
  stream.write_all('through the stream', null);
  stream.close(null);
  await closed(child);
  assertEqual(decode(output.stdout()), 'through the stream');
});

test('taken-streams', async () => {
  const child = newChild('echo', 1, 'out', 2, 'err');
  const recorded = record(child, ['output']);
  const [out, err] = [child.take_stdout_stream(), child.take_stderr_stream()];
  child.start();
  assertEqual([decode(await readAll(out)), decode(await readAll(err))], ['out', 'err']);
  await closed(child);
  assertEqual(recorded.events, []);
});

test('taken-while-paused', async () => {
  const child = newChild('write', 1, 100000);
  child.pause(Stream.STDOUT);
  child.start();
  assertBytes(await readAll(child.take_stdout_stream()), pattern(100000));
  await closed(child);
});

test('pipes', async () => {
  for (const [direction, argv] of [
    [PipeDirection.READ, ['echo', 5, 'text']], [PipeDirection.WRITE, ['cat', 5, 1]],
    [PipeDirection.BOTH, ['cat', 5, 5]],
  ]) {
    const command = Cproc.Command.new(childArgv(...argv));
    command.add_pipe(5, direction);
    const child = Cproc.Child.new_for_command(command);
    const output = collect(child);
    child.start();
    const stream = child.get_pipe_stream(5);
    assertEqual(child.get_pipe_stream(6), null);
    if (direction !== PipeDirection.READ)
      stream.get_output_stream().write_all('text', null);
    if (direction !== PipeDirection.WRITE) {
      const bytes = stream.get_input_stream().read_bytes(100, null);
      assertEqual(decode(bytes), 'text');
    }
    stream.close(null);
    await closed(child);
    assertEqual(decode(output.stdout()), direction === PipeDirection.WRITE ? 'text' : '');
  }
});

test('reads', async () => {
  const child = newChild('echo', 1, 'one\n\ntwo\nthree', 2, 'err\n');
  child.keep_early_output();
  child.start();
  const ask = (method, ...args) => new Promise(resolve =>
    child[`${method}_async`](...args, null, (_child, result) =>
      resolve(child[`${method}_finish`](result))));
  assertEqual(await ask('read_line', Stream.STDOUT), 'one');
  assertEqual(await ask('read_line', Stream.STDOUT), '');
  assertEqual(decode(await ask('read', Stream.STDOUT, 3)), 'two');
  await closed(child);
  assertEqual(child.try_read_line(Stream.STDOUT), '');
  child.discard_output(Stream.STDERR);
  assertEqual(await ask('read_line', Stream.STDOUT), 'three');
  assertEqual(await ask('read_line', Stream.STDOUT), null);
  assertEqual(await ask('read_line', Stream.STDERR), null);
});

test('pause-and-resume', async () => {
  const child = newChild('write', 1, 10000000);
  let received = 0, calls = 0;
  child.connect('output::stdout', (_child, _stream, bytes) => {
    received += bytes.get_size();
    if (++calls === 1)
      child.pause(Stream.STDOUT);
  });
  child.start();
  await until(() => calls > 0);
  await delay(100);
  assertEqual([calls, child.state], [1, State.RUNNING]);
  child.resume(Stream.STDOUT);
  await closed(child);
  assertEqual([received, child.exit_code], [10000000, 0]);
});

await main();

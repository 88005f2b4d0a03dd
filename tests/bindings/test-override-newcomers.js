// SPDX-License-Identifier: LGPL-2.1-or-later

// Cproc.js: what people who know Node's child_process try first.

import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';

import {
  WORKER, assert, assertCprocFails, assertEqual, assertFails, childArgv, cleanup, closed, decode,
  end, file, main, newChild, test, until,
} from './harness.js';

async function all(iterator) {
  const items = [];
  for await (const item of iterator)
    items.push(item);
  return items;
}

test('lists of a command', () => {
  const command = new Cproc.Command({argv: ['a'], execArgv: ['-b']});

  assertEqual([command.argv, command.environment, command.exec_argv], [['a'], [], ['-b']]);
  for (const key of ['exec_argv', 'execArgv', 'exec-argv']) {
    // They are properties of the override, which newer GJS has nothing to say about.
    assert(Object.hasOwn(Cproc.Command.prototype, key));
    command[key] = [key];
    assertEqual([command.get_exec_argv(), command[key]], [[key], [key]]);
  }
  command.environment = ['A=1'];
  assertEqual(command.get_environment(), ['A=1']);
  command.environment = null;
  assertEqual([command.get_environment(), command.environment], [null, []]);
});

function assertThrows(type, function_) {
  let error = null;
  try {
    function_();
  } catch (caught) {
    error = caught;
  }
  assert(error instanceof type, `${error} is no ${type.name}`);
}

// In later turns of the loop, with all that came meanwhile.
function turns(milliseconds = 100) {
  return new Promise(resolve => {
    GLib.timeout_add(GLib.PRIORITY_LOW, milliseconds, () => {
      resolve();
      return GLib.SOURCE_REMOVE;
    });
  });
}

test('spawn', async () => {
  assertEqual(await all(Cproc.spawn('echo', ['a b', '$HOME']).lines()), ['a b $HOME']);
  assertEqual(await all(Cproc.spawn('pwd', {cwd: '/'}).lines()), ['/']);
  assertEqual(await all(Cproc.spawn('pwd', [], {cwd: '/'}).lines()), ['/']);
  assertEqual(await all(Cproc.spawn(['echo', 'a']).lines()), ['a']);
  assertEqual(await all(Cproc.spawn('echo $((1 + 1))', {shell: true}).lines()), ['2']);
  assertEqual(await all(Cproc.spawn('echo', ['$((1 + 1))'], {shell: '/bin/sh'}).lines()), ['2']);
  // A string is no line for the shell.
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, () => Cproc.spawn('echo a | cat'));
  assertThrows(TypeError, () => Cproc.spawn('echo', ['a'], {}, 5));
  assertThrows(TypeError, () => Cproc.spawn('echo', {noSuchOption: 1}));
});

test('exec', async () => {
  assertEqual((await Cproc.exec('echo', ['a b'])).stdout, 'a b\n');
  assertEqual((await Cproc.exec('pwd', [], {cwd: '/'})).stdout, '/\n');
  assertEqual((await Cproc.exec('/bin/pwd', {cwd: '/', shell: false})).stdout, '/\n');
  for (const rest of [[], [{}], [[], {}]]) {
    const [error, stdout, stderr] = await new Promise(resolve => {
      const program = rest.length === 2 ? 'true' : 'echo a; echo b >&2';
      const child = Cproc.exec(program, ...rest, (...args) => resolve(args));
      assert(child instanceof Cproc.Exec);
    });
    assertEqual([error, stdout, stderr], rest.length === 2 ? [null, '', ''] : [null, 'a\n', 'b\n']);
  }
  const [error, stdout] = await new Promise(resolve => {
    Cproc.exec('echo a; exit 3', (...args) => resolve(args));
  });
  assert(error.matches(Cproc.Error, Cproc.Error.EXITED));
  assertEqual([error.exitCode, stdout], [3, 'a\n']);
});

test('limits', async () => {
  for (const maxBuffer of [Infinity, -1]) {
    const {stdout} = await Cproc.exec(childArgv('write', 1, 500000), {maxBuffer});
    assertEqual(stdout.length, 500000);
  }
  assertEqual(new Cproc.Child(['true'], {timeout: Infinity}).timeout, 0);
  assertThrows(RangeError, () => new Cproc.Exec('true', {maxBuffer: NaN}));
});

test('options', async () => {
  assertEqual((await Cproc.exec('echo a >&2', {stderr: ['pipe']})).stderr, 'a\n');
  assertEqual(new Cproc.Command(['true'], {detached: true}).new_session, true);
  const {stdout} = await Cproc.exec(childArgv('cat', 0, 1),
    {input: 'grün', encoding: 'ISO-8859-1'});
  assertEqual(stdout, 'grün');
  const bytes = await Cproc.exec('printf a', {encoding: null});
  assertEqual(decode(bytes.stdout), 'a');
});

test('kill', async () => {
  const child = newChild('sleep-forever', 'ready');
  cleanup(() => end(child));
  await assertCprocFails(Cproc.Error.NOT_RUNNING, () => child.kill());
  child.start();
  assertEqual(child.kill('SIGKILL'), true);
  await closed(child);
  assertEqual(child.term_signal, 9);
  assertEqual([child.kill(), child.kill('SIGTERM'), child.send_signal(0), child.force_exit()],
    [false, false, false, false]);
});

test('lines-that-come-early', async () => {
  const child = Cproc.spawn(['sh', '-c', 'echo 1; echo 2; echo e >&2; read x; echo 3'],
    {stdin: 'pipe'});
  await turns();
  const lines = child.lines();
  assertEqual([(await lines.next()).value, (await lines.next()).value], ['1', '2']);
  child.write_async('\n');
  assertEqual((await lines.next()).value, '3');
  assertEqual(await all(child.lines('stderr')), ['e']);
  const ended = Cproc.spawn(['seq', '3']);
  await closed(ended);
  assertEqual(await all(ended.lines()), ['1', '2', '3']);
  assertEqual(await all(ended.lines()), []);
});

test('one-loop-after-the-other', async () => {
  const child = Cproc.spawn(['seq', '5']);
  const seen = [];
  for await (const line of child.lines()) {
    seen.push(line);
    if (line === '2')
      break;
  }
  await closed(child);
  seen.push(...await all(child.lines()));
  assertEqual(seen, ['1', '2', '3', '4', '5']);
});

test('messages-that-come-early', async () => {
  const worker = Cproc.fork(WORKER, [], {execPath: 'gjs', execArgv: ['-m']});
  cleanup(() => end(worker));
  for (const number of [1, 2, 3, 4])
    worker.send(number);
  const received = [];
  const raw = worker.connect('notify::state', () => {});
  worker.disconnect(raw);
  for await (const number of worker.messages()) {
    received.push(number);
    break;
  }
  await turns(300);
  for await (const number of worker.messages()) {
    received.push(number);
    break;
  }
  await turns();
  worker.onMessage(number => received.push(number));
  await until(() => received.length === 4);
  assertEqual(received, [1, 2, 3, 4]);
});

test('a-worker-that-asks-late', async () => {
  const module = file('late.js', `
import Cproc from 'gi://Cproc?version=1';
import GLib from 'gi://GLib';
const parent = Cproc.Channel.get_parent();
await new Promise(resolve => GLib.timeout_add(0, 300, () => (resolve(), GLib.SOURCE_REMOVE)));
for await (const number of parent.messages())
  parent.send(number);`);
  const worker = Cproc.fork(module, [], {execPath: 'gjs', execArgv: ['-m']});
  cleanup(() => end(worker));
  for (const number of [1, 2, 3])
    worker.send(number);
  const messages = worker.messages();
  const received = [];
  for (let i = 0; i < 3; i++)
    received.push((await messages.next()).value);
  assertEqual(received, [1, 2, 3]);
});

await main();

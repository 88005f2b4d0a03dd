// SPDX-License-Identifier: LGPL-2.1-or-later

// Cproc.js: lines and messages in loops, values as messages, promises beside callbacks.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Json from 'gi://Json';
import System from 'system';

import {
  WORKER, assert, assertCprocFails, assertEqual, assertFails, childArgv, cleanup, closed, collect,
  decode, delay, encode, end, file, main, newChild, signal, test, until,
} from './harness.js';

const {State, Stream} = Cproc;

async function all(iterator) {
  const items = [];
  for await (const item of iterator)
    items.push(item);
  return items;
}

function newWorker(module = WORKER) {
  const worker = new Cproc.Worker(module, [], {execPath: 'gjs', execArgv: ['-m']});
  cleanup(() => end(worker));
  return worker;
}

test('lines', async () => {
  const child = newChild('lines', 3);
  assertEqual(await all(child.lines()), ['line 1', 'line 2', 'line 3']);
  await child.wait_check_async();
  assertEqual(await all(child.lines()), []);
  assertEqual(await all(new Cproc.Child('printf "a\\r\\n\\nb"').lines()), ['a', '', 'b']);
  assertEqual(await all(newChild('exit', 3).lines()), []);
});

test('streams', async () => {
  const child = newChild('echo', 1, 'a\nb\n', 2, 'c\n');
  const [out, err] = await Promise.all([all(child.lines('stdout')), all(child.lines('stderr'))]);
  assertEqual([out, err], [['a', 'b'], ['c']]);
  assertEqual(await all(newChild('echo', 2, 'c\n').lines(Stream.STDERR)), ['c']);
  for (const stream of ['stdin', 0, 3, null]) {
    let error = null;
    try {
      child.lines(stream);
    } catch (caught) {
      error = caught;
    }
    assert(error instanceof TypeError);
  }
});

test('from-the-call-on', async () => {
  const child = newChild('lines', 100);
  const [early, twin] = [child.lines(), child.lines()];
  child.start();
  await closed(child);
  // Each line is for one loop.
  const lines = (await Promise.all([all(early), all(twin)])).flat();
  assertEqual(lines.length, 100);
  assertEqual(new Set(lines).size, 100);
});

test('one-loop-after-the-other', async () => {
  const child = newChild('lines', 100000);
  const numbers = [];
  for (let i = 0; numbers.length < 1000; i++) {
    for await (const line of child.lines()) {
      numbers.push(line);
      if (i < 20 && numbers.length % 7 === 0)
        break;
    }
    if (i === 10)
      await delay(20);
  }
  assertEqual(numbers.length, 100000);
  assertEqual([numbers[8], numbers.at(-1)], ['line 9', 'line 100000']);
  await closed(child);
});

test('reads', async () => {
  const child = newChild('cat', 0, 1);
  const [first, second] = [child.read_line_async('stdout'), child.read_line_async('stdout')];
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.PENDING, second);
  child.start();
  child.write_async('one\ntwo\nthree');
  assertEqual(await first, 'one');
  const bytes = await child.read_async('stdout', 2);
  assert(bytes instanceof Uint8Array);
  assertEqual(decode(bytes), 'tw');
  assertEqual(await child.read_line_async(Stream.STDOUT, null), 'o');
  const cancellable = new Gio.Cancellable();
  const cancelled = child.read_line_async('stdout', cancellable);
  cancellable.cancel();
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, cancelled);
  child.close_stdin();
  assertEqual(await child.read_line_async('stdout'), 'three');
  assertEqual(await child.read_line_async('stdout'), null);
  assertEqual((await child.read_async('stdout', 5)).length, 0);
  await closed(child);
  await assertCprocFails(Cproc.Error.NOT_SUPPORTED,
    new Cproc.Child('true', {stdout: Cproc.Stdio.NULL}).read_line_async('stdout'));
});

test('nobody-reads-the-rest', async () => {
  // More than is kept before anybody asks.
  const child = newChild('write', 1, 3000000);
  await child.start_async();
  await closed(child);
  await assertCprocFails(Cproc.Error.OUTPUT_LIMIT, all(child.lines()));
  assertEqual(await all(child.lines()), []);

  const other = newChild('lines', 100000);
  for await (const _line of other.lines())
    break;
  other.discard_output(Stream.STDOUT);
  await closed(other);
  assertEqual(other.exit_code, 0);
});

test('start-fails', async () => {
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT,
    all(Cproc.Child.new(['/no/such/program']).lines()));
  const child = Cproc.Child.new(['/no/such/program']);
  const starting = child.start_async();
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, all(child.lines()));
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, starting);
});

test('start-under-way', async () => {
  const child = newChild('lines', 2);
  const starting = child.start_async();
  assertEqual((await all(child.lines())).length, 2);
  assertEqual(await starting, true);
});

test('break', async () => {
  const child = newChild('after-line', 'lines', 1000);
  const iterator = child.lines();
  const first = iterator.next();
  await until(() => child.state === State.RUNNING);
  const second = iterator.next();
  child.write_async('\n');
  assertEqual([await first, await second].map(result => result.value), ['line 1', 'line 2']);
  for await (const line of iterator) {
    assertEqual(line, 'line 3');
    break;
  }
  assertEqual(await iterator.next(), {value: undefined, done: true});
  await closed(child);
  assertEqual(child.exit_code, 0);
  assertEqual((await all(child.lines())).length, 997);

  const unused = newChild('exit', 0).lines();
  assertEqual((await unused.return(5)).value, 5);
});

test('a-slow-loop-holds-the-child-up', async () => {
  const child = newChild('lines', 1000000);
  let received = 0;
  child.connect('output', (_child, _stream, bytes) => {
    received += bytes.get_size();
  });
  const iterator = child.lines();
  await iterator.next();
  let before = -1;
  await until(() => {
    const rests = received === before;
    before = received;
    return rests;
  });
  assert(received < 3 << 20, `${received} bytes are few`);
  assertEqual(child.state, State.RUNNING);
  const rest = await all(iterator);
  assertEqual([rest.length, rest.at(-1)], [999999, 'line 1000000']);
  await child.wait_check_async();
});

test('nothing-else-holds-the-child', async () => {
  const go = file('go');
  const count = async () =>
    (await all(new Cproc.Child(`echo a; while ! [ -e '${go}' ]; do sleep 0.1; done; echo b`)
      .lines())).length;
  const counted = count();
  let spawned = 0;
  (() => {
    const child = Cproc.spawn(childArgv('echo', 1, 'x'));
    child.connect('closed', () => spawned++);
  })();
  for (let i = 0; i < 3; i++)
    System.gc();
  GLib.file_set_contents(go, '');
  assertEqual(await counted, 2);
  await until(() => spawned === 1);
});

test('values', async () => {
  const worker = newWorker();
  const sent = [
    null, true, false, 0, -1.5, 'Hello there!', '', '"', [], {}, {foo: 1, bar: [2, null]},
    '\u2028 🙂 ä \0', {toJSON: () => 'from toJSON'}, new Date(0),
  ];
  worker.start();
  for (const value of sent)
    assertEqual(worker.send(value), true);
  worker.send(Json.from_string('{"a":1}'));
  worker.send(new GLib.Variant('as', ['b']));
  assertEqual(await worker.send_async({c: 3}), true);
  const messages = worker.messages();
  const expected = [...sent, {a: 1}, ['b'], {c: 3}];
  for (const value of expected)
    assertEqual(JSON.stringify((await messages.next()).value), JSON.stringify(value));

  for (const value of [undefined, () => 5, Symbol('a'), 10n]) {
    let error = null;
    try {
      worker.send(value);
    } catch (caught) {
      error = caught;
    }
    assert(error instanceof TypeError);
  }
  await assertCprocFails(Cproc.Error.INVALID_MESSAGE, () => worker.send({cmd: 'NODE_X'}));
});

test('handlers-of-messages', async () => {
  const worker = newWorker();
  const received = [];
  const raw = [];
  worker.connect('message', (self, message) => {
    assert(self === worker && message instanceof Cproc.Message);
    raw.push(message);
  });
  const id = worker.onMessage((value, message) => {
    assertEqual(value, message.value);
    received.push(value);
  });
  worker.start();
  worker.send({foo: 1, bar: 2});
  await until(() => received.length === 1);
  assertEqual(received, [{foo: 1, bar: 2}]);
  worker.disconnect(id);

  const [message] = raw;
  assertEqual([message.get_text(), `${message}`, JSON.stringify({message})],
    ['{"foo":1,"bar":2}', '{"foo":1,"bar":2}', '{"message":{"foo":1,"bar":2}}']);
  assert(message.value === message.value, 'it is read once');
  // What a loop asks for is not emitted.
  const messages = worker.messages();
  const next = messages.next();
  worker.send(message);
  assertEqual((await next).value, {foo: 1, bar: 2});
  worker.close_channel();
  assertEqual(await all(messages), []);
  assertEqual([raw.length, received.length], [1, 1]);
  assertEqual(await all(worker.messages()), []);
  await closed(worker);
});

test('a-slow-loop-holds-the-sender-up', async () => {
  const worker = newWorker();
  worker.start();
  const text = 'x'.repeat(100000);
  worker.send({do: 'repeat', count: 50, text});
  const messages = worker.messages();
  assertEqual((await messages.next()).value, [0, text]);
  worker.send({do: 'queued'});
  await delay(200);
  for (let number = 1; number < 50; number++)
    assertEqual((await messages.next()).value[0], number);
  const {value: queued} = await messages.next();
  assert(queued > 1 << 20, `${queued} bytes waited`);
  const [one, two] = [messages.next(), worker.messages().next()];
  worker.send(1);
  worker.send(2);
  assertEqual([(await one).value, (await two).value], [1, 2]);
});

test('messages-after-the-end', async () => {
  const worker = newWorker();
  worker.start();
  worker.send({do: 'leave', count: 5, size: 10, code: 3});
  await closed(worker);
  assertEqual((await all(worker.messages())).map(([number]) => number), [0, 1, 2, 3, 4]);
});

test('loop-over-messages', async () => {
  const worker = newWorker();
  const counts = [];
  worker.connect('started', () => worker.send(1));
  for await (const count of worker.messages()) {
    counts.push(count);
    if (count === 3)
      worker.close_channel();
    else
      worker.send(count + 1);
  }
  assertEqual(counts, [1, 2, 3]);
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT,
    all(new Cproc.Worker(['/no/such/worker']).messages()));
});

test('the-worker-s-side', async () => {
  const module = file('worker.js', `
import Cproc from 'gi://Cproc?version=1';
const parent = Cproc.Channel.get_parent();
for await (const {number} of parent.messages()) {
  if (number === 0)
    break;
  await parent.send_async({square: number * number});
}
await parent.flush_async();
parent.onMessage(value => value === 'end' && parent.close());
parent.send('over');`);
  const worker = newWorker(module);
  const messages = worker.messages();
  worker.start();
  for (const number of [2, 3, 0])
    worker.send({number});
  worker.send('end');
  assertEqual(await all(messages), [{square: 4}, {square: 9}, 'over']);
  await closed(worker);
});

test('callbacks', async () => {
  const done = (object, start, finish) => new Promise((resolve, reject) => {
    const result = start((self, asyncResult) => {
      try {
        assert(self === object);
        resolve(finish(asyncResult));
      } catch (error) {
        reject(error);
      }
    });
    assertEqual(result, undefined);
  });
  const exec = Cproc.Exec.new_shell('exit 3');
  await assertCprocFails(Cproc.Error.EXITED,
    done(exec, callback => exec.run_async(null, callback), result => exec.run_finish(result)));

  const child = newChild('cat', 0, 1);
  const output = collect(child);
  const finish = name => result => child[`${name}_finish`](result);
  assert(await done(child, callback => child.start_async(null, callback), finish('start')));
  assert(await done(child, callback =>
    child.write_async(encode('a'), GLib.PRIORITY_DEFAULT, null, callback), finish('write')));
  assertEqual(child.write_async(encode('b'), GLib.PRIORITY_DEFAULT, null, null), undefined);
  child.close_stdin();
  assert(await done(child, callback => child.wait_async(null, callback), finish('wait')));
  assert(await done(child, callback => child.wait_check_async(null, callback),
    finish('wait_check')));
  assertEqual(decode(output.stdout()), 'ab');

  const worker = newWorker();
  worker.start();
  assert(await done(worker, callback => worker.send_async({a: 1}, null, callback),
    result => worker.send_finish(result)));
  assert(await done(worker, callback => worker.send_async(Json.from_string('2'), null, callback),
    result => worker.send_finish(result)));
  const {channel} = worker;
  assert(await done(channel, callback => channel.flush_async(null, callback),
    result => channel.flush_finish(result)));
});

test('promises', async () => {
  const child = newChild('cat', 0, 1);
  const output = collect(child);
  assertEqual(await child.write_async('early '), true);
  assertEqual(await child.start_async(), true);
  assertEqual(await child.write_async('ä'), true);
  assertEqual(await child.write_async(new Uint8Array([33])), true);
  assertEqual(await child.write_async(encode('b'), GLib.PRIORITY_LOW, null), true);
  child.close_stdin();
  assertEqual(await child.wait_async(null), true);
  assertEqual(await child.wait_check_async(), true);
  assertEqual(decode(output.stdout()), 'early ä!b');
  const cancellable = new Gio.Cancellable();
  cancellable.cancel();
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED,
    newChild('exit', 0).start_async(cancellable));
});

test('promisified-again', async () => {
  const methods = [
    [Cproc.Child, 'start', 1], [Cproc.Child, 'wait', 1], [Cproc.Child, 'wait_check', 1],
    [Cproc.Child, 'write', 3], [Cproc.Exec, 'run', 1], [Cproc.Exec, 'wait_check', 1],
    [Cproc.Worker, 'send', 2], [Cproc.Channel, 'send', 2], [Cproc.Channel, 'flush', 1],
  ];
  for (const [{prototype}, name, length] of methods) {
    const before = prototype[`${name}_async`];
    assertEqual(before.length, length + 1);
    Gio._promisify(prototype, `${name}_async`, `${name}_finish`);
    assert(prototype[`${name}_async`] === before);
  }
  const exec = Cproc.Exec.new_shell('echo a');
  assertEqual([await exec.run_async(null), exec.get_stdout_text()], [true, 'a\n']);
});

test('one-after-the-other', async () => {
  const child = newChild('sleep-forever', 'ready');
  cleanup(() => end(child));
  child.start();
  await signal(child, 'line');
  const results = [];
  const first = child.wait_async().then(() => results.push('first'));
  const second = child.wait_check_async().catch(error => results.push(error.signal));
  child.kill();
  await Promise.all([first, second]);
  assertEqual(results, ['first', 'SIGTERM']);
});

await main();

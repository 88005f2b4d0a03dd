// SPDX-License-Identifier: LGPL-2.1-or-later

// CprocChild from GJS: start, life, end.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {
  CHILD, assert, assertCprocFails, assertEqual, assertFails, assertIncludes, assertSame, childArgv,
  closed, decode, file, main, newChild, outputOf, record, signal, test, until,
} from './harness.js';

const {State, Stream} = Cproc;
const [SIGINT, SIGABRT, SIGKILL, SIGUSR1, SIGUSR2, SIGTERM] = [2, 6, 9, 10, 12, 15];
const [SIGCONT, SIGSTOP] = [18, 19];

for (const name of ['start_async', 'wait_async', 'wait_check_async'])
  Gio._promisify(Cproc.Child.prototype, name, name.replace('_async', '_finish'));

async function ready(mode, ...args) {
  const child = newChild(mode, ...args);
  const line = signal(child, 'line');
  child.start();
  await line;
  return child;
}

test('constructors', async () => {
  assertEqual(await outputOf(Cproc.Child.new([CHILD, 'print-args', 'a'])), `${CHILD}\na\n`);
  assertEqual(await outputOf(Cproc.Child.new_shell('echo a; echo b')), 'a\nb\n');
  const command = Cproc.Command.new(childArgv('print-args', 'c'));
  const child = new Cproc.Child({command});
  assert(child.command === command && child.get_command() === command);
  assertEqual(await outputOf(child), `${CHILD}\nc\n`);
  assertEqual(await outputOf(Cproc.Child.new_for_command(command)), `${CHILD}\nc\n`);
});

test('defaults', () => {
  const it = newChild('exit', 0);
  assertEqual([it.pid, it.state, it.exit_code, it.term_signal, it.timed_out],
    [0, State.NEW, -1, 0, false]);
  assertEqual([it.timeout, it.idle_timeout, it.drain_timeout, it.kill_signal, it.kill_grace],
    [0, 0, 1000, SIGTERM, 5000]);
  assertEqual([it.encoding, it.max_line_length], ['UTF-8', 1 << 20]);
  assertEqual([it.universal_newlines, it.get_line_flags()], [false, Cproc.LineFlags.NONE]);
  assertEqual(it.keep_output, false);
  assertEqual(it.dup_resource_usage(), null);
  assertEqual(it.get_subprocess(), null);
});

test('properties', () => {
  const it = newChild('exit', 0);
  const changes = {
    timeout: 5000, idle_timeout: 6000, drain_timeout: -1, kill_signal: 9, kill_grace: 1,
    encoding: 'ISO-8859-15', max_line_length: 80,
    universal_newlines: true, io_priority: GLib.PRIORITY_LOW, keep_output: true,
  };
  const notified = [];
  it.connect('notify', (_it, pspec) => notified.push(pspec.name.replaceAll('-', '_')));
  for (const [name, value] of Object.entries(changes)) {
    it[name] = value;
    assertEqual(it[name], value);
    it[`set_${name}`](value);
    assertEqual(it[`get_${name}`](), value);
  }
  assertEqual(notified, Object.keys(changes));
});

test('subclass', async () => {
  const seen = [];
  const Counting = GObject.registerClass(class Counting extends Cproc.Child {
    vfunc_started() {
      seen.push('started');
    }

    vfunc_output(stream, bytes) {
      seen.push(`output ${stream} ${decode(bytes)}`);
    }

    vfunc_line(stream, line) {
      seen.push(`line ${stream} ${line}`);
    }

    vfunc_exit(code, number) {
      seen.push(`exit ${code} ${number}`);
    }

    vfunc_stream_ended(stream) {
      seen.push(`ended ${stream}`);
    }

    vfunc_closed() {
      seen.push('closed');
    }
  });
  const child = new Counting({command: Cproc.Command.new(childArgv('echo', 1, 'text'))});
  child.start();
  await closed(child);
  assertEqual([seen[0], seen.at(-1)], ['started', 'closed']);
  assertSame(seen, ['started', 'output 1 text', 'line 1 text', 'ended 1', 'ended 2', 'exit 0 0',
    'closed']);
});

test('start', async () => {
  const child = newChild('sleep-forever');
  assertEqual(child.start(), true);
  assertEqual(child.state, State.RUNNING);
  assert(child.pid > 0);
  assertEqual(child.get_subprocess().get_identifier(), String(child.pid));
  await assertCprocFails(Cproc.Error.ALREADY_STARTED, () => child.start());
  child.force_exit();
  await closed(child);
  await assertCprocFails(Cproc.Error.ALREADY_STARTED, () => child.start());
});

test('start-async', async () => {
  const child = newChild('exit', 0);
  assertEqual(await child.start_async(null), true);
  assert(child.pid > 0);
  await closed(child);

  const missing = Cproc.Child.new(['/no/such/program']);
  const error = await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT,
    missing.start_async(null));
  assertIncludes(error.message, '/no/such/program');
  assertEqual(missing.state, State.NEW);
});

test('start-fails', async () => {
  const plain = file('plain', '#!/bin/sh\nexit 4\n');
  const cwd = Cproc.Command.new(childArgv('exit', 0));
  cwd.cwd = '/no/such/folder';
  for (const [child, code, part] of [
    [Cproc.Child.new(['no-such-program-anywhere']), GLib.SpawnError.NOENT, 'no-such-program'],
    [Cproc.Child.new([plain]), GLib.SpawnError.ACCES, plain],
    [Cproc.Child.new([GLib.path_get_dirname(plain)]), GLib.SpawnError.ACCES, 'cproc-'],
    [Cproc.Child.new_for_command(cwd), GLib.SpawnError.CHDIR, '/no/such/folder'],
  ]) {
    const recorded = record(child);
    const error = await assertFails(GLib.SpawnError, code, () => child.start());
    assertIncludes(error.message, part);
    assertEqual([child.state, child.pid, recorded.events], [State.NEW, 0, []]);
  }
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT,
    () => Cproc.Child.new([]).start());
});

test('exit-codes', async () => {
  for (const code of [0, 1, 7, 127, 255]) {
    const child = newChild('exit', code);
    const recorded = record(child);
    child.start();
    await closed(child);
    assertEqual(recorded.values('exit'), [[code, 0]]);
    assertEqual([child.exit_code, child.term_signal], [code, 0]);
  }
});

test('signals', async () => {
  for (const number of [SIGTERM, SIGKILL, SIGABRT, SIGUSR1]) {
    const child = newChild('signal', number);
    const recorded = record(child);
    child.start();
    await closed(child);
    assertEqual(recorded.values('exit'), [[-1, number]]);
    assertEqual([child.exit_code, child.term_signal], [-1, number]);
  }
});

test('order-of-signals', async () => {
  const child = newChild('echo', 1, 'one\ntwo', 2, 'error');
  const recorded = record(child);
  const states = [];
  child.connect('notify::state', () => states.push(child.state));
  child.start();
  await closed(child);
  const names = recorded.names();
  assertEqual([names[0], names.at(-1)], ['started', 'closed']);
  assertEqual(names.filter(name => ['started', 'exit', 'closed'].includes(name)),
    ['started', 'exit', 'closed']);
  assertEqual(states, [State.RUNNING, State.EXITED, State.CLOSED]);
  assertSame(recorded.values('stream-ended'), [[Stream.STDOUT], [Stream.STDERR]]);
  for (const stream of [Stream.STDOUT, Stream.STDERR]) {
    const ofStream = recorded.events.filter(event => event[0] !== 'exit' && event[1] === stream);
    assertEqual(ofStream.at(-1)[0], 'stream-ended');
  }
  assertSame(recorded.values('line'), [[Stream.STDOUT, 'one'], [Stream.STDOUT, 'two'],
    [Stream.STDERR, 'error']]);
});

test('pid-stays', async () => {
  const child = newChild('exit', 0);
  child.start();
  const pid = child.pid;
  await closed(child);
  assertEqual(child.get_pid(), pid);
});

test('wait', async () => {
  const child = newChild('exit', 3);
  child.start();
  assertEqual(child.wait(null), true);
  assertEqual(child.state, State.CLOSED);

  const again = newChild('exit', 3);
  again.start();
  assertEqual(await again.wait_async(null), true);
  assertEqual(again.state, State.CLOSED);
});

test('wait-check', async () => {
  const good = newChild('exit', 0);
  good.start();
  assertEqual(good.wait_check(null), true);
  for (const [mode, argument, code, part] of [['exit', 3, Cproc.Error.EXITED, '3'],
    ['signal', SIGKILL, Cproc.Error.SIGNALED, 'SIGKILL']]) {
    const bad = newChild(mode, argument);
    bad.start();
    const error = await assertCprocFails(code, () => bad.wait_check(null));
    assertIncludes(error.message, CHILD, part);

    const later = newChild(mode, argument);
    later.start();
    await assertCprocFails(code, later.wait_check_async(null));
  }
});

test('wait-cancelled', async () => {
  const child = newChild('sleep-forever');
  child.start();
  const cancellable = new Gio.Cancellable();
  const waiting = child.wait_async(cancellable);
  cancellable.cancel();
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, waiting);
  assertEqual(child.state, State.RUNNING);
  child.force_exit();
  await closed(child);
});

test('kill', async () => {
  const child = await ready('sleep-forever', 'ready');
  assertEqual(child.kill(), true);
  await closed(child);
  assertEqual([child.exit_code, child.term_signal, child.timed_out], [-1, SIGTERM, false]);
});

test('kill-signal-and-grace', async () => {
  const first = await ready('sleep-forever', 'ready');
  first.kill_signal = SIGINT;
  first.kill();
  await closed(first);
  assertEqual(first.term_signal, SIGINT);

  const second = await ready('ignore-term');
  second.kill_grace = 50;
  second.kill();
  await closed(second);
  assertEqual(second.term_signal, SIGKILL);
});

test('stopped', async () => {
  const child = newChild('sleep-forever', 'ready');
  const seen = [];
  child.connect('continued', () => {
    seen.push('continued');
    child.force_exit();
  });
  child.connect('stopped', (_child, signum) => {
    seen.push(signum);
    child.send_signal(SIGCONT);
  });
  child.start();
  child.send_signal(SIGSTOP);
  await closed(child);
  assertEqual(seen, [SIGSTOP, 'continued']);
});

test('force-exit', async () => {
  const child = await ready('ignore-term');
  assertEqual(child.force_exit(), true);
  await closed(child);
  assertEqual(child.term_signal, SIGKILL);
});

test('send-signal', async () => {
  const child = await ready('sleep-forever', 'ready');
  assertEqual(child.send_signal(0), true);
  assertEqual(child.send_signal(SIGUSR2), true);
  await closed(child);
  assertEqual(child.term_signal, SIGUSR2);
});

test('prepare', async () => {
  for (const name of ['prepare', 'prepare_async']) {
    const child = newChild('exit', 3);
    if (name === 'prepare') {
      assertEqual(child.prepare(), true);
    } else {
      await new Promise(resolve => {
        child.prepare_async(null, (_child, result) => resolve(child.prepare_finish(result)));
      });
    }
    assertEqual([child.state, child.pid], [Cproc.State.PREPARED, 0]);
    child.start();
    await closed(child);
    assertEqual(child.exit_code, 3);
  }
});

test('gone', async () => {
  const child = newChild('exit', 0);
  await assertCprocFails(Cproc.Error.NOT_RUNNING, () => child.send_signal(SIGTERM));
  child.start();
  await closed(child);
  const calls = [() => child.kill(), () => child.force_exit(), () => child.send_signal(0)];
  for (const call of calls) {
    // To the override it is no error, as in Node.
    if (Cproc.spawn === undefined)
      await assertCprocFails(Cproc.Error.NOT_RUNNING, call);
    else
      assertEqual(call(), false);
  }
});

test('tree', async () => {
  const command = Cproc.Command.new(childArgv('spawn-grandchild', 'session', 'wait'));
  command.containment = Cproc.Containment.TREE;
  const child = Cproc.Child.new_for_command(command);
  const line = signal(child, 'line');
  child.start();
  const [, grandchild] = await line;
  const runs = () => GLib.file_test(`/proc/${grandchild}`, GLib.FileTest.EXISTS);
  assert(runs(), 'the grandchild runs');
  child.kill();
  await closed(child);
  assertEqual(child.term_signal, SIGTERM);
  const usage = child.dup_resource_usage();
  assert(usage.user_time >= 0 && usage.system_time >= 0 && usage.max_rss > 0);
  await until(() => !runs());
});

test('timeout', async () => {
  const child = newChild('sleep-forever');
  child.timeout = 50;
  child.start();
  await assertCprocFails(Cproc.Error.TIMED_OUT, child.wait_check_async(null));
  assertEqual([child.timed_out, child.term_signal], [true, SIGTERM]);
});

test('idle-timeout', async () => {
  const child = newChild('sleep-forever', 'not idle yet');
  child.idle_timeout = 100;
  child.start();
  await assertCprocFails(Cproc.Error.TIMED_OUT, child.wait_check_async(null));
});

test('drain-timeout', async () => {
  const child = newChild('spawn-grandchild', 'plain', 6);
  child.drain_timeout = 50;
  const recorded = record(child);
  child.start();
  await closed(child);
  assertEqual(recorded.values('exit'), [[6, 0]]);
  await until(() => recorded.values('line').length === 1);
  Cproc.Exec.new_shell(`kill -9 ${recorded.values('line')[0][1]}`).run(null);
});

await main();

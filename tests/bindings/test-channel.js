// SPDX-License-Identifier: LGPL-2.1-or-later

// CprocChannel from GJS: what is not on CprocWorker too.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Json from 'gi://Json';

import {
  WORKER, assert, assertCprocFails, assertEqual, assertFails, childArgv, cleanup, closed, end,
  file, main, outputOf, test, until,
} from './harness.js';

for (const name of ['send_async', 'flush_async'])
  Gio._promisify(Cproc.Channel.prototype, name, name.replace('_async', '_finish'));

const MIB = 1 << 20;

function open(command = null) {
  if (command === null) {
    command = Cproc.Command.new_module(WORKER, []);
    command.exec_path = 'gjs';
    command.exec_argv = ['-m'];
  }
  const worker = Cproc.Worker.new_for_command(command);
  const {channel} = worker;
  const texts = [], errors = [];
  channel.connect('message', (_channel, message) => texts.push(message.get_text()));
  channel.connect('invalid-message', (_channel, error) => errors.push(error));
  worker.start();
  cleanup(() => end(worker));
  return {worker, channel, texts, errors, wait: count => until(() => texts.length >= count)};
}

test('no-parent', async () => {
  assertEqual(Cproc.Channel.get_parent(), null);
  const script = file('script.js', `
import Cproc from 'gi://Cproc?version=1';
try {
  print(Cproc.Channel.get_parent() === null ? 'none' : 'channel');
} catch (error) {
  const supported = !error.matches(Cproc.Error, Cproc.Error.NOT_SUPPORTED);
  print(\`\${supported ? 'error' : 'not supported'} \${error.message}\`);
}`);
  for (const [value, mode, start] of [[null, null, 'none'], ['abc', null, 'error '],
    ['999', 'json', 'error '], ['3', 'advanced', 'not supported ']]) {
    const command = Cproc.Command.new(['gjs', '-m', script]);
    if (value !== null)
      command.set_environment_variable('NODE_CHANNEL_FD', value);
    if (mode !== null)
      command.set_environment_variable('NODE_CHANNEL_SERIALIZATION_MODE', mode);
    const output = await outputOf(Cproc.Child.new_for_command(command));
    assert(output.startsWith(start), `${output} starts with ${start}`);
  }
});

test('connected', async () => {
  const {worker, channel} = open();
  const seen = [];
  channel.connect('notify::connected', () => seen.push(channel.connected));
  channel.connect('disconnected', () => seen.push('disconnected'));
  assertEqual(channel.get_connected(), true);
  channel.close();
  await until(() => seen.includes('disconnected'));
  await closed(worker);
  assertEqual(seen, [false, 'disconnected']);
});

test('send', async () => {
  const {channel, texts, wait} = open();
  assertEqual(channel.send(Cproc.Message.new_text('[1]')), true);
  assertEqual(channel.send(Cproc.Message.new_node(Json.from_string('[2]'))), true);
  assertEqual(channel.send(Cproc.Message.new_variant(new GLib.Variant('ai', [3]))), true);
  assertEqual(await channel.send_async(Cproc.Message.new_text('[4]'), null), true);
  assertEqual(await channel.send_async(Cproc.Message.new_text('[5]'), null), true);
  await wait(5);
  assertEqual(texts, ['[1]', '[2]', '[3]', '[4]', '[5]']);
});

test('values-without-a-tree', async () => {
  const message = Cproc.Message.new_text('{"a":[1,2.5,true,"x",null],"b":{"c":1}}');
  assertEqual([message.has('/a/4'), message.has('/a/5')], [true, false]);
  assertEqual(message.get_int64('/a/0'), 1);
  assertEqual(message.get_double('/a/1'), 2.5);
  assertEqual(message.get_boolean('/a/2'), true);
  assertEqual(message.dup_string('/a/3'), 'x');
  assertEqual([message.get_length('/a'), message.get_length('/a/0')], [5, -1]);
  const type = new GLib.VariantType('a{sy}');
  assertEqual(message.dup_variant('/b', type).deepUnpack(), {c: 1});
  await assertCprocFails(Cproc.Error.INVALID_MESSAGE, () => message.get_int64('/a/1'));
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => message.get_int64('/x'));
});

test('flush', async () => {
  const {channel, wait} = open();
  for (let i = 0; i < 10; i++)
    channel.send(Cproc.Message.new_text(JSON.stringify('x'.repeat(100000))));
  assertEqual(await channel.flush_async(null), true);
  assertEqual(channel.queued_bytes, 0);
  channel.send(Cproc.Message.new_text('"last"'));
  assertEqual(channel.flush(null), true);
  await wait(11);
});

test('congested', async () => {
  const {worker, channel} = open(Cproc.Command.new(childArgv('sleep-forever')));
  const seen = [];
  channel.connect('notify::congested', () => seen.push(channel.congested));
  assertEqual([channel.get_congested(), channel.get_queued_bytes()], [false, 0]);
  for (let i = 0; i < 20; i++)
    channel.send(Cproc.Message.new_text(JSON.stringify('x'.repeat(100000))));
  assert(channel.congested && channel.queued_bytes > MIB, 'is congested');
  assertEqual(seen, [true]);

  const cancellable = new Gio.Cancellable();
  const cancelled = channel.flush_async(cancellable);
  const flush = channel.flush_async(null);
  cancellable.cancel();
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, cancelled);
  worker.force_exit();
  await assertCprocFails(Cproc.Error.CHANNEL_CLOSED, flush);
});

test('max-message-size', async () => {
  const {channel} = open();
  assertEqual(channel.get_max_message_size(), 64 * MIB);
  channel.max_message_size = 1000;
  assertEqual(channel.max_message_size, 1000);
  await assertCprocFails(Cproc.Error.MESSAGE_TOO_LARGE,
    () => channel.send(Cproc.Message.new_text(JSON.stringify('x'.repeat(1000)))));
});

test('invalid-messages', async () => {
  const lines = file('lines', 'undefined\n1\n\n2\n{\n3\n[1,]\n{"cmd":"NODE_X"}\n4\n');
  const {worker, texts, errors} = open(Cproc.Command.new_shell(`cat '${lines}' >&3`));
  await closed(worker);
  assertEqual(texts, ['1', '2', '3', '4']);
  assertEqual(errors.length, 4);
  for (const error of errors)
    assert(error.matches(Cproc.Error, Cproc.Error.INVALID_MESSAGE));
});

await main();

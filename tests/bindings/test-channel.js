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

function socketChannels() {
  const listener = new Gio.SocketListener();
  const port = listener.add_any_inet_port(null);
  const client = new Gio.SocketClient().connect_to_host('127.0.0.1', port, null);
  const [server] = listener.accept(null);
  listener.close();
  // A descriptor of its own: the connections close theirs.
  const channels = [client, server].map(connection =>
    Cproc.Channel.new_for_socket(connection.get_socket()));
  cleanup(() => channels.forEach(channel => channel.close()));
  return channels;
}

const json = value => Cproc.Message.new_text(JSON.stringify(value));

const call = start => new Promise(resolve => start((_source, result) => resolve(result)));

const request = (channel, method, params = null, timeout = 0) => call(ready =>
  channel.request_async(method, params === null ? null : json(params), timeout, null, ready));

test('receive', async () => {
  const [one, other] = socketChannels();
  one.send(json([1]));
  let result = await call(ready => other.receive_async(null, ready));
  assertEqual(other.receive_finish(result).get_text(), '[1]');
  one.close();
  result = await call(ready => other.receive_async(null, ready));
  assertEqual(other.receive_finish(result), null);

  const {worker} = open();
  worker.send(json([2]));
  result = await call(ready => worker.receive_async(null, ready));
  assertEqual(worker.receive_finish(result).get_text(), '[2]');
});

test('new-for-streams', async () => {
  const child = new Cproc.Child({command: Cproc.Command.new(['cat'])});
  child.command.stdin_mode = Cproc.Stdio.PIPE;
  const input = child.take_stdout_stream();
  child.start();
  const channel = Cproc.Channel.new_for_streams(input, child.get_stdin_stream());
  channel.send(json([1]));
  const result = await call(ready => channel.receive_async(null, ready));
  assertEqual(channel.receive_finish(result).get_text(), '[1]');
  channel.close();
  child.wait(null);
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT, () =>
    Cproc.Channel.new_for_streams(new Gio.MemoryInputStream(), new Gio.MemoryOutputStream()));
});

test('pause', async () => {
  const [one, other] = socketChannels();
  const texts = [];
  other.connect('message', (_channel, message) => texts.push(message.get_text()));
  other.pause();
  one.send(json(1));
  await one.flush_async(null);
  assertEqual(texts, []);
  other.resume();
  await until(() => texts.length === 1);
  const settings = {exit_flush_timeout: -1, busy_poll: false, io_priority: 5};
  for (const [name, value] of Object.entries(settings)) {
    assert(one[name] !== value, name);
    one[name] = value;
    assertEqual(one[name], value);
  }
});

test('serve', async () => {
  const [one, other] = socketChannels();
  const seen = [];
  other.serve('add', (channel, req) => {
    assert(channel === other && !req.cancellable.is_cancelled());
    seen.push([req.method, req.params.get_text(), req.is_notification]);
    req.reply(json(3));
  });
  assertEqual(one.request_finish(await request(one, 'add', [1, 2])).get_text(), '3');
  assert(one.notify_peer('add', json([4])));
  await until(() => seen.length === 2);
  assertEqual(seen, [['add', '[1,2]', false], ['add', '[4]', true]]);
  const failed = await request(one, 'other');
  await assertFails(Cproc.ReplyError, Cproc.ReplyError.METHOD_NOT_FOUND,
    () => one.request_finish(failed));
  const late = await request(one, 'add', 5);
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT,
    () => one.request_finish(late));
  other.serve('add', null);
});

test('request-received', async () => {
  const [one, other] = socketChannels();
  const {ReplyError} = Cproc;
  const codes = [ReplyError.PARSE_ERROR, ReplyError.INVALID_REQUEST, ReplyError.INVALID_PARAMS,
    ReplyError.INTERNAL_ERROR, ReplyError.CANCELLED];
  other.connect('request-received', (_channel, req) =>
    void req.reply_error(codes[req.get_method()], 'no', json({more: 1})));
  for (const [number, code] of codes.entries()) {
    const result = await request(one, `${number}`);
    await assertFails(ReplyError, code, () => one.request_finish(result));
    assertEqual(Cproc.Channel.request_get_error_data(result).get_text(), '{"more":1}');
  }
});

test('request-to-a-worker', async () => {
  const {worker, channel} = open();
  worker.connect('request-received', (_worker, req) => void req.reply(json(1)));
  const text = result => result.get_text?.() ?? JSON.stringify(result);
  assertEqual(text(worker.request('add', json([1, 2]), 20000, null)), '3');
  assertEqual(text(channel.request('add', json([1, 3]), 20000, null)), '4');
  assertEqual(worker.request_finish(await request(worker, 'add', [3, 4])).get_text(), '7');
  assert(worker.notify_peer('add', json([1, 2])));
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

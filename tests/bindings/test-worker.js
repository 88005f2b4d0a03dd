// SPDX-License-Identifier: LGPL-2.1-or-later

// CprocWorker and CprocMessage from GJS, with a worker in GJS.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Json from 'gi://Json';

import {
  WORKER, assert, assertCprocFails, assertEqual, assertFails, cleanup, closed, end,
  file, main, record, test, until,
} from './harness.js';

// Newer GLibs have it in a namespace of its own.
const UnixInputStream = await import('gi://GioUnix').then(
  module => module.default.InputStream, () => Gio.UnixInputStream);

Gio._promisify(Cproc.Worker.prototype, 'send_async', 'send_finish');

const TOLD = 12;

function newWorker(...args) {
  const command = Cproc.Command.new_module(WORKER, args);
  command.exec_path = 'gjs';
  command.exec_argv = ['-m'];
  const worker = Cproc.Worker.new_for_command(command);
  const texts = [], messages = [];
  worker.connect('message', (_worker, message) => {
    texts.push(message.get_text());
    messages.push(message);
  });
  cleanup(() => end(worker));
  return {worker, texts, messages, wait: count => until(() => texts.length >= count)};
}

function started(...args) {
  const all = newWorker(...args);
  all.worker.start();
  return all;
}

const sendText = (worker, text) => worker.send(Cproc.Message.new_text(text));

const order = (worker, what) => worker.send(Cproc.Message.new_text(JSON.stringify(what)));

test('properties', () => {
  const {worker} = newWorker();
  assert(worker instanceof Cproc.Child);
  assert(worker.channel instanceof Cproc.Channel);
  assert(worker.get_channel() === worker.channel);
  assertEqual([worker.channel.connected, worker.channel_fd], [false, 3]);
  worker.channel_fd = 7;
  assertEqual(worker.get_channel_fd(), 7);
});

test('new', async () => {
  const script = file('worker.gjs', "imports.system.exit(Number(ARGV[0]));");
  const worker = Cproc.Worker.new(script, ['8']);
  worker.start();
  await closed(worker);
  assertEqual(worker.exit_code, 8);
});

test('worker-s-side', async () => {
  const {worker, texts, wait} = started('one', 'two');
  order(worker, {do: 'describe'});
  await wait(1);
  assertEqual(JSON.parse(texts[0]),
    {arguments: ['one', 'two'], variables: [], same: true, connected: true});
});

test('texts-come-back-as-they-are', async () => {
  const {worker, texts, wait} = started();
  const sent = ['null', 'true', '0', '-0', '1.5', '"text"', '[]', '{}', '{"foo":1,"bar":2}',
    '{"b":1,"a":2}', '9223372036854775807', '"line\\nline"', '"nul\\u0000nul"', '"\u2028 🙂 ä"',
    '"\\ud800"'];
  for (const text of sent)
    assertEqual(worker.send(Cproc.Message.new_text(text)), true);
  await wait(sent.length);
  assertEqual(texts, sent);
});

test('nodes-and-variants', async () => {
  const {worker, texts, messages, wait} = started();
  const node = Json.from_string('{"foo":1,"bar":[true,null]}');
  assertEqual(worker.send(Cproc.Message.new_node(node)), true);
  assertEqual(worker.send(Cproc.Message.new_variant(new GLib.Variant('s', 'Hello there!'))), true);
  await wait(2);
  assertEqual(texts, ['{"foo":1,"bar":[true,null]}', '"Hello there!"']);
  assertEqual(messages[0].get_root().get_object().get_int_member('foo'), 1);
  assertEqual(messages[1].get_root().get_string(), 'Hello there!');
  assertEqual(messages[0].get_fd_list(), null);
});

test('async', async () => {
  const {worker, texts, wait} = started();
  assertEqual(await worker.send_async(Cproc.Message.new_node(Json.from_string('[1]')), null), true);
  assertEqual(await worker.send_async(Cproc.Message.new_text('[2]'), null), true);
  await wait(2);
  assertEqual(texts, ['[1]', '[2]']);
});

test('not-a-message', async () => {
  const {worker, texts, wait} = started();
  for (const text of ['', '{', 'undefined', '01', '[1,]', '1 2', '1e999', '{"cmd":"NODE_HANDLE"}'])
    await assertCprocFails(Cproc.Error.INVALID_MESSAGE, () => sendText(worker, text));
  await assertCprocFails(Cproc.Error.INVALID_MESSAGE, async () => {
    await worker.send_async(Cproc.Message.new_text('{"cmd":"NODE_"}'), null);
  });
  worker.channel.max_message_size = 10;
  await assertCprocFails(Cproc.Error.MESSAGE_TOO_LARGE, () => sendText(worker, '"0123456789"'));
  worker.send(Cproc.Message.new_text('"this"'));
  await wait(1);
  assertEqual(texts, ['"this"']);
});

test('send-failed', async () => {
  const worker = Cproc.Worker.new_for_command(Cproc.Command.new_shell(
    `for i in 1 2 3 4; do read frame; echo '{"cmd":"NODE_HANDLE_NACK"}'; done <&3 >&3`));
  const failed = [];
  worker.connect('message', () => {});
  for (const source of [worker, worker.channel]) {
    source.connect('send-failed', (_source, message, error) => failed.push(
      [message.get_text(), error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED)]));
  }
  worker.start();
  const fds = new Gio.UnixFDList();
  fds.append(0);
  const message = Cproc.Message.new_text('[1]');
  message.set_fd_list(fds);
  worker.send(message);
  await closed(worker);
  assertEqual(failed, [['[1]', true], ['[1]', true]]);
});

test('descriptors', async () => {
  const {worker, texts, messages, wait} = started();
  const stream = Gio.File.new_for_path(file('one', 'first')).read(null);
  const fds = new Gio.UnixFDList();
  fds.append(stream.get_fd());
  const message = Cproc.Message.new_text('{"do":"readFds"}');
  assertEqual(message.set_fd_list(fds), true);
  assertEqual(worker.send(message), true);
  await wait(1);
  assertEqual(texts, ['["first"]']);

  order(worker, {do: 'giveFd', path: file('two', 'a present')});
  await wait(2);
  const received = messages[1].get_fd_list();
  assertEqual([texts[1], received.get_length()], ['"here"', 1]);
  const input = new UnixInputStream({fd: received.get(0), close_fd: true});
  assertEqual(new TextDecoder().decode(input.read_bytes(100, null).toArray()), 'a present');
  input.close(null);
});

test('socket', async () => {
  const listener = new Gio.SocketListener();
  const port = listener.add_any_inet_port(null);
  const client = new Gio.SocketClient().connect_to_host('127.0.0.1', port, null);
  const [connection] = listener.accept(null);
  client.get_output_stream().write_all('over the net', null);
  const {worker, texts, wait} = started();
  const message = Cproc.Message.new_text('{"do":"readFds"}');
  assertEqual(message.set_socket(connection.get_socket()), true);
  assertEqual(worker.send(message), true);
  await wait(1);
  assertEqual(texts, ['["over the net"]']);
});

test('order', async () => {
  const {worker, texts} = newWorker();
  const recorded = record(worker, ['started', 'message', 'disconnected', 'exit', 'closed']);
  worker.start();
  order(worker, {do: 'leave', count: 20, size: 50000, code: 4});
  await closed(worker);
  const names = recorded.names();
  assertEqual([texts.length, worker.exit_code], [20, 4]);
  // What the worker wrote before it ended may arrive after the exit.
  assertEqual(names.filter(name => name !== 'exit'),
    ['started', ...Array(20).fill('message'), 'disconnected', 'closed']);
  assertEqual(names.slice(1, -1).filter(name => name === 'exit').length, 1);
});

test('close-channel', async () => {
  const {worker} = started();
  const recorded = record(worker, ['disconnected']);
  worker.close_channel();
  assertEqual(recorded.events.length, 0);
  await closed(worker);
  assertEqual([recorded.events.length, worker.exit_code], [1, TOLD]);
});

test('worker-closes', async () => {
  const {worker} = started();
  const recorded = record(worker, ['disconnected']);
  order(worker, {do: 'close'});
  await closed(worker);
  assertEqual([recorded.events.length, worker.exit_code, worker.channel.connected],
    [1, TOLD, false]);
});

test('send-before-and-after', async () => {
  const {worker} = newWorker();
  const fails = async code => {
    for (const call of [
      () => sendText(worker, '1'),
      () => worker.send(Cproc.Message.new_node(Json.from_string('1'))),
      () => worker.send(Cproc.Message.new_variant(new GLib.Variant('i', 1))),
      () => worker.send_async(Cproc.Message.new_text('1'), null),
    ])
      await assertCprocFails(code, call);
  };
  await fails(Cproc.Error.NOT_RUNNING);
  worker.start();
  worker.close_channel();
  await closed(worker);
  await fails(Cproc.Error.CHANNEL_CLOSED);
});

test('does-not-start', async () => {
  const worker = Cproc.Worker.new_for_command(Cproc.Command.new(['/no/such/worker']));
  const recorded = record(worker, ['started', 'disconnected', 'exit', 'closed']);
  await assertFails(GLib.SpawnError, GLib.SpawnError.NOENT, () => worker.start());
  assertEqual([recorded.events, worker.state], [[], Cproc.State.NEW]);
});

await main();

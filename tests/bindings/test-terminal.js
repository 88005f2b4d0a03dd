// SPDX-License-Identifier: LGPL-2.1-or-later

// A terminal for a CprocChild from GJS.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {
  assert, assertCprocFails, assertEqual, assertFails, closed, decode, encode, main, test, until,
} from './harness.js';

const {Stdio, Stream, TerminalFlags} = Cproc;

function newTerminal(line, flags = TerminalFlags.NONE) {
  const command = Cproc.Command.new(['/bin/sh', '-c', line]);
  for (const name of ['stdin', 'stdout', 'stderr'])
    command[`${name}_mode`] = Stdio.TERMINAL;
  command.set_terminal_flags(flags);
  return Cproc.Child.new_for_command(command);
}

function collectText(child, detail = 'stdout') {
  const seen = {text: ''};
  child.connect(`output::${detail}`, (_child, _stream, bytes) => {
    seen.text += decode(bytes);
  });
  return seen;
}

function type(child, text) {
  child.write_async(encode(text), GLib.PRIORITY_DEFAULT, null, null);
}

test('values', () => {
  assertEqual([Stdio.TERMINAL, Stream.TERMINAL], [8, 0]);
  assertEqual([TerminalFlags.NONE, TerminalFlags.NO_ECHO, TerminalFlags.RAW], [0, 1, 2]);
  const command = Cproc.Command.new(['true']);
  command.set_terminal_flags(TerminalFlags.RAW);
  assertEqual([command.get_terminal_flags(), command.terminal_flags], [2, 2]);
});

test('dialogue', async () => {
  const child = newTerminal('printf "name? "; read -r x; echo "hello $x"; stty size');
  child.get_command().set_terminal_size(100, 40);
  const seen = collectText(child);
  child.start();
  await until(() => seen.text.includes('name? '));
  type(child, 'Ada\r');
  await closed(child);
  assertEqual(seen.text, 'name? Ada\r\nhello Ada\r\n40 100\r\n');
});

test('own-stream', async () => {
  const command = Cproc.Command.new(['/bin/sh', '-c', 'echo out; echo tty > /dev/tty']);
  command.set_stdin_mode(Stdio.TERMINAL);
  const child = Cproc.Child.new_for_command(command);
  const [terminal, out] = [collectText(child, 'terminal'), collectText(child)];
  child.start();
  await closed(child);
  assertEqual([terminal.text, out.text], ['tty\r\n', 'out\n']);
});

test('resize', async () => {
  const child = newTerminal('stty size; read -r x; stty size');
  const seen = collectText(child);
  child.set_terminal_size(10, 20);
  child.start();
  await until(() => seen.text.includes('20 10'));
  assert(child.set_terminal_size(30, 40));
  type(child, '\r');
  await closed(child);
  assert(seen.text.includes('40 30\r\n'));
  await assertFails(Cproc.Error, Cproc.Error.NOT_RUNNING, () => child.set_terminal_size(1, 1));
});

test('take', async () => {
  const child = newTerminal('echo hello');
  const stream = new Gio.UnixInputStream({fd: child.take_terminal(), close_fd: true});
  child.start();
  await closed(child);
  assertEqual(decode(stream.read_bytes(100, null)), 'hello\r\n');
  stream.close(null);
  await assertCprocFails(Cproc.Error.NOT_SUPPORTED, () => child.take_terminal());
});

await main();

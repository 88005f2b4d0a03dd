// SPDX-License-Identifier: LGPL-2.1-or-later

// What programs write, for the compiler of TypeScript to look at; it is not run. Where a line says
// that an error is expected there must be one.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import Json from 'gi://Json?version=1.0';

async function raw(node: Json.Node, bytes: GLib.Bytes, cancellable: Gio.Cancellable) {
  const command = Cproc.Command.new(['ls', '-l']);
  command.cwd = '/';
  command.stdin_mode = Cproc.Stdio.NULL;
  command.set_stdio_file(1, '/tmp/file', Cproc.FileFlags.WRITE | Cproc.FileFlags.EXCLUSIVE);
  const other = new Cproc.Command({argv: ['ls'], cwd: '/', new_session: true, userId: 5});

  const child = new Cproc.Child({command, timeout: 5000, kill_signal: 9});
  child.connect('line::stdout', (_child, stream, line) => `${stream}${line.length}`);
  child.connect('output', (self, _stream, chunk) => self.kill() && chunk.get_size());
  child.connect('lines', (_child, _stream, lines) => lines.map(line => line.trim()));
  child.connect('exit', (_child, code, signal) => code + signal);
  child.connect('notify::state', () => child.state === Cproc.State.CLOSED);
  child.start_async(null, (_child, result) => child.start_finish(result));
  child.write_async(bytes, GLib.PRIORITY_DEFAULT, null, (_child, result) =>
    child.write_finish(result));
  const stream: Gio.OutputStream | null = child.get_stdin_stream();
  const numbers: number[] = [child.pid, child.exit_code, child.exitCode, child.get_term_signal()];
  // @ts-expect-error: it can only be read
  child.exit_code = 5;
  // @ts-expect-error: there is no such signal
  child.connect('line::stdin', () => 5);
  // @ts-expect-error: a line is text
  child.connect('line', (_child, _stream, line: number) => line);

  const exec = Cproc.Exec.new_shell('ls -l');
  exec.max_buffer = -1;
  exec.run(null);
  exec.run_async(cancellable, (_exec, result) => exec.run_finish(result));
  const text: string = exec.get_stdout_text();

  const worker = Cproc.Worker.new('worker.js', []);
  worker.connect('message', (_worker, message) => message.get_text().length);
  worker.connect('line', (_worker, _stream, line) => line.length);
  worker.send(node);
  worker.channel.flush(null);
  return [other, stream, numbers, text];
}

async function native(cancellable: Gio.Cancellable) {
  const {stdout, stderr, exitCode, signal} = await Cproc.exec('ls -l');
  const texts: string[] = [stdout, stderr];
  const code: number | null = exitCode;
  const name: string | null = signal;

  const options = {
    cwd: Gio.File.new_for_path('/'), env: {A: 1, B: null}, extendEnv: true, timeout: 1000,
    maxBuffer: 1 << 20, input: 'text', killSignal: 'SIGINT', cancellable, reject: false,
  };
  const promise = Cproc.exec(['ls', 5], options);
  promise.child.kill();
  const buffers = await Cproc.exec('ls', {encoding: 'buffer'});
  const bytes: Uint8Array = buffers.stdout;
  // @ts-expect-error: no such option
  await Cproc.exec('ls', {maxBufer: 5});
  // @ts-expect-error: no such mode
  await Cproc.exec('ls', {stdin: 'pip'});

  try {
    await Cproc.exec('false');
  } catch (caught) {
    const error = caught as Cproc.ExecError;
    if (error.matches(Cproc.Error, Cproc.Error.EXITED))
      texts.push(error.message, error.stderr, String(error.exitCode));
  }

  const child = new Cproc.Child(['tail', '-f', 'log'], {cwd: '/', containment: 'tree'});
  for await (const line of child.lines())
    texts.push(line.trimEnd());
  for await (const line of child.lines('stderr'))
    texts.push(line);
  await child.start_async();
  await child.write_async('text');
  const good: boolean = await child.wait_check_async(cancellable);
  const terminal = Cproc.spawn('top', {terminal: [100, 30], stdout: 'pipe',
    terminalFlags: Cproc.TerminalFlags.RAW});
  terminal.connect('output::terminal', (_child, _stream, bytes) => bytes.get_size());
  terminal.set_terminal_size(80, 24);
  const master: number = terminal.take_terminal();
  void master;
  const spawned: Cproc.Child = Cproc.spawn('ls', {stdio: ['ignore', 'pipe', {path: 'errors'}]});

  const worker: Cproc.Worker = Cproc.fork('worker.js', ['a'], {execPath: 'node'});
  worker.send({foo: 1, bar: [true, null, 'text']});
  worker.send('Hello there!');
  await worker.send_async({foo: 1});
  // @ts-expect-error: a function has no JSON text
  worker.send(() => 5);
  const id: number = worker.onMessage((value, message) => [value.foo, message.get_text()]);
  for await (const {foo} of worker.messages())
    texts.push(foo);
  const parent = Cproc.Channel.get_parent();
  const sum: number = await worker.request_async('add', [1, 2]);
  parent?.serve('add', (_channel, request) => request.reply(request.params?.value[0] + sum));
  parent?.connect('request-received', (_channel, request) => request.reply(request.method));
  parent?.onMessage(value => parent.send(value));
  await parent?.flush_async();
  return [code, name, bytes, good, spawned, id];
}

export {native, raw};

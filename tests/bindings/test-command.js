// SPDX-License-Identifier: LGPL-2.1-or-later

// CprocCommand from GJS.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {
  CHILD, assert, assertEqual, assertFails, assertIncludes, childArgv, file, main, outputOf, read,
  test,
} from './harness.js';

const {Containment, FileFlags, PipeDirection, Resource, Stdio} = Cproc;

const command = (mode, ...args) => Cproc.Command.new(childArgv(mode, ...args));
const run = what => outputOf(Cproc.Child.new_for_command(what));
const ids = async what => Object.fromEntries((await run(what)).trim().split('\n')
  .map(line => line.split('=')));

test('new', async () => {
  const echo = Cproc.Command.new([CHILD, 'print-args', 'a b', '', 'ä']);
  assertEqual(echo.argv, [CHILD, 'print-args', 'a b', '', 'ä']);
  assertEqual(echo.get_argv(), echo.argv);
  assertEqual(await run(echo), `${CHILD}\na b\n\nä\n`);
});

test('new-shell', async () => {
  const shell = Cproc.Command.new_shell('echo $((6 * 7)) | cat');
  assertEqual(shell.argv, ['/bin/sh', '-c', 'echo $((6 * 7)) | cat']);
  assertEqual(await run(shell), '42\n');
});

test('constructor-properties', async () => {
  const echo = new Cproc.Command({argv: childArgv('print-cwd'), cwd: '/'});
  assertEqual(await run(echo), '/\n');
  echo.set_argv(childArgv('print-args', 'other'));
  assertEqual(await run(echo), `${CHILD}\nother\n`);
});

test('defaults', () => {
  const it = Cproc.Command.new(['true']);
  assertEqual([it.argv0, it.cwd, it.exec_path], [null, null, null]);
  // No list and an empty one are the same here.
  assertEqual([it.environment, it.exec_argv], [[], []]);
  assertEqual([it.stdin_mode, it.stdout_mode, it.stderr_mode],
    [Stdio.DEFAULT, Stdio.DEFAULT, Stdio.DEFAULT]);
  assertEqual([it.containment, it.new_session, it.die_with_parent],
    [Containment.AUTO, false, false]);
  assertEqual([it.user_id, it.group_id, it.umask, it.nice], [-1, -1, -1, 0]);
});

test('notify', () => {
  const it = Cproc.Command.new(['true']);
  const changes = {
    argv: ['false'], argv0: 'x', cwd: '/', environment: ['A=1'], exec_path: '/bin/sh',
    exec_argv: ['-e'], stdin_mode: Stdio.NULL, stdout_mode: Stdio.INHERIT,
    stderr_mode: Stdio.MERGE, containment: Containment.NONE, new_session: true,
    die_with_parent: true, user_id: 1, group_id: 1, umask: 0o77, nice: 3,
  };
  const notified = [];
  it.connect('notify', (_it, pspec) => notified.push(pspec.name.replaceAll('-', '_')));
  for (const [name, value] of Object.entries(changes)) {
    it[name] = value;
    assertEqual(it[name], value);
    assertEqual(it[`get_${name}`](), value);
    it[`set_${name}`](value);
  }
  assertEqual(notified, Object.keys(changes));
});

test('module-with-exec-path', async () => {
  const it = Cproc.Command.new_module('module', ['x', 'y']);
  it.exec_path = CHILD;
  it.exec_argv = ['print-args', 'before'];
  assertEqual(await run(it), `${CHILD}\nbefore\nmodule\nx\ny\n`);
});

test('module-that-is-executable', async () => {
  assertEqual(await run(Cproc.Command.new_module(CHILD, ['print-args', 'it'])), `${CHILD}\nit\n`);
});

test('module-by-suffix', async () => {
  const script = file('module.gjs', 'print(JSON.stringify(ARGV));');
  assertEqual(await run(Cproc.Command.new_module(script, ['one'])), '["one"]\n');
});

test('module-of-unknown-kind', async () => {
  const child = Cproc.Child.new_for_command(Cproc.Command.new_module(file('m.unknown', ''), []));
  try {
    child.start();
  } catch (error) {
    assertIncludes(error.message, 'm.unknown', 'exec-path');
    return;
  }
  throw new Error('started');
});

test('argv0', async () => {
  const it = command('print-args');
  it.argv0 = 'another name';
  assertEqual(await run(it), 'another name\n');
});

test('environment', async () => {
  const it = command('print-env');
  it.environment = ['B=2', 'A=1'];
  assertEqual((await run(it)).trim().split('\n').sort(), ['A=1', 'B=2']);
});

test('environment-variables', async () => {
  const it = command('print-env', 'CPROC_A', 'HOME', 'PATH');
  it.set_environment_variable('CPROC_A', 'a=b c');
  it.unset_environment_variable('HOME');
  assertEqual(await run(it), `a=b c\n(unset)\n${GLib.getenv('PATH')}\n`);
});

test('containment', async () => {
  const none = command('print-ids');
  none.containment = Containment.NONE;
  const group = command('print-ids');
  group.containment = Containment.GROUP;
  const [ofNone, ofGroup] = [await ids(none), await ids(group)];
  assert(ofNone.pgid !== ofNone.pid);
  assertEqual(ofGroup.pgid, ofGroup.pid);
});

test('new-session', async () => {
  const it = command('print-ids');
  it.new_session = true;
  const ofSession = await ids(it);
  assertEqual(ofSession.sid, ofSession.pid);
});

test('die-with-parent', async () => {
  const it = command('print-ids');
  assertEqual((await ids(it))['death-signal'], '0');
  it.die_with_parent = true;
  assert((await ids(it))['death-signal'] !== '0');
});

test('user-and-group', async () => {
  const own = await ids(command('print-ids'));
  const [user, group] = own.uid === '0' ? [65534, 65534] : [Number(own.uid), Number(own.gid)];
  // A program that every user may run, whatever folder this is in.
  const it = Cproc.Command.new_shell('id -ru; id -u; id -rg; id -g');
  it.user_id = user;
  it.group_id = group;
  assertEqual(await run(it), `${user}\n${user}\n${group}\n${group}\n`);
});

test('umask-and-nice', async () => {
  const it = command('print-ids');
  const own = await ids(it);
  it.umask = 0o027;
  it.nice = 2;
  const other = await ids(it);
  assertEqual(other.umask, '027');
  assertEqual(Number(other.nice), Math.min(Number(own.nice) + 2, 19));
});

test('resource-limit', async () => {
  const it = command('print-limits', Resource.NOFILE, Resource.CORE);
  it.set_resource_limit(Resource.NOFILE, 100, 200);
  it.set_resource_limit(Resource.CORE, 0, 0);
  assertEqual(await run(it), '100 200\n0 0\n');
});

test('resources-have-the-numbers-of-the-system', () => {
  const linux = ['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK',
    'AS'];
  assertEqual(linux.map(name => Resource[name]), linux.map((_name, index) => index));
});

test('stdio-null', async () => {
  const cat = command('cat');
  cat.stdin_mode = Stdio.NULL;
  assertEqual(await run(cat), '');
  cat.stdin_mode = Stdio.PIPE;
  const child = Cproc.Child.new_for_command(cat);
  child.start();
  assert(child.get_stdin_stream() !== null);
  child.close_stdin();
  assertEqual(child.wait_check(null), true);
  const echo = command('echo', 1, 'text');
  echo.stdout_mode = Stdio.NULL;
  assertEqual(await run(echo), '');
});

test('stdio-merge', async () => {
  const echo = command('echo', 1, 'one ', 2, 'two ', 1, 'three');
  echo.stderr_mode = Stdio.MERGE;
  assertEqual(await run(echo), 'one two three');
});

test('stdio-socket', async () => {
  const it = Cproc.Command.new_shell('test -S /proc/self/fd/1 && echo socket');
  it.stdout_mode = Stdio.SOCKET;
  assertEqual(it.stdout_mode, Stdio.SOCKET);
  assertEqual(await run(it), 'socket\n');
});

test('stdio-files', async () => {
  const [source, target] = [file('in', 'from a file'), file('out', 'something longer, before')];
  const cat = command('cat');
  cat.set_stdio_file(0, source, FileFlags.READ);
  cat.set_stdio_file(1, target, FileFlags.WRITE);
  assertEqual([cat.stdin_mode, cat.stdout_mode], [Stdio.FILE, Stdio.FILE]);
  await run(cat);
  assertEqual(read(target), 'from a file');
  cat.set_stdio_file(1, target, FileFlags.APPEND);
  await run(cat);
  assertEqual(read(target), 'from a filefrom a file');
  cat.set_stdio_file(1, target, FileFlags.WRITE | FileFlags.EXCLUSIVE);
  const child = Cproc.Child.new_for_command(cat);
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.EXISTS, () => child.start());
});

test('tee', async () => {
  const path = file('tee', 'before');
  const echo = command('echo', '1', 'both');
  echo.set_stdio_tee(1, path, FileFlags.DEFAULT);
  assertEqual(await run(echo), 'both');
  assertEqual(read(path), 'both');
  echo.set_stdio_tee(1, '/nonexistent/file', FileFlags.WRITE);
  const child = Cproc.Child.new_for_command(echo);
  await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => child.start());
  echo.set_stdio_tee(1, null, FileFlags.DEFAULT);
  assertEqual(await run(echo), 'both');
});

test('descriptors', async () => {
  const fds = new Gio.UnixFDList();
  const stream = Gio.File.new_for_path(file('text', 'by a number')).read(null);
  const cat = command('cat', 7, 1);
  assert(cat.pass_fd(stream.get_fd(), 7));
  assertEqual(await run(cat), 'by a number');

  const again = Gio.File.new_for_path(file('text', 'given away')).read(null);
  const taking = command('cat');
  taking.take_fd(fds.get(fds.append(again.get_fd())), 0);
  assertEqual(taking.stdin_mode, Stdio.FD);
  assertEqual(await run(taking), 'given away');
});

test('pipes', async () => {
  for (const direction of [PipeDirection.READ, PipeDirection.WRITE, PipeDirection.BOTH]) {
    const it = command('print-fds');
    it.add_pipe(6, direction);
    const numbers = (await run(it)).trim().split('\n').map(line => line.split(' ')[0]);
    assertEqual(numbers, ['0', '1', '2', '6']);
  }
});

test('default-flags', async () => {
  const path = file('flags', '');
  const echo = command('echo', 1, 'text');
  echo.set_stdio_file(1, path, Cproc.FileFlags.DEFAULT);
  await run(echo);
  assertEqual(new TextDecoder().decode(GLib.file_get_contents(path)[1]), 'text');
});

test('dup-and-close-fds', async () => {
  const stream = Gio.File.new_for_path(file('text', 'kept')).read(null);
  const cat = command('cat', 7, 1);
  cat.pass_fd(stream.get_fd(), 7);
  const again = cat.dup();
  cat.close_fds();
  assertEqual(await run(again), 'kept');
  let failed = false;
  try {
    Cproc.Child.new_for_command(cat).start();
  } catch (error) {
    failed = error instanceof GLib.Error;
  }
  assertEqual(failed, true);
});

test('terminal-and-groups', () => {
  const shell = Cproc.Command.new(['true']);
  assertEqual([shell.no_terminal, shell.supplementary_groups], [false, null]);
  shell.no_terminal = true;
  shell.supplementary_groups = new GLib.Variant('au', [5]);
  assertEqual([shell.no_terminal, shell.get_supplementary_groups().deepUnpack()], [true, [5]]);
});

await main();

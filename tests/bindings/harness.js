// SPDX-License-Identifier: LGPL-2.1-or-later

// What the GJS tests share: a TAP runner, assertions, waiting for something to happen, recording
// signals.

import Cproc from 'gi://Cproc?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

export const CHILD = GLib.getenv('CPROC_TEST_CHILD');
export const HERE = Gio.File.new_for_uri(import.meta.url).get_parent().get_path();
export const WORKER = GLib.build_filenamev([HERE, 'worker.js']);

// Nothing here comes near it; it only turns what would hang into a failure.
const LIMIT_MS = 30000;

const tests = [];
const cleanups = [];
const logged = [];

export function test(name, func) {
  tests.push([name, func]);
}

// Runs `func` after the test that is running, whatever its end.
export function cleanup(func) {
  cleanups.push(func);
}

export function childArgv(mode, ...args) {
  return [CHILD, mode, ...args.map(String)];
}

// Gives the child a pipe as its standard input, to be written to after the start.
export function withInput(child) {
  child.command.stdin_mode = Cproc.Stdio.PIPE;
  return child;
}

export function newChild(mode, ...args) {
  return withInput(Cproc.Child.new(childArgv(mode, ...args)));
}

function show(value) {
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value);
}

export function assert(condition, what = 'condition') {
  if (!condition)
    throw new Error(`${what} does not hold`);
}

export function assertEqual(value, expected) {
  const [a, b] = [value, expected].map(v =>
    typeof v === 'object' && v !== null ? JSON.stringify(v) : v);
  if (a !== b)
    throw new Error(`${show(value)} is not ${show(expected)}`);
}

export function assertSame(values, expected) {
  assertEqual([...values].map(v => JSON.stringify(v)).sort(),
    [...expected].map(v => JSON.stringify(v)).sort());
}

export function assertIncludes(text, ...parts) {
  for (const part of parts)
    assert(text.includes(part), `${show(text)} includes ${show(part)}`);
}

// The function, or the promise, must fail with that code of that error domain.
export async function assertFails(domain, code, call) {
  let result;
  try {
    result = await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (error instanceof GLib.Error && error.matches(domain, code))
      return error;
    throw error;
  }
  throw new Error(`${show(result)} instead of an error`);
}

export function assertCprocFails(code, call) {
  return assertFails(Cproc.Error, code, call);
}

// Resolves when the condition holds: it is looked at after each thing that the main loop does.
export function until(condition) {
  return new Promise((resolve, reject) => {
    const limit = GLib.timeout_add(GLib.PRIORITY_DEFAULT, LIMIT_MS, () => {
      GLib.source_remove(check);
      reject(new Error('waited too long'));
      return GLib.SOURCE_REMOVE;
    });
    const check = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, () => {
      if (!condition())
        return GLib.SOURCE_CONTINUE;
      GLib.source_remove(limit);
      resolve();
      return GLib.SOURCE_REMOVE;
    });
  });
}

export function signal(object, name) {
  return new Promise(resolve => {
    const id = object.connect(name, (_object, ...args) => {
      object.disconnect(id);
      resolve(args);
    });
  });
}

export async function closed(child) {
  if (child.state !== Cproc.State.CLOSED)
    await until(() => child.state === Cproc.State.CLOSED);
}

// Ends a child, if it was started and has not ended by itself.
export async function end(child) {
  if (child.state === Cproc.State.NEW)
    return;
  try {
    child.force_exit();
  } catch (error) {
    if (!error.matches(Cproc.Error, Cproc.Error.NOT_RUNNING))
      throw error;
  }
  await closed(child);
}

export function delay(ms) {
  return new Promise(resolve => setTimeout(resolve, ms));
}

export function decode(bytes) {
  return new TextDecoder().decode(bytes.toArray?.() ?? bytes);
}

export function encode(text) {
  return new GLib.Bytes(new TextEncoder().encode(text));
}

// Keeps the signals of a child, in their order.
export function record(child, names = ['started', 'output', 'line', 'lines', 'exit', 'stream-ended',
  'closed']) {
  const events = [];
  for (const name of names)
    child.connect(name, (_child, ...args) => void events.push([name, ...args]));
  return {
    events,
    names: () => events.map(event => event[0]),
    values: name => events.filter(event => event[0] === name).map(event => event.slice(1)),
  };
}

// Keeps all that a child writes, as bytes.
export function collect(child) {
  const output = {[Cproc.Stream.STDOUT]: [], [Cproc.Stream.STDERR]: []};
  child.connect('output', (_child, stream, bytes) => output[stream].push(bytes.toArray()));
  const join = chunks => {
    const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let offset = 0;
    for (const chunk of chunks) {
      joined.set(chunk, offset);
      offset += chunk.length;
    }
    return joined;
  };
  return {
    stdout: () => join(output[Cproc.Stream.STDOUT]),
    stderr: () => join(output[Cproc.Stream.STDERR]),
  };
}

// Starts a child and resolves, when it is closed, to its standard output as text.
export async function outputOf(child) {
  const output = collect(child);
  child.start();
  await closed(child);
  return decode(output.stdout());
}

// What `child write` writes.
export function pattern(length) {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++)
    bytes[i] = 97 + i % 26;
  return bytes;
}

export function assertBytes(bytes, expected) {
  assertEqual(bytes.length, expected.length);
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== expected[i])
      throw new Error(`byte ${i} is ${bytes[i]}, not ${expected[i]}`);
  }
}

// A path in a folder that goes with the test; written where content is given.
export function file(name, content = null, mode = 0o644) {
  const folder = GLib.Dir.make_tmp('cproc-XXXXXX');
  const path = GLib.build_filenamev([folder, name]);
  if (content !== null) {
    GLib.file_set_contents_full(path, content, GLib.FileSetContentsFlags.NONE, mode);
  }
  cleanup(() => {
    GLib.unlink(path);
    GLib.rmdir(folder);
  });
  return path;
}

export function read(path) {
  return decode(GLib.file_get_contents(path)[1]);
}

async function runOne(func) {
  try {
    await func();
    return null;
  } catch (error) {
    return error;
  } finally {
    while (cleanups.length > 0)
      await cleanups.pop()();
  }
}

// What has been logged so far, which then fails no test.
export function takeLogged() {
  return logged.splice(0);
}

export async function main() {
  // An exception in a signal handler is only logged; it must fail the test.
  GLib.log_set_writer_func((level, fields) => {
    const text = decode(fields.MESSAGE);
    if (level & (GLib.LogLevelFlags.LEVEL_CRITICAL | GLib.LogLevelFlags.LEVEL_WARNING))
      logged.push(text);
    return GLib.LogWriterOutput.HANDLED;
  });

  let failed = 0;
  print(`1..${tests.length}`);
  for (const [index, [name, func]] of tests.entries()) {
    logged.length = 0;
    const error = await runOne(func);
    const problems = [...logged];
    if (error !== null)
      problems.unshift(`${error}\n${error.stack ?? ''}`);
    for (const problem of problems)
      print(`# ${problem.trimEnd().replaceAll('\n', '\n# ')}`);
    if (problems.length > 0)
      failed++;
    print(`${problems.length > 0 ? 'not ok' : 'ok'} ${index + 1} ${name}`);
  }
  System.exit(failed > 0 ? 1 : 0);
}

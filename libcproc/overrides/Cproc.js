// SPDX-License-Identifier: LGPL-2.1-or-later

// What makes libcproc feel at home in GJS, which calls _init() when a program imports Cproc. All
// that the library itself offers stays as it is; this adds to it. Cproc.d.ts has the types.

const {Gio, GLib, GObject, Json} = imports.gi;
const {loops, requests} = imports.overrides._cproc;

let Cproc;

// Values

// Output as bytes, as Node says it.
function isBuffer(encoding) {
  return encoding === 'buffer' || encoding === null;
}

// Text in UTF-8, or as the program reads it.
function toText(text, encoding) {
  const bytes = new TextEncoder().encode(text);
  if (isBuffer(encoding) || encoding === undefined || /^utf-?8$/i.test(encoding))
    return bytes;
  const converter = Gio.CharsetConverter.new(encoding, 'UTF-8');
  const stream = Gio.ConverterOutputStream.new(Gio.MemoryOutputStream.new_resizable(), converter);
  stream.write_all(bytes, null);
  stream.close(null);
  return stream.get_base_stream().steal_as_bytes();
}

function toBytes(data, encoding) {
  if (data === null || data instanceof GLib.Bytes)
    return data;
  const bytes = typeof data === 'string' ? toText(data, encoding) : data;
  return bytes instanceof GLib.Bytes ? bytes : new GLib.Bytes(bytes);
}

function toPath(path) {
  if (path === null)
    return path;
  return path instanceof Gio.File ? path.get_path() : String(path);
}

// 'tree' and Cproc.Containment.TREE are the same.
function toEnum(type, value, what) {
  if (typeof value !== 'string')
    return value;
  const number = type[value.toUpperCase()];
  if (typeof number !== 'number')
    throw new TypeError(`${what} cannot be '${value}'`);
  return number;
}

function toSignal(signal) {
  const number = typeof signal === 'string' ? Cproc.signal_from_string(signal) : signal;
  if (number === 0)
    throw new TypeError(`There is no signal ${signal}`);
  return number;
}

// The text of a message.
function toJson(value) {
  if (value instanceof Cproc.Message)
    return value.get_text();
  const text = JSON.stringify(value);
  if (text === undefined)
    throw new TypeError(`A message cannot be ${typeof value}`);
  return text;
}

function camelCase(name) {
  return name.replace(/[-_]([a-z0-9])/g, (_match, letter) => letter.toUpperCase());
}

function snakeCase(name) {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

// Options

const STREAMS = ['stdin', 'stdout', 'stderr'];

function setStream(command, fd, value) {
  if (Array.isArray(value) && value.length === 1) {
    setStream(command, fd, value[0]);
  } else if (value instanceof Gio.File) {
    setStream(command, fd, {path: value});
  } else if (value?.fd !== undefined) {
    command.pass_fd(value.fd, fd);
  } else if (value?.path !== undefined) {
    const {READ, WRITE, APPEND, EXCLUSIVE} = Cproc.FileFlags;
    const access = fd === 0 ? READ : value.append ? APPEND : WRITE;
    command.set_stdio_file(fd, toPath(value.path), value.exclusive ? access | EXCLUSIVE : access);
  } else {
    const mode = value === 'ignore' ? Cproc.Stdio.NULL : value;
    command.set_property(`${STREAMS[fd]}-mode`, toEnum(Cproc.Stdio, mode, STREAMS[fd]));
  }
}

function setStdio(command, value) {
  for (const fd of STREAMS.keys())
    setStream(command, fd, (Array.isArray(value) ? value[fd] : value) ?? Cproc.Stdio.DEFAULT);
}

// All three streams: true, or the size as [columns, rows].
function setTerminal(command, value) {
  if (!value)
    return;
  if (Array.isArray(value))
    command.set_terminal_size(...value);
  else if (value !== true)
    throw new TypeError('terminal is true or [columns, rows]');
  setStdio(command, Cproc.Stdio.TERMINAL);
}

// A variable without a value is none, as elsewhere.
function setEnvironment(command, env, extend) {
  if (Array.isArray(env)) {
    command.environment = env;
    return;
  }
  if (!extend)
    command.environment = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === null || value === undefined)
      command.unset_environment_variable(name);
    else
      command.set_environment_variable(name, String(value));
  }
}

function toGroups(groups) {
  return Array.isArray(groups) ? new GLib.Variant('au', groups) : groups;
}

function setAs(name, convert = value => value) {
  return (command, value) => {
    command[name] = convert(value);
  };
}

// What belongs to the command rather than to one run of it.
const COMMAND_OPTIONS = {
  argv0: setAs('argv0', toPath),
  containment: setAs('containment', value => toEnum(Cproc.Containment, value, 'containment')),
  cwd: setAs('cwd', toPath),
  dieWithParent: setAs('die_with_parent'),
  env: (command, value, options) => value && setEnvironment(command, value, options.extendEnv),
  execArgv: setAs('exec_argv', args => args.map(toPath)),
  execPath: setAs('exec_path', toPath),
  extendEnv: () => {},
  fds: (command, fds) => {
    for (const [target, fd] of Object.entries(fds))
      command.pass_fd(fd, Number(target));
  },
  detached: setAs('new_session'),
  gid: setAs('group_id'),
  groupId: setAs('group_id'),
  newSession: setAs('new_session'),
  nice: setAs('nice'),
  noTerminal: setAs('no_terminal'),
  silent: (command, value) => value && setStdio(command, Cproc.Stdio.PIPE),
  stderr: (command, value) => setStream(command, 2, value),
  stdin: (command, value) => setStream(command, 0, value),
  stdio: setStdio,
  stdout: (command, value) => setStream(command, 1, value),
  terminal: setTerminal,
  terminalFlags: setAs('terminal_flags'),
  supplementaryGroups: setAs('supplementary_groups', toGroups),
  uid: setAs('user_id'),
  umask: setAs('umask'),
  userId: setAs('user_id'),
};

// Infinity is no limit, as in Node.
function toLimit(name, none) {
  return (properties, value) => {
    if (Number.isNaN(value))
      throw new RangeError(`${name} cannot be ${value}`);
    properties[snakeCase(name)] = value === Infinity ? none : value;
  };
}

const OWN_OPTIONS = {
  timeout: toLimit('timeout', 0),
  idleTimeout: toLimit('idleTimeout', 0),
  drainTimeout: toLimit('drainTimeout', -1),
  killGrace: toLimit('killGrace', -1),
  maxBuffer: toLimit('maxBuffer', -1),
  maxLineLength: toLimit('maxLineLength', -1),
  encoding: (properties, value) => {
    if (!isBuffer(value))
      properties.encoding = value;
  },
  input: (properties, value, {encoding}) => {
    properties.input = toBytes(value, encoding);
  },
  killSignal: (properties, value) => {
    properties.kill_signal = toSignal(value);
  },
};

function isKnown(type, name) {
  return GObject.Object.find_property.call(type, snakeCase(name).replaceAll('_', '-')) !== null;
}

// Sets on a command what options say of it, and returns the others as properties of an object.
function applyOptions(command, options, type, isShared = false) {
  // The options of a single stream come after what is for all three.
  const given = Object.entries(options).map(([name, value]) => [camelCase(name), value])
    .filter(([_name, value]) => value !== undefined)
    .sort(([name], [other]) => (other === 'terminal') - (name === 'terminal'));
  const all = Object.fromEntries(given);
  const properties = {};
  for (const [name, value] of given) {
    if (Object.hasOwn(COMMAND_OPTIONS, name)) {
      if (isShared)
        throw new TypeError(`${name}: set this on the command, which others may share`);
      COMMAND_OPTIONS[name](command, value, all);
    } else if (!isKnown(type, name)) {
      throw new TypeError(`${type.name} has no option ${name}`);
    } else if (Object.hasOwn(OWN_OPTIONS, name)) {
      OWN_OPTIONS[name](properties, value, all);
    } else {
      properties[snakeCase(name)] = value;
    }
  }
  return properties;
}

function toArgv(program) {
  return typeof program === 'string' ? ['/bin/sh', '-c', program] : program.map(toPath);
}

function isProgram(value) {
  return typeof value === 'string' || Array.isArray(value);
}

// A program, or a command, and options, as the properties that GObject's own constructor takes.
function toProperties(type, program, options, makeCommand) {
  if (program instanceof Cproc.Command)
    return {command: program, ...applyOptions(program, options, type, true)};

  const command = makeCommand();
  return {command, ...applyOptions(command, options, type)};
}

const WANTS_BYTES = Symbol('wantsBytes');

function childInit(program, options = {}) {
  const {_init} = GObject.Object.prototype;
  if (!isProgram(program) && !(program instanceof Cproc.Command))
    return _init.apply(this, arguments) ?? this;

  const properties = toProperties(this.constructor, program, options,
    () => Cproc.Command.new(toArgv(program)));
  const self = _init.call(this, properties) ?? this;
  if (isBuffer(options.encoding))
    self[WANTS_BYTES] = true;
  return self;
}

function workerInit(module, ...rest) {
  if (typeof module !== 'string')
    return childInit.call(this, module, ...rest);

  const args = Array.isArray(rest[0]) ? rest.shift() : [];
  const properties = toProperties(this.constructor, module, rest[0] ?? {},
    () => Cproc.Command.new_module(module, args.map(toPath)));
  return GObject.Object.prototype._init.call(this, properties) ?? this;
}

function commandInit(program, options = {}) {
  const {_init} = GObject.Object.prototype;
  if (!isProgram(program))
    return _init.apply(this, arguments) ?? this;

  const self = _init.call(this, {argv: toArgv(program)}) ?? this;
  Object.assign(self, applyOptions(self, options, Cproc.Command));
  return self;
}

// Ends

// How a child ended, as Node and others say it.
function outcome(child) {
  const result = {
    exitCode: child.exit_code < 0 ? null : child.exit_code,
    signal: child.term_signal > 0 ? Cproc.signal_to_string(child.term_signal) : null,
  };
  if (!(child instanceof Cproc.Exec))
    return result;

  const [stdout, stderr] = child[WANTS_BYTES]
    ? [child.get_stdout_bytes().toArray(), child.get_stderr_bytes().toArray()]
    : [child.get_stdout_text(), child.get_stderr_text()];
  return {stdout, stderr, ...result};
}

// What is thrown tells the end of the child too.
function withOutcome(error, child) {
  return error instanceof GLib.Error ? Object.assign(error, outcome(child)) : error;
}

function addOutcome(proto, name) {
  const method = proto[name];
  proto[name] = function (...args) {
    try {
      return method.apply(this, args);
    } catch (error) {
      throw withOutcome(error, this);
    }
  };
  Object.defineProperty(proto[name], 'length', {value: method.length});
}

// Asynchronous methods

// With all of its arguments a method is the library's own, callback included; with fewer it
// returns a promise. A program that calls Gio._promisify() itself finds that done already.
function promisify(proto, name, {
  defaults = [null], convert = null, onError = null, onResult = null,
} = {}) {
  const method = proto[name];
  const finish = name.replace(/_async$/, '_finish');

  proto[`_original_${name}`] = method;
  proto[name] = function (...args) {
    if (args.length > 0 && convert !== null)
      args[0] = convert(args[0], this);
    if (args.length >= method.length)
      return method.apply(this, args);

    const missing = Math.min(method.length - 1 - args.length, defaults.length);
    const {stack} = new Error();
    return new Promise((resolve, reject) => {
      method.call(this, ...args, ...defaults.slice(defaults.length - missing), (_self, result) => {
        try {
          const value = this[finish](result);
          resolve(onResult === null ? value : onResult(value));
        } catch (error) {
          error.stack = `${error.stack ?? ''}### Promise created here: ###\n${stack}`;
          reject(onError === null ? error : onError(error, this, result));
        }
      });
    });
  };
  Object.defineProperty(proto[name], 'length', {value: method.length});
}

// Messages

const VALUE = Symbol('value');

function addToMessage(proto) {
  Object.defineProperty(proto, 'value', {
    get() {
      if (!Object.hasOwn(this, VALUE))
        Object.defineProperty(this, VALUE, {value: JSON.parse(this.get_text())});
      return this[VALUE];
    },
    configurable: true,
  });
  proto.toJSON = function () {
    return this.value;
  };
  proto.toString = function () {
    return this.get_text();
  };
}

function toMessage(value) {
  if (value instanceof Cproc.Message)
    return value;
  if (value instanceof Json.Node)
    return Cproc.Message.new_node(value);
  if (value instanceof GLib.Variant)
    return Cproc.Message.new_variant(value);
  return Cproc.Message.new_text(toJson(value));
}

// The methods that take a message take any value beside.
function addToSender(proto) {
  const {send, send_async: sendAsync} = proto;

  proto.send = function (value) {
    return send.call(this, toMessage(value));
  };

  proto.send_async = function (value, ...args) {
    let message;
    try {
      message = toMessage(value);
    } catch (error) {
      // What fails is told where the rest is.
      if (args.length < sendAsync.length - 1)
        return Promise.reject(error);
      throw error;
    }
    return sendAsync.call(this, message, ...args);
  };
  Object.defineProperty(proto.send_async, 'length', {value: sendAsync.length});

  proto.onMessage = function (callback) {
    return this.connect('message', (_self, message) => callback(message.value, message));
  };
  proto.messages = function () {
    return loops.overMessages(this);
  };
}

// Loops

function toStream(stream) {
  const number = toEnum(Cproc.Stream, stream, 'stream');
  if (number !== Cproc.Stream.STDOUT && number !== Cproc.Stream.STDERR)
    throw new TypeError(`There is no stream ${stream}`);
  return number;
}

function lines(stream = Cproc.Stream.STDOUT) {
  return loops.overLines(this, toStream(stream));
}

// The three verbs

// As in Node a child need not be held by a variable to go on.
const running = new Set();

function start(child) {
  child.start();
  running.add(child);
  child.connect('closed', () => running.delete(child));
  return child;
}

// What Node's functions take: a program, its arguments, options and a callback, all but the first
// of which may be left out.
function toCall(program, rest) {
  const args = [...rest];
  const callback = typeof args.at(-1) === 'function' ? args.pop() : null;
  const hasList = Array.isArray(args[0]);
  const list = hasList ? args.shift() : [];
  const options = args.shift() ?? {};
  if (args.length > 0 || typeof options !== 'object' || Array.isArray(options))
    throw new TypeError('What is taken is a program, a list of arguments, options and a callback');
  return {program, list, hasList, options, callback};
}

// A string is a program of its own, or with {shell: true}, as in Node, a line for the shell.
function toCallArgv({program, list, hasList, options}, isLine) {
  const {shell = isLine && !hasList, ...rest} = options;
  if (typeof program !== 'string') {
    if (hasList)
      throw new TypeError('The arguments are in one list: the first or the second');
    return [program, rest];
  }
  if (!shell)
    return [[program, ...list], rest];
  return [[shell === true ? '/bin/sh' : shell, '-c', [program, ...list].join(' ')], rest];
}

function spawn(program, ...rest) {
  return start(new Cproc.Child(...toCallArgv(toCall(program, rest), false)));
}

function fork(module, ...rest) {
  return start(new Cproc.Worker(module, ...rest));
}

function exec(program, ...given) {
  const call = toCall(program, given);
  const {callback} = call;
  const [argv, {cancellable = null, reject = true, ...rest}] = toCallArgv(call, true);
  const child = new Cproc.Exec(argv, rest);
  const promise = child.run_async(cancellable).then(() => outcome(child), error => {
    if (reject || child.state !== Cproc.State.CLOSED)
      throw error;
    return outcome(child);
  });
  if (callback === null)
    return Object.assign(promise, {child});
  promise.then(({stdout, stderr}) => callback(null, stdout, stderr),
    error => callback(error, error.stdout ?? '', error.stderr ?? '')).catch(logError);
  return child;
}

// What has ended cannot be signalled: that is false, as in Node, and no error.
function addQuietly(proto, name, method) {
  const {length} = proto[name];
  proto[name] = function (...args) {
    try {
      return method.apply(this, args);
    } catch (error) {
      if (this.state < Cproc.State.EXITED || !(error instanceof GLib.Error) ||
          !error.matches(Cproc.Error, Cproc.Error.NOT_RUNNING))
        throw error;
      return false;
    }
  };
  Object.defineProperty(proto[name], 'length', {value: length});
}

function addSignals(proto) {
  const {kill, send_signal: sendSignal} = proto;

  addQuietly(proto, 'kill', function (signal) {
    return signal === undefined ? kill.call(this) : sendSignal.call(this, toSignal(signal));
  });
  addQuietly(proto, 'send_signal', function (signal) {
    // 0 asks whether the process is there.
    return sendSignal.call(this, signal === 0 ? 0 : toSignal(signal));
  });
}

// Stages joined by pipes. The text of the last one is wanted, unless it is a child of some class.
function pipeline(stages, options = {}) {
  const self = new Cproc.Pipeline(options);
  for (const [number, stage] of stages.entries()) {
    if (stage instanceof Cproc.Child)
      self.append_child(stage);
    else if (number === stages.length - 1)
      self.append_child(new Cproc.Exec(stage));
    else
      self.append(stage instanceof Cproc.Command ? stage : new Cproc.Command(stage));
  }
  return self;
}

// Properties that are lists of text to introspection, while their methods have file names. A newer
// GJS warns of each property whose type is not that of its methods.
function addLists(proto) {
  for (const name of ['argv', 'environment', 'exec_argv']) {
    const property = {
      configurable: true,
      enumerable: true,
      get() {
        return this[`get_${name}`]() ?? [];
      },
      set(value) {
        this[`set_${name}`](value);
      },
    };
    const camel = name.replace(/_(.)/, (_, letter) => letter.toUpperCase());

    for (const key of new Set([name, name.replace('_', '-'), camel]))
      Object.defineProperty(proto, key, property);
  }
}

function _init() {
  Cproc = this;
  loops.setLibrary(this);
  requests.setLibrary(this, toMessage);
  const {Channel, Child, Command, Exec, Message, Pipeline, Pool, Request, Worker} = Cproc;

  Command.prototype._init = commandInit;
  addLists(Command.prototype);
  Child.prototype._init = childInit;
  Worker.prototype._init = workerInit;

  for (const [proto, name] of [[Child.prototype, 'wait_check'], [Exec.prototype, 'run']])
    addOutcome(proto, name);

  for (const name of ['prepare_async', 'start_async', 'wait_async'])
    promisify(Child.prototype, name);
  promisify(Child.prototype, 'wait_check_async', {onError: withOutcome});
  promisify(Exec.prototype, 'run_async', {onError: withOutcome});
  promisify(Child.prototype, 'write_async', {
    convert: (data, child) => toBytes(data, child.encoding),
    defaults: [GLib.PRIORITY_DEFAULT, null],
  });
  promisify(Child.prototype, 'read_line_async', {convert: toStream});
  promisify(Child.prototype, 'read_async', {
    convert: toStream,
    onResult: bytes => bytes.toArray(),
  });
  promisify(Channel.prototype, 'flush_async');

  for (const {prototype} of [Channel, Worker]) {
    promisify(prototype, 'send_async');
    promisify(prototype, 'receive_async');
    promisify(prototype, 'request_async', {
      defaults: [null, 0, null],
      onError: requests.withData,
      onResult: message => message.value,
    });
    addToSender(prototype);
    requests.addToSender(prototype);
  }
  promisify(Pool.prototype, 'request_async', {
    defaults: [null, 0, null],
    onError: requests.withData,
    onResult: message => message.value,
  });
  requests.addRequesting(Pool.prototype);
  requests.addMap(Pool.prototype);
  for (const name of ['drain_async', 'close_async'])
    promisify(Pool.prototype, name);
  requests.addToServer(Channel.prototype);
  requests.addToRequest(Request.prototype);
  addToMessage(Message.prototype);
  addSignals(Child.prototype);
  addQuietly(Child.prototype, 'force_exit', Child.prototype.force_exit);
  for (const name of ['start_async', 'wait_async', 'wait_check_async'])
    promisify(Pipeline.prototype, name);
  addSignals(Pipeline.prototype);
  for (const name of ['prepare', 'prepare_async', 'start', 'start_async'])
    loops.addKeeping(Child.prototype, name);
  for (const {prototype} of [Channel, Child, Pool])
    loops.addConnecting(prototype);
  Child.prototype.lines = lines;

  const {get_parent: getParent} = Channel;
  Channel.get_parent = function () {
    const channel = getParent.call(Channel);
    if (channel !== null)
      loops.keepMessages(channel);
    return channel;
  };

  Object.assign(Cproc, {exec, spawn, fork, pipeline});
}

// SPDX-License-Identifier: LGPL-2.1-or-later

// What makes libcproc feel at home in GJS, which calls _init() when a program imports Cproc. All
// that the library itself offers stays as it is; this adds to it. Cproc.d.ts has the types.

const {Gio, GLib, GObject, Json} = imports.gi;

let Cproc;

// Values

function toBytes(data) {
  if (data === null || data instanceof GLib.Bytes)
    return data;
  return new GLib.Bytes(typeof data === 'string' ? new TextEncoder().encode(data) : data);
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
  if (value instanceof Gio.File) {
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
  groupId: setAs('group_id'),
  newSession: setAs('new_session'),
  nice: setAs('nice'),
  stderr: (command, value) => setStream(command, 2, value),
  stdin: (command, value) => setStream(command, 0, value),
  stdio: setStdio,
  stdout: (command, value) => setStream(command, 1, value),
  umask: setAs('umask'),
  userId: setAs('user_id'),
};

const OWN_OPTIONS = {
  encoding: (properties, value) => {
    if (value !== 'buffer')
      properties.encoding = value;
  },
  input: (properties, value) => {
    properties.input = toBytes(value);
  },
  killSignal: (properties, value) => {
    properties.kill_signal = toSignal(value);
  },
};

// Sets on a command what options say of it, and returns the others as properties of an object.
function applyOptions(command, options, isShared = false) {
  const given = Object.entries(options).map(([name, value]) => [camelCase(name), value])
    .filter(([_name, value]) => value !== undefined);
  const all = Object.fromEntries(given);
  const properties = {};
  for (const [name, value] of given) {
    if (Object.hasOwn(COMMAND_OPTIONS, name)) {
      if (isShared)
        throw new TypeError(`${name}: set this on the command, which others may share`);
      COMMAND_OPTIONS[name](command, value, all);
    } else if (Object.hasOwn(OWN_OPTIONS, name)) {
      OWN_OPTIONS[name](properties, value);
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
function toProperties(program, options, makeCommand) {
  if (program instanceof Cproc.Command)
    return {command: program, ...applyOptions(program, options, true)};

  const command = makeCommand();
  return {command, ...applyOptions(command, options)};
}

const WANTS_BYTES = Symbol('wantsBytes');

function childInit(program, options = {}) {
  const {_init} = GObject.Object.prototype;
  if (!isProgram(program) && !(program instanceof Cproc.Command))
    return _init.apply(this, arguments) ?? this;

  const properties = toProperties(program, options, () => Cproc.Command.new(toArgv(program)));
  const self = _init.call(this, properties) ?? this;
  if (options.encoding === 'buffer')
    self[WANTS_BYTES] = true;
  return self;
}

function workerInit(module, ...rest) {
  if (typeof module !== 'string')
    return childInit.call(this, module, ...rest);

  const args = Array.isArray(rest[0]) ? rest.shift() : [];
  const properties = toProperties(module, rest[0] ?? {},
    () => Cproc.Command.new_module(module, args.map(toPath)));
  return GObject.Object.prototype._init.call(this, properties) ?? this;
}

function commandInit(program, options = {}) {
  const {_init} = GObject.Object.prototype;
  if (!isProgram(program))
    return _init.apply(this, arguments) ?? this;

  const self = _init.call(this, {argv: toArgv(program)}) ?? this;
  Object.assign(self, applyOptions(self, options));
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
function promisify(proto, name, {defaults = [null], convert = null, onError = null} = {}) {
  const method = proto[name];
  const finish = name.replace(/_async$/, '_finish');

  proto[`_original_${name}`] = method;
  proto[name] = function (...args) {
    if (args.length > 0 && convert !== null)
      args[0] = convert(args[0]);
    if (args.length >= method.length)
      return method.apply(this, args);

    const missing = Math.min(method.length - 1 - args.length, defaults.length);
    const {stack} = new Error();
    return new Promise((resolve, reject) => {
      method.call(this, ...args, ...defaults.slice(defaults.length - missing), (_self, result) => {
        try {
          resolve(this[finish](result));
        } catch (error) {
          error.stack = `${error.stack ?? ''}### Promise created here: ###\n${stack}`;
          reject(onError === null ? error : onError(error, this));
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
    return new Messages(this);
  };
}

// Iteration

// Those that somebody waits for: nothing else need hold a child whose lines are being read.
const awaited = new Set();

// What comes by signals, for a loop to take.
class Arrivals {
  constructor(source) {
    this._source = source;
    this._handlers = [];
    this._items = [];
    this._index = 0;
    this._requests = [];
    this._begun = false;
    this._ended = false;
    this._error = null;
  }

  _connect(signal, handler) {
    this._handlers.push(this._source.connect(signal, (_source, ...args) => handler(...args)));
  }

  _add(items) {
    this._items = this._index < this._items.length
      ? this._items.slice(this._index).concat(items) : items;
    this._index = 0;
    this._answer();
  }

  _end(error = null) {
    if (this._ended)
      return;
    this._ended = true;
    this._error = error;
    for (const id of this._handlers)
      this._source.disconnect(id);
    this._answer();
  }

  _answer() {
    while (this._requests.length > 0 && (this._index < this._items.length || this._ended)) {
      const {resolve, reject} = this._requests.shift();
      if (this._index < this._items.length)
        resolve({value: this._items[this._index++], done: false});
      else if (this._error !== null)
        reject(this._error);
      else
        resolve({value: undefined, done: true});
    }
    if (this._requests.length === 0)
      awaited.delete(this);
    else
      awaited.add(this);
  }

  // A loop over a child that has not been started starts it.
  _begin() {
    this._begun = true;
    const child = this._source;
    if (this._ended || !(child instanceof Cproc.Child) || child.state !== Cproc.State.NEW)
      return;
    child.start_async().catch(error => {
      if (!error.matches(Cproc.Error, Cproc.Error.ALREADY_STARTED))
        throw error;
      // Somebody else's start is under way, and may fail.
      return child.wait_async();
    }).catch(error => this._end(error));
  }

  next() {
    if (!this._begun)
      this._begin();
    // What is there already costs no more than it must.
    if (this._index < this._items.length && this._requests.length === 0)
      return Promise.resolve({value: this._items[this._index++], done: false});
    return new Promise((resolve, reject) => {
      this._requests.push({resolve, reject});
      this._answer();
    });
  }

  return(value) {
    this._items = [];
    this._index = 0;
    this._end();
    this._error = null;
    return Promise.resolve({value, done: true});
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

// Characters that may wait to be taken before the child has to.
const MAX_WAITING = 1 << 18;

class Lines extends Arrivals {
  constructor(child, stream) {
    super(child);
    this._stream = stream;
    this._waiting = 0;
    this._isPaused = false;
    if (child.state === Cproc.State.CLOSED) {
      this._end();
      return;
    }
    const detail = STREAMS[stream];
    this._connect(`lines::${detail}`, (_stream, lines) => this._addLines(lines));
    this._connect(`stream-ended::${detail}`, () => this._end());
    this._connect('closed', () => this._end());
  }

  _addLines(lines) {
    this._waiting += lines.reduce((sum, line) => sum + line.length + 1, 0);
    this._add(lines);
    if (this._index === this._items.length) {
      this._waiting = 0;
    } else if (this._waiting > MAX_WAITING && !this._ended && !this._isPaused) {
      this._isPaused = true;
      this._source.pause(this._stream);
    }
  }

  _resume() {
    this._waiting = 0;
    if (this._isPaused)
      this._source.resume(this._stream);
    this._isPaused = false;
  }

  next() {
    if (this._index === this._items.length)
      this._resume();
    return super.next();
  }

  return(value) {
    this._resume();
    return super.return(value);
  }
}

class Messages extends Arrivals {
  constructor(source) {
    super(source);
    const isChild = source instanceof Cproc.Child;
    const {connected} = isChild ? source.channel : source;
    if (!connected && !(isChild && source.state === Cproc.State.NEW)) {
      this._end();
      return;
    }
    this._connect('message', message => this._add([message.value]));
    this._connect('disconnected', () => this._end());
  }
}

function lines(stream = Cproc.Stream.STDOUT) {
  const number = toEnum(Cproc.Stream, stream, 'stream');
  if (number !== Cproc.Stream.STDOUT && number !== Cproc.Stream.STDERR)
    throw new TypeError(`There is no stream ${stream}`);
  return new Lines(this, number);
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

function spawn(program, options = {}) {
  return start(new Cproc.Child(program, options));
}

function fork(module, ...rest) {
  return start(new Cproc.Worker(module, ...rest));
}

function exec(program, options = {}) {
  const {cancellable = null, reject = true, ...rest} = options;
  const child = new Cproc.Exec(program, rest);
  const promise = child.run_async(cancellable).then(() => outcome(child), error => {
    if (reject || child.state !== Cproc.State.CLOSED)
      throw error;
    return outcome(child);
  });
  return Object.assign(promise, {child});
}

function _init() {
  Cproc = this;
  const {Channel, Child, Command, Exec, Message, Worker} = Cproc;

  Command.prototype._init = commandInit;
  Child.prototype._init = childInit;
  Worker.prototype._init = workerInit;

  for (const [proto, name] of [[Child.prototype, 'wait_check'], [Exec.prototype, 'run']])
    addOutcome(proto, name);

  for (const name of ['start_async', 'wait_async'])
    promisify(Child.prototype, name);
  promisify(Child.prototype, 'wait_check_async', {onError: withOutcome});
  promisify(Exec.prototype, 'run_async', {onError: withOutcome});
  promisify(Child.prototype, 'write_async',
    {convert: toBytes, defaults: [GLib.PRIORITY_DEFAULT, null]});
  promisify(Channel.prototype, 'flush_async');

  for (const {prototype} of [Channel, Worker]) {
    promisify(prototype, 'send_async');
    addToSender(prototype);
  }
  addToMessage(Message.prototype);
  Child.prototype.lines = lines;

  Object.assign(Cproc, {exec, spawn, fork});
}

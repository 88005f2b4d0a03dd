// SPDX-License-Identifier: LGPL-2.1-or-later

// Loops over the lines of a child and over messages. What Cproc.js calls are functions: the
// importer of overrides gives nothing else away.

const {Gio, GLib, GObject} = imports.gi;
const requests = imports.overrides._cproc.requests;

let Cproc;

function setLibrary(library) {
  Cproc = library;
}

// The loops that wait: nothing else need hold a child whose lines are being read.
const awaited = new Set();

// The library allows one read at a time: the others have to wait for it. By the stream's number,
// and of messages.
const LAST_READ = Symbol('lastRead');
const MESSAGES = 'messages';

function lastReads(source) {
  if (!Object.hasOwn(source, LAST_READ))
    Object.defineProperty(source, LAST_READ, {value: {}});
  return source[LAST_READ];
}

const DONE = {value: undefined, done: true};

// A loop over what is read one by one. Between two reads no more is taken than the library keeps,
// and the other side has to wait.
class Loop {
  constructor(source, key) {
    this._source = source;
    this._key = key;
    this._cancellable = new Gio.Cancellable();
  }

  // A loop over a child that has not been started starts it.
  async _start() {
    const child = this._source;
    while (child instanceof Cproc.Child && child.state < Cproc.State.STARTING) {
      try {
        await child.start_async();
      } catch (error) {
        // Somebody else starts it, or has failed to meanwhile.
        if (!error.matches(Cproc.Error, Cproc.Error.ALREADY_STARTED))
          throw error;
      }
    }
  }

  async _readAfter(last) {
    try {
      await last;
      await this._start();
      if (this._cancellable.is_cancelled())
        return DONE;
      return await this._read() ?? DONE;
    } catch (error) {
      if (!this._cancellable.is_cancelled())
        throw error;
      return DONE;
    }
  }

  async next() {
    const reads = lastReads(this._source);
    const last = reads[this._key];
    const read = this._readAfter(last);
    const settled = read.catch(() => {});
    reads[this._key] = settled;
    awaited.add(this);
    try {
      return await read;
    } finally {
      awaited.delete(this);
      if (reads[this._key] === settled)
        delete reads[this._key];
    }
  }

  return(value) {
    this._cancellable.cancel();
    return Promise.resolve({value, done: true});
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

class MessageLoop extends Loop {
  constructor(source) {
    super(source, MESSAGES);
  }

  async _read() {
    const message = await this._source.receive_async(this._cancellable);
    return message === null ? null : {value: message.value, done: false};
  }
}

class LineLoop extends Loop {
  constructor(child, stream) {
    super(child, stream);
    // A read that ends at once tells the library that others will come.
    const cancellable = new Gio.Cancellable();
    cancellable.cancel();
    child.read_line_async(stream, cancellable, () => {});
  }

  async _read() {
    const line = await this._source.read_line_async(this._key, this._cancellable);
    return line === null ? null : {value: line, done: false};
  }

  next() {
    // What is there already takes no turn of the main loop.
    const isFree = lastReads(this._source)[this._key] === undefined;
    const line = isFree && !this._cancellable.is_cancelled()
      ? this._source.try_read_line(this._key) : null;
    return line === null ? super.next() : Promise.resolve({value: line, done: false});
  }
}

function isHeard(source, name, detail) {
  const number = GObject.signal_lookup(name, source.constructor.$gtype);
  return [0, GLib.quark_from_string(detail)].some(quark =>
    GObject.signal_has_handler_pending(source, number, quark, true));
}

// The messages that nobody has asked for when the channel ends are kept.
function keepMessages(source) {
  if (isHeard(source, 'message', null))
    return;
  // A receive that ends at once tells the library that others will come.
  const cancellable = new Gio.Cancellable();
  cancellable.cancel();
  source.receive_async(cancellable, () => {});
}

// Before a start: what comes before anybody asks is kept.
function keepAll(child) {
  if (child.state < Cproc.State.STARTING)
    child.keep_early_output();
  if (child instanceof Cproc.Worker)
    keepMessages(child);
}

function addKeeping(proto, name) {
  const method = proto[name];
  proto[name] = function (...args) {
    keepAll(this);
    return method.apply(this, args);
  };
  Object.defineProperty(proto[name], 'length', {value: method.length});
}

function connectTo(method, signal, callback) {
  const [name] = signal.split('::');
  if (name === 'request-received' && typeof callback === 'function')
    return method.call(this, signal, requests.answering(callback));
  return method.call(this, signal, callback);
}

function addConnecting(proto) {
  for (const name of ['connect', 'connect_after']) {
    const method = GObject.Object.prototype[name];
    proto[name] = function (signal, callback) {
      return connectTo.call(this, method, signal, callback);
    };
  }
}

function overLines(child, stream) {
  return new LineLoop(child, stream);
}

function overMessages(source) {
  return new MessageLoop(source);
}

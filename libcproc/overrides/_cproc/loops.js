// SPDX-License-Identifier: LGPL-2.1-or-later

// Loops over the lines of a child and over messages, and the lines that are kept for them. What
// Cproc.js calls are functions: the importer of overrides gives nothing else away.

const {Gio, GLib, GObject} = imports.gi;
const requests = imports.overrides._cproc.requests;

let Cproc;

function setLibrary(library) {
  Cproc = library;
}

const STREAMS = ['stdin', 'stdout', 'stderr'];

// Those that somebody waits for: nothing else need hold a child whose lines are being read.
const awaited = new Set();

// What comes by signals of an object, and waits to be taken: from the start on, by whoever asks
// first; in a loop, and again once the loop is over.
class Arrivals {
  constructor(source, limit) {
    this._source = source;
    this._limit = limit;
    this._handlers = [];
    this._items = [];
    this._index = 0;
    this._size = 0;
    this._requests = [];
    this._ended = false;
    this._error = null;
    this.taken = false;
  }

  _connect(signal, handler) {
    const {connect} = GObject.Object.prototype;
    this._handlers.push(connect.call(this._source, signal, (_source, ...args) => handler(...args)));
  }

  _add(items, size) {
    this._size += size;
    this._items = this._index < this._items.length
      ? this._items.slice(this._index).concat(items) : items;
    this._index = 0;
    // Of no use to anybody, as it seems.
    if (!this.taken && this._size > this._limit)
      this.drop();
    this._answer();
  }

  // Returns what nobody has taken.
  drop() {
    const items = this._items.slice(this._index);
    this.end();
    this._items = [];
    this._index = 0;
    return items;
  }

  get isOver() {
    return this._ended && this._index === this._items.length;
  }

  get holdsNothing() {
    return this._index === this._items.length;
  }

  end(error = null) {
    if (this._ended)
      return;
    this._ended = true;
    this._error = error;
    for (const id of this._handlers)
      this._source.disconnect(id);
    this._answer();
  }

  _takeItem() {
    return this._items[this._index++];
  }

  _answer() {
    while (this._requests.length > 0 && (!this.holdsNothing || this._ended)) {
      const {resolve, reject} = this._requests.shift();
      if (!this.holdsNothing) {
        resolve({value: this._takeItem(), done: false});
      } else if (this._error !== null) {
        reject(this._error);
        this._error = null;
      } else {
        resolve({value: undefined, done: true});
      }
    }
    if (this._requests.length === 0)
      awaited.delete(this);
    else
      awaited.add(this);
  }

  // A loop over a child that has not been started starts it.
  begin() {
    const child = this._source;
    if (this._ended || !(child instanceof Cproc.Child) || child.state >= Cproc.State.RUNNING)
      return;
    child.start_async().catch(error => {
      if (!error.matches(Cproc.Error, Cproc.Error.ALREADY_STARTED))
        throw error;
      // Somebody else's start is under way, and may fail.
      return child.wait_async();
    }).catch(error => this.end(error));
  }

  next() {
    // What is there already costs no more than it must.
    if (!this.holdsNothing && this._requests.length === 0)
      return Promise.resolve({value: this._takeItem(), done: false});
    return new Promise((resolve, reject) => {
      this._requests.push({resolve, reject});
      this._answer();
    });
  }

  // The loop is over: nobody is to wait for it.
  release() {
    this.taken = false;
    for (const {resolve} of this._requests.splice(0))
      resolve({value: undefined, done: true});
    awaited.delete(this);
  }
}

// Characters that may wait to be taken before the child has to.
const MAX_LINES = 1 << 18;

class Lines extends Arrivals {
  constructor(child, stream) {
    super(child, MAX_LINES);
    this._stream = stream;
    this._isPaused = false;
    if (child.state === Cproc.State.CLOSED) {
      this.end();
      return;
    }
    const detail = STREAMS[stream];
    this._connect(`lines::${detail}`, (_stream, lines) => this._addLines(lines));
    this._connect(`stream-ended::${detail}`, () => this.end());
    this._connect('closed', () => this.end());
  }

  _addLines(lines) {
    this._add(lines, lines.reduce((sum, line) => sum + line.length + 1, 0));
    if (this.holdsNothing) {
      this._size = 0;
    } else if (this.taken && this._size > this._limit && !this._ended && !this._isPaused) {
      this._isPaused = true;
      this._source.pause(this._stream);
    }
  }

  _resume() {
    this._size = 0;
    if (this._isPaused)
      this._source.resume(this._stream);
    this._isPaused = false;
  }

  next() {
    if (this.holdsNothing)
      this._resume();
    return super.next();
  }

  release() {
    super.release();
    if (this._isPaused && !this.holdsNothing)
      this.drop();
    this._resume();
  }
}

// A loop over what arrives.
class Loop {
  constructor(source, key, arrivals) {
    this._source = source;
    this._key = key;
    this._arrivals = arrivals;
    this._begun = false;
    arrivals.taken = true;
  }

  next() {
    if (this._arrivals === null)
      return Promise.resolve({value: undefined, done: true});
    if (!this._begun)
      this._arrivals.begin();
    this._begun = true;
    return this._arrivals.next();
  }

  return(value) {
    const arrivals = this._arrivals;
    this._arrivals = null;
    if (arrivals !== null) {
      arrivals.release();
      const kept = keptOf(this._source);
      if (!arrivals.isOver && kept[this._key] === undefined)
        kept[this._key] = arrivals;
      else
        arrivals.drop();
    }
    return Promise.resolve({value, done: true});
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

// The library allows one receive at a time: the others have to wait for it.
const LAST_RECEIVE = Symbol('lastReceive');

// A loop over messages. Between two of them nothing is read, and the other side has to wait.
class MessageLoop {
  constructor(source) {
    this._source = source;
    this._cancellable = new Gio.Cancellable();
  }

  async _start() {
    const child = this._source;
    if (!(child instanceof Cproc.Child) || child.state >= Cproc.State.RUNNING)
      return;
    try {
      await child.start_async();
    } catch (error) {
      // Somebody else starts it, for whom the receive waits too.
      if (!error.matches(Cproc.Error, Cproc.Error.ALREADY_STARTED))
        throw error;
    }
  }

  async _receive(last) {
    try {
      await last;
      if (this._cancellable.is_cancelled())
        return {value: undefined, done: true};
      const message = await this._source.receive_async(this._cancellable);
      return message === null
        ? {value: undefined, done: true} : {value: message.value, done: false};
    } catch (error) {
      if (!this._cancellable.is_cancelled())
        throw error;
      return {value: undefined, done: true};
    }
  }

  next() {
    const source = this._source;
    const last = source[LAST_RECEIVE];
    const received = this._start().then(() => this._receive(last));
    source[LAST_RECEIVE] = received.catch(() => {});
    return received;
  }

  return(value) {
    this._cancellable.cancel();
    return Promise.resolve({value, done: true});
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

// What was kept of an object for the first loop over it, by the name of the stream.
const KEPT = Symbol('kept');

function keptOf(source) {
  if (!Object.hasOwn(source, KEPT))
    Object.defineProperty(source, KEPT, {value: {}});
  return source[KEPT];
}

function takeKept(source, key) {
  const kept = keptOf(source);
  const arrivals = kept[key];
  delete kept[key];
  return arrivals?.isOver ? undefined : arrivals;
}

function isHeard(source, name, detail) {
  const number = GObject.signal_lookup(name, source.constructor.$gtype);
  return [0, GLib.quark_from_string(detail)].some(quark =>
    GObject.signal_has_handler_pending(source, number, quark, true));
}

function keepLines(child) {
  if (child instanceof Cproc.Exec || child.state > Cproc.State.PREPARED)
    return;
  const kept = keptOf(child);
  for (const stream of [Cproc.Stream.STDOUT, Cproc.Stream.STDERR]) {
    const detail = STREAMS[stream];
    if (!['output', 'line', 'lines'].some(name => isHeard(child, name, detail)))
      kept[detail] ??= new Lines(child, stream);
  }
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
  keepLines(child);
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

// Nothing else need keep lines that a handler is given.
function connectTo(method, signal, callback) {
  const [name, detail] = signal.split('::');
  if (['output', 'line', 'lines'].includes(name)) {
    for (const stream of detail === undefined ? ['stdout', 'stderr'] : [detail])
      takeKept(this, stream)?.drop();
  }
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
  const detail = STREAMS[stream];
  return new Loop(child, detail, takeKept(child, detail) ?? new Lines(child, stream));
}

function overMessages(source) {
  return new MessageLoop(source);
}

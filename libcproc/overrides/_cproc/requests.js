// SPDX-License-Identifier: LGPL-2.1-or-later

// Requests over a channel, with values as parameters and results. What Cproc.js calls are
// functions: the importer of overrides gives nothing else away.

const {Gio, GLib} = imports.gi;

let Cproc, toMessage;

function setLibrary(library, messageOfValue) {
  Cproc = library;
  toMessage = messageOfValue;
}

const REPLIED = Symbol('replied');

function toParams(value) {
  return value === null || value === undefined ? null : toMessage(value);
}

// The data of the other side's error is put on what is thrown.
function withData(error, _source, result) {
  if (error instanceof GLib.Error)
    error.data = Cproc.Channel.request_get_error_data(result)?.value ?? null;
  return error;
}

// Answers a request whose handler has failed, and prints why.
function answerError(request, thrown) {
  const error = thrown instanceof Error || thrown instanceof GLib.Error
    ? thrown : new Error(String(thrown));
  logError(error, request.get_method());
  if (request[REPLIED])
    return;
  try {
    request.reply_error(Cproc.ReplyError.INTERNAL_ERROR, error.message || String(error),
      {stack: error.stack ?? ''});
  } catch (replyError) {
    // The channel has ended.
    if (!(replyError instanceof GLib.Error))
      throw replyError;
  }
}

// The handler to use instead of this one: what it throws is the answer, also by a promise.
function answering(callback) {
  return function (...args) {
    const request = args.find(arg => arg instanceof Cproc.Request);
    try {
      const outcome = callback.apply(this, args);
      if (typeof outcome?.then === 'function')
        outcome.then(null, error => answerError(request, error));
    } catch (error) {
      answerError(request, error);
    }
  };
}

// The methods that take parameters take any list or object.
function addRequesting(proto) {
  const {request_async: requestAsync} = proto;

  proto.request_async = function (method, ...args) {
    if (args.length > 0)
      args[0] = toParams(args[0]);
    return requestAsync.call(this, method, ...args);
  };
  Object.defineProperty(proto.request_async, 'length', {value: requestAsync.length});
}

// The parameters of the request for an item: the item itself, or a list of it.
function toItem(value) {
  return typeof value === 'object' && value !== null ? value : [value];
}

// Iterates over the answers to a request for each item, in order.
function addMap(proto) {
  proto.map = async function* (method, items, {inFlight, timeout = 0} = {}) {
    const limit = inFlight ?? this.size * this.concurrency;
    const cancellable = new Gio.Cancellable();
    const waiting = [];
    if (!(limit >= 1))
      throw new RangeError('inFlight is at least 1');
    try {
      for await (const item of items) {
        const answer = this.request_async(method, toItem(item), timeout, cancellable);
        // A failure is told of where its answer would stand.
        answer.catch(() => {});
        waiting.push(answer);
        if (waiting.length >= limit)
          yield await waiting.shift();
      }
      while (waiting.length > 0)
        yield await waiting.shift();
    } finally {
      if (waiting.length > 0) {
        cancellable.cancel();
        await Promise.allSettled(waiting);
      }
    }
  };
}

function addToSender(proto) {
  const {notify_peer: notifyPeer, request} = proto;

  proto.notify_peer = function (method, params = null) {
    return notifyPeer.call(this, method, toParams(params));
  };

  proto.request = function (method, params = null, timeout = 0, cancellable = null) {
    return request.call(this, method, toParams(params), timeout, cancellable).value;
  };
  addRequesting(proto);
}

function addToServer(proto) {
  const {serve} = proto;

  proto.serve = function (method, callback) {
    return serve.call(this, method, typeof callback === 'function' ? answering(callback)
      : callback ?? null);
  };
}

function addToRequest(proto) {
  const {reply, reply_error: replyError} = proto;

  proto.reply = function (result = null) {
    const message = toMessage(result);
    this[REPLIED] = true;
    return reply.call(this, message);
  };

  proto.reply_error = function (code, message, data = null) {
    const more = toParams(data);
    this[REPLIED] = true;
    return replyError.call(this, code, message, more);
  };
}

/**
 * RPC over WebSocket for browsers, without protobuf and without a build step.
 *
 * Speaks the subprotocol `trireme.v1` in text frames: every frame is the JSON form of `trireme.wire.v1.Frame`, with the
 * call's message inline under `json`. Messages are plain objects in protobuf's JSON mapping: lowerCamelCase names, 64-bit
 * integers as strings, fields that have their default value left out.
 *
 *     const session = new Session('wss://example.org/rpc');
 *     session.addEventListener('state', ({detail}) => show(detail));
 *     session.connect();
 *     await session.ready();
 *     const {count} = await session.unary('/trireme.primes.v1.Primes/Count', {limit: '1000'}, {timeoutMs: 5000});
 *     for await (const event of session.serverStream('/trireme.chat.v1.Chat/Join', {room: 'lobby', name: 'Ada'})) { … }
 *
 * @module
 */

/** The canonical sixteen status codes and OK, by name. */
export const Code = Object.freeze({
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
});

const codeNames = Object.entries(Code).reduce((names, [name, code]) => ((names[code] = name), names), []);

/** How a call failed. `code` is one of `Code`; `codeName` is its name; `metadata` is what the server added. */
export class StatusError extends Error {
  constructor(code, message = '', metadata = {}) {
    super(message || codeNames[code] || `status ${code}`);
    this.name = 'StatusError';
    this.code = code;
    this.metadata = metadata;
  }

  get codeName() {
    return codeNames[this.code] ?? `code ${this.code}`;
  }
}

/** Never more than this many messages wait in one call for its reader; a call that would hold more fails. */
const MAX_WAITING = 10_000;
/** What a server grants a call to begin with unless its Hello says otherwise. */
const DEFAULT_CREDIT = 16;
const PROTOCOL = 'trireme.v1';
/** A connection that lasted this long was good: the waits begin from the shortest again. */
const STABLE_MS = 5_000;
/** Browsers may close with 1000 or a code of 3000 to 4999. */
const CLOSE_PROTOCOL_ERROR = 4002;
const CLOSE_DEAD = 4008;

/**
 * A connection to one server that renews itself, and the calls made over it.
 *
 * Events: `state`, whose `detail` is the new `session.state`.
 * Order: messages of a call arrive in the order in which the server sent them; the same holds for what is sent.
 * Errors: calls fail with `StatusError`. A call needs a connection when it is made (`ready()` waits for one) and ends with
 * `unavailable` when that connection is lost; it is never repeated by the session, since only the caller knows whether
 * that is safe. A frame that breaks the protocol closes the connection, which is then renewed.
 */
export class Session extends EventTarget {
  #url;
  #options;
  #socket = null;
  #link = null;
  #timer = 0;
  #attempt = 0;
  #onlineSince = 0;
  #state = Object.freeze({ kind: 'idle' });

  /**
   * @param {string} url of the endpoint, `ws:` or `wss:`
   * @param {object} [options]
   * @param {string} [options.agent] who we are, for the server's log
   * @param {string} [options.token] what authenticates the session
   * @param {number} [options.initialCredit] messages of each call that the server may send before we have read any
   * @param {number} [options.firstDelayMs] the wait before the first new attempt, doubled for each further one…
   * @param {number} [options.maxDelayMs] …up to this; the second half of every wait is random
   * @param {number} [options.connectTimeoutMs] how long a connection and its Hello may take
   */
  constructor(url, options = {}) {
    super();
    this.#url = url;
    this.#options = {
      agent: 'trireme-web/1',
      token: '',
      initialCredit: 64,
      firstDelayMs: 500,
      maxDelayMs: 30_000,
      connectTimeoutMs: 10_000,
      ...options,
    };
    globalThis.addEventListener?.('online', () => this.retryNow());
  }

  /**
   * Where the connection stands. `kind` is `idle` (not asked to connect, or closed), `connecting`, `online`, or `waiting`
   * (lost; `retryAt` is when the next attempt begins, in milliseconds as of `Date.now()`). `reason` says why it was lost.
   */
  get state() {
    return this.#state;
  }

  /** Connects, and stays connected until `close()`. Does nothing where that is already under way. */
  connect() {
    if (this.#state.kind === 'idle') this.#dial();
  }

  /** Ends every call with `unavailable` and the connection with code 1000. `connect()` begins anew. */
  close() {
    const end = this.#release(1000, 'the session was closed');
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#setState({ kind: 'idle' });
    end();
  }

  /** Makes the next attempt at once instead of waiting for its time. */
  retryNow() {
    if (this.#state.kind === 'waiting') this.#dial();
  }

  /** Settles when the session is online. Rejects only with the reason of `signal`. */
  ready({ signal } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#state.kind === 'online') return resolve();
      const stop = new AbortController();
      this.addEventListener(
        'state',
        ({ detail }) => {
          if (detail.kind === 'online') (stop.abort(), resolve());
        },
        { signal: stop.signal },
      );
      signal?.addEventListener('abort', () => (stop.abort(), reject(signal.reason)), { signal: stop.signal });
    });
  }

  /**
   * One message there, one back.
   *
   * Options of every call: `signal` (an AbortSignal that cancels it), `timeoutMs` (its deadline, enforced here and by the
   * server), `metadata` (an object of strings).
   */
  async unary(method, message = {}, options = {}) {
    return only(this.#open(method, { ...options, message }));
  }

  /** One message there, many back: an async iterable. Leaving the `for await` loop early cancels the call. */
  serverStream(method, message = {}, options = {}) {
    return this.#open(method, { ...options, message });
  }

  /** Many messages there (any iterable, also async), one back. */
  async clientStream(method, messages, options = {}) {
    const call = this.#open(method, options);
    call.sendAll(messages);
    return only(call);
  }

  /** Many messages each way, independently of each other. */
  bidi(method, messages, options = {}) {
    const call = this.#open(method, options);
    call.sendAll(messages);
    return call;
  }

  #open(method, options) {
    if (options.signal?.aborted) throw cancelled(options.signal);
    if (!this.#link?.online) throw new StatusError(Code.unavailable, 'not connected');
    return this.#link.open(method, options);
  }

  #dial() {
    clearTimeout(this.#timer);
    this.#setState({ kind: 'connecting', attempt: this.#attempt, reason: this.#state.reason });
    const socket = new WebSocket(this.#url, PROTOCOL);
    const link = new Link(socket, this.#options.initialCredit, (code, reason) => this.#drop(code, reason));
    this.#socket = socket;
    this.#link = link;
    this.#timer = setTimeout(
      () => this.#drop(CLOSE_DEAD, 'the server did not answer'),
      this.#options.connectTimeoutMs,
    );
    socket.onopen = () => link.send({ hello: this.#hello() });
    socket.onmessage = ({ data }) => {
      const before = link.online;
      link.receive(data);
      if (!before && link.online) this.#nowOnline();
    };
    socket.onclose = (event) => this.#drop(0, event.reason || closeText(event.code));
  }

  #hello() {
    const { agent, token, initialCredit } = this.#options;
    return { version: 1, agent, initialCredit, ...(token && { token }) };
  }

  #nowOnline() {
    clearTimeout(this.#timer);
    this.#onlineSince = Date.now();
    this.#setState({ kind: 'online' });
  }

  #drop(code, reason) {
    if (!this.#socket) return;
    if (this.#link.online && Date.now() - this.#onlineSince > STABLE_MS) this.#attempt = 0;
    const end = this.#release(code, reason);
    this.#waitThenDial(reason);
    end();
  }

  /** Lets go of the connection, whoever ended it; the result ends its calls. */
  #release(code, reason) {
    const [socket, link] = [this.#socket, this.#link];
    if (!socket) return () => {};
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code) socket.close(code, reason);
    this.#socket = this.#link = null;
    return () => link.end(new StatusError(Code.unavailable, reason));
  }

  #waitThenDial(reason) {
    const { firstDelayMs, maxDelayMs } = this.#options;
    const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#attempt++);
    const delay = longest / 2 + (Math.random() * longest) / 2;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dial(), delay);
    this.#setState({ kind: 'waiting', retryAt: Date.now() + delay, attempt: this.#attempt, reason });
  }

  #setState(state) {
    this.#state = Object.freeze(state);
    this.dispatchEvent(new CustomEvent('state', { detail: this.#state }));
  }
}

/** One connection: its calls by number, and which of them are bound to which topic. */
class Link {
  online = false;
  /** What the server grants a call to begin with, and the largest message that it takes (0: unknown). */
  peerCredit = DEFAULT_CREDIT;
  peerMaxBytes = 0;
  lastHeard = performance.now();
  #socket;
  #drop;
  #credit;
  #calls = new Map();
  #topics = new Map();
  #nextCall = 1;

  constructor(socket, credit, drop) {
    this.#socket = socket;
    this.#credit = credit;
    this.#drop = drop;
  }

  open(method, { message, signal, timeoutMs = 0, metadata }) {
    const number = this.#nextCall++;
    const call = new Call(this, number, { credit: this.#credit, signal, timeoutMs });
    const open = {
      method,
      ...(timeoutMs && { timeoutMs: Math.ceil(timeoutMs) }),
      ...(metadata && { metadata }),
    };
    const frame =
      message === undefined
        ? { call: number, open }
        : { call: number, open: { ...open, complete: true }, json: message };
    if (message === undefined) call.canSend = this.peerCredit;
    this.#calls.set(number, call);
    try {
      this.send(frame);
    } catch (error) {
      this.forget(number);
      call.end(error);
    }
    return call;
  }

  send(frame) {
    const text = JSON.stringify(frame);
    if (
      this.peerMaxBytes &&
      text.length * 3 > this.peerMaxBytes &&
      new TextEncoder().encode(text).length > this.peerMaxBytes
    ) {
      throw new StatusError(
        Code.resource_exhausted,
        `the message is larger than the ${this.peerMaxBytes} bytes that the server takes`,
      );
    }
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  receive(data) {
    this.lastHeard = performance.now();
    try {
      this.#handle(JSON.parse(data));
    } catch (error) {
      this.#drop(CLOSE_PROTOCOL_ERROR, `the server sent a bad frame: ${error.message}`.slice(0, 120));
    }
  }

  /** The connection is gone: ends every call. */
  end(error) {
    this.online = false;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#topics.clear();
    for (const call of calls) call.end(error);
  }

  /** A deadline passed while nothing at all was heard: a half-open connection, which a browser cannot ping. */
  suspectDeath(since) {
    if (this.online && this.lastHeard < since) this.#drop(CLOSE_DEAD, 'the server has gone silent');
  }

  forget(number) {
    const call = this.#calls.get(number);
    if (!call) return;
    this.#calls.delete(number);
    for (const topic of call.topics) {
      const bound = this.#topics.get(topic);
      bound?.delete(call);
      if (bound?.size === 0) this.#topics.delete(topic);
    }
  }

  #handle(frame) {
    if (!this.online) return this.#greet(frame);
    if (frame.topic) {
      for (const call of this.#topics.get(frame.topic) ?? []) call.push(frame.json ?? {}, false);
      return;
    }
    const call = this.#calls.get(frame.call);
    if (!call) return; // Ended here, by cancelling; the server had not yet heard of it.
    if (frame.message) call.push(frame.json ?? {}, true);
    else if (frame.credit) call.grant(frame.credit.messages ?? 0);
    else if (frame.subscribed) this.#bind(frame.subscribed.topic, call);
    else if (frame.status) this.#finish(call, frame.status);
  }

  #greet(frame) {
    if (frame.hello?.version !== 1) throw new Error('expected a hello of version 1');
    this.peerCredit = frame.hello.initialCredit || DEFAULT_CREDIT;
    this.peerMaxBytes = frame.hello.maxMessageBytes || 0;
    this.online = true;
  }

  #bind(topic, call) {
    call.topics.push(topic);
    if (!this.#topics.has(topic)) this.#topics.set(topic, new Set());
    this.#topics.get(topic).add(call);
  }

  #finish(call, { code = 0, message, metadata }) {
    this.forget(call.number);
    call.end(code === Code.ok ? null : new StatusError(code, message, metadata));
  }
}

/** One call: an async iterator over what the server sends. */
class Call {
  topics = [];
  canSend = 0;
  #link;
  #credit;
  #taken = 0;
  #waiting = [];
  #readers = [];
  #outcome; // undefined while it runs; null after OK; else the error
  #wakeSender = () => {};
  #cleanUp = new AbortController();
  #deadline = 0;

  constructor(link, number, { credit, signal, timeoutMs }) {
    this.#link = link;
    this.number = number;
    this.#credit = credit;
    signal?.addEventListener('abort', () => this.#cancel(cancelled(signal)), {
      signal: this.#cleanUp.signal,
    });
    if (timeoutMs) this.#startDeadline(timeoutMs);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** The next message; `done` after OK; rejects once with the error of any other end, then is `done` too. */
  next() {
    if (this.#waiting.length) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#outcome === undefined)
      return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const error = this.#outcome;
    this.#outcome = null;
    return error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined });
  }

  /** Called by `for await` when its loop is left early. */
  return(value) {
    this.#cancel(null);
    return Promise.resolve({ done: true, value });
  }

  async sendAll(messages) {
    try {
      for await (const json of messages) {
        while (this.canSend === 0 && this.#outcome === undefined)
          await new Promise((wake) => (this.#wakeSender = wake));
        if (this.#outcome !== undefined) return;
        this.canSend--;
        this.#link.send({ call: this.number, message: {}, json });
      }
      if (this.#outcome === undefined) this.#link.send({ call: this.number, halfClose: {} });
    } catch (error) {
      this.#cancel(error);
    }
  }

  grant(messages) {
    this.canSend += messages;
    this.#wakeSender();
  }

  push(message, counted) {
    if (this.#outcome !== undefined) return;
    if (this.#waiting.length >= MAX_WAITING) {
      return this.#cancel(
        new StatusError(Code.resource_exhausted, 'messages came faster than they were read'),
      );
    }
    this.#waiting.push({ message, counted });
    if (this.#readers.length) this.#readers.shift().resolve({ done: false, value: this.#take() });
  }

  end(error) {
    if (this.#outcome !== undefined) return;
    clearTimeout(this.#deadline);
    this.#cleanUp.abort();
    this.#outcome = error;
    this.#wakeSender();
    const [first, ...others] = this.#readers.splice(0);
    if (!first) return;
    this.#outcome = null;
    if (error) first.reject(error);
    else first.resolve({ done: true, value: undefined });
    for (const reader of others) reader.resolve({ done: true, value: undefined });
  }

  #take() {
    const { message, counted } = this.#waiting.shift();
    if (counted && ++this.#taken * 2 >= this.#credit) {
      if (this.#outcome === undefined)
        this.#link.send({ call: this.number, credit: { messages: this.#taken } });
      this.#taken = 0;
    }
    return message;
  }

  /** Tells the server, does not wait for its answer, and drops what has not been read. */
  #cancel(error) {
    if (this.#outcome !== undefined) return;
    this.#link.forget(this.number);
    this.#link.send({ call: this.number, cancel: {} });
    this.#waiting.length = 0;
    this.end(error);
  }

  #startDeadline(timeoutMs) {
    const begun = performance.now();
    this.#deadline = setTimeout(() => {
      this.#cancel(new StatusError(Code.deadline_exceeded, 'no answer in time'));
      this.#link.suspectDeath(begun);
    }, timeoutMs);
  }
}

/** The single message of a call that has exactly one. */
async function only(call) {
  const first = await call.next();
  if (first.done) throw new StatusError(Code.internal, 'the call ended without an answer');
  const second = await call.next();
  if (!second.done) {
    call.return();
    throw new StatusError(Code.internal, 'the call had more than one answer');
  }
  return first.value;
}

function cancelled(signal) {
  if (signal.reason instanceof StatusError) return signal.reason;
  return new StatusError(Code.cancelled, 'cancelled');
}

function closeText(code) {
  const texts = {
    1001: 'the server is going away',
    1002: 'the server found a frame to be malformed',
    1006: 'the connection was lost',
    1008: 'the server refused the session',
    1009: 'a message was too long for the server',
    1011: 'the server failed',
    1012: 'the server is restarting',
    1013: 'the server is busy',
  };
  return texts[code] ?? `the connection was closed (${code})`;
}

// The page's client module, without a browser, against a peer that follows a script.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';

globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};
globalThis.WebSocket = WebSocket;
// Outside the page nothing says that a .js file is a module.
const source = await readFile(new URL('../../services/web/trireme.js', import.meta.url));
const { Code, Session, StatusError } = await import(
  `data:text/javascript;base64,${source.toString('base64')}`
);

/** A server whose every connection is handed over after the Hellos: `send`, `next` and `socket`. */
class Peer {
  hellos = [];
  #server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => offered.has('trireme.v1') && 'trireme.v1',
  });
  #links = [];
  #wake = () => {};

  constructor(hello = {}) {
    this.#server.on('connection', (socket) => {
      const link = new PeerLink(socket);
      link.next().then((first) => {
        this.hellos.push(first.hello);
        link.send({ hello: { version: 1, ...hello } });
        this.#links.push(link);
        this.#wake();
      });
    });
  }

  async url() {
    if (!this.#server.address()) await once(this.#server, 'listening');
    return `ws://127.0.0.1:${this.#server.address().port}/rpc`;
  }

  async link() {
    while (!this.#links.length) await new Promise((resolve) => (this.#wake = resolve));
    return this.#links.shift();
  }

  close() {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}

class PeerLink {
  #frames = [];
  #wake = () => {};

  constructor(socket) {
    this.socket = socket;
    socket.on('message', (data) => (this.#frames.push(JSON.parse(data)), this.#wake()));
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  async next() {
    while (!this.#frames.length) await new Promise((resolve) => (this.#wake = resolve));
    return this.#frames.shift();
  }
}

const withSession = (name, body, { hello, options } = {}) =>
  test(name, { timeout: 20_000 }, async () => {
    const peer = new Peer(hello);
    const session = new Session(await peer.url(), { firstDelayMs: 10, ...options });
    try {
      session.connect();
      await session.ready();
      await body(session, await peer.link(), peer);
    } finally {
      session.close();
      peer.close();
    }
  });

const failure = (promise) =>
  promise.then(
    () => assert.fail('should have failed'),
    (error) => (assert.ok(error instanceof StatusError), error),
  );

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

withSession('a unary call is one frame, and its answer is the message', async (session, link, peer) => {
  assert.deepEqual(peer.hellos, [{ version: 1, agent: 'trireme-web/1', initialCredit: 64 }]);
  const answer = session.unary('/a.B/C', { x: '1' }, { timeoutMs: 5_000, metadata: { colour: 'blue' } });
  const open = { method: '/a.B/C', timeoutMs: 5000, metadata: { colour: 'blue' }, complete: true };
  assert.deepEqual(await link.next(), { call: 1, open, json: { x: '1' } });
  link.send({ call: 1, message: {}, json: { y: 2 } });
  link.send({ call: 1, status: {} });
  assert.deepEqual(await answer, { y: 2 });
});

withSession(
  'a message without json is an empty one; a status is an error with its name',
  async (session, link) => {
    const [first, second] = [session.unary('/a.B/C'), failure(session.unary('/a.B/C'))];
    assert.deepEqual([(await link.next()).call, (await link.next()).call], [1, 2]);
    link.send({ call: 2, status: { code: 8, message: 'slow down', metadata: { after: '1' } } });
    link.send({ call: 1, message: {} });
    link.send({ call: 1, status: {} });
    assert.deepEqual(await first, {});
    const { code, codeName, message, metadata } = await second;
    assert.deepEqual(
      { code, codeName, message, metadata },
      { code: 8, codeName: 'resource_exhausted', message: 'slow down', metadata: { after: '1' } },
    );
  },
);

withSession(
  'credit is granted anew as messages are read, not as they come',
  async (session, link) => {
    const stream = session.serverStream('/a.B/C');
    await link.next();
    for (let n = 0; n < 4; n++) link.send({ call: 1, message: {}, json: n });
    assert.deepEqual(await stream.next(), { done: false, value: 0 });
    assert.deepEqual(await stream.next(), { done: false, value: 1 });
    assert.deepEqual(await link.next(), { call: 1, credit: { messages: 2 } });
    link.send({ call: 1, status: {} });
    assert.deepEqual(await all(stream), [2, 3]);
  },
  { options: { initialCredit: 4 } },
);

withSession(
  'what is fanned out reaches every call that is bound to the topic, without credit',
  async (session, link) => {
    const [one, two, other] = [
      session.serverStream('/a.B/C'),
      session.serverStream('/a.B/C'),
      session.serverStream('/a.B/C'),
    ];
    for (let n = 0; n < 3; n++) await link.next();
    for (const call of [1, 2]) link.send({ call, subscribed: { topic: 7 } });
    for (let n = 0; n < 3; n++) link.send({ topic: 7, message: {}, json: { n } });
    for (const call of [1, 2, 3]) link.send({ call, status: {} });
    link.send({ topic: 7, message: {}, json: 'late' });
    const expected = [{ n: 0 }, { n: 1 }, { n: 2 }];
    assert.deepEqual([await all(one), await all(two), await all(other)], [expected, expected, []]);
    const last = session.unary('/a.B/C');
    assert.deepEqual((await link.next()).call, 4, 'no credit was granted in between');
    link.send({ call: 4, message: {} });
    link.send({ call: 4, status: {} });
    await last;
  },
  { options: { initialCredit: 1 } },
);

withSession(
  'a client stream sends no more than it was granted, then its end',
  async (session, link) => {
    const answer = session.clientStream('/a.B/Sum', ['a', 'b', 'c']);
    assert.deepEqual(await link.next(), { call: 1, open: { method: '/a.B/Sum' } });
    for (const json of ['a', 'b']) assert.deepEqual(await link.next(), { call: 1, message: {}, json });
    link.send({ call: 1, credit: { messages: 1 } });
    assert.deepEqual(await link.next(), { call: 1, message: {}, json: 'c' });
    assert.deepEqual(await link.next(), { call: 1, halfClose: {} });
    link.send({ call: 1, message: {}, json: 'abc' });
    link.send({ call: 1, status: {} });
    assert.equal(await answer, 'abc');
  },
  { hello: { initialCredit: 2 } },
);

withSession('both ways at once', async (session, link) => {
  async function* questions() {
    yield 1;
    yield 2;
  }
  const answers = all(session.bidi('/a.B/Echo', questions()));
  assert.deepEqual(await link.next(), { call: 1, open: { method: '/a.B/Echo' } });
  for (const json of [1, 2]) {
    assert.deepEqual(await link.next(), { call: 1, message: {}, json });
    link.send({ call: 1, message: {}, json: json * 10 });
  }
  assert.deepEqual(await link.next(), { call: 1, halfClose: {} });
  link.send({ call: 1, status: {} });
  assert.deepEqual(await answers, [10, 20]);
});

withSession('an abort signal cancels; so does leaving the loop', async (session, link) => {
  const abort = new AbortController();
  const ended = failure(all(session.serverStream('/a.B/C', {}, { signal: abort.signal })));
  assert.equal((await link.next()).call, 1);
  abort.abort();
  assert.equal((await ended).code, Code.cancelled);
  assert.deepEqual(await link.next(), { call: 1, cancel: {} });
  link.send({ call: 1, status: { code: 1 } });
  const stream = session.serverStream('/a.B/C');
  assert.equal((await link.next()).call, 2);
  link.send({ call: 2, message: {}, json: 'first' });
  for await (const item of stream) if (item === 'first') break;
  assert.deepEqual(await link.next(), { call: 2, cancel: {} });
  assert.equal((await failure(session.unary('/a.B/C', {}, { signal: abort.signal }))).code, Code.cancelled);
});

withSession(
  'a deadline is kept on this side too, and silence all the while means a dead connection',
  async (session, link, peer) => {
    const waiting = once(session, 'state');
    assert.equal(
      (await failure(session.unary('/a.B/C', {}, { timeoutMs: 30 }))).code,
      Code.deadline_exceeded,
    );
    const [{ detail }] = await waiting;
    assert.deepEqual([detail.kind, detail.reason], ['waiting', 'the server has gone silent']);
    await peer.link();
    await session.ready();
    assert.equal(peer.hellos.length, 2);
  },
);

withSession(
  'a lost connection ends the calls with unavailable, and is renewed',
  async (session, link, peer) => {
    const kinds = [];
    session.addEventListener('state', ({ detail }) => kinds.push(detail.kind));
    const ended = failure(session.unary('/a.B/C'));
    await link.next();
    link.socket.terminate();
    assert.equal((await ended).code, Code.unavailable);
    assert.equal((await failure(session.unary('/a.B/C'))).message, 'not connected');
    const renewed = await peer.link();
    await session.ready();
    assert.deepEqual(kinds, ['waiting', 'connecting', 'online']);
    session.unary('/a.B/C').catch(() => {});
    assert.equal((await renewed.next()).call, 1, 'numbers begin anew');
  },
);

withSession(
  'the wait can be cut short, and closing ends it',
  async (session, link) => {
    link.socket.terminate();
    await once(session, 'state');
    assert.equal(session.state.kind, 'waiting');
    assert.ok(session.state.retryAt > Date.now() + 10_000);
    session.retryNow();
    assert.equal(session.state.kind, 'connecting');
    await session.ready();
    session.close();
    assert.equal(session.state.kind, 'idle');
    const abort = new AbortController();
    const never = session.ready({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(never, /enough/);
  },
  { options: { firstDelayMs: 60_000, maxDelayMs: 60_000 } },
);

withSession('a frame that is none closes the connection with 4002', async (session, link) => {
  const closed = once(link.socket, 'close');
  link.socket.send('{"call":');
  assert.equal((await closed)[0], 4002);
  await session.ready();
});

withSession(
  'a message that is too large for the server fails here',
  async (session) => {
    const error = await failure(session.unary('/a.B/C', { text: 'ä'.repeat(300) }));
    assert.equal(error.code, Code.resource_exhausted);
    assert.equal(session.state.kind, 'online');
  },
  { hello: { maxMessageBytes: 500 } },
);

withSession('a reader that is far behind ends its call, not the session', async (session, link) => {
  const stream = session.serverStream('/a.B/C');
  await link.next();
  link.send({ call: 1, subscribed: { topic: 1 } });
  for (let n = 0; n <= 10_000; n++) link.send({ topic: 1, message: {}, json: n });
  assert.deepEqual(await link.next(), { call: 1, cancel: {} });
  assert.equal((await failure(stream.next())).code, Code.resource_exhausted);
  assert.equal(session.state.kind, 'online');
});

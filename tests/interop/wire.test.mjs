// RPC over WebSocket, with the `ws` package as the peer.
//
// Environment: TRIREME_SERVER (the program, required), TRIREME_PROTO_PATHS (folders of .proto files, with colons), PROTOC.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import WebSocket from 'ws';
import { bounded, TEST_MS, useServer } from './fixture.mjs';
import { generate } from './generate.mjs';
import { RawConnection } from './raw.mjs';
import { SUBPROTOCOL, WireSession } from './wire.mjs';

const COUNT = '/trireme.primes.v1.Primes/Count';
const WATCH = '/trireme.primes.v1.Primes/Watch';
const CHAT = '/trireme.chat.v1.Chat';
const [CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, UNIMPLEMENTED] = [1, 3, 4, 12];
const LONG = '1000000000000';
/** The number of a call that only shows that everything before it has come. */
const FLUSH = 1_000;

const server = useServer();
let generated;
before(
  async () => {
    generated = await generate([
      'trireme/wire/v1/wire.proto',
      'trireme/primes/v1/primes.proto',
      'trireme/options/v1/options.proto',
    ]);
  },
  { timeout: TEST_MS },
);
after(() => generated?.remove());

/** Runs a test on a session of its own. */
const withSession = (name, body, options = {}) =>
  bounded(name, async () => {
    const session = await WireSession.open(server.url, options);
    try {
      await body(session);
    } finally {
      session.socket.terminate();
    }
  });

/** What the server answers where it does not upgrade. */
function refusal(protocols, options) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/rpc`, protocols, options);
    socket.on('unexpected-response', (_, response) => (resolve(response.statusCode), socket.terminate()));
    socket.on('open', () => (socket.terminate(), reject(new Error('it was upgraded'))));
    socket.on('error', reject);
  });
}

bounded('a handshake that does not offer the subprotocol → 400', async () => {
  assert.equal(await refusal([]), 400);
  assert.equal(await refusal(['trireme.v9', 'chat']), 400);
});

bounded('a foreign Origin → 403; our own is welcome, among other subprotocols too', async () => {
  for (const origin of ['https://evil.example', 'http://127.0.0.1:1', 'null']) {
    assert.equal(await refusal([SUBPROTOCOL], { origin }), 403);
  }
  const session = await WireSession.open(server.url, { origin: server.url });
  assert.equal(session.socket.protocol, SUBPROTOCOL);
  assert.equal(session.hello.version, 1);
  assert.equal(await session.close(), 1000);
});

withSession('a unary call is answered with one message and OK', async (session) => {
  session.open(1, COUNT, { limit: '1000000' });
  assert.deepEqual(await session.message(1), { count: '78498' });
  assert.deepEqual(await session.status(1), { code: 0, message: '' });
});

withSession('a unary call in three frames is the same call', async (session) => {
  session.send({ call: 1, open: { method: COUNT } });
  session.send({ call: 1, message: {}, json: { limit: '1000' } });
  session.send({ call: 1, halfClose: {} });
  assert.deepEqual(await session.message(1), { count: '168' });
  assert.equal((await session.status(1)).code, 0);
});

withSession('a stream tells its progress in order and ends with the count', async (session) => {
  session.open(1, WATCH, { limit: '1000000000' });
  const seen = [];
  do {
    seen.push(await session.message(1));
    session.send({ call: 1, credit: { messages: 1 } });
  } while (!seen.at(-1).complete);
  assert.equal(seen.at(-1).count, '50847534');
  assert.deepEqual(
    seen.map(({ done = '0' }) => Number(done)),
    seen.map(({ done = '0' }) => Number(done)).sort((a, b) => a - b),
  );
  assert.equal((await session.status(1)).code, 0);
});

withSession('calls of a session do not wait for one another', async (session) => {
  session.open(1, WATCH, { limit: LONG });
  await session.message(1);
  session.open(2, `${CHAT}/Who`, { room: 'quiet' });
  assert.deepEqual((await session.message(2)).members ?? [], []);
  session.send({ call: 1, cancel: {} });
  assert.equal((await session.status(1)).code, CANCELLED);
});

withSession('cancelling frees the worker for the next', async (session) => {
  for (const call of [1, 3, 5]) {
    session.open(call, WATCH, { limit: LONG });
    await session.message(call);
    session.send({ call, cancel: {} });
    assert.equal((await session.status(call)).code, CANCELLED);
  }
  session.open(6, COUNT, { limit: '100' });
  assert.deepEqual(await session.message(6), { count: '25' });
});

withSession(
  'no more messages come than were granted',
  async (session) => {
    session.open(1, WATCH, { limit: LONG });
    await session.message(1);
    await session.message(1);
    for (let call = 2; call < 40; call++) {
      session.open(call, `${CHAT}/Who`, { room: 'quiet' });
      await session.status(call);
    }
    assert.equal(
      session.waiting((frame) => frame.call === 1),
      0,
    );
    session.send({ call: 1, credit: { messages: 1 } });
    await session.message(1);
    session.send({ call: 1, cancel: {} });
    assert.equal((await session.status(1)).code, CANCELLED);
  },
  { hello: { initialCredit: 2 } },
);

withSession('a deadline of the caller is kept', async (session) => {
  session.open(1, COUNT, { limit: LONG }, { timeoutMs: 50 });
  assert.equal((await session.status(1)).code, DEADLINE_EXCEEDED);
});

withSession('what a call asks wrongly ends the call, not the session', async (session) => {
  session.open(1, '/trireme.primes.v1.Primes/Nope', {});
  assert.equal((await session.status(1)).code, UNIMPLEMENTED);
  session.open(2, 'nonsense', {});
  assert.equal((await session.status(2)).code, UNIMPLEMENTED);
  session.open(3, COUNT, { limit: '1000000000001' });
  assert.equal((await session.status(3)).code, INVALID_ARGUMENT);
  session.open(4, COUNT, { limit: 'many' });
  const { code, message } = await session.status(4);
  assert.equal(code, INVALID_ARGUMENT);
  assert.match(message, /limit/);
  session.open(5, `${CHAT}/Join`, { room: 'no blanks here', name: 'Ada' });
  assert.equal((await session.status(5)).code, INVALID_ARGUMENT);
  session.open(6, COUNT, { limit: '10', colour: 'blue' });
  assert.deepEqual(await session.message(6), { count: '4' });
});

withSession('a unary method that gets no message, or two, fails alone', async (session) => {
  session.send({ call: 1, open: { method: COUNT } });
  session.send({ call: 1, halfClose: {} });
  assert.notEqual((await session.status(1)).code, 0);
  session.send({ call: 2, open: { method: COUNT } });
  session.send({ call: 2, message: {}, json: { limit: '10' } });
  session.send({ call: 2, message: {}, json: { limit: '10' } });
  session.send({ call: 2, halfClose: {} });
  assert.notEqual((await session.status(2)).code, 0);
  session.open(3, COUNT, { limit: '10' });
  assert.deepEqual(await session.message(3), { count: '4' });
});

const HELLO = JSON.stringify({ hello: { version: 1 } });
const malformed = [
  ['no JSON', ['{"hello"']],
  ['JSON that is no frame', ['[1,2]']],
  ['a call before the Hello', [JSON.stringify({ call: 1, open: { method: COUNT, complete: true } })]],
  ['a second Hello', [HELLO, HELLO]],
  [
    'a call that is opened twice',
    [
      HELLO,
      ...Array(2).fill(
        JSON.stringify({ call: 2, open: { method: WATCH, complete: true }, json: { limit: LONG } }),
      ),
    ],
  ],
  [
    'a number smaller than one before',
    [
      HELLO,
      ...[2, 1].map((call) => JSON.stringify({ call, open: { method: COUNT, complete: true }, json: {} })),
    ],
  ],
  ['a call numbered 0', [HELLO, JSON.stringify({ open: { method: COUNT, complete: true } })]],
  ['a frame without a kind', [HELLO, JSON.stringify({ call: 1 })]],
  ["a frame that is the server's to send", [HELLO, JSON.stringify({ call: 1, subscribed: { topic: 1 } })]],
];

for (const [what, messages] of malformed) {
  bounded(`${what} → 1002`, async () => {
    const session = await WireSession.connect(server.url);
    for (const message of messages) session.socket.send(message);
    assert.equal(await session.closeCode(), 1002);
  });
}

bounded('invalid UTF-8 in a text message → 1007', async () => {
  const session = await WireSession.open(server.url);
  session.socket.send(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), { binary: false });
  assert.equal(await session.closeCode(), 1007);
});

bounded('malformed protobuf in a binary message → 1002', async () => {
  const session = await WireSession.connect(server.url);
  session.socket.send(Buffer.from([0x1a, 0x7f, 0x08]));
  assert.equal(await session.closeCode(), 1002);
});

/** Upgrades by hand, sends bytes that `ws` would not, and reads the code of the close frame that answers. */
async function closeAfter(bytes) {
  const connection = await RawConnection.open(server.port);
  try {
    connection.write(
      `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
    );
    const { status, headers } = await connection.response({ bodiless: true });
    assert.equal(status, 101);
    assert.equal(headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    connection.write(Buffer.from(bytes));
    const [first, length] = await connection.bytes(2);
    assert.equal(first, 0x88, 'a close frame, unmasked');
    return (await connection.bytes(length)).readUInt16BE(0);
  } finally {
    connection.destroy();
  }
}

const MASK = [1, 2, 3, 4];
bounded('a message longer than the server takes → 1009, by its declared length alone', async () => {
  assert.equal(await closeAfter([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, ...MASK]), 1009);
});
bounded('a frame that is not masked → 1002', async () =>
  assert.equal(await closeAfter([0x81, 2, 0x7b, 0x7d]), 1002),
);
bounded('a reserved bit → 1002', async () => assert.equal(await closeAfter([0xc1, 0x80, ...MASK]), 1002));
bounded('an unknown opcode → 1002', async () => assert.equal(await closeAfter([0x83, 0x80, ...MASK]), 1002));
bounded('a continuation of nothing → 1002', async () =>
  assert.equal(await closeAfter([0x80, 0x80, ...MASK]), 1002),
);

withSession('a message in fragments, with a ping between them, is one message', async (session) => {
  const text = JSON.stringify({ call: 1, open: { method: COUNT, complete: true }, json: { limit: '100' } });
  const pong = new Promise((resolve) => session.socket.once('pong', (data) => resolve(data.toString())));
  session.socket.send(text.slice(0, 10), { fin: false });
  session.socket.ping('still there?');
  session.socket.send(text.slice(10), { fin: true });
  assert.equal(await pong, 'still there?');
  assert.deepEqual(await session.message(1), { count: '25' });
});

bounded('binary frames carry the same calls, the message last, as bytes', async () => {
  const { FrameSchema } = await generated.load('trireme/wire/v1/wire.proto');
  const { CountRequestSchema, CountReplySchema } = await generated.load('trireme/primes/v1/primes.proto');
  const encode = (kind, value, rest = {}) =>
    toBinary(FrameSchema, create(FrameSchema, { kind: { case: kind, value }, ...rest }));
  const codec = { encode: (bytes) => bytes, decode: (data) => fromBinary(FrameSchema, data) };
  const session = await WireSession.connect(server.url, { codec });
  session.send(encode('hello', { version: 1, agent: 'interop/1' }));
  assert.equal((await session.next()).kind.value.version, 1);
  const payload = toBinary(CountRequestSchema, create(CountRequestSchema, { limit: 1_000_000n }));
  session.send(encode('open', { method: COUNT, complete: true }, { call: 1, payload }));
  const answer = await session.next();
  assert.deepEqual([answer.call, answer.kind.case], [1, 'message']);
  assert.equal(fromBinary(CountReplySchema, answer.payload).count, 78498n);
  const { data, isBinary } = session.raw.at(1);
  assert.equal(isBinary, true);
  const tail = Buffer.concat([Buffer.from([(15 << 3) | 2, answer.payload.length]), answer.payload]);
  assert.deepEqual(Buffer.from(data).subarray(-tail.length), tail);
  const end = await session.next();
  assert.deepEqual([end.call, end.kind.case, end.kind.value.code], [1, 'status', 0]);
  assert.equal(await session.close(), 1000);
});

/** Joins, and settles once the session is subscribed: `{session, topic, self, history}`. */
async function enter(room, name) {
  const session = await WireSession.open(server.url);
  session.open(1, `${CHAT}/Join`, { room, name });
  const { welcome } = await session.message(1);
  const { subscribed } = await session.take((frame) => frame.call === 1 && frame.subscribed);
  return {
    session,
    topic: subscribed.topic,
    self: welcome.self,
    history: welcome.history ?? [],
    members: welcome.members,
  };
}

const saidIn = ({ session, topic }) =>
  session.take((frame) => frame.topic === topic && frame.json?.said).then(({ json }) => json.said);

bounded('a frame that is fanned out is the same, byte for byte, for all', async () => {
  const [ada, bob] = [await enter('bytes', 'Ada'), await enter('bytes', 'Bob')];
  assert.equal(ada.topic, bob.topic);
  ada.session.open(2, `${CHAT}/Say`, { room: 'bytes', member: ada.self.id, text: 'Ahoy ⚓ "all"' });
  assert.equal((await saidIn(ada)).text, 'Ahoy ⚓ "all"');
  assert.equal((await saidIn(bob)).name, 'Ada');
  const bytesOf = ({ session }) =>
    session.raw.map(({ data }) => data).filter((data) => data.includes('Ahoy'));
  assert.deepEqual(bytesOf(ada), bytesOf(bob));
  assert.equal(bytesOf(ada).length, 1);
  for (const { session } of [ada, bob]) session.socket.terminate();
});

bounded('who leaves is told to the others, by Leave, by cancel and by a lost connection', async () => {
  const stay = await enter('door', 'Stays');
  const leftNext = () =>
    stay.session
      .take((frame) => frame.topic === stay.topic && frame.json?.left)
      .then(({ json }) => json.left.name);
  const [one, two, three] = [
    await enter('door', 'One'),
    await enter('door', 'Two'),
    await enter('door', 'Three'),
  ];
  one.session.open(2, `${CHAT}/Leave`, { room: 'door', member: one.self.id });
  assert.equal((await one.session.status(2)).code, 0);
  assert.equal((await one.session.status(1)).code, 0, 'the Join ends with OK');
  assert.equal(await leftNext(), 'One');
  two.session.send({ call: 1, cancel: {} });
  assert.equal((await two.session.status(1)).code, CANCELLED);
  assert.equal(await leftNext(), 'Two');
  three.session.socket.terminate();
  assert.equal(await leftNext(), 'Three');
  stay.session.open(2, `${CHAT}/Who`, { room: 'door' });
  assert.deepEqual(
    (await stay.session.message(2)).members.map(({ name }) => name),
    ['Stays'],
  );
  for (const { session } of [stay, one, two]) session.socket.terminate();
});

bounded(
  '1,000 clients in one room each receive every one of 100 messages, in order, exactly once',
  async () => {
    const [CLIENTS, MESSAGES, AT_ONCE] = [1_000, 100, 50];
    const clients = [];
    while (clients.length < CLIENTS)
      clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => enterLightly('crowd')))));
    try {
      const [speaker] = clients;
      for (let n = 0; n < MESSAGES; n++) {
        const answered = speaker.say(n, `message ${n}`);
        if (n % 10 === 9) await answered;
      }
      await Promise.all(clients.map((client) => client.heardTheLast(`message ${MESSAGES - 1}`)));
      const expected = Array.from({ length: MESSAGES }, (_, n) => `message ${n}`);
      for (const client of clients) {
        await client.flush();
        assert.deepEqual(client.texts, expected);
      }
    } finally {
      for (const client of clients) client.socket.terminate();
    }
  },
  120_000,
);

/** A member that looks only at what is said, so that one process can be a thousand of them. */
async function enterLightly(room) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/rpc`, SUBPROTOCOL, {
    perMessageDeflate: false,
  });
  const client = { socket, texts: [], self: null };
  let wake = () => {};
  const until = async (reached) => {
    while (!reached()) await new Promise((resolve, reject) => ((wake = resolve), (client.fail = reject)));
  };
  let subscribed = false;
  const ended = new Set();
  socket.on('close', (code) => client.fail?.(new Error(`closed with ${code}`)));
  socket.on('error', (error) => client.fail?.(error));
  socket.on('message', (data) => {
    if (data.includes('"joined"')) return;
    const frame = JSON.parse(data);
    if (frame.json?.said) client.texts.push(frame.json.said.text);
    if (frame.json?.welcome) client.self = frame.json.welcome.self;
    subscribed ||= Boolean(frame.subscribed);
    if (frame.status) ended.add(frame.call);
    wake();
  });
  socket.on('open', () => {
    socket.send(JSON.stringify({ hello: { version: 1, initialCredit: 64 } }));
    socket.send(
      JSON.stringify({
        call: 1,
        open: { method: `${CHAT}/Join`, complete: true },
        json: { room, name: 'One of many' },
      }),
    );
  });
  const call = (number, method, message) => {
    socket.send(JSON.stringify({ call: number, open: { method, complete: true }, json: message }));
    return until(() => ended.has(number));
  };
  client.say = (n, text) => call(2 + n, `${CHAT}/Say`, { room, member: client.self.id, text });
  client.heardTheLast = (text) => until(() => client.texts.at(-1) === text);
  // One more round trip: a message that came twice would have come before its answer.
  client.flush = () => call(FLUSH, '/no.such.Service/Method', {});
  await until(() => subscribed);
  return client;
}

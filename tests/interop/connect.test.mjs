// The Connect protocol, spoken by a client that protoc-gen-es and connect-node made from our .proto files.
//
// Environment: TRIREME_SERVER (the program, required), TRIREME_PROTO_PATHS (folders of .proto files, with colons), PROTOC.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { bounded, TEST_MS, useServer } from './fixture.mjs';
import { generate, generateText } from './generate.mjs';

const PRIMES = 'trireme/primes/v1/primes.proto';
const CHAT = 'trireme/chat/v1/chat.proto';
/** The same service as a newer client might know it. */
const NEWER = `syntax = "proto3";
package trireme.primes.v1;
message Nothing {}
service Primes { rpc Factorise(Nothing) returns (Nothing); }`;

const server = useServer();
let generated;
let newer;
let Primes;
let Chat;
let NewerPrimes;

before(
  async () => {
    generated = await generate([PRIMES, CHAT, 'trireme/options/v1/options.proto']);
    newer = await generateText('newer.proto', NEWER);
    ({ Primes } = await generated.load(PRIMES));
    ({ Chat } = await generated.load(CHAT));
    ({ Primes: NewerPrimes } = await newer.load('newer.proto'));
  },
  { timeout: TEST_MS },
);

after(async () => {
  await generated?.remove();
  await newer?.remove();
});

const clientOf = (service, useBinaryFormat) =>
  createClient(service, createConnectTransport({ baseUrl: server.url, httpVersion: '1.1', useBinaryFormat }));

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ConnectError, String(error));
    return error;
  }
  assert.fail('the call should have failed');
}

for (const [format, binary] of [
  ['JSON', false],
  ['binary', true],
]) {
  bounded(`${format}: counts the primes up to a million`, async () => {
    assert.equal((await clientOf(Primes, binary).count({ limit: 1_000_000n })).count, 78498n);
  });

  bounded(`${format}: the default value of a field is understood`, async () => {
    assert.equal((await clientOf(Primes, binary).count({})).count, 0n);
  });

  bounded(`${format}: many calls at once each get their own answer`, async () => {
    const primes = clientOf(Primes, binary);
    const limits = [10n, 100n, 1_000n, 10_000n, 100_000n];
    const counts = await Promise.all(
      [...limits, ...limits, ...limits].map((limit) => primes.count({ limit })),
    );
    const expected = [4n, 25n, 168n, 1229n, 9592n];
    assert.deepEqual(
      counts.map(({ count }) => count),
      [...expected, ...expected, ...expected],
    );
  });

  bounded(`${format}: a method that the server does not know is unimplemented`, async () => {
    assert.equal((await failure(clientOf(NewerPrimes, binary).factorise({}))).code, Code.Unimplemented);
  });

  bounded(`${format}: a limit out of range is an invalid argument, named`, async () => {
    const error = await failure(clientOf(Primes, binary).count({ limit: 1_000_000_000_001n }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, /limit/);
  });

  bounded(`${format}: a deadline is kept`, async () => {
    const error = await failure(
      clientOf(Primes, binary).count({ limit: 1_000_000_000_000n }, { timeoutMs: 80 }),
    );
    assert.equal(error.code, Code.DeadlineExceeded);
  });

  bounded(`${format}: an empty room has nobody in it and nothing was said`, async () => {
    const chat = clientOf(Chat, binary);
    assert.deepEqual((await chat.who({ room: 'empty' })).members, []);
    assert.deepEqual((await chat.history({ room: 'empty' })).messages, []);
  });
}

bounded('a call that is aborted ends, and its worker is free again', async () => {
  const primes = clientOf(Primes, true);
  const abort = new AbortController();
  const running = failure(primes.count({ limit: 1_000_000_000_000n }, { signal: abort.signal }));
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200); // By now the server has the call.
  abort.abort();
  assert.equal((await running).code, Code.Canceled);
  assert.equal((await primes.count({ limit: 100n }, { timeoutMs: 20_000 })).count, 25n);
});

/** What the wire shows, where a client hides it. */
const post = (path, { type = 'application/json', body = '{}', headers = {}, method = 'POST' } = {}) =>
  fetch(server.url + path, {
    method,
    body: method === 'GET' ? undefined : body,
    headers: { 'content-type': type, ...headers },
  });
const COUNT = '/trireme.primes.v1.Primes/Count';

const refusals = [
  ['an unknown method', ['/trireme.primes.v1.Primes/Nope'], 501, 'unimplemented'],
  ['an unknown service', ['/trireme.primes.v1.Nope/Count'], 501, 'unimplemented'],
  ['malformed JSON', [COUNT, { body: '{"limit":' }], 400, 'invalid_argument'],
  ['a field of the wrong type', [COUNT, { body: '{"limit":"many"}' }], 400, 'invalid_argument', /limit/],
  ['a malformed message', [COUNT, { type: 'application/proto', body: '\x08' }], 400, 'invalid_argument'],
  [
    'a deadline of a moment',
    [COUNT, { body: '{"limit":"1000000000000"}', headers: { 'connect-timeout-ms': '50' } }],
    504,
    'deadline_exceeded',
  ],
  [
    'a deadline that is no number',
    [COUNT, { headers: { 'connect-timeout-ms': 'soon' } }],
    400,
    'invalid_argument',
  ],
];

for (const [what, request, status, code, message = /./] of refusals) {
  bounded(`on the wire: ${what} → ${status}, ${code}`, async () => {
    const response = await post(...request);
    assert.equal(response.status, status);
    assert.match(response.headers.get('content-type'), /^application\/json/);
    const error = await response.json();
    assert.equal(error.code, code);
    assert.match(error.message, message);
  });
}

bounded('on the wire: a content type that is not one of ours → 415', async () => {
  assert.equal((await post(COUNT, { type: 'text/plain' })).status, 415);
});

bounded('on the wire: 64-bit integers are strings, unknown fields are ignored', async () => {
  const response = await post(COUNT, { body: '{"limit":"1000000","colour":{"deep":["blue"]}}' });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.equal(await response.text(), '{"count":"78498"}');
});

// HTTP/1.1 byte by byte, from a plain socket.
//
// Environment: TRIREME_SERVER (the program, required).
import assert from 'node:assert/strict';
import { bounded, useServer } from './fixture.mjs';
import { RawConnection } from './raw.mjs';

const server = useServer();
const COUNT = '/trireme.primes.v1.Primes/Count';

const get = (path, extra = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${extra}\r\n`;
const head = (path, extra) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${extra}\r\n`;
const post = (path, body) => head(path, `Content-Length: ${Buffer.byteLength(body)}\r\n`) + body;
const countOf = (limit) => post(COUNT, JSON.stringify({ limit: String(limit) }));

async function on(connection, use) {
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
}
const connected = async (use) => on(await RawConnection.open(server.port), use);

bounded('pipelined requests are answered in their order, whatever each takes', () =>
  connected(async (connection) => {
    connection.write(
      countOf(1_000_000_000) +
        get('/healthz') +
        countOf(100) +
        get('/style.css') +
        get('/nope') +
        get('/healthz'),
    );
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await connection.response());
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 404, 200],
    );
    assert.equal(answers[0].body, '{"count":"50847534"}');
    assert.equal(answers[1].body, 'ok\n');
    assert.equal(answers[2].body, '{"count":"25"}');
    assert.match(answers[3].headers['content-type'], /^text\/css/);
  }),
);

bounded('a request in single bytes is the same request', () =>
  connected(async (connection) => {
    for (const byte of countOf(1000)) await connection.write(byte);
    assert.equal((await connection.response()).body, '{"count":"168"}');
  }),
);

bounded('a connection is kept for the next request, and closed when asked', () =>
  connected(async (connection) => {
    connection.write(get('/healthz'));
    assert.equal((await connection.response()).body, 'ok\n');
    connection.write(get('/healthz', 'Connection: close\r\n'));
    const last = await connection.response();
    assert.equal(last.body, 'ok\n');
    assert.match(last.headers.connection ?? '', /close/i);
    await connection.ended();
  }),
);

bounded('HTTP/1.0 closes unless asked to keep', () =>
  connected(async (connection) => {
    connection.write('GET /healthz HTTP/1.0\r\n\r\n');
    assert.equal((await connection.response()).status, 200);
    await connection.ended();
  }),
);

bounded('HEAD has the headers of GET and no body', () =>
  connected(async (connection) => {
    connection.write(
      get('/style.css') + 'HEAD /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n' + get('/healthz'),
    );
    const whole = await connection.response();
    const bare = await connection.response({ bodiless: true });
    assert.equal(bare.status, 200);
    assert.equal(bare.headers['content-length'], whole.headers['content-length']);
    assert.equal((await connection.response()).body, 'ok\n');
  }),
);

bounded('a chunked upload in pieces, with an extension and a trailer, is one body', () =>
  connected(async (connection) => {
    await connection.write(head(COUNT, 'Transfer-Encoding: chunked\r\n'));
    for (const piece of [
      '5\r\n{"lim',
      '\r\n',
      'A;name=value\r',
      '\nit":"10000\r\n',
      '2\r\n"}',
      '\r\n0\r\nX-Trailer: 1\r\n',
      '\r\n',
    ]) {
      await connection.write(piece);
    }
    assert.equal((await connection.response()).body, '{"count":"1229"}');
    connection.write(get('/healthz'));
    assert.equal((await connection.response()).body, 'ok\n');
  }),
);

bounded('the page is served, with its types', () =>
  connected(async (connection) => {
    connection.write(get('/') + get('/app.js') + get('/icon.svg'));
    const [page, script, icon] = [
      await connection.response(),
      await connection.response(),
      await connection.response(),
    ];
    assert.deepEqual([page.status, script.status, icon.status], [200, 200, 200]);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(script.headers['content-type'], /^(text|application)\/javascript/);
    assert.match(icon.headers['content-type'], /^image\/svg\+xml/);
    assert.match(page.body, /<title>Trireme<\/title>/);
  }),
);

bounded("no path leads out of the page's folder", async () => {
  for (const path of [
    '/../CMakeLists.txt',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2f..%2fetc/passwd',
    '//etc/passwd',
    '/.%00./x',
  ]) {
    await connected(async (connection) => {
      connection.write(get(path));
      const { status } = await connection.response();
      assert.ok(status === 404 || status === 400, `${path} → ${status}`);
    });
  }
});

/** What is refused: [what, request, the statuses that may answer it, whether the connection must then end]. */
const refused = [
  ['a path that is not there', get('/nope'), [404], false],
  ['a method that a route does not have', post('/healthz', '{}'), [405], false],
  ['a method that the page does not have', 'DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n', [405], false],
  ['an over-long header', get('/healthz', `X-Long: ${'x'.repeat(100_000)}\r\n`), [431], true],
  ['too many headers', get('/healthz', 'X-Many: 1\r\n'.repeat(5_000)), [431], true],
  ['an over-long target', get(`/${'x'.repeat(100_000)}`), [414, 431], true],
  [
    'an over-long body, as declared',
    `POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n`,
    [413],
    true,
  ],
  ['an over-long body on an RPC route', head(COUNT, 'Content-Length: 9999999999\r\n'), [429], true],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', [400], true],
  ['two lengths', head(COUNT, 'Content-Length: 2\r\nContent-Length: 3\r\n') + '{} ', [400], true],
  [
    'a length beside a transfer coding',
    head(COUNT, 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n') + '{}',
    [400],
    true,
  ],
  ['a length that is no number', head(COUNT, 'Content-Length: +2\r\n') + '{}', [400], true],
  ['a chunk size that is no number', head(COUNT, 'Transfer-Encoding: chunked\r\n') + 'zz\r\n', [400], true],
  ['a blank before the colon', get('/healthz', 'X-Odd : 1\r\n'), [400], true],
  ['a folded header', get('/healthz', 'X-Odd: 1\r\n more\r\n'), [400], true],
  ['something that is not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', [400], true],
  ['a version that is not spoken', 'GET / HTTP/3.7\r\nHost: localhost\r\n\r\n', [400, 505], true],
];

for (const [what, request, statuses, ends] of refused) {
  bounded(`${what} → ${statuses.join(' or ')}`, () =>
    connected(async (connection) => {
      connection.write(request);
      const answer = await connection.response();
      assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.body}`);
      if (answer.status === 405) assert.ok(answer.headers.allow, 'Allow says what there is');
      if (answer.status === 429) assert.equal(JSON.parse(answer.body).code, 'resource_exhausted');
      if (ends) return connection.ended();
      connection.write(get('/healthz'));
      assert.equal((await connection.response()).body, 'ok\n');
    }),
  );
}

bounded('a client that goes away in the middle of a request harms nobody', async () => {
  for (const part of [
    'GET /hea',
    head(COUNT, 'Content-Length: 20\r\n') + '{"li',
    head(COUNT, 'Transfer-Encoding: chunked\r\n') + 'ff\r\n{',
  ]) {
    await connected((connection) => connection.write(part));
  }
  await connected(async (connection) => {
    connection.write(countOf(1_000_000_000_000));
  });
  await connected(async (connection) => {
    connection.write(countOf(10));
    assert.equal((await connection.response()).body, '{"count":"4"}');
  });
});

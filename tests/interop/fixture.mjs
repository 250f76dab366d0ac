// One server for a test file, on a free port with data of its own, and the proof that it still serves.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { startServer } from '../browser/server.mjs';

/** No test may take longer unless it says so. */
export const TEST_MS = 30_000;

export const bounded = (name, body, timeout = TEST_MS) => test(name, { timeout }, body);

/** Declares the hooks; `.url` and `.port` are set once they have run. After every test the next client must be served. */
export function useServer() {
  const fixture = { url: '', port: 0 };
  let server;
  let data;
  before(
    async () => {
      data = await mkdtemp(path.join(tmpdir(), 'trireme-data-'));
      server = await startServer({ data });
      fixture.url = server.url;
      fixture.port = Number(new URL(server.url).port);
    },
    { timeout: TEST_MS },
  );
  afterEach(() => assertServed(fixture.url), { timeout: TEST_MS });
  after(
    async () => {
      const code = await server?.stop();
      await rm(data, { recursive: true, force: true });
      assert.equal(code, 0, 'SIGTERM drains and exits with 0');
    },
    { timeout: TEST_MS },
  );
  return fixture;
}

async function assertServed(url) {
  const response = await fetch(`${url}/healthz`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(10_000),
  });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), 'ok\n');
}

// primes_server.mjs WORKERS   The peer of trireme_server in the responsiveness benchmark: Node's HTTP server, with
// Piscina counting primes. A client that goes away cancels its count.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import Piscina from 'piscina';

const primesUpTo = (limit) => {
  const composite = new Uint8Array(limit + 1);
  const found = [];
  for (let number = 2; number <= limit; ++number) {
    if (composite[number]) continue;
    found.push(number);
    for (let each = number * number; each <= limit; each += number) composite[each] = 1;
  }
  return found;
};

const segment = 1 << 20;

/** The job: counts in segments, each sieved by the primes up to the root of `limit`. */
export default (limit) => {
  const small = primesUpTo(Math.floor(Math.sqrt(limit)));
  const composite = new Uint8Array(segment);
  let count = 0;
  for (let begin = 2; begin <= limit; begin += segment) {
    const end = Math.min(limit + 1, begin + segment);
    composite.fill(0);
    for (const prime of small) {
      const first = Math.max(prime * prime, Math.ceil(begin / prime) * prime);
      for (let each = first; each < end; each += prime) composite[each - begin] = 1;
    }
    for (let each = begin; each < end; ++each) count += 1 - composite[each - begin];
  }
  return count;
};

const bodyOf = async (request) => {
  let text = '';
  for await (const piece of request) text += piece;
  return JSON.parse(text);
};

const answer = (response, text) => {
  response.writeHead(200, { 'Content-Length': text.length });
  response.end(text);
};

const count = async (pool, request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { limit } = await bodyOf(request);
  const found = await pool.run(Number(limit), { signal: gone.signal });
  answer(response, JSON.stringify({ count: String(found) }));
};

const serve = (workers) => {
  const pool = new Piscina({ filename: fileURLToPath(import.meta.url), minThreads: workers, maxThreads: workers });
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return answer(response, 'ok\n');
    return count(pool, request, response).catch((failure) => {
      if (failure.name !== 'AbortError') throw failure;
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
};

if (isMainThread) serve(Number(process.argv[2]));

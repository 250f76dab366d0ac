// The rows of Piscina, whose one style is the promise. Its threads run where the system puts them, on both CPUs.
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import Piscina from 'piscina';
import { crowd, expect, megabyte, outstanding, run, seconds } from './rows.mjs';

/** The job: something that shows that a worker was there. */
export default (message) => {
  if (typeof message === 'number') return message + 1;
  const { value, transfers } = message;
  ++value[0];
  return transfers ? Piscina.move(value) : value;
};

const begin = (threads) => () =>
  new Piscina({
    filename: fileURLToPath(import.meta.url),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: threads === 1 ? outstanding : 1,
  });

const roundTrips = async (pool, count, laps) => {
  const from = performance.now();
  laps.start();
  for (let left = count; left > 0; --left) {
    expect((await pool.run(0)) === 1, 'the work of a round trip');
    laps.lap();
  }
  return seconds(from);
};

const megabytes = (transfers) => async (pool, count, laps) => {
  let value = new Uint8Array(megabyte);
  const from = performance.now();
  laps.start();
  for (let left = count; left > 0; --left) {
    value = await pool.run({ value, transfers }, { transferList: transfers ? [value.buffer] : [] });
    laps.lap();
    expect(value.length === megabyte && value[0] === 1, 'the work of a round trip');
    value[0] = 0;
  }
  return seconds(from);
};

const fanOut = async (pool, count, laps) => {
  const from = performance.now();
  laps.start();
  for (let left = count; left > 0; --left) {
    const values = await Promise.all(Array.from({ length: crowd }, () => pool.run(0)));
    laps.lap();
    expect(values.every((value) => value === 1), 'the work of a fan-out');
  }
  return seconds(from);
};

const manyOutstanding = (pool, count) =>
  new Promise((resolve, reject) => {
    let toSend = count;
    let left = count;
    const from = performance.now();
    const cameBack = (value) => {
      expect(value === 1, 'the work of an answer');
      if (toSend > 0) send();
      if (--left === 0) resolve(seconds(from));
    };
    const send = () => {
      --toSend;
      pool.run(0).then(cameBack).catch(reject);
    };
    for (let each = 0; each < outstanding && toSend > 0; ++each) send();
  });

const awaited = async (pool, count) => {
  let sum = 0;
  const from = performance.now();
  const ask = async () => {
    for (let left = count / outstanding; left > 0; --left) {
      const value = await pool.run(0); // not in the sum itself, which would be read before
      sum += value;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, ask));
  expect(sum === count, 'every job that was awaited');
  return seconds(from);
};

const row = (name, count, work, threads = 1) => ({
  name, count, work, begin: begin(threads), end: (pool) => pool.destroy(),
});
const rows = [
  row('round trip/job, asleep', 10_000, roundTrips),
  row('fan-out/4 workers, asleep', 5_000, fanOut, crowd),
  row('1 MiB/handed to a job', 1_000, megabytes(true)),
  row('1 MiB/plainly given to a job', 1_000, megabytes(false)),
  row('1,000 outstanding/jobs', 20_000, manyOutstanding),
  row('1,000 outstanding/jobs, promises', 20_000, manyOutstanding),
  row('1,000 outstanding/jobs, co_await', 100_000, awaited),
];

if (isMainThread) await run(rows);

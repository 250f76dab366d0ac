// The rows of Node's own worker_threads. Its threads run where the system puts them, on both CPUs.
import { MessageChannel, Worker, isMainThread, parentPort } from 'node:worker_threads';
import { crowd, expect, megabyte, outstanding, run, seconds } from './rows.mjs';

/** What a worker does with a value: something that shows that it was there. */
const work = (value) => {
  if (typeof value === 'number') return value + 1;
  ++value[0];
  return value;
};

const beginWorker = async () => {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => worker.once('message', resolve));
  return worker;
};
const beginWorkers = (count) => () => Promise.all(Array.from({ length: count }, beginWorker));
const endWorkers = (workers) => Promise.all(workers.map((each) => each.terminate()));

const roundTrips = ([worker], count, laps) =>
  new Promise((resolve) => {
    let left = count;
    const begin = performance.now();
    worker.removeAllListeners('message').on('message', (value) => {
      laps.lap();
      expect(value === 1, 'the work of a round trip');
      if (--left > 0) worker.postMessage(0);
      else resolve(seconds(begin));
    });
    laps.start();
    worker.postMessage(0);
  });

const megabytes = (transfers) => ([worker], count, laps) =>
  new Promise((resolve) => {
    let left = count;
    const post = (value) => worker.postMessage({ value, transfers }, transfers ? [value.buffer] : []);
    const begin = performance.now();
    worker.removeAllListeners('message').on('message', (value) => {
      laps.lap();
      expect(value.length === megabyte && value[0] === 1, 'the work of a round trip');
      value[0] = 0;
      if (--left > 0) post(value);
      else resolve(seconds(begin));
    });
    laps.start();
    post(new Uint8Array(megabyte));
  });

const fanOut = (workers, count, laps) =>
  new Promise((resolve) => {
    let left = count;
    let away = 0;
    const begin = performance.now();
    const send = () => {
      away = workers.length;
      for (const each of workers) each.postMessage(0);
    };
    for (const each of workers) {
      each.removeAllListeners('message').on('message', (value) => {
        expect(value === 1, 'the work of a fan-out');
        if (--away > 0) return;
        laps.lap();
        if (--left > 0) send();
        else resolve(seconds(begin));
      });
    }
    laps.start();
    send();
  });

const manyOutstanding = ([worker], count) =>
  new Promise((resolve) => {
    let toSend = count;
    let left = count;
    const send = () => {
      --toSend;
      worker.postMessage(0);
    };
    const begin = performance.now();
    worker.removeAllListeners('message').on('message', (value) => {
      expect(value === 1, 'the work of an answer');
      if (toSend > 0) send();
      if (--left === 0) resolve(seconds(begin));
    });
    for (let each = 0; each < outstanding && toSend > 0; ++each) send();
  });

/** Two workers, each with an end of a channel, send each other a number that counts down. */
const beginPlayers = async () => {
  const players = await beginWorkers(2)();
  const { port1, port2 } = new MessageChannel();
  players[0].postMessage({ port: port1 }, [port1]);
  players[1].postMessage({ port: port2 }, [port2]);
  return players;
};
const pingPong = (players, count) =>
  new Promise((resolve) => {
    const begin = performance.now();
    for (const each of players) each.removeAllListeners('message').on('message', () => resolve(seconds(begin)));
    players[0].postMessage({ play: count });
  });

const stopChecks = (flag, count) => {
  const begin = performance.now();
  let looked = 0;
  while (looked < count && Atomics.load(flag, 0) === 0) ++looked;
  expect(looked === count, 'every look');
  return seconds(begin);
};

const withWorkers = (name, count, threads, work) => ({
  name, count, work, begin: beginWorkers(threads), end: endWorkers,
});
const rows = [
  withWorkers('round trip/message, asleep', 10_000, 1, roundTrips),
  withWorkers('fan-out/4 workers, asleep', 5_000, crowd, fanOut),
  withWorkers('1 MiB/handed to a worker', 1_000, 1, megabytes(true)),
  withWorkers('1 MiB/plainly posted to a worker', 1_000, 1, megabytes(false)),
  withWorkers('1,000 outstanding/messages', 100_000, 1, manyOutstanding),
  {
    name: 'stop/check in a job',
    count: 1_000_000,
    begin: () => new Int32Array(new SharedArrayBuffer(4)),
    work: stopChecks,
  },
  { name: 'actors/ping-pong, two workers', count: 20_000, begin: beginPlayers, work: pingPong, end: endWorkers },
];

const playOn = (port) => {
  port.on('message', (left) => {
    if (left > 0) port.postMessage(left - 1);
    else parentPort.postMessage('over');
  });
};

let channel;
const serve = (message) => {
  if (typeof message === 'number') return parentPort.postMessage(work(message));
  if (message.port) return playOn((channel = message.port));
  if (message.play) return channel.postMessage(message.play);
  const value = work(message.value);
  return parentPort.postMessage(value, message.transfers ? [value.buffer] : []);
};

if (isMainThread) {
  await run(rows);
} else {
  parentPort.on('message', serve);
  parentPort.postMessage('ready');
}

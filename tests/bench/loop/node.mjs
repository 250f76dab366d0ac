// Node's rows, in the shape of Google Benchmark's JSON. What each row does stands in README.md.
import { MessageChannel, Worker, isMainThread, parentPort } from 'node:worker_threads';

const quick = process.argv.includes('--quick');
const burstSize = 1000;
const seconds = (begin) => (performance.now() - begin) / 1000;
const expect = (done, what) => {
  if (!done) throw new Error(`not done: ${what}`);
};
/** Minute-long delays, 10,000 different ones. */
const randomDelay = (number) => 60_000 + (Math.imul(number, 2_654_435_761) >>> 7) % 10_000;

const burst = (arm) => async (count) => {
  const begin = performance.now();
  for (let armed = 0; armed < count; armed += burstSize) {
    await new Promise((resolve) => {
      let left = burstSize;
      const called = () => {
        if (--left === 0) resolve();
      };
      for (let each = 0; each < burstSize; ++each) arm(called);
    });
  }
  return seconds(begin);
};

const chain = (arm) => (count) =>
  new Promise((resolve) => {
    let left = count;
    const begin = performance.now();
    const step = () => {
      if (--left > 0) arm(step);
      else resolve(seconds(begin));
    };
    arm(step);
  });

const thenChain = async (count) => {
  const begin = performance.now();
  let sum = 0;
  for (let linked = 0; linked < count; linked += burstSize) {
    let settle;
    let last = new Promise((resolve) => (settle = resolve));
    for (let each = 0; each < burstSize; ++each) last = last.then((value) => value + 1);
    settle(0);
    sum += await last;
  }
  expect(sum === count, 'every link of a promise chain');
  return seconds(begin);
};

const awaiting = (one) => async (count) => {
  const begin = performance.now();
  let sum = 0;
  for (let each = 0; each < count; ++each) sum += await one();
  expect(sum === count, 'every await');
  return seconds(begin);
};

const timersCancelled = (delay) => (count) => {
  const begin = performance.now();
  const armed = [];
  for (let each = 0; each < count; ++each) armed.push(setTimeout(() => {}, delay(each)));
  for (const each of armed) clearTimeout(each);
  return seconds(begin);
};

const timersSingly = (count) => {
  const begin = performance.now();
  for (let each = 0; each < count; ++each) clearTimeout(setTimeout(() => {}, 60_000));
  return seconds(begin);
};

const idle = [];
const timersRefreshed = (count) => {
  while (idle.length < count) idle.push(setTimeout(() => {}, 60_000));
  const begin = performance.now();
  for (let each = 0; each < count; ++each) idle[(each * 1_000_003) % count].refresh();
  return seconds(begin);
};
const forgetIdle = () => {
  for (const each of idle.splice(0)) clearTimeout(each);
};

const timersFired = (delay, spin) => (count) =>
  new Promise((resolve) => {
    let left = count;
    let armedIn = 0;
    let begin = performance.now();
    const called = () => {
      if (--left === 0) resolve(armedIn + seconds(begin));
    };
    for (let each = 0; each < count; ++each) setTimeout(called, delay(each));
    armedIn = seconds(begin);
    for (begin = performance.now(); seconds(begin) < spin; );
    begin = performance.now();
  });

const ownPosts = async (count) => {
  const { port1, port2 } = new MessageChannel();
  const begin = performance.now();
  for (let armed = 0; armed < count; armed += burstSize) {
    await new Promise((resolve) => {
      let left = burstSize;
      port2.onmessage = () => {
        if (--left === 0) resolve();
      };
      for (let each = 0; each < burstSize; ++each) port1.postMessage(0);
    });
  }
  const took = seconds(begin);
  port1.close();
  return took;
};

const producers = (threads) => async (count) => {
  const crowd = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(crowd.map((each) => new Promise((resolve) => each.once('message', resolve))));
  const took = await new Promise((resolve) => {
    let left = Math.floor(count / threads) * threads;
    const begin = performance.now();
    for (const each of crowd) {
      each.on('message', () => {
        if (--left === 0) resolve(seconds(begin));
      });
      each.postMessage({ posts: Math.floor(count / threads) });
    }
  });
  await Promise.all(crowd.map((each) => each.terminate()));
  return took;
};

const roundTrips = async (count) => {
  const echo = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => echo.once('message', resolve));
  const took = await new Promise((resolve) => {
    let left = count;
    const begin = performance.now();
    echo.on('message', () => {
      if (--left > 0) echo.postMessage({ posts: 1 });
      else resolve(seconds(begin));
    });
    echo.postMessage({ posts: 1 });
  });
  await echo.terminate();
  return took;
};

const rows = [
  ['immediates/burst', 100_000, burst(setImmediate)],
  ['immediates/chain', 100_000, chain(setImmediate)],
  ['ticks/burst', 100_000, burst(process.nextTick)],
  ['ticks/chain', 1_000_000, chain(process.nextTick)],
  ['microtasks/burst', 100_000, burst(queueMicrotask)],
  ['microtasks/chain', 1_000_000, chain(queueMicrotask)],
  ['promises/then chain', 100_000, thenChain],
  ['co_await/ready promise', 100_000, awaiting(() => Promise.resolve(1))],
  ['co_await/task', 100_000, awaiting(async () => 1)],
  ['timers/armed and cancelled singly', 100_000, timersSingly],
  ['timers/10^6 armed and cancelled, one delay', 1_000_000, timersCancelled(() => 60_000)],
  ['timers/10^6 armed and cancelled, random delays', 1_000_000, timersCancelled(randomDelay)],
  ['timers/refreshed among 10^6', 1_000_000, timersRefreshed, forgetIdle],
  ['timers/10^5 fired, zero delay', 100_000, timersFired(() => 0, 0.0)],
  ['timers/10^5 fired, 8 delays', 100_000, timersFired((number) => 1 + (number % 8), 0.009)],
  ['posts/own thread', 100_000, ownPosts],
  ['posts/1 producer', 200_000, producers(1)],
  ['posts/4 producers', 200_000, producers(4)],
  ['posts/round trip, one CPU', 10_000, roundTrips],
];

const least = 0.3; // seconds a row is measured for

const main = async () => {
  const option = process.argv.find((each) => each.startsWith('--benchmark_filter='));
  const wanted = new RegExp(option ? option.slice(option.indexOf('=') + 1) : '');
  const benchmarks = [];
  for (const [name, full, work, after] of rows) {
    if (!wanted.test(name)) continue;
    const count = quick ? full / 100 : full;
    await work(count);
    let spent = 0;
    let done = 0;
    do {
      spent += await work(count);
      done += count;
    } while (!quick && spent < least);
    after?.();
    benchmarks.push({ name, items_per_second: done / spent });
  }
  console.log(JSON.stringify({ benchmarks }));
};

if (isMainThread) {
  await main();
} else {
  parentPort.on('message', ({ posts }) => {
    for (let left = posts; left > 0; --left) parentPort.postMessage(0);
  });
  parentPort.postMessage('ready');
}

// What Node's two contestants share: rows that are counted and timed, printed in the shape of Google Benchmark's JSON.
export const outstanding = 1000;
export const crowd = 4;
export const megabyte = 1 << 20;

const least = 0.3; // seconds a row is measured for
const quick = process.argv.includes('--quick');

export const expect = (done, what) => {
  if (!done) throw new Error(`not done: ${what}`);
};
export const seconds = (begin) => (performance.now() - begin) / 1000;

/** How long each operation took, for rows where one follows the other. */
class LapTimes {
  #last = 0;
  #milliseconds = [];
  start() {
    this.#last = performance.now();
  }
  lap() {
    const now = performance.now();
    this.#milliseconds.push(now - this.#last);
    this.#last = now;
  }
  get taken() {
    return this.#milliseconds.length > 0;
  }
  at(part) {
    return quantile(this.#milliseconds, part) * 1e6;
  }
}

const quantile = (values, part) => {
  values.sort((one, other) => one - other);
  return values[Math.floor(part * (values.length - 1))];
};

const measure = async ({ name, count: full, work }, peer) => {
  const count = quick ? Math.max(full / 100, 1) : full;
  for (let warm = 0; warm < 2; ++warm) await work(peer, count, new LapTimes());
  const laps = new LapTimes();
  const rounds = [];
  let spent = 0;
  do {
    const took = await work(peer, count, laps);
    rounds.push(count / took);
    spent += took;
  } while (!quick && spent < least);
  const result = { name, items_per_second: (rounds.length * count) / spent };
  result.median_round = quantile(rounds, 0.5);
  result.worst_round = rounds[0];
  if (laps.taken) Object.assign(result, { p50_ns: laps.at(0.5), p99_ns: laps.at(0.99) });
  return result;
};

/**
 * Runs the rows that --benchmark_filter names: `{ name, count, begin, work, end }`. `begin()` makes the peer,
 * `work(peer, count, laps)` does as many operations and tells the seconds that they took, `end(peer)` ends it.
 */
export const run = async (rows) => {
  const option = process.argv.find((each) => each.startsWith('--benchmark_filter='));
  const wanted = new RegExp(option ? option.slice(option.indexOf('=') + 1) : '');
  const benchmarks = [];
  for (const row of rows.filter(({ name }) => wanted.test(name))) {
    const peer = await row.begin?.();
    benchmarks.push(await measure(row, peer));
    await row.end?.(peer);
  }
  console.log(JSON.stringify({ benchmarks }));
};

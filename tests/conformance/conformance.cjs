// node conformance.cjs COMMAND --ours PROGRAM --clock LIBRARY [--seed N] [--count N]
//
//   record     writes expected/ anew from what this Node does
//   live       the committed programs, by this Node and by us, now
//   generated  programs made from a seed; what differs is made as small as it gets
//
// Exit code: 0 where nothing differs, 1 where something does, 77 where this Node cannot be compared with.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { generate } = require('./generate.cjs');
const { observe, inFolder } = require('./observe.cjs');
const { shrink } = require('./shrink.cjs');

const seedsUpTo = (last) => Array.from({ length: last + 1 }, (_, seed) => seed);
const programFolder = path.join(__dirname, 'programs');
const expectedFolder = path.join(__dirname, 'expected');

function readPrograms() {
  const files = fs.readdirSync(programFolder).filter((name) => name.endsWith('.json'));
  return files.map((file) => [file, JSON.parse(fs.readFileSync(path.join(programFolder, file), 'utf8'))]);
}

/** An order a line, so that what a new version of Node does is seen in a diff. */
function writeExpected(folder, file, orders) {
  const lineOf = (order) => `      ${JSON.stringify(order)}`;
  const entries = [...orders].map(([name, seen]) => `    ${JSON.stringify(name)}: [\n${seen.map(lineOf).join(',\n')}\n    ]`);
  const head = `{\n  "node": "${process.version}",\n  "orders": {\n`;
  fs.writeFileSync(path.join(folder, file), `${head}${entries.join(',\n')}\n  }\n}\n`);
}

/** Our verdict on `programs`, whose orders Node has shown: what our program prints, and who differs. */
function compare(ours, lists) {
  return inFolder(async (folder) => {
    const programs = path.join(folder, 'programs');
    const expected = path.join(folder, 'expected');
    fs.mkdirSync(programs);
    fs.mkdirSync(expected);
    for (const [file, list, orders] of lists) {
      fs.writeFileSync(path.join(programs, file), JSON.stringify(list));
      writeExpected(expected, file, orders);
    }
    const options = { encoding: 'utf8', maxBuffer: 1 << 28 };
    const { stdout, stderr, status, error } = spawnSync(ours, [programs, expected], options);
    if (error || status > 1 || status === null) throw new Error(`${ours}: ${error ?? stderr}`);
    const different = [...stdout.matchAll(/^different: (.*)$/gm)].map(([, name]) => name);
    return { text: stdout, different };
  });
}

const everything = { seeds: [...seedsUpTo(12), 'real'], rounds: 2 };

async function record({ clock }) {
  for (const [file, programs] of readPrograms()) {
    const orders = await observe(programs, { ...everything, seeds: [...everything.seeds, 'real', 'real'], clock });
    writeExpected(expectedFolder, file, orders);
    console.log(`${file}: ${programs.length} programs`);
  }
  return 0;
}

async function observeAll(lists, options) {
  const observed = [];
  for (const [file, programs] of lists) observed.push([file, programs, await observe(programs, options)]);
  return observed;
}

/** More and more seeds for those that still differ: the set of orders of a long program is large. */
async function compareAll(lists, options) {
  const { ours, clock } = options;
  const observed = await observeAll(lists, options);
  let verdict = await compare(ours, observed);
  for (let first = 100; first < 1000 && verdict.different.length > 0; first *= 2) {
    const names = new Set(verdict.different);
    for (const [, programs, orders] of observed) {
      const again = programs.filter(({ name }) => names.has(name));
      const more = await observe(again, { clock, seeds: seedsUpTo(15).map((seed) => first + seed), rounds: 20 });
      for (const [name, seen] of more) {
        orders.set(name, [...new Set([...orders.get(name), ...seen])]);
      }
    }
    verdict = await compare(ours, observed);
  }
  return verdict;
}

async function live(options) {
  const { text, different } = await compareAll(readPrograms(), { ...options, ...everything });
  process.stdout.write(text);
  return different.length === 0 ? 0 : 1;
}

async function generated(options) {
  const programs = generate(options.seed, options.count);
  console.log(`generated: --seed ${options.seed} --count ${options.count}`);
  const asked = { ...options, seeds: seedsUpTo(8), rounds: 2 };
  const { text, different } = await compareAll([['generated.json', programs]], asked);
  process.stdout.write(text.slice(text.lastIndexOf('\n', text.length - 2) + 1));
  for (const name of different.slice(0, 3)) {
    const differs = async (candidates) => {
      const seen = await observeAll([['shrunk.json', candidates]], { ...options, seeds: seedsUpTo(2), rounds: 4 });
      return compare(options.ours, seen);
    };
    const { program, said } = await shrink(programs.find((each) => each.name === name), differs);
    console.log(`${said}${JSON.stringify(program, null, 1)}`);
  }
  return different.length === 0 ? 0 : 1;
}

/** A Node that is linked statically, say, keeps its own clock. */
function clockStandsStill(clock) {
  const reading = 'const then = process.hrtime.bigint(); process.exit(process.hrtime.bigint() === then ? 0 : 1)';
  const env = { ...process.env, LD_PRELOAD: clock, CONFORMANCE_SEED: '0' };
  return spawnSync(process.execPath, ['-e', reading], { env }).status === 0;
}

function whySkipped(clock) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    return `Node ${process.version}: its order is compared with from Node 20 on`;
  }
  return clockStandsStill(clock) ? undefined : 'this Node does not take the simulated clock';
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      ours: { type: 'string' },
      clock: { type: 'string' },
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '300' },
    },
  });
  const commands = { record, live, generated };
  const command = commands[positionals[0]];
  if (!command) throw new Error(`no such command; there are ${Object.keys(commands).join(', ')}`);
  const reason = whySkipped(values.clock);
  if (reason) {
    console.log(`skipped: ${reason}`);
    return 77;
  }
  return command({ ...values, seed: Number(values.seed), count: Number(values.count) });
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error.stack);
    process.exitCode = 2;
  },
);

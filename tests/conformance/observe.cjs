// What Node shows: programs done by processes of Node, under the simulated clock and the real one.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const inNode = path.join(__dirname, 'in_node.cjs');
const chunkSize = 250;
/** A process each costs, and what is about its end hardly depends on time. */
const seedsAlone = 2;

function inFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  return work(folder).finally(() => fs.rmSync(folder, { recursive: true }));
}

function runNode(args, environment) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let said = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (said += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ out, said, code }));
  });
}

/** For each program of a batch the orders seen. */
async function runBatch({ file, alone }, rounds, environment) {
  const args = [inNode, file, `${rounds}`];
  if (alone) {
    const { out, code } = await runNode([...args, '0'], environment);
    return [[[...out.split('\n').slice(0, -1), `exit ${code}`].join(', ')]];
  }
  const { out, said, code } = await runNode(args, environment);
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}\n${said}`);
  return JSON.parse(out);
}

/** Calls `work` for each item, `width` at a time. */
async function inParallel(items, width, work) {
  const left = items.entries();
  const worker = async () => {
    for (const [, item] of left) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Not for the machine's own clock. */
const delaysOf = (program) => [...JSON.stringify(program).matchAll(/"timeout":(\d+)/g)].map(([, delay]) => delay);
const takesAges = (program) => delaysOf(program).some((delay) => delay > 2000);
const hasFiles = (program) => JSON.stringify(program).includes('"file":');

/** Programs that one process may do one after another; each of the others alone. */
function batches(programs) {
  const together = [[], [], []];
  const made = [];
  for (const program of programs) {
    if (program.alone) made.push({ programs: [program], alone: true });
    else together[takesAges(program) ? 2 : hasFiles(program) ? 1 : 0].push(program);
  }
  for (const group of together) {
    for (let begin = 0; begin < group.length; begin += chunkSize) {
      made.push({ programs: group.slice(begin, begin + chunkSize), alone: false });
    }
  }
  return made;
}

function environmentOf(seed, batch, clock) {
  if (seed === 'real') return {};
  const patience = batch.programs.some(hasFiles) ? '10' : '0';
  return { LD_PRELOAD: clock, CONFORMANCE_SEED: `${seed}`, CONFORMANCE_PATIENCE: patience };
}

/**
 * A map from each program's name to the orders seen, the one under the clock that stands still first. Seeds: 0 is
 * the clock that stands still, other numbers let it run on, 'real' is the machine's own.
 */
function observe(programs, { clock, seeds, rounds = 1 }) {
  return inFolder(async (folder) => {
    const orders = new Map(programs.map(({ name }) => [name, []]));
    const files = batches(programs).map((batch, index) => {
      const file = path.join(folder, `${index}.json`);
      fs.writeFileSync(file, JSON.stringify(batch.programs));
      return { ...batch, file };
    });
    const observeOne = async (seed, batch) => {
      if (seed === 'real' && batch.programs.some(takesAges)) return;
      if (batch.alone && seed > seedsAlone) return;
      const seen = await runBatch(batch, seed === 0 ? 1 : rounds, environmentOf(seed, batch, clock));
      seen.forEach((each, index) => {
        const known = orders.get(batch.programs[index].name);
        known.push(...each.filter((order) => !known.includes(order)));
      });
    };
    const [first, ...others] = seeds;
    await inParallel(files, os.cpus().length, (batch) => observeOne(first, batch));
    const rest = others.flatMap((seed) => files.map((batch) => [seed, batch]));
    await inParallel(rest, os.cpus().length, ([seed, batch]) => observeOne(seed, batch));
    return orders;
  });
}

module.exports = { observe, inFolder };

// Makes a program that differs smaller for as long as it does.
'use strict';

const lists = ['do', 'catch', 'tick', 'microtask', 'immediate', 'io', 'post', 'close', 'async', 'try', 'thenable'];

/** Every list of operations that can be made of `steps` by taking one operation away, at any depth. */
function* smaller(steps) {
  for (let at = 0; at < steps.length; ++at) {
    const [before, after] = [steps.slice(0, at), steps.slice(at + 1)];
    yield [...before, ...after];
    if (typeof steps[at] === 'string') continue;
    for (const key of lists) {
      if (!Array.isArray(steps[at][key])) continue;
      for (const inside of smaller(steps[at][key])) yield [...before, { ...steps[at], [key]: inside }, ...after];
    }
  }
}

const sizeOf = (program) => JSON.stringify(program).length;

/** Names that nothing makes any more are an error, not a difference. */
function whole(program) {
  const text = JSON.stringify(program);
  const made = new Set([...text.matchAll(/"(?:as|promise|resolved|rejected)":"(\w+)"/g)].map(([, name]) => name));
  const used = [...text.matchAll(/"(?:then|catch|finally|await|to|return_promise)":"(\w+)"/g)].map(([, name]) => name);
  const groups = [...text.matchAll(/"(?:all|race|any|all_settled)":\[([^\]]*)\]/g)];
  const listed = groups.flatMap(([, names]) => names.match(/\w+/g) ?? []);
  return [...used, ...listed].every((name) => made.has(name));
}

/** `compare` answers which of a list of programs differ, and what is said about them. */
async function shrink(program, compare) {
  let said = (await compare([program])).text;
  for (;;) {
    const steps = [...smaller(program.do)].filter((each) => whole({ do: each }));
    const candidates = steps.map((each, index) => ({ ...program, name: `${program.name}.${index}`, do: each }));
    candidates.sort((left, right) => sizeOf(left) - sizeOf(right));
    let found;
    for (let begin = 0; begin < candidates.length && !found; begin += 20) {
      const some = candidates.slice(begin, begin + 20);
      const { different } = await compare(some);
      found = some.find(({ name }) => different.includes(name));
    }
    if (!found) return { program, said };
    program = { ...found, name: program.name };
    said = (await compare([program])).text;
  }
}

module.exports = { shrink };

// Programs by seed. What they do to time is chosen so that Node leaves little open: waits are far apart, no zero
// timer meets an immediate but in a callback of the poll phase, and one kind of event comes into a program's poll
// phase, not two.
'use strict';

class Generator {
  constructor(seed) {
    this.state = BigInt.asUintN(64, BigInt(seed) * 0x9e3779b97f4a7c15n + 1n);
  }
  below(limit) {
    this.state = BigInt.asUintN(64, this.state * 6364136223846793005n + 1442695040888963407n);
    return Number((this.state >> 33n) % BigInt(limit));
  }
  chance(of) {
    return this.below(of) === 0;
  }
  pick(list) {
    return list[this.below(list.length)];
  }

  program(name) {
    this.events = 0;
    this.names = 0;
    this.left = 6 + this.below(18);
    this.handles = [];
    this.promises = [];
    this.open = [];
    this.ios = 0;
    this.closes = 0;
    this.polled = this.pick(['io', 'io', 'post']);
    const body = this.body('main', 0);
    // Whoever waits in vain has no order: what is open is settled by a timer, last of all.
    const settles = this.open.map((promise) => ({ resolve: promise, with: 'late' }));
    const last = settles.length > 0 ? [{ timeout: 1000, do: settles }] : [];
    return { name, do: [...body, ...last], uncaught: ['uncaught $'] };
  }

  event() {
    return `e${this.events++}`;
  }
  fresh(prefix) {
    return `${prefix}${this.names++}`;
  }

  /** What is named inside is known inside only: elsewhere it may not have been made yet. */
  body(place, depth) {
    const known = [this.promises.length, this.handles.length];
    const made = this.steps(place, depth);
    [this.promises.length, this.handles.length] = known;
    return made;
  }
  steps(place, depth) {
    const made = [this.event()];
    const count = depth === 0 ? 3 + this.below(6) : this.below(4);
    for (let step = 0; step < count && this.left > 0 && depth < 6; ++step) {
      this.left--;
      made.push(...this.operation(place, depth));
    }
    return made;
  }

  operation(place, depth) {
    const inside = (where) => this.body(where, depth + 1);
    const kinds = ['timeout', 'immediate', 'tick', 'microtask', 'promise', 'promise', 'async', 'clear', 'io', 'close'];
    const kind = this.pick(kinds);
    switch (kind) {
      case 'timeout': return [this.timeout(place, depth)];
      case 'immediate': return [this.named({ immediate: inside('check') })];
      case 'tick': return [{ tick: inside(place) }];
      case 'microtask': return [{ microtask: inside(place) }];
      case 'promise': return this.promise(place, depth);
      case 'async': return [this.async(place, depth)];
      case 'clear': return this.handles.length > 0 ? [{ clear: this.pick(this.handles) }] : [{ tick: inside(place) }];
      case 'close': return this.closes++ < 1 ? [{ close: inside('close') }] : [{ tick: inside(place) }];
      case 'io': return this.ios++ < 10 ? [{ [this.polled]: inside('poll') }] : [{ microtask: inside(place) }];
    }
  }

  named(operation) {
    if (!this.chance(2)) return operation;
    operation.as = this.fresh('h');
    this.handles.push(operation.as);
    return operation;
  }

  timeout(place, depth) {
    const delay = this.chance(4) && place === 'poll' ? 0 : 20 * (1 + this.below(5)) + depth;
    if (this.chance(6)) {
      const times = 1 + this.below(3);
      return this.named({ interval: Math.max(delay, 20), times, do: this.body('timers', depth + 1) });
    }
    return this.named({ timeout: delay, do: this.body('timers', depth + 1) });
  }

  promise(place, depth) {
    const inside = () => this.body(place, depth + 1);
    const made = [];
    const source = () => {
      if (this.promises.length > 0 && this.chance(2)) return this.pick(this.promises);
      const name = this.fresh('p');
      const how = this.below(4);
      if (how === 0) made.push({ rejected: name, with: this.event() });
      if (how === 1) made.push({ resolved: name, with: this.event() });
      if (how > 1) {
        made.push({ promise: name });
        if (how === 2) made.push({ [this.pick(['tick', 'microtask'])]: [{ resolve: name, with: this.event() }] });
        if (how === 3) this.open.push(name);
      }
      this.promises.push(name);
      return name;
    };
    const from = source();
    const reaction = this.pick(['then', 'then', 'both', 'catch', 'finally', 'adopt', 'all', 'race']);
    const name = this.fresh('q');
    const outcome = this.chance(4) ? { return_promise: source() } : { return: name };
    const fails = this.chance(5) ? [{ throw: this.event() }] : [];
    const reacting = ['got $', ...inside(), ...fails];
    switch (reaction) {
      case 'then': made.push({ then: from, do: reacting, as: name, ...outcome }); break;
      case 'both': made.push({ then: from, do: reacting, catch: ['not $', ...inside()], as: name, ...outcome }); break;
      case 'catch': made.push({ catch: from, do: reacting, as: name, ...outcome }); break;
      case 'finally': made.push({ finally: from, do: reacting.slice(1), as: name, ...outcome }); break;
      case 'adopt': made.push({ promise: name }, { resolve: name, to: from }); break;
      case 'all': {
        const all = this.fresh('l');
        made.push({ all: [from, source()], as: all });
        made.push({ then: all, do: ['all $'], catch: ['not all $'], as: name, return: name });
        break;
      }
      case 'race': made.push({ race: [from, source()], as: name }); break;
    }
    this.promises.push(name);
    return made;
  }

  async(place, depth) {
    const steps = [];
    const known = this.promises.length;
    for (let count = 1 + this.below(4); count > 0; --count) {
      const awaits = this.promises.length > 0 && this.chance(2) ? this.pick(this.promises) : { value: this.event() };
      const step = [{ await: awaits }, 'awaited $', ...this.body(place, depth + 1)];
      steps.push(...(this.chance(2) ? [{ try: step, catch: ['caught $'] }] : step));
    }
    const name = this.fresh('a');
    const made = { async: steps, as: name, return: name };
    this.promises.length = known;
    this.promises.push(name);
    return made;
  }
}

function generate(seed, count) {
  const programs = [];
  for (let index = 0; index < count; ++index) {
    programs.push(new Generator(seed * 1_000_003 + index).program(`generated ${seed}.${index}`));
  }
  return programs;
}

module.exports = { generate };

// One program, done by Node. README.md has the form of programs; machine.cpp is this file's twin.
'use strict';

const fs = require('node:fs');
const { MessageChannel } = require('node:worker_threads');

const nobody = new Int32Array(new SharedArrayBuffer(4));
const messageOf = (reason) => (reason instanceof AggregateError ? 'all failed' : reason.message);

class Machine {
  /** `sockets` gives what is readable or closes: see sockets.cjs. */
  constructor(program, log, sockets) {
    this.program = program;
    this.log = log;
    this.sockets = sockets;
    this.handles = {};
    this.promises = {};
    this.resolvers = {};
    this.everything = [];
  }

  run(operations = [], value = '') {
    for (const operation of operations) this.step(operation, value);
  }

  step(operation, value) {
    if (typeof operation === 'string') return this.log(operation.replace('$', value));
    for (const key in operation) {
      if (key in operationsByKey) return operationsByKey[key](this, operation, value);
    }
    throw new TypeError(`no such operation: ${JSON.stringify(operation)}`);
  }

  keep({ as }, handle) {
    this.everything.push(handle);
    if (as) this.handles[as] = handle;
  }
  name({ as }, promise) {
    if (as) this.promises[as] = promise;
  }

  /** What a reaction does, and the value or promise it returns. */
  reaction(operations, operation) {
    return (value) => {
      this.run(operations, value instanceof Error ? messageOf(value) : value);
      return 'return_promise' in operation ? this.promises[operation.return_promise] : operation.return ?? '';
    };
  }

  /** An async function whose `await`s are all its own, however its `try`s nest. */
  async async(operation) {
    const stack = [{ left: [...operation.async] }];
    let value = '';
    while (stack.length > 0) {
      const frame = stack.at(-1);
      if (frame.left.length === 0) {
        stack.pop();
        continue;
      }
      const step = frame.left.shift();
      try {
        if (step.try) {
          stack.push({ left: [...step.try], rescue: step.catch });
        } else if (step.await) {
          const awaited = this.awaited(step.await);
          value = awaited instanceof Shown ? awaited.show(await awaited.promise) : await awaited;
        } else {
          this.step(step, value);
        }
      } catch (reason) {
        while (stack.length > 0 && !stack.at(-1).rescue) stack.pop();
        if (stack.length === 0) throw reason;
        stack.push({ left: [...stack.pop().rescue] });
        value = messageOf(reason);
      }
    }
    return 'return_promise' in operation ? this.promises[operation.return_promise] : operation.return ?? '';
  }
  awaited(what) {
    if (typeof what === 'string') return this.promises[what];
    return what.async ? this.async(what) : what.value;
  }

  /** Ends what a program leaves behind. */
  end() {
    for (const handle of this.everything) {
      clearTimeout(handle);
      clearImmediate(handle);
    }
    this.log = () => {};
  }
}

const combined = (method) => (machine, operation) => {
  const names = Object.values(operation)[0];
  machine.name(operation, Promise[method](names.map((name) => machine.promises[name])));
};
const listed = (method, show) => (machine, operation) => {
  const names = Object.values(operation)[0];
  const promise = Promise[method](names.map((name) => machine.promises[name]));
  machine.name(operation, new Shown(promise, show));
};

/** The promise of a list, shown as one text without a reaction of its own. */
class Shown {
  constructor(promise, show) {
    this.promise = promise;
    this.show = show;
  }
  then(work, rescue) {
    return this.promise.then(work && ((value) => work(this.show(value))), rescue);
  }
  catch(rescue) {
    return this.promise.then(undefined, rescue);
  }
}
const settled = ({ status, value, reason }) => (status === 'fulfilled' ? value : `!${messageOf(reason)}`);

const operationsByKey = {
  timeout(machine, operation) {
    machine.keep(operation, setTimeout(() => machine.run(operation.do), operation.timeout));
  },
  interval(machine, operation) {
    let left = operation.times ?? Infinity;
    const handle = setInterval(() => {
      if (--left === 0) clearInterval(handle);
      machine.run(operation.do);
    }, operation.interval);
    machine.keep(operation, handle);
  },
  immediate(machine, operation) {
    machine.keep(operation, setImmediate(() => machine.run(operation.immediate)));
  },
  tick: (machine, { tick }) => process.nextTick(() => machine.run(tick)),
  microtask: (machine, { microtask }) => queueMicrotask(() => machine.run(microtask)),
  io: (machine, { io }) => machine.sockets.readable(() => machine.run(io)),
  close: (machine, { close }) => machine.sockets.closing(() => machine.run(close)),
  file: (machine, { file }) => fs.stat(__filename, () => machine.run(file)),
  post(machine, { post }) {
    const { port1, port2 } = new MessageChannel();
    port2.on('message', () => {
      port2.close();
      machine.run(post);
    });
    port1.postMessage(0);
  },

  clear(machine, { clear }) {
    clearTimeout(machine.handles[clear]);
    clearImmediate(machine.handles[clear]);
  },
  refresh: (machine, { refresh }) => machine.handles[refresh]?.refresh(),
  ref: (machine, { ref }) => machine.handles[ref]?.ref(),
  unref: (machine, { unref }) => machine.handles[unref]?.unref(),
  busy: (machine, { busy }) => void Atomics.wait(nobody, 0, 0, busy),
  throw(machine, operation, value) {
    throw new Error(operation.throw.replace('$', value));
  },
  exit: (machine, { exit }) => process.exit(exit),

  promise(machine, { promise }) {
    machine.promises[promise] = new Promise((resolve, reject) => {
      machine.resolvers[promise] = { resolve, reject };
    });
  },
  resolve(machine, operation, value) {
    const resolve = machine.resolvers[operation.resolve]?.resolve;
    if (!resolve) return;
    const given = (operation.with ?? '').replace('$', value);
    if ('to' in operation) return resolve(machine.promises[operation.to]);
    if (!('thenable' in operation)) return resolve(given);
    resolve({
      then(fulfil) {
        machine.run(operation.thenable);
        fulfil(given);
      },
    });
  },
  reject: (machine, operation) => machine.resolvers[operation.reject]?.reject(new Error(operation.with)),
  resolved: (machine, operation) => {
    machine.promises[operation.resolved] = Promise.resolve(operation.with ?? '');
  },
  rejected: (machine, operation) => {
    machine.promises[operation.rejected] = Promise.reject(new Error(operation.with));
  },
  then(machine, operation) {
    const rescue = operation.catch && machine.reaction(operation.catch, operation);
    const source = machine.promises[operation.then];
    machine.name(operation, source.then(machine.reaction(operation.do, operation), rescue));
  },
  async: (machine, operation) => machine.name(operation, machine.async(operation)),
  catch(machine, operation) {
    const source = machine.promises[operation.catch];
    machine.name(operation, source.catch(machine.reaction(operation.do, operation)));
  },
  finally(machine, operation) {
    const work = machine.reaction(operation.do, operation);
    machine.name(operation, machine.promises[operation.finally].finally(() => work('')));
  },
  all: listed('all', (values) => values.join('+')),
  all_settled: listed('allSettled', (outcomes) => outcomes.map(settled).join('+')),
  race: combined('race'),
  any: combined('any'),
};

module.exports = { Machine };

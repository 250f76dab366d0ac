// node in_node.cjs PROGRAMS.json ROUNDS [NUMBER]: does the programs ROUNDS times, each starting where a main
// script would, and prints one JSON array: for each program the orders seen. With NUMBER only that one is done,
// as the main script, to the process's end, and prints its events, a line each.
'use strict';

const fs = require('node:fs');
const { Machine } = require('./interpreter.cjs');
const { Sockets } = require('./sockets.cjs');

const [, , file, rounds, only] = process.argv;
const programs = JSON.parse(fs.readFileSync(file, 'utf8'));
const needsSockets = (program) => /"(io|close)":/.test(JSON.stringify(program));
const print = (text) => fs.writeSync(1, text);

function alone(program) {
  const sockets = needsSockets(program) ? new Sockets() : undefined;
  const machine = new Machine(program, (event) => print(`${event}\n`), sockets);
  if (program.uncaught) process.on('uncaughtException', (error) => machine.run(program.uncaught, error.message));
  const begin = () => {
    let left = program.before_exit ?? [];
    process.on('beforeExit', () => {
      const [now, ...later] = left;
      left = later;
      machine.run(now);
    });
    machine.run(program.do);
  };
  // Sockets are ready once the loop has ended; what is done at that event is followed by a loop anew.
  sockets ? process.once('beforeExit', begin) : begin();
}

function together() {
  const sockets = programs.some(needsSockets) ? new Sockets() : undefined;
  const orders = programs.map(() => new Set());
  let done = 0;
  let machine;
  let events = [];
  process.on('uncaughtException', (error) => {
    const handler = programs[(done - 1) % programs.length].uncaught;
    if (handler) return machine.run(handler, error.message);
    events.push(`uncaught ${error.stack}`);
  });
  process.on('beforeExit', () => {
    if (machine) {
      machine.end();
      orders[(done - 1) % programs.length].add(events.join(', '));
      if (done === programs.length * rounds) return print(JSON.stringify(orders.map((set) => [...set])));
    }
    events = [];
    const program = programs[done++ % programs.length];
    machine = new Machine(program, (event) => events.push(event), sockets);
    setImmediate(() => {}); // or there would be no loop, and no such event after it
    machine.run(program.do);
  });
}

if (only === undefined) {
  together();
} else {
  alone(programs[only]);
}

// Real descriptors for programs: some that become readable at once, and some to close.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

/** Enough that no two programs in a row meet the same one: epoll may still list what it has reported last. */
const count = 32;

class Sockets {
  constructor() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
    const names = Array.from({ length: count }, (_, index) => path.join(folder, `${index}`));
    execFileSync('mkfifo', names);
    this.pipes = names.map((name) => this.open(name));
    this.spare = path.join(folder, 'spare');
    execFileSync('mkfifo', [this.spare]);
    process.on('exit', () => fs.rmSync(folder, { recursive: true }));
    this.next = 0;
  }

  open(name) {
    const fd = fs.openSync(name, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const socket = new net.Socket({ fd, readable: true, writable: false });
    const pipe = { fd, socket, work: () => {} };
    socket.on('data', () => {
      socket.unref();
      pipe.work();
    });
    socket.unref();
    return pipe;
  }

  readable(work) {
    const pipe = this.pipes[this.next++ % count];
    pipe.work = work;
    pipe.socket.ref();
    fs.writeSync(pipe.fd, 'x');
  }

  closing(work) {
    const fd = fs.openSync(this.spare, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    new net.Socket({ fd, readable: false, writable: false }).on('close', work).destroy();
  }
}

module.exports = { Sockets };

// A connection on which tests write what they like, and read responses as HTTP/1.1 frames them.
import { once } from 'node:events';
import net from 'node:net';

export class RawConnection {
  #socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #failure = null;
  #wake = () => {};

  static async open(port) {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => ((this.#received = Buffer.concat([this.#received, bytes])), this.#wake()));
    socket.on('end', () => ((this.#ended = true), this.#wake()));
    socket.on('error', (error) => ((this.#failure = error), (this.#ended = true), this.#wake()));
    socket.on('close', () => ((this.#ended = true), this.#wake()));
  }

  /** Settles when the kernel has the bytes. A string is one byte for each character. */
  write(bytes) {
    return new Promise((resolve) =>
      this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, resolve),
    );
  }

  destroy() {
    this.#socket.destroy();
  }

  async response({ bodiless = false } = {}) {
    const [first, ...lines] = (await this.#until('\r\n\r\n')).split('\r\n');
    const headers = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (!status) throw new Error(`not a status line: ${first}`);
    const body =
      bodiless || status === 204 || status === 304 || status < 200 ? '' : await this.#body(headers);
    return { status, headers, body };
  }

  /** Exactly so many bytes. */
  async bytes(count) {
    while (this.#received.length < count) await this.#more();
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** Settles when the peer has ended the connection; what it sent before stays to be read. */
  async ended() {
    while (!this.#ended) await this.#wait();
    if (this.#received.length)
      throw new Error(`left over: ${this.#received.toString('latin1').slice(0, 200)}`);
  }

  async #body(headers) {
    if (!/chunked/i.test(headers['transfer-encoding'] ?? '')) {
      if (headers['content-length'] === undefined) return this.#untilTheEnd();
      return (await this.bytes(Number(headers['content-length']))).toString();
    }
    const parts = [];
    for (;;) {
      const size = parseInt(await this.#until('\r\n'), 16);
      if (size === 0) break;
      parts.push(Buffer.from(await this.bytes(size)));
      await this.#until('\r\n');
    }
    await this.#until('\r\n');
    return Buffer.concat(parts).toString();
  }

  /** A body without a length lasts until the connection ends. */
  async #untilTheEnd() {
    while (!this.#ended) await this.#wait();
    return (await this.bytes(this.#received.length)).toString();
  }

  async #until(mark) {
    let at;
    while ((at = this.#received.indexOf(mark)) < 0) await this.#more();
    const text = this.#received.subarray(0, at).toString('latin1');
    this.#received = this.#received.subarray(at + mark.length);
    return text;
  }

  async #more() {
    if (this.#ended)
      throw this.#failure ?? new Error(`the connection ended after «${this.#received.toString('latin1')}»`);
    await this.#wait();
  }

  #wait() {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

// The client's end of a `trireme.v1` session over the `ws` package, frame by frame.
import { once } from 'node:events';
import WebSocket from 'ws';

export const SUBPROTOCOL = 'trireme.v1';

/** Frames in protobuf's JSON mapping, in text messages. */
export const json = {
  encode: (frame) => JSON.stringify(frame),
  decode: (data) => JSON.parse(data.toString()),
};

export class WireSession {
  /** Every message as it came: `{data, isBinary}`. */
  raw = [];
  #socket;
  #codec;
  #frames = [];
  #wake = () => {};
  #closed;

  /** Connects without a word. */
  static async connect(url, { codec = json, ...options } = {}) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`, SUBPROTOCOL, {
      perMessageDeflate: false,
      ...options,
    });
    const session = new WireSession(socket, codec);
    await once(socket, 'open');
    return session;
  }

  /** Connects and exchanges Hellos; `.hello` is the server's. */
  static async open(url, { hello = {}, ...options } = {}) {
    const session = await WireSession.connect(url, options);
    session.send({ hello: { version: 1, agent: 'interop/1', initialCredit: 64, ...hello } });
    session.hello = (await session.next()).hello;
    return session;
  }

  constructor(socket, codec) {
    this.#socket = socket;
    this.#codec = codec;
    this.#closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    this.#closed.then(() => this.#wake());
    socket.on('error', () => {}); // What went wrong shows in the close code.
    socket.on('message', (data, isBinary) => {
      this.raw.push({ data, isBinary });
      this.#frames.push(this.#codec.decode(data));
      this.#wake();
    });
  }

  get socket() {
    return this.#socket;
  }

  send(frame) {
    this.#socket.send(this.#codec.encode(frame));
  }

  /** The code with which the connection ended. */
  async closeCode() {
    return (await this.#closed).code;
  }

  async close() {
    this.#socket.close(1000);
    return this.closeCode();
  }

  /** The next frame in order of arrival. */
  next() {
    return this.take(() => true);
  }

  /** The next frame that fits; the others stay, in their order. */
  async take(fits) {
    for (;;) {
      const at = this.#frames.findIndex(fits);
      if (at >= 0) return this.#frames.splice(at, 1)[0];
      if (this.#socket.readyState >= WebSocket.CLOSING)
        throw new Error(`closed with ${await this.closeCode()}`);
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  /** Frames that have come and were not taken. */
  waiting(fits) {
    return this.#frames.filter(fits).length;
  }

  /** Opens a call that is complete in one frame. */
  open(call, method, message, options = {}) {
    this.send({ call, open: { method, complete: true, ...options }, json: message });
  }

  message(call) {
    return this.take((frame) => frame.call === call && frame.message).then((frame) => frame.json ?? {});
  }

  /** The end of a call: `{code, message}`. */
  async status(call) {
    const { status } = await this.take((frame) => frame.call === call && frame.status);
    return { code: 0, message: '', ...status };
  }
}

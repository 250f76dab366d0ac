/**
 * A stay in one room: joins, joins again after every loss of the connection, and keeps one gapless, ordered list of what
 * was said. Knows nothing of the page.
 *
 * @module
 */
import { Code, StatusError } from './trireme.js';

const SERVICE = '/trireme.chat.v1.Chat';
/** How much each look-back asks for, and how far back a lost connection is made up for. */
const PAGE = 50;
const MAX_CATCH_UP = 1_000;
/** More than this is not kept; what is older can be asked for again. */
const MAX_KEPT = 2_000;
const SAY_TIMEOUT_MS = 10_000;
/** The longest message that the service takes, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 4_000;

const idOf = (said) => BigInt(said.id ?? 0);

/**
 * Events: `changed` (messages: `detail` is `{kind: 'appended' | 'merged', messages}`), `members`, `notice`
 * (`detail` is `{name, what}`: someone came or went), `presence` (joined or not), `outbox`, and `failed` (`detail` is the
 * StatusError that ended the stay for good).
 */
export class Room extends EventTarget {
  /** What was said, by ascending id. Each is `{id, name, text, timeMs, own}`. */
  messages = [];
  /** Who is here, in order of arrival: `{id, name}`. */
  members = [];
  /** What we said that is not yet among `messages`: `{text, state: 'sending' | 'failed', error}`. */
  outbox = [];
  /** Whether everything back to the first message is in `messages`. */
  complete = false;
  /** The member that we are, or null while not joined. */
  self = null;

  #session;
  #leave = new AbortController();
  #known = new Map();
  #own;

  /** @param {import('./trireme.js').Session} session */
  constructor(session, room, name) {
    super();
    this.#session = session;
    this.room = room;
    this.name = name;
    this.#own = new OwnMessages(room, name);
  }

  /** Joins and stays until `leave()` or until the server refuses. */
  async join() {
    for (let failures = 0; !this.#leave.signal.aborted; ) {
      try {
        await this.#session.ready({ signal: this.#leave.signal });
        await this.#stay(() => (failures = 0));
      } catch (error) {
        if (this.#leave.signal.aborted) break;
        if (!this.#mayRejoin(error)) return this.#emit('failed', error);
      } finally {
        this.#setSelf(null);
      }
      if (this.#session.state.kind === 'online')
        await pause(250 * 2 ** Math.min(failures++, 6), this.#leave.signal);
    }
  }

  leave() {
    this.#leave.abort();
  }

  /** Says something; the outbox tells how that went. */
  async say(text) {
    const item = { text, state: 'sending', after: this.#lastId() };
    this.outbox.push(item);
    await this.#send(item);
  }

  async sayAgain(item) {
    item.state = 'sending';
    await this.#send(item);
  }

  discard(item) {
    this.outbox = this.outbox.filter((other) => other !== item);
    this.#emit('outbox');
  }

  /** Fetches what was said before the oldest message that we have. */
  async loadEarlier() {
    const before = this.messages[0]?.id ?? '0';
    const earlier = await this.#history(before);
    this.complete = earlier.length < PAGE;
    await this.#merge(earlier);
  }

  /** Joins once; returns or throws when that stay is over. */
  async #stay(joined) {
    let welcomed = false;
    const request = { room: this.room, name: this.name, history: PAGE };
    for await (const event of this.#session.serverStream(`${SERVICE}/Join`, request, {
      signal: this.#leave.signal,
    })) {
      if (event.welcome) {
        welcomed = true;
        joined();
        await this.#welcome(event.welcome);
      } else if (event.said) await this.#append(event.said);
      else if (event.joined) this.#arrived(event.joined);
      else if (event.left) this.#gone(event.left);
    }
    if (!welcomed) throw new StatusError(Code.internal, 'the server did not say welcome');
  }

  #mayRejoin(error) {
    if (!(error instanceof StatusError)) throw error;
    const passing = [Code.unavailable, Code.aborted, Code.cancelled, Code.deadline_exceeded, Code.unknown];
    return passing.includes(error.code) || (this.self && error.code === Code.resource_exhausted);
  }

  /** What comes meanwhile waits in the call, so that nothing is out of order while a gap is filled. */
  async #welcome({ self, members = [], history = [] }) {
    this.members = members;
    this.#emit('members');
    this.complete ||= history.length < PAGE;
    await this.#merge(history);
    this.#setSelf(self);
  }

  #setSelf(self) {
    if (this.self === self) return;
    this.self = self;
    this.#emit('presence');
  }

  #arrived(member) {
    if (this.members.some(({ id }) => id === member.id)) return;
    this.members = [...this.members, member];
    this.#emit('members');
    if (member.id !== this.self?.id) this.#emit('notice', { name: member.name, what: 'joined' });
  }

  #gone(member) {
    this.members = this.members.filter(({ id }) => id !== member.id);
    this.#emit('members');
    this.#emit('notice', { name: member.name, what: 'left' });
  }

  async #append(said) {
    if (this.#known.has(said.id)) return;
    if (this.messages.length && idOf(said) < BigInt(this.#lastId())) return this.#merge([said]);
    const message = this.#keep(said);
    this.messages.push(message);
    this.#trim();
    this.#emit('changed', { kind: 'appended', messages: [message] });
  }

  /** Adds a stretch of history. A gap between it and what we had is filled, or else what is beyond the gap is let go. */
  async #merge(history) {
    if (this.#leavesGap(history)) history = await this.#fillGap(history);
    const fresh = history.filter(({ id }) => !this.#known.has(id)).map((said) => this.#keep(said));
    this.messages = [...this.messages, ...fresh].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    this.#emit('changed', { kind: 'merged', messages: fresh });
  }

  #leavesGap(history) {
    return this.messages.length > 0 && history.length >= PAGE && idOf(history[0]) > BigInt(this.#lastId());
  }

  async #fillGap(history) {
    while (history.length < MAX_CATCH_UP && this.#leavesGap(history)) {
      const earlier = await this.#history(history[0].id);
      history = [...earlier, ...history];
      if (earlier.length < PAGE) return history;
    }
    if (this.#leavesGap(history)) this.#forgetAll();
    return history;
  }

  #forgetAll() {
    this.messages = [];
    this.#known.clear();
    this.complete = false;
  }

  #trim() {
    if (this.messages.length <= MAX_KEPT) return;
    for (const { id } of this.messages.splice(0, this.messages.length - MAX_KEPT)) this.#known.delete(id);
    this.complete = false;
  }

  async #history(before) {
    const request = { room: this.room, before, count: PAGE };
    const { messages = [] } = await this.#session.unary(`${SERVICE}/History`, request, {
      timeoutMs: SAY_TIMEOUT_MS,
    });
    return messages;
  }

  #keep({ id, name = '', text = '', timeMs = '0' }) {
    const own = this.#settle(id, name, text) || this.#own.has(id, name);
    const message = { id, name, text, timeMs: Number(timeMs), own };
    this.#known.set(id, message);
    return message;
  }

  /** Whether this message is one that waits in the outbox, which it then leaves. */
  #settle(id, name, text) {
    if (name !== this.name) return false;
    const item = this.outbox.find((waiting) => waiting.text === text && BigInt(id) > BigInt(waiting.after));
    if (!item) return false;
    this.#own.add(id);
    this.discard(item);
    return true;
  }

  async #send(item) {
    this.#emit('outbox');
    try {
      if (!this.self) throw new StatusError(Code.unavailable, 'not connected');
      const request = { room: this.room, member: this.self.id, text: item.text };
      const { id } = await this.#session.unary(`${SERVICE}/Say`, request, { timeoutMs: SAY_TIMEOUT_MS });
      this.#own.add(id);
    } catch (error) {
      if (!this.outbox.includes(item)) return; // It had arrived all the same.
      item.state = 'failed';
      item.error = error;
      this.#emit('outbox');
    }
  }

  #lastId() {
    return this.messages.at(-1)?.id ?? '0';
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Which messages of a room this browser said: names may repeat, so the name alone does not tell. */
class OwnMessages {
  static #MAX = 500;
  #key;
  #name;
  #ids;

  constructor(room, name) {
    this.#key = `trireme.own.${room}`;
    this.#name = name;
    this.#ids = this.#load();
  }

  has(id, name) {
    return name === this.#name && this.#ids.includes(id);
  }

  add(id) {
    if (this.#ids.includes(id)) return;
    this.#ids = [...this.#load(), id].slice(-OwnMessages.#MAX);
    store(this.#key, JSON.stringify(this.#ids));
  }

  #load() {
    try {
      const ids = JSON.parse(recall(this.#key) ?? '[]');
      return Array.isArray(ids) ? ids : [];
    } catch {
      return [];
    }
  }
}

/** `localStorage` or `sessionStorage`, where there is one: strict settings may refuse it. */
export function store(key, value, area = 'localStorage') {
  try {
    globalThis[area].setItem(key, value);
  } catch {
    // The page works without memory.
  }
}

export function recall(key, area = 'localStorage') {
  try {
    return globalThis[area].getItem(key);
  } catch {
    return null;
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/**
 * Counting primes on the server: one card for each count, with its progress and its result.
 *
 * @module
 */
import { Code } from './trireme.js';

const WATCH = '/trireme.primes.v1.Primes/Watch';
const MAX_LIMIT = 1_000_000_000_000n;
/** Finished cards beyond this many go, the oldest first. */
const MAX_CARDS = 12;

/** Reads a limit as people write it: `2000000000`, `2,000,000,000`, `2 000 000 000`, `2e9`, `10^9`. */
export function parseLimit(text) {
  const plain = text.replace(/[\s,_'.’]/g, '');
  const short = /^(\d{1,13})(?:e|\*10\^)(\d{1,2})$/i.exec(plain);
  const power = /^10\^(\d{1,2})$/.exec(plain);
  let limit = null;
  if (/^\d{1,15}$/.test(plain)) limit = BigInt(plain);
  else if (power) limit = 10n ** BigInt(power[1]);
  else if (short) limit = BigInt(short[1]) * 10n ** BigInt(short[2]);
  return limit !== null && limit <= MAX_LIMIT ? limit : null;
}

/** Wires the form of the panel; every submit starts one more count. `onProgress` hears the share done of the newest. */
export class PrimesPanel {
  #session;
  #form;
  #list;
  #error;
  #onProgress;
  #running = new Set();

  constructor(session, root, onProgress) {
    this.#session = session;
    this.#form = root.querySelector('form');
    this.#list = root.querySelector('.counts');
    this.#error = root.querySelector('.field-error');
    this.#onProgress = onProgress;
    this.#form.addEventListener('submit', (event) => (event.preventDefault(), this.#submit()));
    root.addEventListener('click', ({ target }) => this.#preset(target.closest('[data-limit]')));
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#running.size) (event.preventDefault(), this.cancelNewest());
    });
  }

  cancelNewest() {
    [...this.#running].at(-1)?.cancel();
  }

  #preset(button) {
    if (!button) return;
    this.#form.limit.value = BigInt(button.dataset.limit).toLocaleString('en');
    this.#submit();
  }

  #submit() {
    const limit = parseLimit(this.#form.limit.value);
    const problem = limit === null ? 'Enter a whole number up to 1,000,000,000,000.' : '';
    this.#error.textContent = problem;
    this.#form.limit.setAttribute('aria-invalid', String(problem !== ''));
    if (problem) this.#form.limit.focus();
    else this.#start(limit);
  }

  async #start(limit) {
    const card = new CountCard(limit, () => this.#start(limit));
    this.#list.prepend(card.element);
    this.#dropOldCards();
    this.#running.add(card);
    try {
      const request = { limit: String(limit) };
      await card.follow(this.#session.serverStream(WATCH, request, { signal: card.signal }), (share) =>
        this.#report(card, share),
      );
    } catch (error) {
      card.fail(error);
    } finally {
      this.#running.delete(card);
      if (!this.#running.size) this.#onProgress(null);
    }
  }

  #report(card, share) {
    if (card === [...this.#running].at(-1)) this.#onProgress(share);
  }

  #dropOldCards() {
    const finished = [...this.#list.children].filter((card) => card.dataset.state !== 'running');
    const tooMany = this.#list.children.length - MAX_CARDS;
    if (tooMany > 0) for (const card of finished.slice(-tooMany)) card.remove();
  }
}

class CountCard {
  #cancel = new AbortController();
  #begun = performance.now();
  #parts;
  #limit;

  constructor(limit, again) {
    this.#limit = limit;
    this.element = document.getElementById('count-card').content.firstElementChild.cloneNode(true);
    this.#parts = Object.fromEntries(
      [...this.element.querySelectorAll('[data-part]')].map((e) => [e.dataset.part, e]),
    );
    this.#parts.title.textContent = `Up to ${format(limit)}`;
    this.#parts.bar.setAttribute('aria-label', `Counting primes up to ${format(limit)}`);
    this.#parts.cancel.setAttribute('aria-label', `Cancel counting up to ${format(limit)}`);
    this.#parts.cancel.addEventListener('click', () => this.cancel());
    this.#parts.again.addEventListener('click', again);
  }

  get signal() {
    return this.#cancel.signal;
  }

  cancel() {
    this.#cancel.abort();
  }

  async follow(stream, onProgress) {
    for await (const { done = '0', limit = String(this.#limit), count = '0', complete = false } of stream) {
      const share = complete ? 1 : Number(limit) > 0 ? Number(done) / Number(limit) : 0;
      this.#show(share, BigInt(count));
      onProgress(share);
      if (complete) this.#finish(BigInt(count));
    }
    if (this.element.dataset.state === 'running') throw new Error('The count ended without a result.');
  }

  fail(error) {
    const cancelledHere = error.code === Code.cancelled && this.signal.aborted;
    this.#end(cancelledHere ? 'cancelled' : 'failed');
    const reason = cancelledHere ? `Cancelled after ${this.#elapsed()}` : describe(error);
    this.#parts.summary.textContent = reason;
    this.#parts.again.hidden = false;
  }

  #show(share, count) {
    const percent = Math.min(100, Math.floor(share * 100));
    this.#parts.bar.value = share;
    this.#parts.percent.textContent = `${percent} %`;
    this.#parts.count.textContent = `${format(count)} primes`;
    this.#parts.elapsed.textContent = this.#elapsed();
  }

  #finish(count) {
    this.#end('done');
    this.#parts.result.textContent = format(count);
    this.#parts.summary.textContent = `primes in ${this.#elapsed()}`;
  }

  #end(state) {
    const hadFocus = this.#parts.cancel === document.activeElement;
    this.element.dataset.state = state;
    this.#parts.cancel.hidden = true;
    if (hadFocus) this.element.focus();
  }

  #elapsed() {
    const seconds = (performance.now() - this.#begun) / 1000;
    return seconds < 60
      ? `${seconds.toFixed(1)} s`
      : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  }
}

const format = (number) => number.toLocaleString('en');

/** One plain line for the reader. */
export function describe(error) {
  const lines = {
    [Code.unavailable]:
      error.message === 'not connected'
        ? 'Not connected to the server.'
        : 'The connection to the server was lost.',
    [Code.resource_exhausted]: `The server is busy: ${error.message}.`,
    [Code.deadline_exceeded]: 'The server did not answer in time.',
    [Code.invalid_argument]: `The server did not accept that: ${error.message}.`,
    [Code.cancelled]: 'Cancelled.',
  };
  return (lines[error.code] ?? error.message).replace(/\.\.$/, '.');
}

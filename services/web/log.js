/**
 * The list of messages: groups, times, days, own messages, and where it is scrolled to.
 *
 * @module
 */

/** Messages of one person within this time share one heading. */
const GROUP_MS = 5 * 60_000;
/** This close to the end counts as the end. */
const NEAR_PX = 48;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** An element with a class and text; text is only ever text. */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A round initial in a colour that follows from the name. */
export function avatar(name) {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  const element = make('span', 'avatar', [...name.trim()][0]?.toUpperCase() ?? '?');
  element.style.setProperty('--hue', ((hash >>> 7) % 24) * 15);
  element.setAttribute('aria-hidden', 'true');
  return element;
}

/** Shows one Room. It stays at the end unless the reader has scrolled up; then a button tells what is new. */
export class MessageLog {
  #log = document.getElementById('message-log');
  #list = document.getElementById('messages');
  #outbox = document.getElementById('outbox');
  #jump = document.getElementById('jump');
  #jumpText = document.getElementById('jump-text');
  #earlier = document.getElementById('earlier');
  #empty = document.getElementById('empty');
  #room;
  /** What the next message may continue: the last message, and the day that the list has come to. */
  #last = null;
  #day = '';
  #notices = [];
  #missed = 0;
  #atEnd = true;
  #stop = new AbortController();

  constructor(room) {
    this.#room = room;
    const { signal } = this.#stop;
    const hear = (target, type, handler) => target.addEventListener(type, handler, { signal });
    hear(room, 'changed', ({ detail }) =>
      detail.kind === 'appended' ? this.#append(detail.messages[0]) : this.#rebuild(),
    );
    hear(room, 'notice', ({ detail }) => this.#notice(detail));
    hear(room, 'outbox', () => this.#showOutbox());
    hear(this.#log, 'scroll', () => this.#scrolled());
    hear(this.#jump, 'click', () => (this.toEnd(), document.getElementById('text').focus()));
    hear(this.#earlier, 'click', () => this.#loadEarlier());
    const resized = new ResizeObserver(() => this.#atEnd && this.toEnd());
    resized.observe(this.#log);
    signal.addEventListener('abort', () => resized.disconnect());
    this.#rebuild();
    this.#showOutbox();
  }

  /** Lets go of the page; the room is not touched. */
  close() {
    this.#stop.abort();
    this.#jump.hidden = true;
  }

  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#atEnd = true;
    this.#setMissed(0);
  }

  #append(message) {
    this.#empty.hidden = true;
    this.#add(message);
    this.#grew(message.own ? 0 : 1, message.own);
  }

  #notice({ name, what }) {
    const notice = { name, what, timeMs: Date.now(), after: this.#room.messages.at(-1)?.id ?? null };
    this.#notices = [...this.#notices.slice(-49), notice];
    this.#addNotice(notice);
    this.#grew(0, false);
  }

  /** After something was added below: follow it, or count it as missed. */
  #grew(count, follow) {
    if (this.#atEnd || follow) this.toEnd();
    else this.#setMissed(this.#missed + count);
  }

  /** Lays the whole list anew and keeps what the reader sees where it is. */
  #rebuild() {
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.#log.setAttribute('aria-busy', 'true');
    this.#list.replaceChildren();
    this.#last = null;
    this.#day = '';
    const notices = groupBy(this.#notices);
    for (const notice of notices.get(null) ?? []) this.#addNotice(notice);
    for (const message of this.#room.messages) {
      this.#add(message);
      for (const notice of notices.get(message.id) ?? []) this.#addNotice(notice);
    }
    this.#earlier.hidden = this.#room.complete || !this.#room.messages.length;
    this.#empty.hidden = this.#room.messages.length > 0 || !this.#room.complete;
    if (this.#atEnd) this.toEnd();
    else this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
    requestAnimationFrame(() => this.#log.removeAttribute('aria-busy'));
  }

  #add(message) {
    this.#addDay(message.timeMs);
    const last = this.#last;
    const sameGroup =
      last?.name === message.name && last.own === message.own && message.timeMs - last.timeMs < GROUP_MS;
    this.#list.append(bubble(message, !sameGroup));
    this.#last = message;
  }

  #addNotice({ name, what, timeMs }) {
    this.#addDay(timeMs);
    this.#list.append(make('li', 'notice', `${name} ${what} · ${clock.format(timeMs)}`));
    this.#last = null;
  }

  #addDay(timeMs) {
    const day = new Date(timeMs).toDateString();
    if (day === this.#day) return;
    this.#list.append(make('li', 'day', dayName(timeMs)));
    this.#day = day;
    this.#last = null;
  }

  #showOutbox() {
    this.#outbox.replaceChildren(...this.#room.outbox.map((item) => this.#waiting(item)));
    this.#outbox.hidden = !this.#room.outbox.length;
    if (this.#room.outbox.length) this.toEnd();
  }

  #waiting(item) {
    const element = make('li', `message own ${item.state}`);
    element.append(make('p', 'text', item.text));
    if (item.state !== 'failed') return (element.append(make('p', 'note', 'Sending…')), element);
    const again = make('button', 'quiet small', 'Try again');
    const discard = make('button', 'quiet small', 'Discard');
    again.addEventListener('click', () => this.#room.sayAgain(item));
    discard.addEventListener('click', () => this.#room.discard(item));
    const note = make('p', 'note', `Not sent: ${item.error.message} `);
    note.append(again, discard);
    element.append(note);
    return element;
  }

  async #loadEarlier() {
    this.#earlier.disabled = true;
    this.#atEnd = false;
    try {
      await this.#room.loadEarlier();
      this.#earlier.textContent = 'Earlier messages';
      if (this.#earlier.hidden) this.#log.focus();
    } catch (error) {
      this.#earlier.textContent = `Earlier messages did not come (${error.message}). Try again`;
    } finally {
      this.#earlier.disabled = false;
    }
  }

  #scrolled() {
    this.#atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_PX;
    if (this.#atEnd) this.#setMissed(0);
    else this.#setMissed(this.#missed);
  }

  #setMissed(count) {
    this.#missed = count;
    this.#jump.hidden = this.#atEnd;
    this.#jump.classList.toggle('news', count > 0);
    this.#jumpText.textContent =
      count === 0 ? 'To the newest' : count === 1 ? '1 new message' : `${count} new messages`;
  }
}

function bubble(message, first) {
  const element = make('li', `message${message.own ? ' own' : ''}${first ? ' first' : ''}`);
  element.dataset.id = message.id;
  if (first) {
    const head = make('p', 'who');
    if (!message.own) head.append(avatar(message.name));
    head.append(make('span', 'name', message.own ? 'You' : message.name));
    element.append(head);
  }
  const text = make('p', 'text', message.text);
  const time = make('time', '', clock.format(message.timeMs));
  time.dateTime = new Date(message.timeMs).toISOString();
  time.title = full.format(message.timeMs);
  text.append(time);
  element.append(text);
  return element;
}

function groupBy(notices) {
  const groups = new Map();
  for (const notice of notices) groups.set(notice.after, [...(groups.get(notice.after) ?? []), notice]);
  return groups;
}

function dayName(timeMs) {
  const midnight = (ms) => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(timeMs) - midnight(Date.now())) / 86_400_000);
  if (days !== 0 && days !== -1) return calendar.format(timeMs);
  const name = relative.format(days, 'day');
  return name[0].toUpperCase() + name.slice(1);
}

/**
 * The page: one session, one room at a time, and the panels around them.
 *
 * @module
 */
import { MAX_TEXT_BYTES, Room, recall, store } from './chat.js';
import { MessageLog, avatar, make } from './log.js';
import { PrimesPanel, describe } from './primes.js';
import { Session } from './trireme.js';

const $ = (id) => document.getElementById(id);
const endpoint = new URL('rpc', document.baseURI);
endpoint.protocol = endpoint.protocol.replace('http', 'ws');
endpoint.hash = '';
const session = new Session(endpoint.href);

/** The stay in the present room: `{room, log}`; null while the form to join is shown. */
let stay = null;
let unread = 0;

// The connection.

let countdown = 0;

function showLink({ kind, retryAt, reason }) {
  const texts = {
    idle: 'Offline',
    connecting: reason ? 'Reconnecting…' : 'Connecting…',
    online: 'Online',
    waiting: 'Reconnecting',
  };
  clearInterval(countdown);
  $('link').dataset.kind = kind;
  $('link').title = kind === 'waiting' && reason ? `Lost: ${reason}` : '';
  $('link-text').textContent = texts[kind];
  $('link-countdown').textContent = '';
  $('retry').hidden = kind !== 'waiting';
  if (kind === 'waiting') {
    const tick = () =>
      ($('link-countdown').textContent = `in ${Math.max(1, Math.ceil((retryAt - Date.now()) / 1000))} s`);
    countdown = setInterval(tick, 250);
    tick();
  }
  showComposer();
}

session.addEventListener('state', ({ detail }) => showLink(detail));
$('retry').addEventListener('click', () => session.retryNow());

// Joining and leaving.

const roomInHash = () => {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
};

function join(name, roomName) {
  const room = new Room(session, roomName, name);
  leave();
  stay = { room, log: new MessageLog(room) };
  room.addEventListener('members', showMembers);
  room.addEventListener('presence', showComposer);
  room.addEventListener(
    'changed',
    ({ detail }) => detail.kind === 'appended' && countUnread(detail.messages[0]),
  );
  room.addEventListener('failed', ({ detail }) => stay?.room === room && refused(detail));
  remember(name, roomName);
  showStay();
  room.join();
}

function leave() {
  if (!stay) return;
  stay.room.leave();
  stay.log.close();
  stay = null;
}

function leaveForGood() {
  leave();
  store('trireme.joined', 'no', 'sessionStorage');
  showStay();
  $('name').focus();
}

function refused(error) {
  leaveForGood();
  $('join-error').textContent = describe(error);
}

function remember(name, roomName) {
  store('trireme.name', name);
  store('trireme.room', roomName);
  store('trireme.joined', 'yes', 'sessionStorage');
  if (roomInHash() !== roomName) history.replaceState(null, '', `#${encodeURIComponent(roomName)}`);
}

function showStay() {
  const room = stay?.room;
  $('join').hidden = Boolean(room);
  $('talk').hidden = !room;
  $('leave').hidden = !room;
  $('room-title').hidden = !room;
  $('room-title').textContent = room ? `#${room.room}` : '';
  $('join-error').textContent = '';
  unread = 0;
  showMembers();
  showComposer();
  showTitle();
  if (room) (stay.log.toEnd(), $('text').focus());
}

$('join').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = $('name').value.trim();
  const room = $('room').value.trim();
  if (!name) return void ($('join-error').textContent = 'Enter a name that is not only blanks.');
  join(name, room);
});
$('leave').addEventListener('click', leaveForGood);

addEventListener('hashchange', () => {
  const room = roomInHash();
  if (!room || room === stay?.room.room) return;
  $('room').value = room;
  if (stay && $('room').validity.valid) join(stay.room.name, room);
});

// Who is here.

function showMembers() {
  const members = stay?.room.members ?? [];
  const here = stay !== null;
  $('members').replaceChildren(
    ...members.map((member) => {
      const item = make('li', 'member');
      item.append(avatar(member.name), make('span', 'name', member.name));
      if (member.id === stay.room.self?.id) item.append(make('span', 'you', 'you'));
      return item;
    }),
  );
  $('nobody').hidden = here;
  $('people-number').textContent = here ? members.length : '';
  $('people-badge').textContent = members.length;
  $('people-badge').hidden = !here;
}

// Talking.

function showComposer() {
  const joined = Boolean(stay?.room.self);
  const bytes = new TextEncoder().encode($('text').value.trim()).length;
  const over = bytes - MAX_TEXT_BYTES;
  $('send').disabled = !joined || bytes === 0 || over > 0;
  $('talk').classList.toggle('away', !joined);
  let note = '';
  if (stay && !joined) note = 'Not connected. What you write stays here.';
  else if (over > 0) note = `${over} bytes too long`;
  else if (over > -200) note = `${-over} bytes left`;
  if ($('composer-note').textContent !== note) $('composer-note').textContent = note;
  if (joined) showMembers();
}

function grow() {
  $('text').style.height = 'auto';
  $('text').style.height = `${$('text').scrollHeight + 2}px`;
}

function say() {
  const text = $('text').value.trim();
  if ($('send').disabled) return;
  stay.room.say(text);
  $('text').value = '';
  grow();
  showComposer();
}

$('text').addEventListener('input', () => (grow(), showComposer()));
$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
});
$('composer').addEventListener('submit', (event) => (event.preventDefault(), say(), $('text').focus()));
$('message-log').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') (stay?.log.toEnd(), $('text').focus());
});

// Views on a phone; what happened out of sight.

function show(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll('.views button')) {
    button.setAttribute('aria-current', String(button.dataset.view === view));
  }
  if (view === 'chat') (seen(), stay?.log.toEnd());
}

const chatVisible = () => !document.hidden && $('chat').offsetParent !== null;

function countUnread(message) {
  if (message.own || chatVisible()) return;
  unread++;
  showTitle();
}

function seen() {
  unread = 0;
  showTitle();
}

function showTitle() {
  const name = stay ? `#${stay.room.room} · Trireme` : 'Trireme';
  document.title = unread ? `(${unread}) ${name}` : name;
  $('chat-badge').textContent = unread;
  $('chat-badge').hidden = !unread;
}

function showShare(share) {
  $('primes-badge').hidden = share === null || share >= 1;
  $('primes-badge').textContent = share === null ? '' : `${Math.floor(share * 100)} %`;
}

document.querySelector('.views').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button) show(button.dataset.view);
});
document.addEventListener('visibilitychange', () => chatVisible() && seen());
$('skip').addEventListener(
  'click',
  (event) => (event.preventDefault(), show('chat'), (stay ? $('text') : $('name')).focus()),
);

// Begin.

new PrimesPanel(session, $('primes'), showShare);
showLink(session.state);
session.connect();
$('name').value = recall('trireme.name') ?? '';
$('room').value = roomInHash() || recall('trireme.room') || 'lobby';
const joinedBefore = recall('trireme.joined', 'sessionStorage') === 'yes';
if (joinedBefore && $('join').checkValidity()) join($('name').value, $('room').value);
else ($('name').value && roomInHash() ? $('room') : $('name')).focus();

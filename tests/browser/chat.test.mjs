// The page in a real browser, against the real server.
//
// Environment: TRIREME_SERVER (the program, required), CHROMIUM (default /usr/bin/chromium), TRIREME_ARTIFACTS (where the
// screenshots go, default a temporary folder).
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startServer } from './server.mjs';

const TEST_MS = 60_000;
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser;
let server;
let data;
let artifacts;
let contexts = [];
/** What the pages complained about: uncaught errors and violations of the content security policy. */
let complaints = [];

before(
  async () => {
    artifacts = process.env.TRIREME_ARTIFACTS ?? (await mkdtemp(path.join(tmpdir(), 'trireme-shots-')));
    await mkdir(artifacts, { recursive: true });
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
      timeout: 30_000,
    });
  },
  { timeout: TEST_MS },
);

after(() => browser?.close(), { timeout: TEST_MS });

beforeEach(
  async () => {
    data = await mkdtemp(path.join(tmpdir(), 'trireme-data-'));
    server = await startServer({ data });
    complaints = [];
  },
  { timeout: TEST_MS },
);

afterEach(
  async () => {
    for (const context of contexts.splice(0)) await context.close();
    await server.stop();
    await rm(data, { recursive: true, force: true });
  },
  { timeout: TEST_MS },
);

const bounded = (name, body) =>
  test(name, { timeout: TEST_MS }, async () => {
    await body();
    assert.deepEqual(complaints, []);
  });

async function openPage({ viewport = DESK, colorScheme = 'light', hash = '', init } = {}) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    locale: 'en-GB',
    timezoneId: 'UTC',
    hasTouch: viewport === PHONE,
  });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on(
    'console',
    (message) => /Content Security Policy/.test(message.text()) && complaints.push(message.text()),
  );
  if (init) await page.addInitScript(init);
  await page.goto(`${server.url}/${hash}`);
  return page;
}

async function join(page, name, room = 'lobby') {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Room', { exact: true }).fill(room);
  await page.getByRole('button', { name: 'Join' }).click();
  await joined(page, name);
}

const joined = (page, name) =>
  page.locator('#members li', { has: page.locator('.you'), hasText: name }).waitFor({ state: 'attached' });
const linkIs = (page, kind) => page.locator(`#link[data-kind="${kind}"]`).waitFor();

async function say(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByLabel('Message', { exact: true }).press('Enter');
}

const said = (page, text) => page.locator('#messages .text', { hasText: text }).waitFor();
/** Everything in the list, in order: [who, what]. */
const transcript = (page) =>
  page.locator('#messages .message').evaluateAll((items) => {
    let who = '';
    return items.map((item) => {
      who = item.querySelector('.name')?.textContent ?? who;
      return [who, item.querySelector('.text').firstChild.textContent];
    });
  });
const shot = (page, name) => page.screenshot({ path: path.join(artifacts, `${name}.png`) });
const count = (page, limit) => page.locator('.count', { hasText: `Up to ${limit}` }).first();

async function startCount(page, limit) {
  await page.getByLabel('Up to', { exact: true }).fill(limit);
  await page.getByRole('button', { name: 'Count', exact: true }).click();
}

const fitsAcross = async (page) => {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} wide in a window of ${window}`);
};

bounded('two pages in one room see each other and what each says', async () => {
  const [ada, bob] = [await openPage(), await openPage()];
  await join(ada, 'Ada');
  await join(bob, 'Bob');
  await ada.locator('#members li', { hasText: 'Bob' }).waitFor();
  await say(ada, 'Hello, Bob');
  await said(bob, 'Hello, Bob');
  await say(bob, 'Hello, Ada <b>&amp;</b>');
  await said(ada, 'Hello, Ada <b>&amp;</b>');
  assert.deepEqual(await transcript(ada), [
    ['You', 'Hello, Bob'],
    ['Bob', 'Hello, Ada <b>&amp;</b>'],
  ]);
  assert.deepEqual(await transcript(bob), [
    ['Ada', 'Hello, Bob'],
    ['You', 'Hello, Ada <b>&amp;</b>'],
  ]);
  assert.deepEqual(await ada.locator('#members .name').allTextContents(), ['Ada', 'Bob']);
  await bob.getByRole('button', { name: 'Leave' }).click();
  await ada.locator('#messages .notice', { hasText: 'Bob left' }).waitFor();
  assert.deepEqual(await ada.locator('#members .name').allTextContents(), ['Ada']);
});

bounded('a count shows its progress, then the result, while the chat goes on', async () => {
  const [ada, bob] = [await openPage(), await openPage({ colorScheme: 'dark' })];
  await join(ada, 'Ada');
  await join(bob, 'Bob');
  await ada.evaluate(() => {
    window.shares = [];
    const seen = new MutationObserver(() =>
      window.shares.push(document.querySelector('progress')?.value ?? 0),
    );
    seen.observe(document.querySelector('.counts'), {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  });
  await startCount(ada, '2e9');
  await say(ada, 'Counting');
  await said(bob, 'Counting');
  await count(ada, '2,000,000,000').locator('strong', { hasText: '98,222,287' }).waitFor({ timeout: 45_000 });
  const shares = await ada.evaluate(() => window.shares);
  assert.deepEqual(
    shares,
    [...shares].sort((a, b) => a - b),
    'progress goes forward only',
  );
  assert.ok(
    new Set(shares.filter((share) => share > 0 && share < 1)).size >= 3,
    `progress in between: ${shares}`,
  );
  await startCount(ada, '100');
  await count(ada, '100').locator('strong', { hasText: /^25$/ }).waitFor();
  await shot(ada, 'desk-light');
  await shot(bob, 'desk-dark');
});

bounded(
  'a count can be cancelled, by button and by Escape, and a bad limit is refused in words',
  async () => {
    const page = await openPage();
    await linkIs(page, 'online');
    await startCount(page, '1,000,000,000,000');
    const card = count(page, '1,000,000,000,000');
    await page.waitForFunction(() => document.querySelector('progress').value > 0);
    await card.getByRole('button', { name: /Cancel/ }).click();
    await card.getByText('Cancelled after').waitFor();
    await card.getByRole('button', { name: 'Start again' }).click();
    await page.waitForFunction(
      () => document.querySelector('.count[data-state="running"] progress')?.value > 0,
    );
    await page.getByLabel('Up to', { exact: true }).press('Escape');
    await page.waitForFunction(
      () => document.querySelectorAll('.count[data-state="cancelled"]').length === 2,
    );
    await startCount(page, '1000000');
    await count(page, '1,000,000').locator('strong', { hasText: '78,498' }).waitFor();
    await startCount(page, 'many');
    await page.getByText('Enter a whole number up to').waitFor();
  },
);

bounded('after a restart of the server both pages reconnect and have the history, once', async () => {
  const [ada, bob] = [await openPage(), await openPage({ viewport: PHONE })];
  await join(ada, 'Ada', 'harbour');
  await join(bob, 'Bob', 'harbour');
  for (let n = 1; n <= 3; n++) {
    await say(ada, `before ${n}`);
    await said(bob, `before ${n}`);
  }
  const { port } = new URL(server.url);
  await server.stop();
  await linkIs(ada, 'waiting');
  await linkIs(bob, 'waiting');
  await fitsAcross(bob);
  await shot(ada, 'desk-reconnecting');
  await shot(bob, 'phone-reconnecting');
  assert.equal(await ada.getByRole('button', { name: 'Send' }).isDisabled(), true);
  server = await startServer({ data, port });
  for (const [page, name] of [
    [ada, 'Ada'],
    [bob, 'Bob'],
  ]) {
    await page
      .locator('#retry')
      .click({ timeout: 1_000 })
      .catch(() => {}); // It may have reconnected by itself already.
    await linkIs(page, 'online');
    await joined(page, name);
  }
  await ada.locator('#members li', { hasText: 'Bob' }).waitFor();
  await say(bob, 'after');
  await said(ada, 'after');
  const lines = ['before 1', 'before 2', 'before 3', 'after'];
  assert.deepEqual(
    (await transcript(ada)).map(([, text]) => text),
    lines,
  );
  assert.deepEqual(
    (await transcript(bob)).map(([, text]) => text),
    lines,
  );
  const late = await openPage({ hash: '#harbour' });
  await late.getByLabel('Your name').fill('Grace');
  await late.getByLabel('Your name').press('Enter');
  await said(late, 'after');
  assert.deepEqual(await transcript(late), [
    ['Ada', 'before 1'],
    ['Ada', 'before 2'],
    ['Ada', 'before 3'],
    ['Bob', 'after'],
  ]);
});

bounded('a reload returns to the room with the own messages marked', async () => {
  const page = await openPage();
  await join(page, 'Ada', 'quay');
  await say(page, 'mine');
  await said(page, 'mine');
  await page.waitForFunction(() => !document.querySelector('#outbox li'));
  await page.reload();
  await said(page, 'mine');
  assert.deepEqual(await transcript(page), [['You', 'mine']]);
  assert.equal(new URL(page.url()).hash, '#quay');
});

bounded('the list follows the end unless the reader has scrolled up, and then says what is new', async () => {
  const [ada, bob] = [await openPage(), await openPage()];
  await join(ada, 'Ada');
  await join(bob, 'Bob');
  for (let n = 1; n <= 30; n++) await say(bob, `line ${n}.`);
  await said(ada, 'line 30.');
  const fromEnd = () =>
    ada.evaluate(() => {
      const log = document.getElementById('message-log');
      return log.scrollHeight - log.scrollTop - log.clientHeight;
    });
  assert.ok((await fromEnd()) < 2, 'it followed');
  await ada.evaluate(() => (document.getElementById('message-log').scrollTop = 0));
  await ada.getByRole('button', { name: 'To the newest' }).waitFor();
  await say(bob, 'one more');
  await ada.getByRole('button', { name: '1 new message' }).waitFor();
  assert.equal(await ada.evaluate(() => document.getElementById('message-log').scrollTop), 0);
  await ada.getByRole('button', { name: '1 new message' }).click();
  assert.ok((await fromEnd()) < 2, 'it is at the end again');
  assert.equal(await ada.locator('#jump').isHidden(), true);
});

bounded('older messages come on request, without moving what is read', async () => {
  const [bob, ada] = [await openPage(), await openPage()];
  await join(bob, 'Bob');
  for (let n = 1; n <= 60; n++) await say(bob, `line ${n}.`);
  await said(bob, 'line 60.');
  await join(ada, 'Ada');
  await said(ada, 'line 60.');
  assert.equal(await ada.locator('#messages .message').count(), 50);
  await ada.getByRole('button', { name: 'Earlier messages' }).click();
  await said(ada, 'line 1.');
  const lines = (await transcript(ada)).map(([, text]) => text);
  assert.deepEqual(
    lines,
    Array.from({ length: 60 }, (_, n) => `line ${n + 1}.`),
  );
  assert.equal(await ada.locator('#earlier').isHidden(), true);
});

bounded('on a phone nothing is wider than the screen, light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage({ viewport: PHONE, colorScheme });
    await fitsAcross(page);
    await shot(page, `phone-join-${colorScheme}`);
    await join(page, 'A name of thirty-two characters.', colorScheme);
    await say(page, `https://example.org/${'long/'.repeat(60)}`);
    await said(page, 'https://example.org/');
    await fitsAcross(page);
    await shot(page, `phone-chat-${colorScheme}`);
    await page.getByRole('button', { name: /^People/ }).click();
    await page.locator('#members .you').waitFor();
    await fitsAcross(page);
    await page.getByRole('button', { name: /^Primes/ }).click();
    await startCount(page, '1,000,000,000,000');
    await page.waitForFunction(() => document.querySelector('progress').value > 0);
    await fitsAcross(page);
    await shot(page, `phone-primes-${colorScheme}`);
    await page.getByRole('button', { name: /Cancel/ }).click();
  }
});

bounded('the keyboard alone is enough', async () => {
  const page = await openPage();
  await linkIs(page, 'online');
  const focused = (id) => page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
  await focused('name');
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await joined(page, 'Ada');
  await focused('text');
  await page.keyboard.type('first');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second');
  await page.keyboard.press('Enter');
  await said(page, 'first');
  assert.deepEqual(await transcript(page), [['You', 'first\nsecond']]);
  await focused('text');
  for (let hops = 0; hops < 8 && (await page.evaluate(() => document.activeElement.id)) !== 'limit'; hops++)
    await page.keyboard.press('Tab');
  await focused('limit');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none', 'focus can be seen');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('10^12');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('progress')?.value > 0);
  await page.keyboard.press('Escape');
  await page.locator('.count[data-state="cancelled"]').waitFor();
});

bounded('what the server refuses is told in one line, and the text is not lost', async () => {
  const page = await openPage();
  await join(page, 'Ada');
  const text = 'ä'.repeat(2_001);
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByText('2 bytes too long').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send' }).isDisabled(), true);
  await page.getByLabel('Message', { exact: true }).press('Enter');
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), text);
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByLabel('Your name').fill('   ');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('Enter a name that is not only blanks.').waitFor();
});

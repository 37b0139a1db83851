// What an attacker writes into a log is shown as text, wherever it ends up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Program, browser, open, settled, temporary, totals } from './harness.mjs';
import { STRINGS, write } from './hostile.mjs';

const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const folder = write(temporary());
const report = program.report(folder, '--no-geo', '--year', '2026', '--title', STRINGS[1]);
const sql = (question) => program.sql(question, folder, '--no-geo', '--year', '2026');
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

/** Signs that steer are spelled out: the texts are compared without them. */
const plain = (text) => text.replace(/[\p{Cc}\p{Cf}]|‹[0-9A-F]{4,6}›|[\u2400-\u2421]/gu, '').replace(/\s+/g, ' ').trim();

/** Fails where something of a log became more than text. */
async function onlyText(page, wrong) {
  const found = await page.evaluate(() => ({
    hit: globalThis.hit ?? null,
    markup: [...document.body.querySelectorAll('iframe, object, embed, img, [onerror], [onload], [style*="display:none"] > script, a[href^="javascript:" i], base, form, link')].map((element) => element.outerHTML.slice(0, 100)),
    scripts: [...document.body.querySelectorAll('script')].filter((script) => !['application/json', 'text/plain'].includes(script.type)).map((script) => script.textContent.slice(0, 60)),
    steering: /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(document.querySelector('#page').innerText),
  }));
  assert.deepEqual({ ...found, scripts: found.scripts.filter((text) => /hit|alert/.test(text)) }, { hit: null, markup: [], scripts: [], steering: false });
  assert.deepEqual(wrong, []);
}

const FIELDS = ['user_name', 'fail2ban_jail', 'url_path', 'user_agent_original'];

test('the logs carry the strings into every field', () => {
  for (const field of FIELDS) {
    const values = sql(`SELECT DISTINCT ${field} AS value FROM activity WHERE ${field} IS NOT NULL`).map(({ value }) => value);
    assert.ok(values.some((value) => value.includes('<script>')), `${field}: ${values.length} values`);
    assert.ok(values.length >= 10, `${field}: ${values.length} values`);
  }
});

test('the title is text', async () => {
  const { page, wrong, context } = await open(app, report);
  assert.equal(await page.title(), STRINGS[1]);
  assert.equal(await page.locator('h1').textContent(), STRINGS[1]);
  await onlyText(page, wrong);
  await context.close();
});

test('every panel, opened', async () => {
  const { page, wrong, context } = await open(app, report);
  for (const more of await page.locator('[data-panel] button[aria-expanded="false"]').all()) await more.click().catch(() => {});
  await settled(page);
  const text = plain(await page.locator('main').evaluate((element) => element.textContent));
  for (const string of STRINGS.slice(0, 8)) assert.ok(text.includes(plain(string)), string);
  await onlyText(page, wrong);
  await context.close();
});

for (const field of FIELDS) {
  test(`each ${field} filters to its own events and is shown`, async () => {
    const rows = sql(`SELECT ${field} AS value, sum(events) AS events, sum(attempts) AS attempts FROM activity WHERE ${field} IS NOT NULL GROUP BY 1`);
    const { page, wrong, context } = await open(app, report);
    for (const { value, events, attempts } of rows) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, `#${new URLSearchParams([[field, value]])}`);
      await settled(page);
      const shown = await totals(page);
      assert.deepEqual({ events: shown.events, attempts: shown.attempts }, { events, attempts }, JSON.stringify(value.slice(0, 80)));
      const chip = plain((await page.locator('.chip bdi').allTextContents()).join(' '));
      assert.ok(value === '' || chip.includes(plain(value).slice(0, 40)), `${chip} for ${value.slice(0, 80)}`);
    }
    await onlyText(page, wrong);
    await context.close();
  });
}

test('every sheet shows its raw lines as they were', async () => {
  const addresses = sql('SELECT DISTINCT source_ip FROM events WHERE source_ip IS NOT NULL').map(({ source_ip: address }) => address);
  assert.ok(addresses.length > 50);
  const { page, wrong, context } = await open(app, report);
  for (const address of addresses) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#sheet=${encodeURIComponent(address)}`);
    await page.locator('.evidence li').first().waitFor();
    await settled(page);
    const shown = (await page.locator('.evidence li').allTextContents()).map(plain);
    for (const { message } of sqlMessages(address)) {
      const wanted = plain(message).slice(0, 1500);
      assert.ok(shown.some((line) => line.includes(wanted)), `${address}: ${wanted.slice(0, 200)}`);
    }
  }
  await onlyText(page, wrong);
  await context.close();
});

let messages;
function sqlMessages(address) {
  messages ??= sql('SELECT source_ip, message FROM events WHERE source_ip IS NOT NULL');
  return messages.filter(({ source_ip: source, message }) => source === address && message !== null);
}

test('a hostile address bar changes nothing', async () => {
  for (const hash of ['#sheet=<img src=x onerror=window.hit=10>', '#user_name=</script><script>window.hit=11</script>', '#__proto__=1&constructor=2&from=x&to=y&page=-1&sort=__proto__', '#search=%00%ff<svg/onload=window.hit=12>']) {
    const { page, wrong, context } = await open(app, report, { hash });
    await onlyText(page, wrong);
    await context.close();
  }
});

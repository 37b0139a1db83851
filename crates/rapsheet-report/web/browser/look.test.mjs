// What every reader needs: dark and light, small and large screens, paper, keyboard and screen reader.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Program, browser, open, settled, temporary } from './harness.mjs';

const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const { folder, geo } = program.demo();
const report = program.report(folder, ...geo);
const [{ source_ip: worst }] = program.sql('SELECT source_ip FROM addresses ORDER BY threat_score DESC, attempts DESC, source_ip LIMIT 1', folder, ...geo);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

const VIEWS = {
  light: {},
  dark: { colorScheme: 'dark' },
  narrow: { viewport: { width: 360, height: 780 } },
  '4K': { viewport: { width: 3840, height: 2160 } },
  filtered: { hash: '#service_name=sshd' },
  'nothing left': { hash: '#user_name=nobody-of-that-name' },
  'a sheet': { hash: `#sheet=${worst}` },
  'a sheet, dark and narrow': { hash: `#sheet=${worst}`, colorScheme: 'dark', viewport: { width: 360, height: 780 } },
  'a sheet that is not there': { hash: '#sheet=203.0.113.255' },
};
for (const [name, options] of Object.entries(VIEWS)) {
  test(`${name}: no sideways scroll, no serious problem for anybody`, async () => {
    const { page, wrong, context } = await open(app, report, options);
    for (const summary of await page.locator('main details > summary').all()) await summary.evaluate((element) => (element.parentElement.open = true));
    await settled(page);
    const [wide, room] = await page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]);
    assert.ok(wide <= room, `${wide} px in ${room} px`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    const grave = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`);
    assert.deepEqual(grave, []);
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test('dark and light have their own colours, and the switch turns them', async () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await open(app, report, { colorScheme: 'light' });
  const dark = await open(app, report, { colorScheme: 'dark' });
  const [one, other] = [await ground(light.page), await ground(dark.page)];
  assert.notEqual(one, other);
  await light.page.getByRole('button', { name: 'Dark', exact: true }).click();
  await settled(light.page);
  assert.equal(await ground(light.page), other);
  assert.deepEqual([...light.wrong, ...dark.wrong], []);
  await light.context.close();
  await dark.context.close();
});

test('it prints', async () => {
  const { page, wrong, context } = await open(app, report, { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  await settled(page);
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).map(Number));
  assert.ok(paper.every((part) => part > 200), `paper is light, not ${paper}`);
  // Paper has no next page to press: every address of the demo is there, and pages to press are not.
  const [{ addresses }] = program.sql('SELECT count(*) AS addresses FROM addresses', folder, ...geo);
  assert.ok(addresses > 50 && addresses <= 500);
  assert.equal(await page.locator('.addresses tbody tr').count(), addresses);
  assert.equal(await page.locator('.pager').first().isVisible(), false);
  const pdf = await page.pdf({ format: 'A4' });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  assert.ok(pdf.length > 20_000, `${pdf.length} bytes`);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('it prints five hundred addresses and says how many it leaves out', async () => {
  const logs = temporary();
  const lines = Array.from({ length: 612 }, (_, at) => `2026-01-05T10:00:00+00:00 host sshd[${at + 1}]: Failed password for root from 2001:db8::${(at + 1).toString(16)} port 4242 ssh2\n`);
  writeFileSync(join(logs, 'auth.log'), lines.join(''));
  const { page, wrong, context } = await open(app, program.report(logs, '--no-geo'));
  const rows = page.locator('.addresses tbody tr');
  assert.equal(await rows.count(), 50);
  // What the browser itself does before it takes the pages, without a change of the screen.
  await page.evaluate(() => {
    globalThis.printed = [];
    addEventListener('beforeprint', () => queueMicrotask(() => queueMicrotask(() => globalThis.printed.push(document.querySelectorAll('.addresses tbody tr').length))));
  });
  const pdf = await page.pdf({ format: 'A4' });
  assert.deepEqual(await page.evaluate(() => globalThis.printed), [500]);
  assert.ok((pdf.toString('latin1').match(/\/Type \/Page\b/g) ?? []).length >= 6, 'pages of the table');
  await settled(page);
  assert.equal(await rows.count(), 50);
  await page.emulateMedia({ media: 'print' });
  await settled(page);
  assert.equal(await rows.count(), 500);
  assert.match(await page.locator('.addresses').textContent(), /The first 500 of 612 addresses are printed; 112 are left out\./);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('the page forbids itself the network', async () => {
  const { page, context } = await open(app, report);
  const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content');
  assert.match(policy, /default-src 'none'/);
  for (const kind of ['connect-src', 'font-src', 'frame-src', 'object-src']) assert.ok(!policy.includes(kind), kind);
  const reached = await page.evaluate(() => fetch('http://127.0.0.1:9/').then(() => 'answered', (error) => error.message));
  assert.match(reached, /Failed to fetch|violates/);
  await context.close();
});

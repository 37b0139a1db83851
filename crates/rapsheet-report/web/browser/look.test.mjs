// What every reader needs: dark and light, small and large screens, paper, keyboard and screen reader.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { Program, browser, open, settled } from './harness.mjs';

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
  const pdf = await page.pdf({ format: 'A4' });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  assert.ok(pdf.length > 20_000, `${pdf.length} bytes`);
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

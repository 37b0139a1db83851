// The numbers shown are those that the program counts with SQL on the same logs, whatever is filtered.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Program, browser, conditionOf, expectedTotals, open, quoted, settled, totals } from './harness.mjs';

const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const { folder, geo } = program.demo();
const report = program.report(folder, ...geo);
const sql = (question) => program.sql(question, folder, ...geo);
const hashOf = (page) => page.evaluate(() => location.hash);
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

/** Compares the totals of a page with those of SQL for what its address bar says. */
async function same(page) {
  await settled(page);
  const hash = await hashOf(page);
  const shown = await totals(page);
  const expected = expectedTotals(program, hash, folder, geo);
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, shown[key]])), expected, hash || 'no filter');
  return shown;
}

/** The rows of a panel: names as they are shown, and exact numbers. */
const rowsOf = (page, panel) =>
  page.$$eval(`[data-panel="${panel}"] tbody tr`, (rows) =>
    rows.map((row) => ({
      name: row.querySelector('.code')?.textContent ?? row.querySelector('button.value')?.textContent ?? row.querySelector('th')?.textContent,
      value: Number((row.querySelector('td.number')?.title ?? '').replace(/[^\d]/g, '')),
    })),
  );

test('the whole report', async () => {
  const { page, wrong, context } = await open(app, report);
  const shown = await same(page);
  assert.ok(shown.attempts > 100, 'the demo has attempts');
  const [{ bans }] = sql('SELECT count(*) AS bans FROM bans');
  const [{ logins }] = sql('SELECT count(*) AS logins FROM logins');
  assert.deepEqual({ bans: shown.bans, logins: shown.logins }, { bans, logins });
  assert.deepEqual(wrong, []);
  await context.close();
});

const PANELS = {
  countries: 'd.country_iso_code',
  networks: 'e.source_network',
  user_names: 'e.user_name',
  reasons: "replace(e.reason, '_', ' ')",
  services: 'e.service_name',
};
for (const [panel, column] of Object.entries(PANELS)) {
  test(`the panel ${panel} counts as SQL does, for all and for a brushed span`, async () => {
    const [{ first, last }] = sql('SELECT min(timestamp) AS first, max(timestamp) AS last FROM events');
    const hour = (at) => new Date(at).toISOString().slice(0, 13);
    const [middle, end] = [hour((Date.parse(first) + Date.parse(last)) / 2), hour(Date.parse(last))];
    for (const hash of ['', `#from=${middle}&to=${end}`]) {
      const { page, wrong, context } = await open(app, report, { hash });
      const time = hash ? `e.timestamp >= TIMESTAMP '${middle}:00:00Z' AND e.timestamp < TIMESTAMP '${end}:00:00Z'` : 'TRUE';
      const expected = new Map(
        sql(`SELECT ${column} AS name, sum(e.attempts) AS value FROM events AS e LEFT JOIN details AS d ON d.source_ip = e.source_ip WHERE ${time} GROUP BY 1`).map(({ name, value }) => [name, value]),
      );
      const rows = (await rowsOf(page, panel)).filter(({ name }) => expected.has(name));
      assert.ok(rows.length >= 2, `rows of ${panel}`);
      for (const { name, value } of rows) assert.equal(value, expected.get(name), `${panel} ${name} ${hash}`);
      assert.deepEqual(wrong, []);
      await context.close();
    }
  });
}

const FILTERS = ['countries', 'autonomous_systems', 'networks', 'user_names', 'reasons', 'services', 'jails', 'user_types', 'connection_types', 'anonymous', 'paths', 'probes', 'agents'];
test('a press in each panel filters everything, a second press takes it away', async (t) => {
  const { page, wrong, context } = await open(app, report);
  const whole = await totals(page);
  let pressed = 0;
  for (const panel of FILTERS) {
    const values = page.locator(`[data-panel="${panel}"] button.value`);
    // The demo's details have no connection types: a panel without a value isn't shown.
    if ((await values.count()) === 0) continue;
    await t.test(panel, async () => {
      // What an earlier panel left is taken away, so that each fails for itself.
      await page.evaluate(() => {
        location.hash = '';
      });
      await settled(page);
      await values.first().click();
      const shown = await same(page);
      assert.ok(shown.events <= whole.events && shown.events > 0, 'some are left');
      const dimension = /^#!?([a-z0-9_]+)=/.exec(await hashOf(page))?.[1];
      assert.ok(dimension, 'the address bar names the filter');
      assert.equal(await page.locator('.chip').count(), 1);
      await page.locator(`[data-panel="${panel}"] button.value[aria-pressed="true"]`).first().click();
      await settled(page);
      assert.deepEqual(await totals(page), whole);
      pressed += 1;
    });
  }
  assert.ok(pressed >= 10, `${pressed} panels filter`);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('filters of several panels and two values of one', async () => {
  const { page, wrong, context } = await open(app, report);
  for (const panel of ['countries', 'services']) await page.locator(`[data-panel="${panel}"] button.value`).first().click();
  const one = await same(page);
  await page.locator('[data-panel="countries"] button.value[aria-pressed="false"]').first().click();
  const two = await same(page);
  assert.ok(two.attackers > one.attackers, 'a second country adds');
  await page.locator('.chip button').first().click();
  await same(page);
  await page.getByRole('button', { name: 'Clear all' }).click();
  await same(page);
  assert.equal(await hashOf(page), '');
  assert.deepEqual(wrong, []);
  await context.close();
});

test('hours of the week: each cell counts as SQL does and filters by mouse and by key', async () => {
  const { page, wrong, context } = await open(app, report);
  const whole = await totals(page);
  const cells = page.locator('[data-panel="hours"] .cell');
  const read = async () => (await cells.evaluateAll((all) => all.map((cell) => [cell.getAttribute('aria-label').split(':')[0], Number(cell.dataset.value)]))).filter(([, value]) => value > 0);
  const expected = sql("SELECT to_char(timestamp, '%A, %H') AS name, sum(attempts) AS value FROM events GROUP BY 1 HAVING sum(attempts) > 0");
  const all = await read();
  assert.deepEqual(Object.fromEntries(all), Object.fromEntries(expected.map(({ name, value }) => [name, value])));
  const loud = await cells.evaluateAll((list) => list.map((cell) => Number(cell.dataset.value)).reduce((best, value, at, values) => (value > values[best] ? at : best), 0));
  await cells.nth(loud).click();
  const one = await same(page);
  assert.equal(one.attempts, Math.max(...all.map(([, value]) => value)));
  assert.equal(await page.locator('.chip').count(), 1);
  assert.match(await page.locator('.chip').first().textContent(), /^Hours .+day, \d\d:00 to \d\d:59/);
  assert.match(await hashOf(page), /^#hour_of_week=(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\+\d\d$/);
  // Its own panel goes on to offer the other hours; another panel is filtered by it.
  assert.deepEqual(await read(), all);
  const hash = await hashOf(page);
  const there = await open(app, report, { hash });
  assert.deepEqual(await totals(there.page), one);
  assert.equal(await there.page.locator('[data-panel="hours"] .cell[aria-pressed="true"]').count(), 1);
  await there.context.close();
  // One cell of the week is reached by Tab, the next one by an arrow, and Enter adds it.
  await cells.nth(loud).focus();
  assert.equal(await page.locator('[data-panel="hours"] .cell[tabindex="0"]').count(), 1);
  await page.keyboard.press(loud % 24 < 23 ? 'ArrowRight' : 'ArrowLeft');
  await page.keyboard.press('Enter');
  const two = await same(page);
  assert.ok(two.events >= one.events);
  assert.equal(await page.locator('.chip').count(), 2);
  await page.locator('[data-panel="services"] button.value').first().click();
  await same(page);
  await page.goBack();
  await page.goBack();
  await settled(page);
  assert.deepEqual(await totals(page), one);
  await cells.nth(loud).click();
  await settled(page);
  assert.deepEqual(await totals(page), whole);
  assert.deepEqual([...wrong, ...there.wrong], []);
  await context.close();
});

test('missing details are of the addresses in view', async () => {
  const { page, wrong, context } = await open(app, report);
  const panel = page.locator('[data-panel="missing"]');
  await panel.getByRole('button', { name: /^All / }).click();
  const compared = async (condition) => {
    await settled(page);
    const seen = `(SELECT DISTINCT e.source_ip FROM events AS e LEFT JOIN details AS d ON d.source_ip = e.source_ip WHERE ${condition})`;
    const rows = await panel.locator('tbody tr').evaluateAll((all) => all.map((row) => [row.querySelector('th').textContent, Number(row.querySelector('td').title.replaceAll(',', ''))]));
    assert.ok(rows.length > 20, `${rows.length} columns`);
    const [counts] = sql(`SELECT ${rows.map(([name]) => `count(*) - count(${name}) AS ${name}`).join(', ')} FROM details WHERE source_ip IN ${seen}`);
    assert.deepEqual(Object.fromEntries(rows), counts);
    return counts;
  };
  const whole = await compared('e.source_ip IS NOT NULL');
  await page.locator('[data-panel="services"] button.value').first().click();
  await page.locator('[data-panel="user_names"] button.value').nth(2).click();
  const shown = await same(page);
  const { condition } = conditionOf(await hashOf(page));
  const some = await compared(condition);
  assert.notDeepEqual(some, whole);
  assert.ok(shown.attackers > 0);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('the brush by mouse and by keyboard', async () => {
  const { page, wrong, context } = await open(app, report);
  const whole = await totals(page);
  const box = await page.locator('.timeline .brush svg').boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.45, box.y + 40, { steps: 6 });
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 6 });
  await page.mouse.up();
  const dragged = await same(page);
  assert.match(await hashOf(page), /^#from=\d{4}-\d\d-\d\dT\d\d&to=\d{4}-\d\d-\d\dT\d\d$/);
  assert.ok(dragged.events > 0 && dragged.events < whole.events);
  await page.getByRole('slider', { name: 'Begin of the period' }).focus();
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
  const nudged = await same(page);
  assert.ok(nudged.events <= dragged.events);
  await page.getByRole('slider', { name: 'End of the period' }).focus();
  await page.keyboard.press('End');
  await same(page);
  await page.keyboard.press('Escape');
  await settled(page);
  assert.deepEqual(await totals(page), whole);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a linked view opens the same in a fresh page, and Back goes back', async () => {
  const { page, wrong, context } = await open(app, report);
  const whole = await totals(page);
  await page.locator('[data-panel="user_names"] button.value').first().click();
  const first = await same(page);
  await page.getByRole('slider', { name: 'Begin of the period' }).focus();
  await page.keyboard.press('PageUp');
  await page.keyboard.press('PageUp');
  const second = await same(page);
  assert.notDeepEqual(second, first);
  const hash = await hashOf(page);
  const there = await open(app, report, { hash });
  assert.deepEqual(await totals(there.page), second);
  for (const panel of Object.keys(PANELS)) assert.deepEqual(await rowsOf(there.page, panel), await rowsOf(page, panel), panel);
  await there.context.close();
  await page.goBack();
  await page.goBack();
  await settled(page);
  assert.deepEqual(await totals(page), first);
  await page.goBack();
  await settled(page);
  assert.deepEqual(await totals(page), whole);
  await page.goForward();
  await settled(page);
  assert.deepEqual(await totals(page), first);
  assert.deepEqual([...wrong, ...there.wrong], []);
  await context.close();
});

test('the rap sheet of an address', async () => {
  const [{ source_ip: address, attempts, bans, users }] = sql('SELECT source_ip, attempts, bans + restored AS bans, users_tried AS users FROM addresses ORDER BY threat_score DESC, attempts DESC, source_ip LIMIT 1');
  const { page, wrong, context } = await open(app, report);
  await page.getByRole('searchbox', { name: 'Search addresses' }).fill(address);
  const opener = page.locator('.addresses tbody').getByRole('link', { name: address }).or(page.locator('.addresses tbody').getByRole('button', { name: address })).first();
  await opener.click();
  const sheet = page.getByRole('dialog');
  await sheet.waitFor();
  const facts = await sheet.locator('.facts div').evaluateAll((rows) => Object.fromEntries(rows.map((row) => [row.querySelector('dt').textContent, row.querySelector('dd').textContent])));
  assert.match(facts.Attempts, new RegExp(`^${attempts.toLocaleString('en')} in `));
  assert.match(facts.Bans, new RegExp(`^${bans.toLocaleString('en')}`));
  assert.equal(facts['User names tried'], users.toLocaleString('en'));
  await sheet.locator('.evidence li').first().waitFor();
  const lines = sql(`SELECT log_file_path || ':' || CAST(log_line AS VARCHAR) AS place FROM events WHERE source_ip = ${quoted(address)}`).map(({ place }) => place);
  const shown = await sheet.locator('.evidence .place').allTextContents();
  assert.ok(shown.length > 0);
  for (const place of shown) assert.ok(lines.includes(place), place);
  assert.ok((await hashOf(page)).includes(`sheet=${address}`));
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  assert.ok(!(await hashOf(page)).includes('sheet='));
  await page.goBack();
  await sheet.waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});

test('the map counts as SQL does, and its countries filter', async () => {
  const { page, wrong, context } = await open(app, report);
  await page.locator('.map-table summary').click();
  await settled(page);
  const rows = await page.$$eval('.map-countries tbody tr', (all) =>
    all.map((row) => ({ code: row.querySelector('button').dataset.country, numbers: [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll(',', ''))) })),
  );
  const expected = sql(
    `SELECT d.country_iso_code AS code, count(*) AS addresses, sum(a.attempts) AS attempts, count(CASE WHEN d.location_latitude IS NULL THEN 1 END) AS pointless
     FROM addresses AS a JOIN details AS d ON d.source_ip = a.source_ip WHERE d.country_iso_code IS NOT NULL AND a.attempts > 0 GROUP BY 1`,
  );
  assert.deepEqual(
    Object.fromEntries(rows.map(({ code, numbers }) => [code, numbers])),
    Object.fromEntries(expected.map(({ code, addresses, attempts, pointless }) => [code, [addresses, attempts, pointless]])),
  );
  await page.locator('.map-countries tbody button').first().click();
  await same(page);
  assert.equal(await page.locator('.map-countries button[aria-pressed="true"]').count(), 1);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('the map is painted, tells what is under the pointer, and zooms by keyboard', async () => {
  const { page, wrong, context } = await open(app, report);
  const canvas = page.locator('.map-canvas');
  await canvas.scrollIntoViewIfNeeded();
  const picture = () => canvas.evaluate((element) => element.toDataURL().length + element.toDataURL().slice(-4000));
  const whole = await picture();
  const box = await canvas.boundingBox();
  const tip = page.locator('.map-tip');
  let told = '';
  for (let y = 0.15; y < 0.8 && !/\d attempt/.test(told); y += 0.02) {
    for (let x = 0.1; x < 0.9 && !/\d attempt/.test(told); x += 0.02) {
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
      if (await tip.isVisible()) told = await tip.textContent();
    }
  }
  assert.match(told, /\d attempts?/);
  await page.mouse.move(0, 0);
  await canvas.focus();
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowLeft');
  await settled(page);
  assert.notEqual(await picture(), whole);
  await page.keyboard.press('0');
  await settled(page);
  assert.equal(await picture(), whole);
  assert.deepEqual(wrong, []);
  await context.close();
});

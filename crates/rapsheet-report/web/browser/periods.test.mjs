// Years that were guessed: the page says so, and periods far apart can each be looked at.

import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Program, browser, open, settled, temporary, totals } from './harness.mjs';

const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const folder = temporary();
const two = (number) => String(number).padStart(2, '0');
const line = (month, day, hour, address, at) => `${month} ${String(day).padStart(2)} ${two(hour)}:05:00 web1 sshd[${at}]: Failed password for root from ${address} port 4000 ssh2\n`;
/** A log without years that was last written then. */
function log(name, text, written) {
  const path = join(folder, name);
  writeFileSync(path, text);
  utimesSync(path, new Date(written), new Date(written));
}
const march = Array.from({ length: 28 }, (_, day) => Array.from({ length: 8 }, (_, at) => line('Mar', day + 1, at * 3, `203.0.113.${day + 1}`, day * 10 + at)).join('')).join('');
log('auth.log.1', march, '2020-03-29T00:00:00Z');
log('auth.log', Array.from({ length: 24 }, (_, hour) => line('Nov', 20, hour, '198.51.100.9', hour)).join(''), '2026-11-21T00:00:00Z');
const report = program.report(folder, '--no-geo');
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

test('periods far apart are told with the years that were assumed, and each has its own last week', async () => {
  const { page, wrong, context } = await open(app, report);
  const periods = page.locator('.periods');
  assert.match(await periods.textContent(), /2 periods with events.*years were assumed.*--year/);
  assert.match(await periods.textContent(), /nothing for 7 years/);
  await page.getByRole('link', { name: 'years assumed' }).click();
  assert.match(await page.locator('.sources').textContent(), /auth\.log\.1`?: lines without a year are taken as 2020/);
  await periods.getByRole('button', { name: /^1 Mar 2020/ }).click();
  await settled(page);
  assert.equal((await totals(page)).attempts, 28 * 8);
  await periods.getByRole('button', { name: 'its last 7 days' }).click();
  await settled(page);
  const [{ n }] = program.sql("SELECT count(*) AS n FROM events WHERE timestamp >= TIMESTAMP '2020-03-21T22:00:00Z' AND timestamp < TIMESTAMP '2020-03-28T22:00:00Z'", folder, '--no-geo');
  assert.equal((await totals(page)).attempts, n);
  await periods.getByRole('button', { name: /^20 Nov 2026/ }).click();
  await settled(page);
  assert.equal((await totals(page)).attempts, 24);
  assert.deepEqual(wrong, []);
  await context.close();
});

// Tables that have no room for all there is: the totals are true all the same, and what is cut is said at the number.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Program, browser, open, settled, temporary, totals } from './harness.mjs';

const ADDRESSES = 50_498;
const LOGINS = 22_882;
const BANS = 100_300;

const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const folder = temporary();
const two = (number) => String(number).padStart(2, '0');
/** A time of January 2026, and an address of one of four countries. */
const time = (second) => `2026-01-${two(1 + Math.floor(second / 86_400))}T${two(Math.floor(second / 3600) % 24)}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
const address = (number) => `${[85, 103, 177, 202][number % 4]}.${Math.floor(number / 40_000) + 20}.${Math.floor(number / 160) % 250}.${1 + (Math.floor(number / 4) % 40)}`;
const lines = [];
for (let at = 0; at < ADDRESSES; at++) lines.push([at * 10, `web${1 + (at % 2)} sshd[${1000 + at}]: Failed password for ${at % 3 ? 'root' : 'admin'} from ${address(at)} port 4000 ssh2`]);
// Logins of one hour that are alike share a row; these are of users of their own.
for (let at = 0; at < LOGINS; at++) lines.push([600_000 + at * 20, `web1 sshd[${100_000 + at}]: Accepted publickey for u${at} from ${address(at % 400)} port 4001 ssh2`]);
lines.sort(([one], [other]) => one - other);
writeFileSync(join(folder, 'auth.log'), lines.map(([second, text]) => `${time(second)}+00:00 ${text}\n`).join(''));
const bans = Array.from({ length: BANS }, (_, at) => `${time(at * 10).replace('T', ' ')},000 fail2ban.actions [77]: NOTICE  [sshd] Ban ${address(at % 3000)}\n`);
writeFileSync(join(folder, 'fail2ban.log'), bans.join(''));

const report = program.report(folder, '--max-evidence', '0');
const sql = (question) => program.sql(question, folder);
const number = (value) => value.toLocaleString('en');
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

test('the whole report has true totals, and says at the number what it lists', async () => {
  const { page, wrong, context } = await open(app, report);
  const shown = await totals(page);
  const [expected] = sql('SELECT (SELECT count(*) FROM addresses) AS addresses, (SELECT count(*) FROM addresses WHERE attempts > 0) AS attackers, (SELECT sum(attempts) FROM addresses) AS attempts, (SELECT count(*) FROM logins) AS logins, (SELECT count(*) FROM bans) AS bans, (SELECT count(DISTINCT d.country_iso_code) FROM addresses AS a JOIN details AS d ON d.source_ip = a.source_ip WHERE a.attempts > 0) AS countries');
  assert.ok(expected.addresses > 50_000 && expected.logins === LOGINS && expected.bans === BANS, JSON.stringify(expected));
  for (const key of ['attackers', 'attempts', 'logins', 'bans', 'countries']) assert.equal(shown[key], expected[key], key);
  const words = async (key) => page.locator(`[data-total="${key}"]`).textContent();
  assert.ok((await words('logins')).includes(`${number(LOGINS)} (20,000 listed)`), await words('logins'));
  assert.ok((await words('bans')).includes(`${number(BANS)} (100,000 listed)`), await words('bans'));
  assert.ok((await words('attackers')).includes(`of ${number(expected.addresses)} seen`), await words('attackers'));
  assert.ok((await page.locator('.addresses .count').textContent()).startsWith(`${number(expected.addresses)} seen (50,000 listed)`));
  assert.ok((await page.locator('[data-panel="logins"] h2').textContent()).includes(`${number(LOGINS)} (20,000 listed)`));
  assert.deepEqual(wrong, []);
  await context.close();
});

test('countries, networks and filters count addresses that have no row', async () => {
  const { page, wrong, context } = await open(app, report);
  const expected = sql('SELECT d.country_iso_code AS code, sum(a.attempts) AS attempts, count(CASE WHEN a.attempts > 0 THEN 1 END) AS tried, count(*) AS seen FROM addresses AS a JOIN details AS d ON d.source_ip = a.source_ip WHERE d.country_iso_code IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1');
  assert.ok(expected.length >= 2, 'the built-in database knows countries');
  const rows = await page.$$eval('[data-panel="countries"] tbody tr', (all) => all.map((row) => [row.querySelector('.code')?.textContent, ...[...row.querySelectorAll('td.number')].map((cell) => cell.title || cell.textContent)]));
  for (const { code, attempts, tried } of expected.slice(0, 6)) {
    const row = rows.find(([name]) => name === code);
    assert.equal(row?.[1], number(attempts), code);
    if (tried < 10_000) assert.equal(row?.[2], number(tried), code);
  }
  const logins = new Map(sql('SELECT d.country_iso_code AS code, count(*) AS logins FROM logins AS l JOIN details AS d ON d.source_ip = l.source_ip GROUP BY 1').map((row) => [row.code, row.logins]));
  for (const { code, attempts, tried, seen } of expected.slice(0, 2)) {
    await page.goto(`${page.url().split('#')[0]}#country_iso_code=${code}`);
    await settled(page);
    const shown = await totals(page);
    assert.deepEqual([shown.attempts, shown.attackers, shown.logins], [attempts, tried, logins.get(code) ?? 0], code);
    assert.ok((await page.locator('.addresses .count').textContent()).startsWith(`${number(seen)} seen`), code);
  }
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a brush and a user count logins that have no row; bans that may be more are said to be', async () => {
  const { page, wrong, context } = await open(app, report, { hash: '#from=2026-01-08T00&to=2026-01-09T00' });
  const [{ n }] = sql("SELECT count(*) AS n FROM logins WHERE at >= TIMESTAMP '2026-01-08T00:00:00Z' AND at < TIMESTAMP '2026-01-09T00:00:00Z'");
  assert.ok(n > 1000);
  assert.equal((await totals(page)).logins, n);
  assert.match(await page.locator('[data-total="bans"]').textContent(), /≥/);
  // The first logins are those that have no row; the first of an address, which failed before, has one.
  await page.goto(`${page.url().split('#')[0]}#user_name=u403`);
  await settled(page);
  const words = await page.locator('[data-total="logins"]').textContent();
  assert.equal((await totals(page)).logins, 1, words);
  assert.match(words, /\(0 listed\)/);
  assert.deepEqual(wrong, []);
  await context.close();
});

// Ordinary web traffic: requests, bytes, answers, what was not found, referrers and agents, against SQL on the same log.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Program, browser, expectedTotals, open, settled, temporary, totals } from './harness.mjs';

const AGENTS = {
  Chrome: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1%.0.0.0 Safari/537.36',
  Firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:1%.0) Gecko/20100101 Firefox/1%.0',
  curl: 'curl/8.%',
};
const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const folder = temporary();
const two = (number) => String(number).padStart(2, '0');
const names = Object.keys(AGENTS);
const lines = Array.from({ length: 900 }, (_, at) => {
  const missed = at % 7 === 0;
  const path = missed ? `/gone/${at % 21}.html?x=${at}` : at % 11 === 0 ? '/.env' : `/page/${at % 50}`;
  const referrer = at % 3 === 0 ? '-' : at % 3 === 1 ? `https://www.example.org/page/${at % 50}?q=1` : 'https://search.example.net/';
  const agent = AGENTS[names[at % 3]].replaceAll('%', String(at % 10));
  const status = missed ? 404 : path === '/.env' ? 403 : at % 13 === 0 ? 304 : 200;
  return `198.18.${at % 5}.${1 + (at % 40)} - - [0${1 + Math.floor(at / 300)}/Jan/2026:${two(at % 24)}:${two(at % 60)}:00 +0000] "GET ${path} HTTP/1.1" ${status} ${status === 304 ? '-' : 1000 + at * 5_000_000} "${referrer}" "${agent}"\n`;
});
// Who visits and tries nothing.
lines.push('198.18.200.1 - - [02/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 500 "-" "curl/8.1"\n'.repeat(4));
writeFileSync(join(folder, 'access.log'), lines.join(''));
const report = program.report(folder, '--no-geo');
const sql = (question) => program.sql(question, folder, '--no-geo');
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

const rowsOf = (page, panel) => page.$$eval(`[data-panel="${panel}"] tbody tr`, (rows) => Object.fromEntries(rows.map((row) => [row.querySelector('button.value').textContent, [Number(row.querySelector('td').title.replaceAll(',', '')), row.querySelectorAll('td')[1].textContent]])));
const sent = (count) => {
  let [value, at] = [count, 0];
  while (value >= 999.5) [value, at] = [value / 1000, at + 1];
  return `${at > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${['B', 'kB', 'MB', 'GB', 'TB'][at]}`;
};
const PATH = "split_part(split_part(url_original, '?', 1), '#', 1)";
const PANELS = {
  web_status: 'CAST(http_response_status_code AS VARCHAR)',
  not_found: `CASE WHEN http_response_status_code = 404 THEN ${PATH} END`,
  referrers: "nullif(split_part(split_part(http_referrer, '://', 2), '/', 1), '')",
  browsers: `CASE WHEN user_agent_original LIKE '%Chrome%' THEN 'Chrome' WHEN user_agent_original LIKE '%Firefox%' THEN 'Firefox' ELSE 'curl' END`,
  systems: `CASE WHEN user_agent_original LIKE '%Windows%' THEN 'Windows' WHEN user_agent_original LIKE '%Linux%' THEN 'Linux' END`,
};

for (const hash of ['', '#from=2026-01-02T03&to=2026-01-02T17', '#http_response_status_code=404']) {
  test(`requests and bytes are those of SQL${hash && ` under ${hash}`}`, async () => {
    const { page, wrong, context } = await open(app, report, { hash });
    const time = hash.includes('from') ? "timestamp >= TIMESTAMP '2026-01-02T03:00:00Z' AND timestamp < TIMESTAMP '2026-01-02T17:00:00Z'" : 'TRUE';
    for (const [panel, column] of Object.entries(PANELS)) {
      // A panel goes on to offer what its own filter leaves out.
      const filter = hash.includes('404') && panel !== 'web_status' ? 'http_response_status_code = 404' : 'TRUE';
      const expected = sql(`SELECT ${column} AS name, count(*) AS requests, coalesce(sum(http_response_body_bytes), 0) AS bytes FROM events WHERE event_action = 'request' AND ${time} AND ${filter} AND ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8`);
      const rows = await rowsOf(page, panel);
      assert.ok(expected.length > 0);
      const told = Object.fromEntries(expected.filter(({ name }) => rows[name]).map(({ name, requests, bytes }) => [name, [requests, sent(bytes)]]));
      assert.deepEqual(rows, told, panel);
      assert.equal(Object.keys(rows).length, expected.length, panel);
    }
    const [whole] = sql(`SELECT count(*) AS requests, sum(http_response_body_bytes) AS bytes FROM events WHERE event_action = 'request' AND ${time}${hash.includes('404') ? ' AND http_response_status_code = 404' : ''}`);
    assert.ok((await page.locator('[data-total="events"]').textContent()).includes(`${whole.requests.toLocaleString('en')} web requests, ${sent(whole.bytes)}`), await page.locator('[data-total="events"]').textContent());
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test('a press in each panel of the web filters everything, and the command gives the same', async () => {
  const { page, wrong, context } = await open(app, report);
  for (const panel of ['web_status', 'not_found', 'referrers']) {
    await page.evaluate(() => {
      location.hash = '';
    });
    await settled(page);
    await page.locator(`[data-panel="${panel}"] button.value`).first().click();
    await settled(page);
    const hash = await page.evaluate(() => location.hash);
    const expected = expectedTotals(program, hash, folder, ['--no-geo']);
    const shown = await totals(page);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, shown[key]])), expected, hash);
    await page.locator('.take-away summary').click();
    const question = /'(SELECT.*)' --/.exec(await page.locator('.command').textContent())[1].replaceAll("'\\''", "'");
    const rows = sql(question);
    assert.equal(rows.reduce((sum, { events }) => sum + events, 0), shown.events, question);
    await page.locator('.take-away summary').click();
  }
  assert.deepEqual(wrong, []);
  await context.close();
});

test('who only visits shows requests, and where nobody tried anything requests are counted', async () => {
  const { page, wrong, context } = await open(app, report, { hash: '#source_ip=198.18.200.1' });
  assert.equal(await page.locator('.measure select').inputValue(), 'requests');
  await page.goto(`${page.url().split('#')[0]}#source_ip=198.18.200.1&measure=attempts`);
  await settled(page);
  assert.match(await page.locator('.addresses tbody tr').first().textContent(), /4 requests/);
  assert.deepEqual(wrong, []);
  await context.close();
});

// What is measured, what is left out and what is taken away: each number against SQL on the same logs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { Program, browser, expectedTotals, open, quoted, settled, totals } from './harness.mjs';

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

const chosen = (page) => page.locator('.measure select').inputValue();
const values = (page, panel) => page.$$eval(`[data-panel="${panel}"] tbody tr`, (rows) => rows.map((row) => [row.querySelector('.code')?.textContent ?? row.querySelector('button.value')?.textContent, ...[...row.querySelectorAll('td.number')].map((cell) => Number((cell.title || cell.textContent).replace(/[^\d]/g, '')))]));

/** How SQL counts each measure, in the join of activity `e` and details `d`. */
const FAILED = `e.suspicious AND e.event_category = 'authentication' AND e.event_outcome <> 'success' AND (e.event_action = 'login' OR e.user_name IS NOT NULL OR e.user_exists IS NOT NULL OR coalesce(e.reason, '') IN ('too_many_failures', 'root_refused', 'user_not_allowed'))`;
const MEASURES = {
  attempts: 'e.attempts',
  failed_logins: `CASE WHEN ${FAILED} THEN e.attempts ELSE 0 END`,
  connections: `CASE WHEN e.event_category <> 'authentication' OR ${FAILED} THEN 0 WHEN e.event_action = 'refused' AND NOT e.suspicious THEN e.events ELSE e.attempts END`,
  logins: `CASE WHEN e.event_action = 'login' AND e.event_outcome = 'success' THEN e.events ELSE 0 END`,
  requests: `CASE WHEN e.event_action = 'request' THEN e.events ELSE 0 END`,
  found: `CASE WHEN e.event_action = 'found' THEN e.events ELSE 0 END`,
  events: 'e.events',
};

test('each measure counts as SQL does, in every panel, and every heading says which it is', async () => {
  const { page, wrong, context } = await open(app, report);
  const [whole] = sql(`SELECT ${Object.entries(MEASURES).map(([name, sum]) => `sum(${sum}) AS ${name}`).join(', ')} FROM activity AS e`);
  const [record] = sql('SELECT sum(failed_logins) AS failed_logins, sum(connections) AS connections, sum(requests) AS requests, sum(successes) AS logins FROM (SELECT failed_logins, connections, requests, successes FROM addresses UNION ALL SELECT failed_logins, connections, 0 AS requests, successes FROM domains) AS all_of_them');
  // The measures are those of the record of each address.
  assert.equal(whole.failed_logins, record.failed_logins);
  assert.equal(whole.connections, record.connections);
  assert.equal(whole.logins, record.logins);
  const offered = await page.locator('.measure option').evaluateAll((all) => all.map((option) => option.value));
  for (const name of Object.keys(MEASURES)) {
    assert.equal(offered.includes(name), whole[name] > 0, `${name} is offered where there is any`);
    if (!offered.includes(name)) continue;
    await page.locator('.measure select').selectOption(name);
    await settled(page);
    assert.equal(await chosen(page), name);
    for (const [panel, column] of [['countries', 'd.country_iso_code'], ['services', 'e.service_name'], ['hosts', 'e.host_name'], ['reasons', "replace(e.reason, '_', ' ')"]]) {
      const expected = new Map(sql(`SELECT ${column} AS name, sum(${MEASURES[name]}) AS value FROM activity AS e LEFT JOIN details AS d ON d.source_ip = e.source_ip GROUP BY 1`).map(({ name: key, value }) => [key, value]));
      const rows = (await values(page, panel)).filter(([key]) => expected.has(key));
      for (const [key, value] of rows) assert.equal(value, expected.get(key), `${panel} ${key} ${name}`);
      const largest = Math.max(0, ...[...expected].filter(([key]) => key !== null).map(([, value]) => value));
      if (largest > 0 && (await page.locator(`[data-panel="${panel}"]`).count())) assert.equal(Math.max(...rows.map(([, value]) => value)), largest, `${panel} shows the largest of ${name}`);
    }
    const words = await page.locator('.measure option:checked').textContent();
    const headings = await page.locator('h2 .by').allTextContents();
    assert.ok(headings.length > 8 && headings.every((heading) => heading === words), `${words}: ${headings}`);
    assert.match((await page.locator('.timeline h2').textContent()).toLowerCase(), new RegExp(`^${words}`));
  }
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a jail leaves bans to count, and they are those of its table', async () => {
  const { page, wrong, context } = await open(app, report);
  const jails = sql("SELECT fail2ban_jail AS jail, count(CASE WHEN kind = 'new' THEN 1 END) AS fresh, count(CASE WHEN kind = 'restored' THEN 1 END) AS restored FROM bans GROUP BY 1");
  assert.ok(jails.length >= 2 && jails.some(({ restored }) => restored > 0), 'the demo has jails and restored bans');
  const shown = await page.$$eval('[data-panel="jails"] tbody tr', (rows) => rows.map((row) => [row.querySelector('button').textContent, Number(row.querySelector('[data-action="ban"]').textContent.replaceAll(',', '')), Number(row.querySelector('[data-action="restore_ban"]').textContent.replaceAll(',', ''))]));
  for (const { jail, fresh, restored } of jails) assert.deepEqual(shown.find(([name]) => name === jail), [jail, fresh, restored]);
  for (const { jail, fresh, restored } of jails) {
    await page.goto(`${page.url().split('#')[0]}#fail2ban_jail=${encodeURIComponent(jail)}`);
    await settled(page);
    assert.equal(await chosen(page), 'bans', 'a jail has no attempts of its own');
    const all = await totals(page);
    assert.equal(all.bans, fresh + restored, jail);
    const expected = new Map(sql(`SELECT d.country_iso_code AS name, count(*) AS bans, count(DISTINCT b.source_ip) AS addresses FROM bans AS b LEFT JOIN details AS d ON d.source_ip = b.source_ip WHERE b.fail2ban_jail = ${quoted(jail)} GROUP BY 1`).map((row) => [row.name, [row.bans, row.addresses]]));
    const rows = (await values(page, 'countries')).filter(([name]) => expected.has(name));
    assert.ok(rows.length > 0);
    for (const [name, bans, addresses] of rows) assert.deepEqual([bans, addresses], expected.get(name), `${jail} ${name}`);
    // The map and the bars of time have them too.
    await page.locator('.map-table summary').click();
    await settled(page);
    const onMap = await page.$$eval('.map-countries tbody tr', (all) => all.map((row) => Number(row.querySelectorAll('td')[1].textContent.replaceAll(',', ''))));
    assert.equal(onMap.reduce((sum, value) => sum + value, 0), [...expected].filter(([name]) => name !== null).reduce((sum, [, [bans]]) => sum + bans, 0));
    await page.locator('.map-table summary').click();
  }
  assert.deepEqual(wrong, []);
  await context.close();
});

test('addresses that tried and addresses that were seen are two numbers', async () => {
  const { page, wrong, context } = await open(app, report);
  const expected = new Map(sql('SELECT d.country_iso_code AS name, count(CASE WHEN a.attempts > 0 THEN 1 END) AS tried, count(*) AS seen FROM addresses AS a LEFT JOIN details AS d ON d.source_ip = a.source_ip GROUP BY 1').map(({ name, tried, seen }) => [name, [tried, seen]]));
  assert.ok([...expected.values()].some(([tried, seen]) => tried < seen), 'somebody only visited');
  const rows = (await values(page, 'countries')).filter(([name]) => expected.has(name));
  assert.ok(rows.length > 3);
  for (const [name, , tried, seen] of rows) assert.deepEqual([tried, seen], expected.get(name), name);
  assert.deepEqual(await page.locator('[data-panel="countries"] thead th').allTextContents(), ['country', 'attempts', 'addressestried', 'addressesseen']);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('logins follow the filters that they have, and say so where they follow addresses', async () => {
  const { page, wrong, context } = await open(app, report);
  const panel = page.locator('[data-panel="logins"]');
  const users = sql('SELECT user_name AS name, count(*) AS logins FROM logins GROUP BY 1 ORDER BY 2 DESC');
  assert.ok(users.length >= 2);
  const [{ name, logins }] = users;
  const shown = async () => (await panel.locator('tbody tr').evaluateAll((rows) => rows.map((row) => Number(row.querySelector('td.number').textContent.replaceAll(',', ''))))).reduce((sum, value) => sum + value, 0);
  const all = panel.getByRole('button', { name: /^All / });
  if (await all.count()) await all.click();
  assert.equal(await shown(), users.reduce((sum, user) => sum + user.logins, 0));
  await page.goto(`${page.url().split('#')[0]}#user_name=${encodeURIComponent(name)}`);
  await settled(page);
  assert.equal((await totals(page)).logins, logins);
  assert.equal(await shown(), logins);
  assert.equal(await panel.locator('.note', { hasText: 'of the addresses' }).count(), 0);
  // Lines that only repeat an attempt bear no reason in `activity`, and so it is on the page.
  const [{ reason }] = sql("SELECT reason FROM activity WHERE reason IS NOT NULL AND source_ip IN (SELECT source_ip FROM logins) GROUP BY 1 ORDER BY sum(events) DESC LIMIT 1");
  await page.goto(`${page.url().split('#')[0]}#reason=${reason}`);
  await settled(page);
  const [{ n }] = sql(`SELECT count(*) AS n FROM logins WHERE source_ip IN (SELECT source_ip FROM activity WHERE reason = ${quoted(reason)})`);
  assert.ok(n > 0);
  assert.equal((await totals(page)).logins, n);
  assert.equal(await panel.locator('.note', { hasText: 'of the addresses in this view' }).count(), 1);
  assert.match(await page.locator('[data-total="logins"]').textContent(), /of these addresses/);
  // A new place is where `new_places` says so.
  await page.goto(page.url().split('#')[0]);
  await settled(page);
  if (await all.count()) await all.click();
  const placed = await panel.locator('tbody tr.new').evaluateAll((rows) => [...new Set(rows.map((row) => row.querySelector('.address').textContent))].toSorted());
  assert.deepEqual(placed, sql('SELECT DISTINCT source_ip AS address FROM new_places ORDER BY 1').map(({ address }) => address));
  assert.ok(placed.length > 0);
  // Who got in is told by address, with the first and the last time.
  const [one] = sql("SELECT source_ip AS address, user_name AS user, count(*) AS logins FROM logins GROUP BY 1, 2, openssh_auth_method, openssh_auth_key, host_name, service_name ORDER BY 3 DESC, 1, 2 LIMIT 1");
  await page.goto(`${page.url().split('#')[0]}#source_ip=${one.address}&user_name=${encodeURIComponent(one.user)}`);
  await settled(page);
  const cells = await panel.locator('tbody tr').first().locator('th, td').allTextContents();
  assert.ok(cells[0].includes(one.user) && cells[1].includes(one.address) && cells.includes(one.logins.toLocaleString('en')), cells.join(' | '));
  assert.deepEqual(wrong, []);
  await context.close();
});

test('what is left out is left out everywhere, and comes back', async () => {
  const { page, wrong, context } = await open(app, report);
  const whole = await totals(page);
  const same = async () => {
    await settled(page);
    const hash = await hashOf(page);
    const expected = expectedTotals(program, hash, folder, geo);
    const shown = await totals(page);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, shown[key]])), expected, hash);
    return shown;
  };
  for (const panel of ['countries', 'networks', 'services', 'user_names']) {
    await page.locator(`[data-panel="${panel}"] button.value`).first().click();
    await page.locator('.chip .turn').first().click();
    const shown = await same();
    assert.ok(shown.events > 0 && shown.events < whole.events, panel);
    assert.match(await hashOf(page), /^#not\./);
    assert.equal(await page.locator('.chip.out').count(), 1);
    await page.locator('.chip.out').getByRole('button', { name: /^Take away/ }).click();
    await settled(page);
    assert.deepEqual(await totals(page), whole);
  }
  // An address by its rap sheet, together with a filter.
  const [{ source_ip: address }] = sql('SELECT source_ip FROM addresses ORDER BY threat_score DESC, attempts DESC, source_ip LIMIT 1');
  await page.goto(`${page.url().split('#')[0]}#sheet=${address}`);
  await settled(page);
  await page.getByRole('button', { name: 'Leave out this address' }).click();
  await page.keyboard.press('Escape');
  assert.ok((await same()).attackers < whole.attackers);
  await page.locator('[data-panel="services"] button.value').first().click();
  await same();
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a server filters as SQL does', async () => {
  const hosts = sql('SELECT host_name AS name FROM events WHERE host_name IS NOT NULL GROUP BY 1 ORDER BY 1');
  const { page, wrong, context } = await open(app, report, { hash: `#host_name=${hosts[0].name}` });
  const expected = expectedTotals(program, await hashOf(page), folder, geo);
  const shown = await totals(page);
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, shown[key]])), expected);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('the title names servers and period, and the command gives the same view', async () => {
  const { page, wrong, context } = await open(app, report);
  const [{ host }] = sql('SELECT host_name AS host FROM events WHERE host_name IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1');
  const title = await page.title();
  assert.ok(title.startsWith(host), title);
  assert.match(title, /, .*\d \w{3} \d{4}$/);
  assert.equal(await page.locator('h1').textContent(), title);
  await page.locator('[data-panel="countries"] button.value').first().click();
  await page.locator('[data-panel="services"] button.value').first().click();
  await page.locator('.chip .turn').first().click();
  await page.getByRole('slider', { name: 'Begin of the period' }).focus();
  await page.keyboard.press('PageUp');
  await settled(page);
  const shown = await totals(page);
  await page.locator('.take-away summary').click();
  const line = await page.locator('.command').textContent();
  // A shell runs the line as it stands; only what `rapsheet` is stands before it.
  const env = { PROGRAM: program.path, PATH: process.env.PATH, HOME: program.home, XDG_CONFIG_HOME: program.home, XDG_CACHE_HOME: program.home, XDG_DATA_HOME: program.home, TZ: 'UTC' };
  const rows = JSON.parse(execFileSync('sh', ['-c', `rapsheet() { "$PROGRAM" "$@"; }\n${line} --format json --quiet`], { env, encoding: 'utf8' }));
  assert.ok(rows.length > 1);
  assert.equal(rows.length, Number((await page.locator('.addresses .count').textContent()).replace(/ seen.*/, '').replaceAll(',', '')));
  assert.equal(rows.filter(({ attempts }) => attempts > 0).length, shown.attackers);
  assert.equal(rows.reduce((sum, { attempts }) => sum + attempts, 0), shown.attempts);
  await page.getByRole('button', { name: 'List', exact: true }).click();
  const list = (await page.getByRole('textbox', { name: 'What was taken' }).inputValue()).trim().split('\n');
  assert.deepEqual(list.toSorted(), rows.filter(({ attempts }) => attempts > 0).map(({ source_ip }) => source_ip).toSorted());
  await page.getByRole('button', { name: 'nftables set' }).click();
  await settled(page);
  const sets = await page.getByRole('textbox', { name: 'What was taken' }).inputValue();
  for (const address of list) assert.ok(sets.includes(`    ${address}`), address);
  await page.getByRole('button', { name: 'CSV' }).click();
  await settled(page);
  const csv = (await page.getByRole('textbox', { name: 'What was taken' }).inputValue()).trim().split('\n');
  assert.match(csv[0], /^source_ip,attempts,events,/);
  assert.equal(csv.length, list.length + 1);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('the three answers are those of the summary', async () => {
  const { page, wrong, context } = await open(app, report);
  const { verdict } = JSON.parse(program.run(folder, '--format', 'json', '--timezone', 'UTC', '--quiet', ...geo));
  assert.equal(verdict.length, 3);
  for (const { question, answer, ground } of verdict) {
    const part = page.locator(`[data-question="${question}"]`);
    assert.equal(await part.getAttribute('data-answer'), answer);
    const [told] = /^[^,;]+/.exec(ground);
    assert.ok((await part.textContent()).includes(told), `${told}: ${await part.textContent()}`);
  }
  assert.deepEqual(wrong, []);
  await context.close();
});

// What a chart, the map, paper and a phone show: positions, colours, sizes and words, in the real program's reports.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Program, browser, open, settled, temporary, totals } from './harness.mjs';

const program = new Program(process.env.RAPSHEET, process.env.RAPSHEET_PAGE);
const { folder, geo } = program.demo();
const report = program.report(folder, ...geo);
let app;
before(async () => {
  app = await browser();
});
after(() => app.close());

/** Opens a report, hands it to a test, and expects that nothing went wrong. */
async function within(file, options, act) {
  const { page, wrong, context } = await open(app, file, options);
  await act(page);
  assert.deepEqual(wrong, []);
  await context.close();
}

const pagesOf = (pdf) => (pdf.toString('latin1').match(/\/Type \/Page\b/g) ?? []).length;

/** A report of lines of sshd, each a failed password at a time. */
function logged(lines, ...more) {
  const logs = temporary();
  const text = lines.map(({ at, user = 'root', from = '203.0.113.7' }, line) => `${at} host sshd[${line + 1}]: Failed password for ${user} from ${from} port 4242 ssh2\n`);
  writeFileSync(join(logs, 'auth.log'), text.join(''));
  return program.report(logs, '--no-geo', ...more);
}

test('on paper a bar stands where its time is, however wide the paper is', async () => {
  const days = Array.from({ length: 20 }, (_, day) => ({ at: `2026-01-${String(day + 1).padStart(2, '0')}T12:00:00+00:00` }));
  const spike = Array.from({ length: 60 }, () => ({ at: '2026-01-18T12:00:00+00:00' }));
  await within(logged([...days, ...spike]), {}, async (page) => {
    await page.emulateMedia({ media: 'print' });
    await settled(page);
    for (const width of [400, 700, 1100]) {
      const found = await page.evaluate((width) => {
        document.getElementById('page').style.width = `${width}px`;
        // In the same turn: paper is not waited for.
        const box = document.querySelector('.timeline .brush').getBoundingClientRect();
        const svg = document.querySelector('.timeline svg').getBoundingClientRect();
        const label = [...document.querySelectorAll('.timeline .axis span')].at(-1);
        const shape = document.querySelector('.timeline svg path:not(.shade)');
        // The tallest bar's own corner, in the drawing's units.
        const bars = [...shape.getAttribute('d').matchAll(/M([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
        const [left] = bars.reduce((best, bar) => (bar[1] < best[1] ? bar : best));
        const drawn = svg.left + (left / document.querySelector('.timeline svg').viewBox.baseVal.width) * svg.width;
        return { box: box.width, svg: svg.width, drawn: (drawn - box.left) / box.width, label: label && { text: label.textContent, at: parseFloat(label.style.left) / 100 } };
      }, width);
      assert.ok(Math.abs(found.box - found.svg) < 1, `${width}: the picture has ${found.svg} of ${found.box}`);
      // From 1 January, 12:00, to 20 January, 13:00.
      const hours = 19 * 24 + 1;
      assert.ok(Math.abs(found.drawn - (17 * 24) / hours) < 0.02, `${width}: the spike of the 18th stands at ${found.drawn}`);
      const day = Number(found.label.text.split(' ')[0]);
      assert.ok(Math.abs(found.label.at - ((day - 1) * 24 - 12) / hours) < 0.01, `${width}: ${found.label.text} stands at ${found.label.at}`);
    }
  });
});

test('panels are not torn, nothing is left to press, and paper has the map', async () => {
  await within(report, { colorScheme: 'dark' }, async (page) => {
    await page.emulateMedia({ media: 'print' });
    await settled(page);
    const broken = await page.$$eval('.panels > .panel, .world, .timeline', (panels) => panels.filter((panel) => getComputedStyle(panel).breakInside !== 'avoid').map((panel) => panel.dataset.panel ?? panel.className));
    assert.deepEqual(broken, []);
    for (const name of ['.tools', '.handles', '.map-tools', '.pager', 'button.quiet', '.as-table', 'input.find']) {
      const seen = await page.locator(`${name}:visible`).count();
      assert.equal(seen, 0, name);
    }
    // Names that are buttons on the screen are text as any other.
    const [link, text] = await page.evaluate(() => ['.addresses .address', '.addresses td'].map((name) => getComputedStyle(document.querySelector(name)).color));
    assert.equal(link, text);
    const ground = await page.evaluate(() => [...document.querySelector('.map-canvas').getContext('2d').getImageData(4, 4, 1, 1).data]);
    assert.ok(ground[3] === 0 || ground[0] > 200, `the map's corner is ${ground}`);
    assert.ok(pagesOf(await page.pdf({ format: 'A4' })) >= 6);
  });
});

test('a printed rap sheet is whole, and the screen has its dialog again', async () => {
  const lines = Array.from({ length: 260 }, (_, at) => ({ at: `2026-01-05T10:${String(at % 60).padStart(2, '0')}:00+00:00`, user: `user${at}` }));
  const file = logged(lines, '--max-evidence', '500');
  await within(file, { hash: '#sheet=203.0.113.7' }, async (page) => {
    await page.waitForSelector('.evidence');
    const modal = () => page.evaluate(() => document.querySelector('dialog').matches(':modal'));
    assert.equal(await modal(), true);
    await page.evaluate(() => {
      addEventListener('beforeprint', () => queueMicrotask(() => queueMicrotask(() => {
        const box = document.querySelector('dialog');
        globalThis.paper = { modal: box.matches(':modal'), open: box.open, lines: document.querySelectorAll('.evidence li').length, users: document.querySelectorAll('.columns tbody tr').length };
      })));
    });
    const pdf = await page.pdf({ format: 'A4' });
    // 260 lines, and 260 names of users beside the reason.
    assert.deepEqual(await page.evaluate(() => globalThis.paper), { modal: false, open: true, lines: 260, users: 261 });
    assert.ok(pagesOf(pdf) >= 8, `${pagesOf(pdf)} pages`);
    await settled(page);
    assert.equal(await modal(), true);
    assert.match(page.url(), /sheet=203/);
    await page.keyboard.press('Escape');
    await settled(page);
    assert.doesNotMatch(page.url(), /sheet=/);
  });
});

test('an hour that clocks repeat is two bars', async () => {
  const lines = Array.from({ length: 36 * 4 }, (_, at) => ({ at: new Date(Date.UTC(2025, 9, 25, 12) + at * 900_000).toISOString().replace('.000Z', '+00:00') }));
  await within(logged(lines, '--timezone', 'Europe/Zurich'), {}, async (page) => {
    const reader = page.locator('.timeline .reader');
    await reader.focus();
    assert.equal(await reader.getAttribute('aria-valuemax'), '36');
    const told = [];
    for (let bar = 0; bar < 36; bar++) {
      told.push(await reader.getAttribute('aria-valuetext'));
      await page.keyboard.press('ArrowRight');
    }
    assert.deepEqual(told.filter((text) => !text.includes(': 4 attempts')), []);
    assert.deepEqual(told.filter((text) => text.startsWith('26 Oct 2025, 02:00')).map((text) => text.split(' – ')[0]), ['26 Oct 2025, 02:00 UTC+2', '26 Oct 2025, 02:00 UTC+1']);
    assert.match(await page.locator('.plot-tip').textContent(), /4 attempts/);
    const cells = await page.$$eval('.heat .cell', (cells) => cells.map((cell) => cell.title).filter((title) => title.includes('told twice')));
    assert.deepEqual(cells, ['Sunday, 02:00 to 02:59: 8 attempts, an hour that clocks told twice among them']);
    const hours = await page.locator('.timeline .axis span').allTextContents();
    assert.ok(hours.some((text) => /^\d\d:00$/.test(text)), hours.join());
  });
});

test('a name keeps its colour under every filter, in sheets and in pictures', async () => {
  const legend = (page, place) => page.$$eval(`${place} .keys li`, (parts) => Object.fromEntries(parts.map((part) => [part.querySelector('bdi').textContent, getComputedStyle(part.querySelector('.dot')).backgroundColor])));
  const seen = new Map();
  const [{ source_ip: address }] = program.sql("SELECT source_ip FROM events WHERE service_name IN ('nginx', 'sshd') GROUP BY source_ip HAVING count(DISTINCT service_name) = 2 LIMIT 1", folder);
  for (const hash of ['', '#service_name=nginx', '#service_name=dovecot&service_name=postfix', '#from=2025-12-29T00&to=2025-12-30T00', `#sheet=${address}`]) {
    await within(report, { hash }, async (page) => {
      for (const place of ['.timeline', '.sheet .history']) {
        for (const [name, colour] of Object.entries(await legend(page, place))) {
          assert.equal(seen.get(name) ?? colour, colour, `${name} of ${place} with ${hash}`);
          seen.set(name, colour);
        }
      }
    });
  }
  assert.ok(seen.size >= 4, [...seen.keys()].join());
  const picture = program.run('plot', 'timeline', folder, '--timezone', 'UTC', '--quiet');
  assert.ok(picture.length > 0);
  const file = join(temporary(), 'timeline.svg');
  program.run('plot', 'timeline', folder, '-o', file, '--quiet');
  const { readFileSync } = await import('node:fs');
  const svg = readFileSync(file, 'utf8').toLowerCase();
  for (const name of ['sshd', 'nginx', 'dovecot', 'postfix']) {
    const hex = `#${seen.get(name).match(/\d+/g).map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
    assert.ok(svg.includes(hex), `${name} is ${hex}`);
  }
});

test('a row that was pressed stays where it was, and the others are dimmed', async () => {
  for (const panel of ['paths', 'user_names', 'jails', 'user_types', 'services']) {
    await within(report, {}, async (page) => {
      const row = page.locator(`[data-panel="${panel}"] tbody tr`).nth(1);
      const value = row.locator('button.value');
      await value.scrollIntoViewIfNeeded();
      const text = await value.textContent();
      const place = () => page.locator(`[data-panel="${panel}"] tbody tr`, { hasText: text }).first().boundingBox();
      const ink = await page.locator(`[data-panel="${panel}"] tbody tr th`).first().evaluate((cell) => getComputedStyle(cell).color);
      const before = await place();
      await value.click();
      await settled(page);
      const after = await place();
      assert.ok(Math.abs(after.y - before.y) <= 1, `${panel}: ${before.y} became ${after.y}`);
      const dimmed = await page.locator(`[data-panel="${panel}"] tbody tr:not(.on) th`).first().evaluate((cell) => getComputedStyle(cell).color);
      assert.notEqual(dimmed, ink, panel);
    });
  }
});

test('a phone keeps address, attempts and score, and its filters on top', async () => {
  await within(report, { viewport: { width: 360, height: 780 }, hash: '#service_name=sshd' }, async (page) => {
    const heads = await page.locator('.wide-table thead th:visible').allTextContents();
    assert.deepEqual(heads.map((text) => text.replace(/[ ↓↑]/g, '')), ['Address', 'Attempts', 'Score']);
    await page.locator('#addresses').scrollIntoViewIfNeeded();
    await page.evaluate(() => scrollBy(0, 400));
    await settled(page);
    const chips = await page.locator('.chips').boundingBox();
    assert.ok(chips.y >= -1 && chips.y < 2, `chips are at ${chips.y}`);
    assert.ok(await page.locator('.chip').isVisible());
  });
});

test('the map is no higher than 420 px, with findings beside it, and a notch of the wheel is a small step', async () => {
  for (const width of [1280, 1920, 3840]) {
    await within(report, { viewport: { width, height: 1400 } }, async (page) => {
      const map = await page.locator('.map-canvas').boundingBox();
      const findings = await page.locator('[data-panel="findings"]').boundingBox();
      assert.ok(map.height <= 420, `${map.height} px at ${width}`);
      assert.ok(findings.x > map.x + map.width - 1 && findings.y < map.y + map.height, `findings at ${findings.x}, ${findings.y} with ${width}`);
    });
  }
  await within(report, {}, async (page) => {
    const map = page.locator('.map-canvas');
    await map.scrollIntoViewIfNeeded();
    const zoomed = () => map.evaluate((canvas) => canvas.__zoom.k);
    const { x, y, width, height } = await map.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -120);
    await settled(page);
    const once = await zoomed();
    assert.ok(once > 1.1 && once < 1.6, `one notch is ${once}`);
    await page.mouse.wheel(0, 120);
    await page.keyboard.up('Control');
    await settled(page);
    assert.ok(Math.abs((await zoomed()) - 1) < 0.01);
    assert.match(await page.locator('.map-legend').textContent(), /from 1from 10.*and more attempts.*so many addresses in one mark/);
  });
});

test('the time line has an axis of numbers, and says what a bar holds', async () => {
  await within(report, {}, async (page) => {
    const marks = (await page.locator('.timeline .y-axis span').allTextContents()).map(Number);
    assert.ok(marks.length >= 3 && marks[0] === 0, marks.join());
    const box = await page.locator('.timeline .brush svg').boundingBox();
    assert.equal(await page.locator('.plot-tip').count(), 0);
    await page.mouse.move(box.x + box.width / 3, box.y + 40);
    await settled(page);
    const pointed = await page.locator('.plot-tip').textContent();
    assert.match(pointed, /2025.*attempts?/);
    // The bars say in all what the page says in all.
    await page.locator('.timeline .reader').focus();
    await page.keyboard.press('Home');
    await settled(page);
    let sum = 0;
    const bars = Number(await page.locator('.timeline .reader').getAttribute('aria-valuemax'));
    for (let bar = 0; bar < bars; bar++) {
      sum += Number(/: ([\d,]+) attempts?/.exec(await page.locator('.timeline .reader').getAttribute('aria-valuetext'))[1].replaceAll(',', ''));
      await page.keyboard.press('ArrowRight');
    }
    assert.equal(sum, (await totals(page)).attempts);
    // Enter takes the bar as the period.
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await settled(page);
    assert.match(page.url(), /from=2025-12-14T00&to=2025-12-14T02/);
  });
});

test('a sheet has its own span, a table of it, and says how many lines it holds of how many', async () => {
  const [{ source_ip: address, first, last, events }] = program.sql('SELECT source_ip, first_seen AS first, last_seen AS last, events FROM addresses ORDER BY threat_score DESC, attempts DESC, source_ip LIMIT 1', folder, ...geo);
  await within(report, { hash: `#sheet=${address}` }, async (page) => {
    const reader = page.locator('.history .reader');
    const day = new Date(first).getUTCDate();
    await reader.focus();
    assert.ok((await reader.getAttribute('aria-valuetext')).startsWith(`${day - 1} `) || (await reader.getAttribute('aria-valuetext')).startsWith(`${day} `), `${await reader.getAttribute('aria-valuetext')} of ${first} to ${last}`);
    await page.locator('.history summary').click();
    await settled(page);
    const cells = await page.locator('.history tbody td').allTextContents();
    assert.equal(cells.reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0), events);
    await page.waitForSelector('.evidence');
    const kept = await page.locator('.evidence li').count();
    assert.ok(kept < events);
    assert.match(await page.locator('.evidence h3').textContent(), new RegExp(`${kept}, of ${events} events`));
  });
});

test('what is compared is what each period says by itself', async () => {
  const [one, two] = ['from=2025-12-29T00&to=2026-01-01T00', 'from=2025-12-24T00&to=2025-12-27T00'];
  const alone = [];
  for (const hash of [one, two]) await within(report, { hash: `#${hash}&service_name=sshd` }, async (page) => alone.push(await totals(page)));
  await within(report, { hash: `#${one}&versus=2025-12-24T00&versusto=2025-12-27T00&service_name=sshd` }, async (page) => {
    const both = await page.$$eval('[data-compared]', (rows) => rows.map((row) => [row.dataset.compared, ...[...row.querySelectorAll('td')].slice(0, 2).map((cell) => Number(cell.title.replaceAll(',', '')))]));
    assert.ok(both.length >= 6);
    for (const [key, first, second] of both) assert.deepEqual([first, second], [alone[0][key], alone[1][key]], key);
    // Arrows move the second brush, and the first stays.
    await page.getByRole('slider', { name: 'End of the second period' }).focus();
    await page.keyboard.press('ArrowLeft');
    await settled(page);
    assert.match(page.url(), /from=2025-12-29T00&to=2026-01-01T00&versus=2025-12-24T00&versusto=2025-12-26T22/);
    assert.deepEqual(await totals(page), alone[0]);
    await page.getByRole('button', { name: 'Stop comparing' }).click();
    await settled(page);
    assert.equal(await page.locator('.compare').count(), 0);
  });
  await within(report, { hash: `#${one}` }, async (page) => {
    await page.getByRole('button', { name: 'Compare' }).click();
    await settled(page);
    assert.match(page.url(), /versus=2025-12-26T00&versusto=2025-12-29T00/);
    const svg = await page.locator('.timeline .brush svg').boundingBox();
    await page.keyboard.down('Shift');
    await page.mouse.move(svg.x + 30, svg.y + 60);
    await page.mouse.down();
    await page.mouse.move(svg.x + 200, svg.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await settled(page);
    assert.match(page.url(), /from=2025-12-29T00&to=2026-01-01T00&versus=2025-12-14/);
  });
});

test('one is singular, backticks are no letters, and a strange link is told', async () => {
  await within(logged([{ at: '2026-01-05T10:00:00+00:00' }]), { hash: '#colour=red&user_name=root' }, async (page) => {
    const text = await page.locator('body').innerText();
    assert.doesNotMatch(text, /\b1 (events|attempts|addresses|lines|sources|bans|logins)\b/);
    assert.match(text, /\nattempt\n1\n/);
    assert.match(await page.locator('.chips').textContent(), /does not know: colour/);
  });
  await within(report, {}, async (page) => {
    const own = await page.locator('.findings, .answer, .sources').allInnerTexts();
    assert.doesNotMatch(own.join('\n'), /`/);
  });
});

test('a search finds who tried a user and who asked for a path', async () => {
  for (const [column, table, text] of [['user_name', 'events', 'oracle'], ['url_path', 'events', '/.git/config']]) {
    const condition = column === 'user_name' ? `lower(user_name) LIKE '%${text}%'` : `lower(url_path) LIKE '%${text}%'`;
    const [{ found }] = program.sql(`SELECT count(DISTINCT source_ip) AS found FROM ${column === 'url_path' ? 'activity' : table} WHERE ${condition} AND source_ip IS NOT NULL`, folder, ...geo);
    assert.ok(found > 0);
    await within(report, { hash: `#search=${encodeURIComponent(text)}` }, async (page) => {
      const [, shown] = /^([\d,]+) found/.exec(await page.locator('#addresses .count').textContent()) ?? [];
      assert.equal(Number(shown?.replaceAll(',', '')), found, text);
    });
  }
});

test('logins under the name of a host are counted, and said to be in no list', async () => {
  const logs = temporary();
  writeFileSync(join(logs, 'auth.log'), '2026-01-05T10:00:00+00:00 host sshd[7]: Accepted password for bob from host.example.org port 22 ssh2\n');
  await within(program.report(logs, '--no-geo'), {}, async (page) => {
    assert.equal((await totals(page)).logins, 1);
    assert.match(await page.locator('[data-total="logins"]').textContent(), /1 \(0 listed\)/);
  });
});

test('who is called as rare names are is somebody', async () => {
  const lines = [
    ...Array.from({ length: 3 }, () => ({ at: '2026-01-05T10:00:00+00:00', user: '(other)' })),
    { at: '2026-01-05T11:00:00+00:00', user: 'root' },
  ];
  await within(logged(lines), {}, async (page) => {
    const panel = page.locator('[data-panel="user_names"]');
    assert.match(await panel.textContent(), /\(other\)/);
    assert.doesNotMatch(await panel.textContent(), /put together/);
    await panel.getByRole('button', { name: '(other)' }).click();
    await settled(page);
    assert.equal((await totals(page)).attempts, 3);
  });
});

test('swatches keep their colours where the system forces its own', async () => {
  await within(report, { forcedColors: 'active' }, async (page) => {
    const colours = await page.$$eval('.timeline .keys .dot, [data-panel="user_types"] .dot', (dots) => dots.map((dot) => getComputedStyle(dot).backgroundColor));
    assert.ok(new Set(colours).size >= 4, colours.join());
  });
});

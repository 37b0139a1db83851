// Measures the report: the file's size, the time to its first view, and a step of the brush.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Program, argumentsOf, browser, open, temporary } from './harness.mjs';

const values = argumentsOf({ events: { type: 'string', default: '10000,100000,1000000,1000000/50000' } });
const program = new Program(values.rapsheet, values.page && resolve(values.page));
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const STEPS = 24;
const median = (times) => times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)];
const number = (value, digits = 0) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

process.stdout.write('| lines | events | addresses | file, MiB | first view, ms | with the map, ms | scripts of it, ms | brush step: median, ms | longest, ms | scripts of a step, ms |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n');
// `LINES` or `LINES/ADDRESSES`.
for (const wish of values.events.split(',')) {
  const [lines, wanted] = wish.split('/').map(Number);
  const folder = temporary();
  const more = wanted ? ['--addresses', String(wanted)] : [];
  execFileSync('cargo', ['xtask', 'gen-logs', '--kind', 'sshd', '--lines', String(lines), ...more, '--seed', '1', '-o', join(folder, 'auth.log')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const report = program.report(folder);
  const [{ events, addresses }] = program.sql('SELECT count(*) AS events, count(DISTINCT source_ip) AS addresses FROM events', folder);
  const [{ first, last }] = program.sql('SELECT min(hour) AS first, max(hour) AS last FROM activity', folder);
  const app = await browser();
  const views = [];
  let brush = [];
  let scripts = 0;
  for (let turn = 0; turn < 3; turn++) {
    let meter;
    const before = async (page) => (meter = await metered(page));
    const { page, wrong, context } = await open(app, report, { before });
    // The map is painted right after the first view; a reader sees both as one.
    await page.waitForFunction(() => performance.getEntriesByName('rapsheet-map').length > 0);
    const [shown, whole] = await page.evaluate(() => ['rapsheet-shown', 'rapsheet-map'].map((name) => performance.getEntriesByName(name)[0].startTime));
    views.push({ shown, whole, scripts: await meter() });
    if (wrong.length) throw new Error(wrong.join('\n'));
    if (turn === 2) {
      const begun = await meter();
      brush = await brushes(page, Date.parse(first), Date.parse(last));
      scripts = ((await meter()) - begun) / STEPS;
    }
    await context.close();
  }
  await app.close();
  const size = statSync(report).size / 1024 / 1024;
  const of = (name) => number(median(views.map((view) => view[name])));
  const cells = [number(lines), number(events), number(addresses), number(size, 1), of('shown'), of('whole'), of('scripts'), number(median(brush)), number(Math.max(...brush)), number(scripts)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

/** Returns a question for the milliseconds that scripts have run in a page. */
async function metered(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async () => 1000 * (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ScriptDuration').value;
}

/** Moves the brush over the period and measures from the move until the picture is painted. */
async function brushes(page, first, last) {
  return page.evaluate(
    async ([from, to, steps]) => {
      const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const times = [];
      const hour = (at) => new Date(at).toISOString().slice(0, 13);
      const width = Math.max(3_600_000, (to - from) / 4);
      for (let step = 0; step < steps; step++) {
        const begin = from + ((to - from - width) * step) / steps;
        await painted();
        const started = performance.now();
        history.replaceState(null, '', `#from=${hour(begin)}&to=${hour(begin + width)}`);
        dispatchEvent(new PopStateEvent('popstate'));
        await painted();
        times.push(performance.now() - started);
      }
      return times;
    },
    [first, last, STEPS],
  );
}

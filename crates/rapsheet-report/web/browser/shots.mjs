// Takes pictures of the demo's report, for a person to look at.

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Program, argumentsOf, browser, open, settled } from './harness.mjs';

const values = argumentsOf({ out: { type: 'string', default: 'shots' }, report: { type: 'string' } });
const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const program = new Program(values.rapsheet, values.page && resolve(values.page));
let report = values.report;
let sheet = '';
let country = '';
if (!report) {
  const { folder, geo } = program.demo();
  report = program.report(folder, ...geo, '--title', 'A small server');
  [{ source_ip: sheet }] = program.sql('SELECT source_ip FROM addresses ORDER BY threat_score DESC, attempts DESC, source_ip LIMIT 1', folder, ...geo);
  [{ country }] = program.sql('SELECT country_iso_code AS country FROM addresses JOIN details USING (source_ip) WHERE country_iso_code IS NOT NULL GROUP BY 1 ORDER BY sum(attempts) DESC LIMIT 1', folder, ...geo);
}
const app = await browser();

async function shot(name, { hash = '', whole = true, media, act, ...options } = {}) {
  const { page, wrong, context } = await open(app, report, { hash, ...options });
  if (media) await page.emulateMedia({ media });
  if (act) await act(page);
  await settled(page);
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: whole });
  for (const line of wrong) process.stderr.write(`${name}: ${line}\n`);
  await context.close();
  process.stdout.write(`${join(out, `${name}.png`)}\n`);
}

await shot('light');
await shot('top', { whole: false });
await shot('dark', { colorScheme: 'dark' });
await shot('narrow', { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2 });
await shot('wide', { viewport: { width: 3840, height: 2160 }, whole: false });
await shot('print', { media: 'print' });
if (country) await shot('filtered', { hash: `#country_iso_code=${country}` });
if (sheet) await shot('sheet', { hash: `#sheet=${sheet}`, whole: false });
if (sheet) await shot('sheet-dark-narrow', { hash: `#sheet=${sheet}`, whole: false, colorScheme: 'dark', viewport: { width: 360, height: 780 } });
await shot('shaded', {
  whole: false,
  act: async (page) => {
    await page.getByRole('button', { name: 'Shade countries' }).click();
    await page.locator('.map').scrollIntoViewIfNeeded();
  },
});
await app.close();

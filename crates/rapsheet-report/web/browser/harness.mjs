// What the browser tests, the screenshots and the benchmark share: the program, its reports, and a browser that watches.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Reads the arguments that all commands of this folder take. */
export function argumentsOf(more = {}) {
  const { values } = parseArgs({ options: { rapsheet: { type: 'string' }, page: { type: 'string' }, ...more } });
  const program = values.rapsheet ?? process.env.RAPSHEET;
  if (!program) {
    process.stderr.write('error: no program to make reports with\nhint: --rapsheet PATH, for example ../../../target/debug/rapsheet\n');
    process.exit(2);
  }
  return { ...values, rapsheet: resolve(program) };
}

export const temporary = () => mkdtempSync(join(tmpdir(), 'rapsheet-browser-'));

/** The program, without the reader's own configuration and zone. */
export class Program {
  constructor(path, page) {
    this.path = path;
    this.page = page;
    this.home = temporary();
  }

  run(...parts) {
    const env = { PATH: process.env.PATH, HOME: this.home, XDG_CONFIG_HOME: this.home, XDG_CACHE_HOME: this.home, XDG_DATA_HOME: this.home, TZ: 'UTC' };
    const { status, stdout, stderr, error } = spawnSync(this.path, parts, { env, encoding: 'utf8', maxBuffer: 1 << 30 });
    if (error) throw error;
    if (status > 1) throw new Error(`${parts.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Writes the demo's logs; returns where they are and where its details come from. */
  demo() {
    const folder = join(temporary(), 'demo');
    this.run('demo', folder, '--quiet');
    return { folder, geo: ['--geo', join(folder, 'rapsheet-demo-City.mmdb')] };
  }

  /** Writes a report and returns its path. With `page`, a page built just now takes the place of the one in the program. */
  report(folder, ...more) {
    const path = join(temporary(), 'report.html');
    this.run('report', folder, '-o', path, '--timezone', 'UTC', '--quiet', ...more);
    if (this.page) graft(path, this.page);
    return path;
  }

  sql(question, folder, ...more) {
    return JSON.parse(this.run('sql', question, folder, '--format', 'json', '--timezone', 'UTC', '--quiet', ...more));
  }
}

/** Puts a report's data into another page, with the panels that are declared beside it. */
export function graft(report, page) {
  const text = readFileSync(report, 'utf8');
  const blocks = text.match(/<script type="application\/json" id="rapsheet-meta">[^]*?<\/script>|<script type="text\/plain" class="rapsheet-table"[^]*?<\/script>/g) ?? [];
  const panels = JSON.parse(readFileSync(new URL('../../panels.json', import.meta.url), 'utf8'));
  const meta = { ...JSON.parse(/id="rapsheet-meta">([^]*?)<\/script>/.exec(text)[1]), panels };
  blocks[0] = `<script type="application/json" id="rapsheet-meta">${JSON.stringify(meta).replaceAll('<', '\\u003c')}</script>`;
  const title = /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? 'report';
  const shell = readFileSync(page, 'utf8');
  const [before, after] = shell.split('<!--rapsheet:data-->');
  writeFileSync(report, `${before.replace('<!--rapsheet:title-->', () => title)}${blocks.join('\n')}${after}`);
}

/** Starts the browser that is installed. */
export async function browser() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  try {
    execFileSync(executablePath, ['--version'], { stdio: 'ignore' });
  } catch {
    throw new Error(`no browser at ${executablePath}; hint: install chromium, or name one in CHROMIUM`);
  }
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens a report in a fresh page and keeps a list of everything that must not happen. */
export async function open(app, report, { hash = '', before, ...options } = {}) {
  const context = await app.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC', locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const wrong = [];
  const address = pathToFileURL(report).href;
  page.on('request', (request) => {
    const url = request.url();
    if (url.split('#')[0] !== address && !/^(data|blob):/.test(url)) wrong.push(`request: ${url}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on('popup', () => wrong.push('popup'));
  await before?.(page);
  await page.goto(address + hash);
  await ready(page);
  return { page, wrong, context };
}

/** Waits until the page shows its numbers. */
export async function ready(page) {
  await page.waitForSelector('html[data-ready="true"]', { timeout: 60_000 });
  await settled(page);
}

/** Waits until what was changed is drawn. */
export async function settled(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))));
}

/** The numbers at the top, as they were counted. */
export async function totals(page) {
  return page.$$eval('[data-total]', (cells) => Object.fromEntries(cells.map((cell) => [cell.dataset.total, Number(cell.dataset.value)])));
}

/** A text as SQL takes it. */
export const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** What a filter's value is compared with: columns of the join of events (or activity) `e` and details `d`. */
const ANONYMOUS = /CASE[^]*?END/.exec(readFileSync(new URL('../../../rapsheet-query/queries/report/addresses.sql', import.meta.url), 'utf8'))[0];
const DETAILS = new Set(['country_iso_code', 'traits_user_type', 'traits_connection_type']);

/** What stands with requests alone; a path also with those that nobody found. */
const PATH = "split_part(split_part(e.url_original, '?', 1), '#', 1)";
const REQUESTS = {
  user_agent_original: 'e.user_agent_original',
  url_path: `CASE WHEN e.suspicious OR e.http_response_status_code = 404 THEN ${PATH} END`,
  missed_path: `CASE WHEN e.event_action = 'request' AND e.http_response_status_code = 404 THEN ${PATH} END`,
  http_response_status_code: "CASE WHEN e.event_action = 'request' THEN CAST(e.http_response_status_code AS VARCHAR) END",
  http_referrer: "CASE WHEN e.event_action = 'request' THEN split_part(split_part(e.http_referrer, '://', 2), '/', 1) END",
};

function columnOf(dimension) {
  if (REQUESTS[dimension]) return REQUESTS[dimension];
  if (dimension === 'anonymous_kind') return `(${ANONYMOUS})`;
  if (dimension === 'hour_of_week') return "to_char(e.timestamp, '%a %H')";
  if (dimension === 'traits_autonomous_system_number') return 'CAST(d.traits_autonomous_system_number AS VARCHAR)';
  return DETAILS.has(dimension) ? `d.${dimension}` : `e.${dimension}`;
}

/** The condition in SQL that a fragment of the address bar stands for. */
export function conditionOf(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const wanted = new Map();
  const conditions = [];
  // Whether it is about what `activity` doesn't have.
  let single = false;
  for (const [key, value] of parts) {
    if (['sheet', 'sort', 'search', 'page', 'stack', 'from', 'to', 'near', 'far', 'versus', 'versusto', 'measure'].includes(key)) continue;
    const [, without, absent, name] = /^(not\.)?(!)?(.*)$/s.exec(key);
    if (REQUESTS[name]) single = true;
    const column = columnOf(name);
    const is = absent ? `${column} IS NULL` : `${column} = ${quoted(value)}`;
    if (without) conditions.push(`(${is}) IS NOT TRUE`);
    else wanted.set(name, [...(wanted.get(name) ?? []), is]);
  }
  for (const any of wanted.values()) conditions.push(`(${any.join(' OR ')})`);
  const time = 'e.timestamp';
  if (parts.has('from')) conditions.push(`${time} >= TIMESTAMP ${quoted(`${parts.get('from')}:00:00Z`)}`, `${time} < TIMESTAMP ${quoted(`${parts.get('to')}:00:00Z`)}`);
  return { single, condition: conditions.join(' AND ') || 'TRUE' };
}

/**
 * The totals that the program itself counts for a view. Attempts and addresses come from the single events; the number of events
 * from `activity`, in which lines that only repeat an attempt bear no name.
 */
export function expectedTotals(program, hash, folder, geo) {
  const { single, condition } = conditionOf(hash);
  const events = single
    ? `(SELECT count(*) FROM events AS e LEFT JOIN details AS d ON d.source_ip = e.source_ip WHERE ${condition})`
    : `(SELECT coalesce(sum(e.events), 0) FROM activity AS e LEFT JOIN details AS d ON d.source_ip = e.source_ip WHERE ${condition.replaceAll('e.timestamp', 'e.hour')})`;
  const [row] = program.sql(
    `WITH kept AS (
       SELECT e.source_ip, d.country_iso_code AS country, sum(e.attempts) AS attempts
       FROM events AS e LEFT JOIN details AS d ON d.source_ip = e.source_ip
       WHERE ${condition} GROUP BY e.source_ip, d.country_iso_code
     )
     SELECT coalesce(sum(attempts), 0) AS attempts,
       ${events} AS events,
       count(CASE WHEN attempts > 0 THEN source_ip END) AS attackers,
       count(DISTINCT CASE WHEN attempts > 0 THEN country END) AS countries
     FROM kept`,
    folder,
    ...geo,
  );
  return row;
}

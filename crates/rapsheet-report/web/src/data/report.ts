// The report as the page holds it: its heading, its tables, and the cube that counts.

import { spread } from './activity';
import type { Rows } from './activity';
import { families } from './agents';
import { Cube } from './cube';
import type { Activity, Dimension, Pair } from './cube';
import type { Coded, Table } from './unpack';
import { unpack } from './unpack';
import { Zone, placeInWeek, stepOf, stepStart, weekNames } from './zone';
import type { Step } from './zone';

export interface Panel {
  name: string;
  title: string;
  table: string;
  by: string;
  /** Column whose text a reader sees in place of `by`. */
  label?: string;
  measure: string;
  also?: string;
  chart: string;
  filter?: boolean;
  /** Only values that begin so. */
  only?: string;
  note?: string;
  /** Words for what is absent; without them it is left out. */
  absent?: string;
  wide?: boolean;
}

/** The answer to one question of the verdict, of the whole report. */
export interface Verdict {
  question: string;
  answer: 'yes' | 'look' | 'no' | 'not known';
  ground: string;
}

export interface Meta {
  title: string;
  generated_at: string;
  rapsheet_version: string;
  timezone: string;
  /** From when (seconds since 1970) clocks are how many seconds ahead of UTC. */
  timezone_offsets?: [number, number][];
  bucket: Step;
  /** What rare names were put together under; no name of the logs. */
  other?: string;
  /** The first step, in hours or days since 1970. */
  first_bucket: number;
  anonymized: boolean;
  notes: string[];
  /** The three answers. */
  verdict: Verdict[];
  /** Tables that have no room for all there is; with how many of it they list. */
  cut: { table: string; listed: number; all: number }[];
  /** What was assumed of times. */
  assumed: { kind: 'zone' | 'years' | 'skew'; text: string }[];
  /** The arguments that name what was read; null where they are hidden. */
  arguments: string[] | null;
  geo: { name: string; built: string | null; attribution: string | null }[];
  lines: { lines: number; events: number; understood: number; unknown: number; sources: number };
  panels: Panel[];
}

/** The name that rare names were put together under. */
export const OTHER = '(other)';
/** The column that says what a row's events are counted as. */
export const COUNTS_AS = 'counts_as';
/** What fail2ban does, in the order of the panel of jails. */
export const JAIL_ACTIONS = ['found', 'ban', 'restore_ban', 'unban'] as const;

export interface Report {
  meta: Meta;
  zone: Zone;
  step: Step;
  /** Number of the first step. */
  first: number;
  steps: number;
  /** The addresses that have a row. */
  addresses: Table;
  /** How many addresses are counted, also those without a row: the page knows where they are from. */
  counted: number;
  /** A column of addresses with a code for each that is counted, and one more for what has no address. */
  codesOfAll(name: string): Coded;
  ip: Coded;
  /** What each row of activity is, and the names that it bears. */
  rows: Rows;
  tables: ReadonlyMap<string, Table>;
  cube: Cube;
  /** Reader's words for a dimension's value. */
  labels: ReadonlyMap<string, (string | null)[]>;
  evidence(): Promise<Table | null>;
}

/** Puts the codes of addresses with and without a row behind each other, and one for what has no address. */
function together(listed: Coded, others: Coded | null): Coded {
  const rows = listed.codes.length;
  const codes = new Uint32Array(rows + (others?.codes.length ?? 0) + 1);
  codes.set(listed.codes);
  if (!others) return { codes, names: listed.names };
  const names = [...listed.names];
  const places = new Map(names.map((name, place) => [name, place] as const));
  const ofOther = others.names.map((name) => {
    let place = places.get(name);
    if (place === undefined) {
      place = names.length;
      names.push(name);
      places.set(name, place);
    }
    return place;
  });
  others.codes.forEach((code, row) => (codes[rows + row] = ofOther[code]));
  return { codes, names };
}

/** Puts the tables of a page together. */
export function assemble(meta: Meta, tables: ReadonlyMap<string, Table>, evidence: () => Promise<Table | null>): Report {
  const addresses = tables.get('addresses');
  const packed = tables.get('activity');
  const facets = tables.get('facets');
  if (!addresses || !packed || !facets) throw new Error('the report lacks its table of addresses or of activity');
  const others = tables.get('other_addresses') ?? null;
  const counted = addresses.rows + (others?.rows ?? 0);
  const rows = spread(packed, facets, counted);
  const { activity } = rows;
  const first = meta.first_bucket;
  const dimensions: Dimension[] = [];
  const labels = new Map<string, (string | null)[]>();
  const ip = addresses.own('source_ip');
  const codesOfAll = (name: string): Coded => together(name === 'source_ip' ? ip : addresses.codes(name), others?.has(name) ? others.codes(name) : others && { codes: new Uint32Array(others.rows), names: [null] });
  const take = (by: string, table: 'activity' | 'addresses', label?: string): void => {
    const source = table === 'activity' ? facets : addresses;
    if (!source.has(by) || dimensions.some((dimension) => dimension.name === by)) return;
    const { codes, names } = table === 'activity' ? rows.codes(by) : codesOfAll(by);
    dimensions.push({ name: by, of: table === 'activity' ? 'row' : 'address', codes, names, uncounted: by === COUNTS_AS });
    if (label && source.has(label)) {
      const values = source.codes(by);
      const texts = source.codes(label);
      const words: (string | null)[] = names.map(() => null);
      for (let row = 0; row < source.rows; row++) words[values.codes[row]] ??= texts.names[texts.codes[row]];
      labels.set(by, words);
    }
  };
  take('source_ip', 'addresses');
  take(COUNTS_AS, 'activity');
  for (const panel of meta.panels) {
    if (panel.filter && panel.chart !== 'heatmap' && panel.chart !== 'web' && (panel.table === 'activity' || panel.table === 'addresses')) take(panel.by, panel.table, panel.label);
  }
  const zone = new Zone(meta.timezone, meta.timezone_offsets);
  for (const panel of meta.panels) {
    if (panel.chart !== 'heatmap') continue;
    const { short, long } = weekNames(meta.bucket);
    dimensions.push({ name: panel.by, of: 'row', codes: weekCodes(activity, meta.bucket, first, zone), names: [null, ...short] });
    labels.set(panel.by, [null, ...long]);
  }
  dimensions.push(...webDimensions(rows));
  const cube = new Cube(activity, dimensions, jailPair(rows));
  return { meta, zone, step: meta.bucket, first, steps: activity.steps, addresses, counted, codesOfAll, ip, rows, tables, cube, labels, evidence };
}

/** When in the week each row happened; 0 where it has no time. */
function weekCodes({ places, steps }: Activity, step: Step, first: number, zone: Zone): Uint32Array {
  const ofStep = new Uint8Array(steps);
  for (let place = 0; place < steps; place++) ofStep[place] = placeInWeek(step, first + place, zone) + 1;
  return Uint32Array.from(places, (place) => (place < 0 ? 0 : ofStep[place]));
}

/** What is told of web requests: the status, what was not found, the site before, and who asks with what. Other rows have none. */
function webDimensions(rows: Rows): Dimension[] {
  const kinds = rows.codes(COUNTS_AS);
  const request = kinds.names.indexOf('request');
  if (request < 0) return [];
  const { events } = rows.activity;
  const of = (name: string, names: (string | null)[], code: (row: number) => number): Dimension => ({
    name, of: 'row', names, withBytes: true, codes: Uint32Array.from(kinds.codes, (kind, row) => (kind === request ? code(row) : 0)),
  });
  const status = rows.codes('http_response_status_code');
  const path = rows.codes('url_path');
  const referrer = rows.codes('http_referrer');
  const agent = rows.codes('user_agent_original');
  const missed = status.names.indexOf('404');
  const requests = new Float64Array(agent.names.length);
  for (let row = 0; row < events.length; row++) if (kinds.codes[row] === request) requests[agent.codes[row]] += events[row];
  const known = families(agent.names, requests);
  const family = (name: 'browser' | 'os'): Dimension => {
    const names: (string | null)[] = [null];
    const places = new Map<string, number>();
    const ofAgent = known.map((one) => {
      const text = one?.[name] ?? null;
      if (text === null) return 0;
      let place = places.get(text);
      if (place === undefined) {
        place = names.push(text) - 1;
        places.set(text, place);
      }
      return place;
    });
    return of(name, names, (row) => ofAgent[agent.codes[row]]);
  };
  return [
    of('http_response_status_code', status.names, (row) => status.codes[row]),
    of('missed_path', missed < 0 ? [null] : path.names, (row) => (status.codes[row] === missed ? path.codes[row] : 0)),
    of('http_referrer', referrer.names, (row) => referrer.codes[row]),
    family('browser'),
    family('os'),
  ];
}

function jailPair(rows: Rows): Pair | null {
  if (!rows.has('fail2ban_jail') || !rows.has(COUNTS_AS)) return null;
  const jails = rows.codes('fail2ban_jail');
  const actions = rows.codes(COUNTS_AS);
  const place = actions.names.map((name) => (JAIL_ACTIONS as readonly (string | null)[]).indexOf(name) + 1);
  const columns = actions.codes.map((code) => place[code]);
  return { rows: jails.codes, columns, width: JAIL_ACTIONS.length + 1, height: jails.names.length, own: 'fail2ban_jail' };
}

/** Reads the report out of the document. Raw lines, the largest table, are unpacked when a rap sheet first asks for them. */
export async function load(from: Document): Promise<Report> {
  const heading = from.getElementById('rapsheet-meta');
  if (!heading?.textContent) throw new Error('this page has no report in it');
  const meta = JSON.parse(heading.textContent) as Meta;
  const blocks = new Map<string, string>();
  for (const block of from.querySelectorAll('script.rapsheet-table')) {
    blocks.set(block.getAttribute('data-name') ?? '', block.textContent ?? '');
    block.textContent = '';
  }
  const lines = blocks.get('evidence');
  blocks.delete('evidence');
  const read = await Promise.all([...blocks].map(async ([name, text]) => [name, await unpack(text)] as const));
  let evidence: Promise<Table | null> | null = null;
  return assemble(meta, new Map(read), () => (evidence ??= lines ? unpack(lines) : Promise.resolve(null)));
}

/** First and last moment of a step's place; the end is the next step's begin. */
export function placeStart(report: Report, place: number): number {
  const at = stepStart(report.step, report.first + place);
  return report.step === 'hour' ? at : at - report.zone.offset(at);
}

/** Place of a time, which may lie outside. */
export function placeOf(report: Report, at: number): number {
  return stepOf(report.step, at, report.zone) - report.first;
}

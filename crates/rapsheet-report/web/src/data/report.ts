// The report as the page holds it: its heading, its tables, and the cube that counts.

import { spread } from './activity';
import type { Rows } from './activity';
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
  geo: { name: string; built: string | null; attribution: string | null }[];
  lines: { lines: number; events: number; understood: number; unknown: number; sources: number };
  panels: Panel[];
}

/** The name that rare names were put together under. */
export const OTHER = '(other)';
/** What fail2ban does, in the order of the panel of jails. */
export const JAIL_ACTIONS = ['found', 'ban', 'restore_ban', 'unban'] as const;

export interface Report {
  meta: Meta;
  zone: Zone;
  step: Step;
  /** Number of the first step. */
  first: number;
  steps: number;
  addresses: Table;
  ip: Coded;
  /** What each row of activity is, and the names that it bears. */
  rows: Rows;
  tables: ReadonlyMap<string, Table>;
  cube: Cube;
  /** Reader's words for a dimension's value. */
  labels: ReadonlyMap<string, (string | null)[]>;
  evidence(): Promise<Table | null>;
}

/** Widens the codes of a table by a last row, the addresses without a row. */
function forAddresses(coded: Coded, rows: number): Uint32Array {
  const codes = new Uint32Array(rows + 1);
  codes.set(coded.codes);
  return codes;
}

/** Puts the tables of a page together. */
export function assemble(meta: Meta, tables: ReadonlyMap<string, Table>, evidence: () => Promise<Table | null>): Report {
  const addresses = tables.get('addresses');
  const packed = tables.get('activity');
  const facets = tables.get('facets');
  if (!addresses || !packed || !facets) throw new Error('the report lacks its table of addresses or of activity');
  const rows = spread(packed, facets, addresses.rows);
  const { activity } = rows;
  const first = meta.first_bucket;
  const dimensions: Dimension[] = [];
  const labels = new Map<string, (string | null)[]>();
  const ip = addresses.own('source_ip');
  const take = (by: string, table: 'activity' | 'addresses', label?: string): void => {
    const source = table === 'activity' ? facets : addresses;
    if (!source.has(by) || dimensions.some((dimension) => dimension.name === by)) return;
    const coded = table === 'activity' ? rows.codes(by) : addresses.codes(by);
    const codes = table === 'activity' ? coded.codes : forAddresses(coded, addresses.rows);
    dimensions.push({ name: by, of: table === 'activity' ? 'row' : 'address', codes, names: coded.names });
    if (label && source.has(label)) {
      const values = source.codes(by);
      const texts = source.codes(label);
      const words: (string | null)[] = coded.names.map(() => null);
      for (let row = 0; row < source.rows; row++) words[values.codes[row]] ??= texts.names[texts.codes[row]];
      labels.set(by, words);
    }
  };
  take('source_ip', 'addresses');
  for (const panel of meta.panels) {
    if (panel.filter && panel.chart !== 'heatmap' && (panel.table === 'activity' || panel.table === 'addresses')) take(panel.by, panel.table, panel.label);
  }
  const zone = new Zone(meta.timezone, meta.timezone_offsets);
  for (const panel of meta.panels) {
    if (panel.chart !== 'heatmap') continue;
    const { short, long } = weekNames(meta.bucket);
    dimensions.push({ name: panel.by, of: 'row', codes: weekCodes(activity, meta.bucket, first, zone), names: [null, ...short] });
    labels.set(panel.by, [null, ...long]);
  }
  const cube = new Cube(activity, dimensions, jailPair(rows));
  return { meta, zone, step: meta.bucket, first, steps: activity.steps, addresses, ip, rows, tables, cube, labels, evidence };
}

/** When in the week each row happened; 0 where it has no time. */
function weekCodes({ places, steps }: Activity, step: Step, first: number, zone: Zone): Uint32Array {
  const ofStep = new Uint8Array(steps);
  for (let place = 0; place < steps; place++) ofStep[place] = placeInWeek(step, first + place, zone) + 1;
  return Uint32Array.from(places, (place) => (place < 0 ? 0 : ofStep[place]));
}

function jailPair(rows: Rows): Pair | null {
  if (!rows.has('fail2ban_jail') || !rows.has('event_action')) return null;
  const jails = rows.codes('fail2ban_jail');
  const actions = rows.codes('event_action');
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

// A view's addresses for other programs, and the command that asks the program for the same view.

import type { Report } from './report';
import { stepStart } from './zone';
import { anonymousKind } from './anonymous';
import type { View } from '../state/hash';

/** One address a line. */
export function asList(addresses: readonly string[]): string {
  return addresses.map((address) => `${address}\n`).join('');
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function asCsv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
}

/** Sets of nftables, one for each family; a set without elements is left out. */
export function asNftables(addresses: readonly string[]): string {
  const set = (name: string, type: string, elements: readonly string[]): string =>
    elements.length ? `add table inet rapsheet\nadd set inet rapsheet ${name} { type ${type}; }\nadd element inet rapsheet ${name} {\n${elements.map((address) => `    ${address}`).join(',\n')}\n}\n` : '';
  // What is no address (an anonymous report hides them) is none for a firewall either.
  const four = addresses.filter((address) => /^\d{1,3}(\.\d{1,3}){3}$/.test(address));
  const six = addresses.filter((address) => /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(address));
  return set('addresses4', 'ipv4_addr', four) + set('addresses6', 'ipv6_addr', six);
}

/** A text within SQL. Signs that steer a terminal are told by number, so that whoever pastes the line pastes no more than a line. */
export function sqlText(text: string): string {
  const parts = text.split(/([\p{C}\p{Zl}\p{Zp}])/u).filter((part) => part !== '');
  if (parts.length === 0) return "''";
  return parts.map((part) => (/^[\p{C}\p{Zl}\p{Zp}]$/u.test(part) ? `chr(${part.codePointAt(0)})` : `'${part.replaceAll("'", "''")}'`)).join(' || ');
}

/** A word of a command line. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What is known of addresses stands in `details`, of requests in `events`, and all else in `activity`, which is the smaller table. */
const DETAILS = new Set(['country_iso_code', 'traits_user_type', 'traits_connection_type', 'traits_autonomous_system_number']);
const PATH = "split_part(split_part(a.url_original, '?', 1), '#', 1)";
const REQUESTS: Readonly<Record<string, string>> = {
  user_agent_original: 'a.user_agent_original',
  url_path: `CASE WHEN a.suspicious OR a.http_response_status_code = 404 THEN ${PATH} END`,
  missed_path: `CASE WHEN a.event_action = 'request' AND a.http_response_status_code = 404 THEN ${PATH} END`,
  http_response_status_code: "CASE WHEN a.event_action = 'request' THEN CAST(a.http_response_status_code AS VARCHAR) END",
  http_referrer: "CASE WHEN a.event_action = 'request' THEN split_part(split_part(split_part(split_part(a.http_referrer, '://', 2), '/', 1), '?', 1), '#', 1) END",
};
/** What no table has: it is told on the page alone. */
const PAGE_ONLY = new Set(['counts_as', 'browser', 'os']);

type Asked = Pick<View, 'filters' | 'without'>;

function dimensionsOf(view: Asked): string[] {
  return [...view.filters.keys(), ...view.without.keys()];
}

function column(dimension: string): string {
  if (dimension === 'anonymous_kind') return `(${anonymousKind})`;
  if (DETAILS.has(dimension)) return `d.${dimension}`;
  return REQUESTS[dimension] ?? `a.${dimension}`;
}

function is(report: Report, dimension: string, value: string | null): string {
  if (dimension === 'hour_of_week' && value !== null) {
    const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(value.slice(0, 3)) + 1;
    return report.step === 'hour' ? `(a.weekday = ${day} AND a.hour_of_day = ${Number(value.slice(4))})` : `a.weekday = ${day}`;
  }
  if (dimension === 'hour_of_week') return 'a.hour IS NULL';
  if (value === null) return `${column(dimension)} IS NULL`;
  if (dimension === 'traits_autonomous_system_number') return `${column(dimension)} = ${/^\d+$/.test(value) ? value : -1}`;
  return `${column(dimension)} = ${sqlText(value)}`;
}

/**
 * Whether `rapsheet sql` can ask for a view: rare names that were put together have no name there, and single events know no hours and
 * days of the report's zone.
 */
export function canAsk(report: Report, view: Asked, span: readonly [number, number] | null, other: string): boolean {
  const values = [...view.filters.entries(), ...view.without.entries()];
  if (values.some(([dimension, all]) => PAGE_ONLY.has(dimension) || all.includes(other))) return false;
  const dimensions = dimensionsOf(view);
  if (!dimensions.some((dimension) => dimension in REQUESTS)) return true;
  return !dimensions.includes('hour_of_week') && !(span && report.step === 'day');
}

/** The SELECT that gives a view's addresses with attempts and events. */
export function select(report: Report, view: Asked, span: readonly [number, number] | null): string {
  const dimensions = dimensionsOf(view);
  const single = dimensions.some((dimension) => dimension in REQUESTS);
  const conditions: string[] = ['a.source_ip IS NOT NULL'];
  for (const [dimension, values] of view.filters) {
    const any = values.map((value) => is(report, dimension, value));
    conditions.push(any.length === 1 ? any[0] : `(${any.join(' OR ')})`);
  }
  for (const [dimension, values] of view.without) for (const value of values) conditions.push(`(${is(report, dimension, value)}) IS NOT TRUE`);
  if (span) {
    const at = (place: number): string => new Date(stepStart(report.step, report.first + place)).toISOString();
    const hour = single ? 'a.timestamp' : 'a.hour';
    if (report.step === 'hour') conditions.push(`${hour} >= TIMESTAMP '${at(span[0]).slice(0, 19)}Z'`, `${hour} < TIMESTAMP '${at(span[1]).slice(0, 19)}Z'`);
    else conditions.push(`a.day >= '${at(span[0]).slice(0, 10)}'`, `a.day < '${at(span[1]).slice(0, 10)}'`);
  }
  const details = dimensions.some((dimension) => dimension === 'anonymous_kind' || DETAILS.has(dimension));
  const events = single ? 'count(*)' : 'sum(a.events)';
  return `SELECT a.source_ip, sum(a.attempts) AS attempts, ${events} AS events FROM ${single ? 'events' : 'activity'} AS a${
    details ? ' LEFT JOIN details AS d ON d.source_ip = a.source_ip' : ''
  } WHERE ${conditions.join(' AND ')} GROUP BY a.source_ip ORDER BY attempts DESC, a.source_ip`;
}

/** The command that gives the same view. */
export function command(report: Report, view: Asked, span: readonly [number, number] | null): string {
  const words = (report.meta.arguments ?? []).map(shellWord);
  return ['rapsheet', 'sql', shellWord(select(report, view, span)), ...words].join(' ');
}

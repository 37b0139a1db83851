// Every address that the filters leave: sorted, searched, paged. A row opens the rap sheet.

import { useMemo } from 'preact/hooks';
import type { Report } from '../data/report';
import type { Table } from '../data/unpack';
import type { Frame } from '../state/view';
import { useStore } from './context';
import { shown, sortable, sorted } from './order';
import { AddressLink } from './panels';
import { usePrinting } from './print';
import { compact, Name, number, several, visible } from './text';
import { Value } from './value';

const PAGE = 50;
/** Paper has no next page to press: it gets this many, about a dozen sheets. */
const PRINTED = 500;

interface Column {
  key: string;
  title: string;
  number: boolean;
  hint?: string;
  /** Whether a phone has no room for it. */
  rest?: boolean;
}

const COLUMNS: readonly Column[] = [
  { key: 'address', title: 'Address', number: false },
  { key: 'country', title: 'Country', number: false, rest: true },
  { key: 'organization', title: 'Network’s owner', number: false, rest: true },
  { key: 'attempts', title: 'Attempts', number: true, hint: 'in this view; where there are none, what else was counted' },
  { key: 'users', title: 'Users', number: true, hint: 'user names tried, whole report', rest: true },
  { key: 'bans', title: 'Bans', number: true, hint: 'new and restored, whole report', rest: true },
  { key: 'score', title: 'Score', number: true, hint: 'threat, 0 to 100; its reasons stand in the rap sheet' },
  { key: 'first', title: 'First seen', number: true, rest: true },
  { key: 'last', title: 'Last seen', number: true, rest: true },
];

/** New and restored bans of each address. */
function bansOf(addresses: Table): Float64Array {
  const restored = addresses.numbers('restored');
  return addresses.numbers('bans').map((count, row) => (count || 0) + (restored[row] || 0));
}

/** What each address is sorted by: numbers as they are, texts by their place in the alphabet. */
class Keys {
  private readonly known = new Map<string, Float64Array>();
  private readonly orders = new Map<string, Uint32Array>();
  private haystack: string[] | null = null;
  private last: { wanted: string; found: Uint8Array } = { wanted: '', found: new Uint8Array(0) };

  constructor(private readonly report: Report) {}

  /** All addresses in an order. What doesn't follow the filters is sorted once. */
  order(key: string, down: boolean, frame: Frame): Uint32Array {
    const { rows } = this.report.addresses;
    if (key === 'attempts') return sorted(frame.values, rows, down);
    const name = `${down ? '-' : ''}${key}`;
    let order = this.orders.get(name);
    if (!order) {
      order = sorted(this.of(key), rows, down);
      this.orders.set(name, order);
    }
    return order;
  }

  private of(key: string): Float64Array {
    let keys = this.known.get(key);
    if (!keys) {
      keys = this.make(key);
      this.known.set(key, keys);
    }
    return keys;
  }

  private make(key: string): Float64Array {
    const { addresses } = this.report;
    const column: Record<string, string> = { users: 'users_tried', score: 'threat_score', first: 'first_seen', last: 'last_seen' };
    if (key === 'bans') return bansOf(addresses);
    if (column[key]) return addresses.numbers(column[key]);
    const { codes, names } = addresses.codes(key === 'country' ? 'country_name' : key === 'organization' ? 'traits_autonomous_system_organization' : 'source_ip');
    const texts = names.map((name) => (key === 'address' ? sortable(name ?? '') : (name ?? '￿').toLowerCase()));
    const order = [...texts.keys()].sort((one, other) => (texts[one] < texts[other] ? -1 : texts[one] > texts[other] ? 1 : 0));
    const rank = new Float64Array(texts.length);
    order.forEach((place, at) => (rank[place] = at));
    return Float64Array.from(codes, (code) => rank[code]);
  }

  /** Which addresses tried a user name or asked for a path that has this in it. */
  tried(wanted: string): Uint8Array {
    if (this.last.wanted === wanted) return this.last.found;
    const { addresses, cube } = this.report;
    const found = new Uint8Array(addresses.rows + 1);
    for (const name of ['user_name', 'url_path']) {
      const dimension = cube.dimensions.get(name);
      if (!dimension) continue;
      const hits = Uint8Array.from(dimension.names, (text) => (text?.toLowerCase().includes(wanted) ? 1 : 0));
      if (!hits.includes(1)) continue;
      const { codes } = dimension;
      const { address } = cube.activity;
      for (let row = 0; row < address.length; row++) if (hits[codes[row]]) found[address[row]] = 1;
    }
    this.last = { wanted, found };
    return found;
  }

  /** What a search looks in. */
  texts(): string[] {
    if (!this.haystack) {
      const { addresses } = this.report;
      const columns = ['source_ip', 'source_network', 'country_name', 'country_iso_code', 'city_name', 'traits_autonomous_system_organization', 'traits_organization', 'traits_isp', 'traits_domain', 'scope'].map((name) => addresses.codes(name));
      const system = addresses.codes('traits_autonomous_system_number');
      this.haystack = Array.from({ length: addresses.rows }, (_, row) => {
        let text = system.codes[row] ? `as${system.names[system.codes[row]]}` : '';
        for (const { codes, names } of columns) if (codes[row]) text += ` ${names[codes[row]]}`;
        return text.toLowerCase();
      });
    }
    return this.haystack;
  }
}

/** How many of the addresses with a row were seen in a view. */
function rowsSeen(frame: Frame, rows: number): number {
  let seen = 0;
  for (let row = 0; row < rows; row++) if (frame.events[row] > 0) seen++;
  return seen;
}

export function Addresses() {
  const store = useStore();
  const { report } = store;
  const { addresses } = report;
  const frame = store.frame.value;
  const view = store.view.value;
  const keys = useMemo(() => new Keys(report), [report]);
  const wanted = view.search.trim().toLowerCase();
  const down = view.sort.startsWith('-');
  const asked = view.sort.replace(/^-/, '');
  const key = COLUMNS.some((column) => column.key === asked) ? asked : 'score';
  const rows = useMemo(() => {
    const texts = wanted ? keys.texts() : null;
    const tried = wanted ? keys.tried(wanted) : null;
    return shown(keys.order(key, down, frame), frame.events, texts ? (row) => texts[row].includes(wanted) || tried?.[row] === 1 : null);
  }, [frame, key, down, wanted]);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  const page = Math.min(view.page, pages);
  const printing = usePrinting();
  const slice = printing ? rows.subarray(0, PRINTED) : rows.subarray((page - 1) * PAGE, page * PAGE);
  const country = addresses.codes('country_iso_code');
  const owner = addresses.codes('traits_autonomous_system_number');
  const scope = addresses.codes('scope');
  const most = slice.reduce((best, row) => Math.max(best, frame.values[row]), 0);
  const { measure, totals } = frame;
  const requests = addresses.numbers('requests');
  const cut = report.meta.cut.find(({ table }) => table === 'addresses');
  const unlisted = totals.addresses - rowsSeen(frame, addresses.rows);
  const time = (value: number): string => (Number.isNaN(value) ? '–' : report.zone.minute(value));
  const first = addresses.numbers('first_seen');
  const last = addresses.numbers('last_seen');
  const users = addresses.numbers('users_tried');
  const bans = useMemo(() => bansOf(addresses), [addresses]);
  const score = addresses.numbers('threat_score');
  const gotIn = addresses.codes('got_in');
  const sort = (column: Column): void => {
    const same = column.key === key;
    store.change({ sort: same ? (down ? column.key : `-${column.key}`) : column.number ? `-${column.key}` : column.key, page: 1 });
  };
  const turn = (to: number) => () => store.change({ page: Math.max(1, Math.min(pages, to)) });
  const none = frame.events[report.counted];
  return (
    <section class="addresses" aria-labelledby="addresses">
      <div class="row">
        <h2 id="addresses">
          Addresses{' '}
          <span class="count">
            {wanted ? `${number(rows.length)} found` : cut && !frame.filtered ? `${number(cut.all)} seen (${number(cut.listed)} listed)` : unlisted ? `${number(totals.addresses)} seen (${number(rows.length)} listed)` : `${number(rows.length)} seen`}
            {wanted || measure.name === 'events' ? '' : `, ${number(totals.measured)} ${measure.verb}`}
          </span>
        </h2>
        <input class="find" type="search" aria-label="Search addresses" placeholder="Address, network, country, AS, organisation, user, path" value={view.search} onInput={(event) => store.change({ search: event.currentTarget.value, page: 1 }, false)} />
        <Pager label="Pages of addresses" page={page} pages={pages} turn={turn} />
      </div>
      <div class="scrolls-x" tabIndex={0} role="group" aria-label="Table of addresses">
        <table class="plain wide-table">
          <caption class="unseen">Addresses in this view</caption>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th scope="col" class={`${column.number ? 'number' : ''}${column.rest ? ' rest' : ''}`} aria-sort={column.key === key ? (down ? 'descending' : 'ascending') : undefined}>
                  <button type="button" class="sort" title={column.hint} onClick={() => sort(column)}>
                    {column.key === 'attempts' ? measure.short[0].toUpperCase() + measure.short.slice(1) : column.title}
                    <span aria-hidden="true">{column.key === key ? (down ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...slice].map((row) => (
              <tr key={row} class={gotIn.names[gotIn.codes[row]] === 'true' ? 'in' : ''} onClick={(event) => {
                if (!(event.target as Element).closest('button, a') && !getSelection()?.toString()) store.change({ sheet: report.ip.names[report.ip.codes[row]] });
              }}>
                <th scope="row">
                  <AddressLink address={row} />
                  {gotIn.names[gotIn.codes[row]] === 'true' ? <span class="badge bad">got in</span> : null}
                </th>
                <td class="rest">
                  {country.codes[row] ? <Value dimension="country_iso_code" value={country.names[country.codes[row]]} /> : <em>{visible(scope.names[scope.codes[row]] ?? 'unknown')}</em>}
                </td>
                <td class="owner rest">{owner.codes[row] ? <Value dimension="traits_autonomous_system_number" value={owner.names[owner.codes[row]]} /> : <Name text="–" />}</td>
                <td class="number bar" style={{ '--share': `${most ? (100 * frame.values[row]) / most : 0}%` }} title={number(frame.values[row])}>
                  {frame.values[row] === 0 && requests[row] > 0 ? <span class="soft">{several(requests[row], 'request', 'requests')}</span> : compact(frame.values[row])}
                </td>
                <td class="number rest">{compact(users[row] || 0)}</td>
                <td class="number rest">{compact(bans[row] || 0)}</td>
                <td class="number"><span class={`score ${score[row] >= 70 ? 'high' : score[row] >= 40 ? 'middle' : ''}`}>{score[row] || 0}</span></td>
                <td class="number time rest">{time(first[row])}</td>
                <td class="number time rest">{time(last[row])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {printing && rows.length > PRINTED ? <p class="note">The first {number(PRINTED)} of {number(rows.length)} addresses are printed; {several(rows.length - PRINTED, 'is', 'are')} left out.</p> : null}
      {rows.length === 0 ? <p class="empty">No address{wanted ? ' matches the search' : ''} in this view.</p> : null}
      <div class="row">
        {none > 0 ? <p class="note">{several(none, 'event is', 'events are')} of no address that is counted here; the totals have them.</p> : <span />}
        <Pager label="Pages of addresses, below the table" page={page} pages={pages} turn={turn} />
      </div>
    </section>
  );
}

function Pager({ label, page, pages, turn }: { label: string; page: number; pages: number; turn: (to: number) => () => void }) {
  if (pages < 2) return null;
  return (
    <nav class="pager" aria-label={label}>
      <button type="button" class="quiet" disabled={page <= 1} onClick={turn(1)} aria-label="First page">«</button>
      <button type="button" class="quiet" disabled={page <= 1} onClick={turn(page - 1)} aria-label="Page before">‹</button>
      <span>{number(page)} of {number(pages)}</span>
      <button type="button" class="quiet" disabled={page >= pages} onClick={turn(page + 1)} aria-label="Next page">›</button>
      <button type="button" class="quiet" disabled={page >= pages} onClick={turn(pages)} aria-label="Last page">»</button>
    </nav>
  );
}

// The panels that `panels.json` declares. Each chart is a table whose bars are its cells' background, so that what is drawn
// and what is read aloud are one thing.

import { useMemo, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { largest } from '../data/cube';
import { JAIL_ACTIONS, OTHER } from '../data/report';
import type { Panel, Report } from '../data/report';
import type { Frame } from '../state/view';
import { colourOf } from './colours';
import { useStore, WORDS } from './context';
import { Heatmap } from './heatmap';
import { Findings } from './findings';
import { Logins } from './logins';
import { AddressHeads, By } from './measure';
import { compact, number, percent, several, visible } from './text';
import { Value } from './value';
import { Web } from './web';

const FEW = 8;
const MANY = 200;

/** A box with a heading. */
export function Box({ panel, children, count, kind, measured = false }: { panel: Panel; children: ComponentChildren; count?: string; kind?: string; measured?: boolean }) {
  const id = `panel-${panel.name}`;
  // An anonymous report knows wider networks.
  const note = useStore().report.meta.anonymized ? panel.note?.replace('/64', '/48') : panel.note;
  return (
    <section class={`panel${panel.wide ? ' wide' : ''}${kind ? ` ${kind}` : ''}`} aria-labelledby={id} data-panel={panel.name}>
      <h2 id={id}>
        {panel.title}
        {measured ? <By /> : null}
        {count ? <span class="count">{count}</span> : null}
      </h2>
      {note ? <p class="note">{note}</p> : null}
      {children}
    </section>
  );
}

export interface Row {
  key: string | number;
  name: ComponentChildren;
  value: number;
  second?: string;
  third?: string;
  on?: boolean;
  /** Whether a filter leaves it out. */
  out?: boolean;
}

/** Rows with bars. */
export function BarTable({ caption, rows, columns, heads, most, format = compact }: { caption: string; rows: Row[]; columns: string[]; heads?: ComponentChildren; most: number; format?: (value: number) => string }) {
  return (
    <table class={heads ? 'bars narrow-numbers' : 'bars'}>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column, place) => (
            <th scope="col" class={place ? 'number' : ''}>{column}</th>
          ))}
          {heads}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} class={row.out ? 'out' : row.on ? 'on' : ''}>
            <th scope="row" style={{ '--share': `${most > 0 ? Math.max(0.4, (100 * row.value) / most) : 0}%` }}>{row.name}</th>
            <td class="number" title={number(row.value)}>{format(row.value)}</td>
            {row.second === undefined ? null : <td class="number soft">{row.second}</td>}
            {row.third === undefined ? null : <td class="number soft">{row.third}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bars({ panel }: { panel: Panel }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  const [find, setFind] = useState('');
  const frame = store.frame.value;
  const counts = store.report.cube.counts(panel.by);
  const dimension = store.report.cube.dimensions.get(panel.by);
  if (!counts || !dimension) return null;
  const { values } = counts;
  const { names } = dimension;
  const labels = store.report.labels.get(panel.by);
  const without = panel.absent === undefined;
  const { only } = panel;
  const other = store.report.meta.other ?? OTHER;
  const foreign = (place: number): boolean => only !== undefined && !names[place]?.startsWith(only);
  if (only !== undefined && names.every((_, place) => foreign(place))) return null;
  let distinct = 0;
  let total = 0;
  for (let place = without ? 1 : 0; place < values.length; place++) {
    if (values[place] > 0 && !foreign(place)) {
      if (place > 0) distinct++;
      total += values[place];
    }
  }
  const wanted = find.trim().toLowerCase();
  const skip = (place: number): boolean => {
    if (foreign(place)) return true;
    if (place === 0) return without || wanted !== '';
    return wanted !== '' && !`${names[place]} ${labels?.[place] ?? ''} ${panel.by === 'traits_autonomous_system_number' ? `as${names[place]}` : ''}`.toLowerCase().includes(wanted);
  };
  const places = largest(values, open ? MANY : FEW, skip);
  // A filter that is set stays in sight, so that it can be taken away where it was set.
  for (const value of [...(store.filters.value.get(panel.by) ?? []), ...(store.without.value.get(panel.by) ?? [])]) {
    const place = store.code(panel.by, value);
    if (place < values.length && !foreign(place) && !places.includes(place)) places.push(place);
  }
  if (panel.also) for (const place of largest(counts.events, FEW, (other) => values[other] > 0 || skip(other))) if (!places.includes(place)) places.push(place);
  const most = places.reduce((best, place) => Math.max(best, values[place]), 0);
  const { measure } = frame;
  const isEvents = measure.name === 'events';
  const columns = [(WORDS[panel.by] ?? panel.title).toLowerCase(), measure.short];
  if (!counts.seen) columns.push(panel.also && !isEvents ? panel.also : 'share');
  const rows = places.map((place): Row => ({
    key: place,
    name: <Value dimension={panel.by} value={names[place]} />,
    value: values[place],
    second: counts.measured && counts.seen ? compact((isEvents ? counts.seen : counts.measured)[place]) : panel.also === 'events' && !isEvents ? compact(counts.events[place]) : percent(values[place], total),
    third: counts.seen && !isEvents ? compact(counts.seen[place]) : undefined,
    on: store.has(panel.by, names[place]),
    out: store.leavesOut(panel.by, names[place]),
  }));
  // One server alone is nothing to choose from.
  if (names.filter((name) => name !== null).length < (panel.by === 'host_name' ? 2 : 1)) return null;
  return (
    <Box panel={panel} measured count={distinct > FEW ? number(distinct) : undefined}>
      {open ? (
        <input class="find" type="search" placeholder={`Find among ${number(distinct)}`} aria-label={`Find in ${panel.title}`} value={find} onInput={(event) => setFind(event.currentTarget.value)} />
      ) : null}
      {rows.length ? (
        <div class={open ? 'scrolls' : ''} tabIndex={open ? 0 : undefined} role={open ? 'group' : undefined} aria-label={open ? panel.title : undefined}>
          <BarTable caption={`${panel.title}: ${measure.more}`} rows={rows} columns={columns} heads={counts.seen ? <AddressHeads /> : undefined} most={most} />
        </div>
      ) : (
        <p class="empty">Nothing here in this view.</p>
      )}
      {places.some((place) => names[place] === other) ? <p class="note">“{other}” stands for rare names, put together so that this file stays small.</p> : null}
      {distinct > FEW ? (
        <button type="button" class="quiet" aria-expanded={open} onClick={() => { setOpen(!open); setFind(''); }}>
          {open ? 'Fewer' : `All ${number(distinct)}`}
        </button>
      ) : null}
      {open && distinct > MANY && !wanted ? <p class="note">The {MANY} largest; find names the others.</p> : null}
    </Box>
  );
}

/** Parts of one whole: a divided bar, and the table that is its legend. */
function Share({ panel }: { panel: Panel }) {
  const store = useStore();
  const { measure } = store.frame.value;
  const counts = store.report.cube.counts(panel.by);
  const dimension = store.report.cube.dimensions.get(panel.by);
  if (!counts || !dimension || dimension.names.length < 2) return null;
  const { values } = counts;
  const places = largest(values, 12);
  for (const value of [...(store.filters.value.get(panel.by) ?? []), ...(store.without.value.get(panel.by) ?? [])]) {
    const place = store.code(panel.by, value);
    if (place < dimension.names.length && !places.includes(place)) places.push(place);
  }
  const total = values.reduce((sum, value) => sum + value, 0);
  const colour = (place: number): string => colourOf(store.report, panel.by, place);
  return (
    <Box panel={panel} measured>
      <div class="share" aria-hidden="true">
        {places.map((place) => (
          <span style={{ flexGrow: values[place] / Math.max(total, 1), background: colour(place) }} />
        ))}
      </div>
      <table class="bars legend narrow-numbers">
        <caption class="unseen">{panel.title}: {measure.more} and addresses</caption>
        <thead>
          <tr>
            <th scope="col">{WORDS[panel.by]?.toLowerCase() ?? panel.title}</th>
            <th scope="col" class="number">share</th>
            <AddressHeads />
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <tr key={place} class={store.leavesOut(panel.by, dimension.names[place]) ? 'out' : store.has(panel.by, dimension.names[place]) ? 'on' : ''}>
              <th scope="row">
                <i class="dot" style={{ background: colour(place) }} aria-hidden="true" />
                <Value dimension={panel.by} value={dimension.names[place]} />
              </th>
              <td class="number" title={several(values[place], measure.one, measure.more)}>{percent(values[place], total)}</td>
              {measure.name === 'events' ? null : <td class="number soft">{compact(counts.measured?.[place] ?? 0)}</td>}
              <td class="number soft">{compact(counts.seen?.[place] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  );
}

const JAIL_WORDS: Readonly<Record<string, string>> = { found: 'found', ban: 'new', restore_ban: 'restored', unban: 'lifted' };

function Jails({ panel }: { panel: Panel }) {
  const store = useStore();
  const frame = store.frame.value;
  const { cube } = store.report;
  const dimension = cube.dimensions.get(panel.by);
  if (!dimension || dimension.names.length < 2) return null;
  const width = JAIL_ACTIONS.length + 1;
  const pairs = jailCounts(store.report, frame);
  const sum = (place: number): number => JAIL_ACTIONS.reduce((all, _, action) => all + pairs[place * width + action + 1], 0);
  const places = dimension.names.map((_, place) => place).slice(1).filter((place) => sum(place) > 0 || store.has(panel.by, dimension.names[place]));
  places.sort((one, other) => pairs[other * width + 2] - pairs[one * width + 2] || sum(other) - sum(one));
  return (
    <Box panel={panel}>
      {places.length ? (
        <div class="scrolls-x" tabIndex={0} role="group" aria-label={panel.title}>
          <table class="plain">
            <caption class="unseen">{panel.title}: what fail2ban told, by jail</caption>
            <thead>
              <tr>
                <th scope="col">jail</th>
                {JAIL_ACTIONS.map((action) => (
                  <th scope="col" class="number">{JAIL_WORDS[action]}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {places.slice(0, 30).map((place) => (
                <tr key={place} class={store.has(panel.by, dimension.names[place]) ? 'on' : ''}>
                  <th scope="row"><Value dimension={panel.by} value={dimension.names[place]} /></th>
                  {JAIL_ACTIONS.map((action, at) => (
                    <td class="number" data-action={action}>{compact(pairs[place * width + at + 1])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p class="empty">Nothing here in this view.</p>
      )}
      <CutNote table="bans" />
    </Box>
  );
}

/** What each jail did: lines of the cube for finds and lifted bans; bans as their table has them, which counts each once. */
function jailCounts(report: Report, frame: Frame): Float64Array {
  const width = JAIL_ACTIONS.length + 1;
  const [ban, restored] = [JAIL_ACTIONS.indexOf('ban') + 1, JAIL_ACTIONS.indexOf('restore_ban') + 1];
  const counts = report.cube.pairs().slice();
  const bans = report.tables.get('bans');
  const names = report.cube.dimensions.get('fail2ban_jail')?.names ?? [];
  const places = new Map(names.map((name, place) => [name, place] as const));
  for (let place = 0; place < names.length; place++) counts[place * width + ban] = counts[place * width + restored] = 0;
  if (!bans) return counts;
  const jails = bans.codes('fail2ban_jail');
  const again = bans.codes('restored');
  for (const row of frame.bansOfAllJails()) {
    const place = places.get(jails.names[jails.codes[row]]) ?? 0;
    counts[place * width + (again.names[again.codes[row]] === 'true' ? restored : ban)]++;
  }
  return counts;
}

/** Says so where a table has no room for all there is. */
function CutNote({ table }: { table: 'bans' | 'logins' | 'findings' }) {
  const { meta } = useStore().report;
  const cut = meta.cut.find((one) => one.table === table);
  return cut ? <p class="note">{number(cut.all)} in the whole report, {number(cut.listed)} of them are listed in this file and counted here.</p> : null;
}

const DURATIONS: readonly [number, string][] = [
  [600, 'up to 10 minutes'],
  [3600, 'up to an hour'],
  [86_400, 'up to a day'],
  [604_800, 'up to a week'],
  [Infinity, 'longer'],
];

function Durations({ panel }: { panel: Panel }) {
  const store = useStore();
  const frame = store.frame.value;
  const bans = store.report.tables.get('bans');
  if (!bans?.rows) return null;
  const counts = new Float64Array(DURATIONS.length + 3);
  const [still, forGood, unknown] = [DURATIONS.length, DURATIONS.length + 1, DURATIONS.length + 2];
  const seconds = bans.numbers('seconds');
  const from = bans.numbers('banned_from');
  const until = bans.numbers('banned_until');
  const ended = bans.codes('ended');
  for (const row of frame.bans) {
    const lasted = (until[row] - from[row]) / 1000;
    if (seconds[row] < 0) counts[forGood]++;
    else if (ended.names[ended.codes[row]] === 'still banned') counts[still]++;
    else {
      const length = Number.isNaN(lasted) ? seconds[row] : lasted;
      // Unbans come some seconds late.
      if (Number.isNaN(length)) counts[unknown]++;
      else counts[DURATIONS.findIndex(([limit]) => length <= limit + 60)]++;
    }
  }
  const words = [...DURATIONS.map(([, text]) => text), 'still banned at the end', 'for good', 'not known'];
  const most = counts.reduce((best, value) => Math.max(best, value), 0);
  const rows = words.map((text, place): Row => ({ key: text, name: <span class="plainly">{text}</span>, value: counts[place] })).filter((row) => row.value > 0);
  return (
    <Box panel={panel}>
      {rows.length ? <BarTable caption={`${panel.title}: bans`} rows={rows} columns={['length', 'bans']} most={most} /> : <p class="empty">No bans in this view.</p>}
      <CutNote table="bans" />
    </Box>
  );
}

function Returning({ panel }: { panel: Panel }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  const frame = store.frame.value;
  const bans = store.report.tables.get('bans');
  if (!bans?.rows) return null;
  const addresses = bans.numbers('address');
  const restored = bans.codes('restored');
  const counts = new Float64Array(store.report.counted);
  // A ban that fail2ban put back after a restart is no new offence.
  const fresh = new Float64Array(store.report.counted);
  for (const row of frame.bans) {
    if (!(addresses[row] < counts.length)) continue;
    counts[addresses[row]]++;
    if (restored.names[restored.codes[row]] !== 'true') fresh[addresses[row]]++;
  }
  const few = (place: number): boolean => fresh[place] < 2;
  const places = largest(counts, open ? MANY : FEW, few);
  const all = fresh.reduce((sum, count) => sum + (count >= 2 ? 1 : 0), 0);
  const rows = places.map((place): Row => ({
    key: place,
    name: <AddressLink address={place} />,
    value: counts[place],
    second: number(fresh[place]),
  }));
  return (
    <Box panel={panel} count={all > FEW ? number(all) : undefined}>
      {rows.length ? <BarTable caption={`${panel.title}: bans`} rows={rows} columns={['address', 'bans', 'new']} most={counts[places[0]]} /> : <p class="empty">Nobody in this view.</p>}
      {all > FEW ? <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Fewer' : `All ${number(all)}`}</button> : null}
    </Box>
  );
}

/** An address that opens its rap sheet. */
export function AddressLink({ address }: { address: number }) {
  const store = useStore();
  const { ip } = store.report;
  const text = ip.names[ip.codes[address] ?? 0] ?? null;
  if (text === null) return <em>an address without a row</em>;
  return (
    <button type="button" class="value address" title="Open the rap sheet" onClick={() => store.change({ sheet: text })}>
      <bdi>{visible(text)}</bdi>
    </button>
  );
}

function Missing({ panel }: { panel: Panel }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  const { counted, tables } = store.report;
  const { events } = store.frame.value;
  const missing = tables.get('missing');
  // Addresses lack the same columns in few ways: the ways are counted, and each adds up in the columns that it lacks.
  const { codes, names: ways } = useMemo(() => store.report.codesOfAll('present'), [store.report]);
  const counts = new Float64Array(ways.length);
  for (let address = 0; address < counted; address++) if (events[address] > 0) counts[codes[address]]++;
  if (!missing?.rows) return null;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const absent = Array.from({ length: missing.rows }, (_, column) => ways.reduce((sum, way, place) => (way?.[column] === '1' ? sum : sum + counts[place]), 0));
  // What some have and others lack says more than what nobody has, so it comes first.
  const some = (column: number): number => (absent[column] < all ? 0 : 1);
  const order = [...absent.keys()].filter((column) => absent[column] > 0).sort((one, other) => some(one) - some(other) || absent[other] - absent[one]);
  const rows = order.slice(0, open ? undefined : FEW).map((column): Row => ({
    key: column,
    name: <span class="plainly mono">{missing.text('column_name', column)}</span>,
    value: absent[column],
  }));
  return (
    <Box panel={panel} count={`${order.length} of ${missing.rows} columns`}>
      {all > 0 && order.length === missing.rows && absent.every((count) => count === all) ? <p class="note">No details were joined; <code>--geo</code> names a database.</p> : null}
      {all === 0 ? <p class="empty">No address in this view.</p> : null}
      <div class={open ? 'scrolls' : ''} tabIndex={open ? 0 : undefined} role={open ? 'group' : undefined} aria-label={open ? panel.title : undefined}>
        {rows.length ? <BarTable caption={`${panel.title}: percent of addresses`} rows={rows} columns={['column', 'absent']} most={all} format={(value) => percent(value, all)} /> : null}
      </div>
      {order.length > FEW ? <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Fewer' : `All ${order.length}`}</button> : null}
    </Box>
  );
}

/** Counts the rows of any table by any column: what a new panel gets without a line of TypeScript. */
function Counted({ panel }: { panel: Panel }) {
  const store = useStore();
  const frame = store.frame.value;
  const table = panel.table === 'activity' ? store.report.rows : store.report.tables.get(panel.table);
  if (!table?.rows || !table.has(panel.by)) return null;
  const coded = table.codes(panel.by);
  const measure = table.has(panel.measure) ? table.numbers(panel.measure) : null;
  const addresses = table.has('address') ? table.numbers('address') : null;
  const counts = new Float64Array(coded.names.length);
  for (let row = 0; row < table.rows; row++) {
    if (addresses && frame.filtered && !(frame.events[addresses[row]] > 0)) continue;
    counts[coded.codes[row]] += measure ? measure[row] : 1;
  }
  const places = largest(counts, MANY, (place) => place === 0 && panel.absent === undefined);
  const rows = places.map((place): Row => ({ key: place, name: <span class="plainly"><bdi>{visible(coded.names[place] ?? panel.absent ?? '')}</bdi></span>, value: counts[place] }));
  return (
    <Box panel={panel}>
      <BarTable caption={panel.title} rows={rows} columns={[panel.by, panel.measure]} most={counts[places[0]] ?? 0} />
    </Box>
  );
}

/** A panel by its kind of chart. */
export function PanelView({ panel }: { panel: Panel }) {
  const store = useStore();
  switch (panel.chart) {
    case 'bars':
      return store.report.cube.dimensions.has(panel.by) ? <Bars panel={panel} /> : <Counted panel={panel} />;
    case 'share':
      return <Share panel={panel} />;
    case 'jails':
      return <Jails panel={panel} />;
    case 'durations':
      return <Durations panel={panel} />;
    case 'returning':
      return <Returning panel={panel} />;
    case 'web':
      return <Web panel={panel} />;
    case 'heatmap':
      return <Heatmap panel={panel} />;
    case 'logins':
      return <Logins panel={panel} />;
    case 'findings':
      return <Findings panel={panel} />;
    case 'missing':
      return <Missing panel={panel} />;
    default:
      return <Counted panel={panel} />;
  }
}

// The rap sheet of one address: all that this report knows of it, over all services, whatever the filters are.

import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { largest } from '../data/cube';
import { placeStart } from '../data/report';
import type { Report } from '../data/report';
import type { Table } from '../data/unpack';
import { bars as barsOf, widthWords } from '../data/zone';
import { outlinesOnly } from '../map';
import { Chart, ChartTable, Legend } from './chart';
import { useStore } from './context';
import { Finding } from './findings';
import { isPrinting, onPaper, PAPER, usePrinting } from './print';
import { stack, ticks } from './stack';
import { useWidth } from './timeline';
import { duration, Log, Name, number, several, visible, Whole } from './text';

const LINES = 200;

export function Sheet() {
  const store = useStore();
  const { sheet } = store.view.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const address = useMemo(() => {
    if (sheet === null) return null;
    const code = store.code('source_ip', sheet);
    const row = code === 0xffffffff ? -1 : store.report.ip.codes.indexOf(code);
    return row < 0 ? null : row;
  }, [sheet]);
  useEffect(() => {
    const box = dialog.current;
    if (!box) return;
    if (sheet !== null && !box.open) {
      if (isPrinting()) box.show();
      else box.showModal();
    }
    if (sheet === null && box.open) box.close();
    if (sheet !== null) box.scrollTop = 0;
  }, [sheet]);
  // A dialog in the top layer ends with its first page: for paper it is an ordinary part of the page.
  useEffect(
    () =>
      onPaper((printing) => {
        const box = dialog.current;
        if (!box?.open) return;
        box.close();
        if (printing) box.show();
        else box.showModal();
      }),
    [],
  );
  const close = (): void => {
    if (dialog.current?.open) return;
    if (store.view.peek().sheet !== null) store.change({ sheet: null });
  };
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="sheet" onClose={close} onClick={(event) => {
      if (event.target === dialog.current) dialog.current?.close();
    }}>
      {sheet === null ? null : (
        <div class="sheet-body">
          <header class="row">
            <h2 id="sheet" tabIndex={-1}>
              <span class="soft">Rap sheet</span> <bdi class="address">{visible(sheet)}</bdi>
            </h2>
            <button type="button" class="close" aria-label="Close the rap sheet" onClick={() => dialog.current?.close()}>×</button>
          </header>
          {address === null ? <p class="empty">This report has no row for this address.</p> : <Body key={address} address={address} name={sheet} />}
        </div>
      )}
    </dialog>
  );
}

function Body({ address, name }: { address: number; name: string }) {
  const store = useStore();
  const { report } = store;
  const { addresses } = report;
  const text = (column: string): string | null => addresses.text(column, address);
  const count = (column: string): number => addresses.number(column, address) ?? 0;
  const time = (column: string): string => {
    const at = addresses.number(column, address);
    return at === null ? 'not known' : report.zone.second(at);
  };
  const reasons = (text('threat_reasons') ?? '').split('; ').filter(Boolean);
  const rows = useMemo(() => report.cube.rowsOf(address), [address]);
  const only = store.has('source_ip', name);
  const findings = rowsWith(report.tables.get('findings'), address);
  const system = text('traits_autonomous_system_number');
  const facts: [string, string | null][] = [
    ['First seen', time('first_seen')],
    ['Last seen', time('last_seen')],
    ['Attempts', `${number(count('attempts'))} in ${several(count('events'), 'event', 'events')}`],
    ['Active on', several(count('active_days'), 'day', 'days')],
    ['User names tried', number(count('users_tried'))],
    ['Bans', `${number(count('bans') + count('restored'))}${count('restored') ? ` (${number(count('bans'))} new, ${number(count('restored'))} restored)` : ''}`],
    ['Web requests', count('requests') ? number(count('requests')) : null],
    ['Logins', number(count('successes'))],
    ['Network', text('source_network')],
    ['Autonomous system', system ? `AS${system}${text('traits_autonomous_system_organization') ? ` ${text('traits_autonomous_system_organization')}` : ''}` : null],
    ['Organisation', text('traits_organization')],
    ['Provider', text('traits_isp')],
    ['Domain', text('traits_domain')],
    ['Place', [text('city_name'), text('subdivisions_0_name'), text('country_name')].filter(Boolean).join(', ') || null],
    ['User type', text('traits_user_type')],
    ['Connection', text('traits_connection_type')],
    ['Anonymity', text('anonymous_kind')],
    ['Scope', text('scope')],
    ['Details from', text('details_source')],
  ];
  return (
    <>
      <p class="verdict">
        {text('got_in') === 'true' ? <strong class="badge bad">got in after failures</strong> : count('successes') > 0 ? <span class="badge">logged in, no guessing before</span> : <span class="badge good">never got in</span>}
        <span class="badge">score {count('threat_score')} of 100</span>
        <button type="button" class="action" aria-pressed={only} onClick={() => store.toggle('source_ip', name)}>{only ? 'Show all addresses again' : 'Show only this address'}</button>
        {[['source_ip', 'this address', name], ['source_network', 'its network', text('source_network')]].map(([dimension, words, value]) =>
          dimension && value ? <button key={dimension} type="button" class="action" aria-pressed={store.leavesOut(dimension, value)} onClick={() => store.leaveOut(dimension, value)}>{store.leavesOut(dimension, value) ? `Take ${words} back` : `Leave out ${words}`}</button> : null,
        )}
      </p>
      {reasons.length ? <ul class="reasons" aria-label="What the score is made of">{reasons.map((reason) => <li>{visible(reason)}</li>)}</ul> : null}
      {findings.length ? <ul class="findings">{findings.map((row) => <Finding key={row} row={row} withAddress={false} />)}</ul> : null}
      <History rows={rows} />
      <div class="columns">
        <div>
          <h3>Details</h3>
          <dl class="facts">
            {facts.map(([word, value]) => (value === null ? null : (
              <div><dt>{word}</dt><dd><bdi>{visible(value)}</bdi></dd></div>
            )))}
          </dl>
        </div>
        <Place address={address} />
      </div>
      <div class="columns">
        <Tried rows={rows} column="user_name" title="Users tried" />
        <Tried rows={rows} column="url_path" title="Paths" />
        <Tried rows={rows} column="reason" title="Reasons" />
        <Tried rows={rows} column="user_agent_original" title="Agents" />
      </div>
      <Logins address={address} />
      <Bans address={address} />
      <Evidence address={address} />
    </>
  );
}

function rowsWith(table: Table | undefined, address: number): number[] {
  if (!table) return [];
  const column = table.numbers('address');
  const rows: number[] = [];
  for (let row = 0; row < table.rows; row++) if (column[row] === address) rows.push(row);
  return rows;
}

/** The least that a history shows: a day by hours, a month by days. */
const LEAST_STEPS = { hour: 24, day: 30 };

/** Events of the address over its own time, by service. */
function History({ rows }: { rows: number[] }) {
  const store = useStore();
  const { report } = store;
  const [host, screen] = useWidth(640);
  const width = usePrinting() ? PAPER : screen;
  const [begin, end] = useMemo(() => spanOf(report, rows), [rows]);
  const bars = useMemo(() => {
    const of = barsOf(report.step, report.first + begin, end - begin, Math.max(30, Math.floor(width / 5)), report.zone);
    return { ...of, starts: of.starts.map((start) => start + begin) };
  }, [report, width, begin, end]);
  const drawn = useMemo(() => {
    const dimension = report.cube.dimensions.get('service_name');
    const names = dimension?.names ?? [null];
    const stacked = new Float64Array(report.steps * names.length);
    const { places, events } = report.cube.activity;
    for (const row of rows) if (places[row] >= 0) stacked[places[row] * names.length + (dimension?.codes[row] ?? 0)] += events[row];
    return stack(stacked, names, bars);
  }, [rows, bars]);
  const marks = useMemo(() => ticks(report, (place) => placeStart(report, place), [begin, end], Math.max(2, Math.floor(width / 90))), [report, width, begin, end]);
  if (!drawn.series.length) return null;
  return (
    <section class="history">
      <h3>Events per {widthWords(bars.hours)}</h3>
      <Legend report={report} by="service_name" drawn={drawn} totals />
      <Chart report={report} by="service_name" bars={bars} drawn={drawn} range={[begin, end]} width={width} height={64} marks={marks} measure={['event', 'events']} label="Events of this address over time" host={host} />
      <ChartTable report={report} bars={bars} drawn={drawn} caption="Events of this address over time" />
    </section>
  );
}

/** From the first to the last step of rows, widened to a length that can be read. */
function spanOf(report: Report, rows: readonly number[]): [number, number] {
  const { places } = report.cube.activity;
  let [first, last] = [Infinity, -Infinity];
  for (const row of rows) {
    if (places[row] < 0) continue;
    first = Math.min(first, places[row]);
    last = Math.max(last, places[row]);
  }
  if (first === Infinity) return [0, report.steps];
  const more = Math.max(2, LEAST_STEPS[report.step] - (last + 1 - first));
  const begin = Math.max(0, Math.min(first - Math.ceil(more / 2), report.steps - (last + 1 - first) - more));
  return [begin, Math.min(report.steps, Math.max(last + 1 + Math.ceil(more / 2), begin + LEAST_STEPS[report.step]))];
}

function Place({ address }: { address: number }) {
  const { report } = useStore();
  const host = useRef<HTMLDivElement>(null);
  const latitude = report.addresses.number('location_latitude', address);
  const longitude = report.addresses.number('location_longitude', address);
  const radiusKm = report.addresses.number('location_accuracy_radius', address);
  useEffect(() => {
    if (!host.current || latitude === null || longitude === null) return;
    host.current.textContent = '';
    outlinesOnly(host.current, { latitude, longitude, radiusKm });
  }, [address]);
  if (latitude === null || longitude === null) return null;
  return (
    <div>
      <h3>Place</h3>
      <div class="small-map" ref={host} />
      <p class="note">{latitude.toFixed(2)}, {longitude.toFixed(2)}{radiusKm === null ? '' : `, within about ${number(radiusKm)} km`}</p>
    </div>
  );
}

/** Attempts and events of one column, the most first. */
function Tried({ rows, column, title }: { rows: number[]; column: string; title: string }) {
  const { report } = useStore();
  const [pressed, setOpen] = useState(false);
  const open = usePrinting() || pressed;
  const { attempts, events } = report.cube.activity;
  const coded = report.rows.codes(column);
  const sums = useMemo(() => {
    const tried = new Map<number, { attempts: number; events: number }>();
    for (const row of rows) {
      const code = coded.codes[row];
      if (code === 0) continue;
      const sum = tried.get(code) ?? { attempts: 0, events: 0 };
      sum.attempts += attempts[row];
      sum.events += events[row];
      tried.set(code, sum);
    }
    return tried;
  }, [rows, column]);
  if (sums.size === 0) return null;
  const codes = [...sums.keys()];
  const order = largest(Float64Array.from(codes, (code) => (sums.get(code)?.attempts ?? 0) * 1e6 + (sums.get(code)?.events ?? 0)), open ? 1000 : 8).map((place) => codes[place]);
  return (
    <div>
      <h3>{title} <span class="count">{number(sums.size)}</span></h3>
      <table class="plain small">
        <thead><tr><th scope="col"><span class="unseen">{title}</span></th><th scope="col" class="number">attempts</th><th scope="col" class="number">events</th></tr></thead>
        <tbody>
          {order.map((code) => {
            const text = coded.names[code] ?? '';
            const sum = sums.get(code);
            return (
              <tr key={code}>
                <th scope="row">{text === '' ? <em>empty name</em> : <><Name text={column === 'reason' ? text.replace(/_/g, ' ') : text} /><Whole text={text} /></>}</th>
                <td class="number" title="attempts">{number(sum?.attempts ?? 0)}</td>
                <td class="number soft" title="events">{number(sum?.events ?? 0)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {sums.size > 8 ? <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Fewer' : `All ${number(sums.size)}`}</button> : null}
    </div>
  );
}

function Listing({ title, head, rows, count = rows.length }: { title: string; head: string[]; rows: ComponentChildren[][]; count?: number }) {
  const [pressed, setOpen] = useState(false);
  const open = usePrinting() || pressed;
  if (!rows.length) return null;
  return (
    <section>
      <h3>{title} <span class="count">{number(count)}</span></h3>
      <div class="scrolls-x" tabIndex={0} role="group" aria-label={title}>
        <table class="plain small">
          <thead><tr>{head.map((word) => <th scope="col">{word}</th>)}</tr></thead>
          <tbody>{rows.slice(0, open ? undefined : 8).map((cells) => <tr>{cells.map((cell) => <td>{cell}</td>)}</tr>)}</tbody>
        </table>
      </div>
      {rows.length > 8 ? <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Fewer' : `All ${number(rows.length)}`}</button> : null}
    </section>
  );
}

function Logins({ address }: { address: number }) {
  const { report } = useStore();
  const table = report.tables.get('logins');
  const own = rowsWith(table, address);
  const count = own.reduce((sum, row) => sum + (table?.number('logins', row) ?? 1), 0);
  const rows = own.map((row) => {
    const at = table?.number('timestamp', row) ?? null;
    // Logins that are alike in one hour share a row.
    const logins = table?.number('logins', row) ?? 1;
    return [at === null ? '–' : `${report.zone.second(at)}${logins > 1 ? ` and ${several(logins - 1, 'more', 'more')} within the hour` : ''}`, <Name text={table?.text('user_name', row) ?? '?'} />, <Name text={table?.text('openssh_auth_method', row) ?? '–'} />, <Name text={table?.text('host_name', row) ?? '–'} />, several(table?.number('failures_before', row) ?? 0, 'failure', 'failures')];
  });
  return <Listing title="Logins" head={['when', 'user', 'method', 'host', 'before it']} rows={rows} count={count} />;
}

function Bans({ address }: { address: number }) {
  const { report } = useStore();
  const table = report.tables.get('bans');
  const when = (at: number | null): string => (at === null ? '–' : report.zone.second(at));
  const rows = rowsWith(table, address).map((row) => {
    const seconds = table?.number('seconds', row) ?? null;
    return [<Name text={table?.text('fail2ban_jail', row) ?? '–'} />, when(table?.number('banned_from', row) ?? null), when(table?.number('banned_until', row) ?? null), seconds === null ? '–' : duration(seconds), `${visible(table?.text('ended', row) ?? '–')}${table?.text('restored', row) === 'true' ? ', restored' : ''}`];
  });
  return <Listing title="Bans" head={['jail', 'from', 'until', 'meant for', 'ended by']} rows={rows} />;
}

function Evidence({ address }: { address: number }) {
  const { report } = useStore();
  const [table, setTable] = useState<Table | null | undefined>(undefined);
  const [pressed, setAll] = useState(false);
  const all = usePrinting() || pressed;
  useEffect(() => {
    let here = true;
    void report.evidence().then((read) => {
      if (here) setTable(read);
    });
    return () => {
      here = false;
    };
  }, [report]);
  if (table === undefined) return <p class="note">Raw lines are being unpacked…</p>;
  const rows = table ? rowsWith(table, address) : [];
  const events = report.addresses.number('events', address) ?? 0;
  if (!table || !rows.length) {
    return <p class="note">{report.meta.anonymized ? 'An anonymous report holds no raw lines.' : 'No raw lines of this address are in this file.'}</p>;
  }
  return (
    <section class="evidence">
      <h3>Raw lines <span class="count">{rows.length < events ? `${number(rows.length)}, of ${several(events, 'event', 'events')}` : number(rows.length)}</span></h3>
      <ol>
        {rows.slice(0, all ? undefined : LINES).map((row) => (
          <li key={row}>
            <span class="place"><bdi>{visible(table.text('log_file_path', row) ?? '')}</bdi>:{table.text('log_line', row) ?? '?'}</span>
            <Log text={table.text('message', row) ?? ''} />
          </li>
        ))}
      </ol>
      {rows.length > LINES && !all ? <button type="button" class="quiet" onClick={() => setAll(true)}>All {number(rows.length)} lines</button> : null}
    </section>
  );
}

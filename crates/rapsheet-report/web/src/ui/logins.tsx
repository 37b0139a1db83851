// Who got in: logins of the view by user, address and way, with their number, the first and the last.

import { useMemo, useState } from 'preact/hooks';
import type { Panel, Report } from '../data/report';
import { useStore } from './context';
import { AddressLink, Box } from './panels';
import { Name, number, visible } from './text';
import { Value } from './value';

const FEW = 8;
const MANY = 200;

/** Logins that are alike but for their time. */
export interface LoginGroup {
  row: number;
  logins: number;
  first: number;
  last: number;
  failures: number;
  /** In what its user never came so before; of any of its logins. */
  newPlace: string | null;
}

/** Puts the rows of the table of logins together by user, address, way, key and server; new places first, then the last ones. */
export function groupLogins(report: Report, rows: Uint32Array): LoginGroup[] {
  const table = report.tables.get('logins');
  if (!table) return [];
  const columns = ['user_name', 'openssh_auth_method', 'openssh_auth_key', 'host_name', 'service_name'].map((name) => table.codes(name).codes);
  const addresses = table.numbers('address');
  const [first, last, logins, failures] = ['timestamp', 'last_at', 'logins', 'failures_before'].map((name) => table.numbers(name));
  const places = table.codes('new_place');
  const groups = new Map<string, LoginGroup>();
  for (const row of rows) {
    const key = `${addresses[row]} ${columns.map((codes) => codes[row]).join(' ')}`;
    let group = groups.get(key);
    if (!group) {
      group = { row, logins: 0, first: Infinity, last: -Infinity, failures: 0, newPlace: null };
      groups.set(key, group);
    }
    group.logins += logins[row];
    group.first = Math.min(group.first, first[row]);
    group.last = Math.max(group.last, last[row]);
    group.failures = Math.max(group.failures, failures[row]);
    group.newPlace ??= places.names[places.codes[row]];
  }
  return [...groups.values()].sort((one, other) => Number(other.newPlace !== null) - Number(one.newPlace !== null) || other.last - one.last || one.row - other.row);
}

/** `SHA256:abcdefghijkl…`: as much of a fingerprint as tells keys apart. */
function Key({ text }: { text: string | null }) {
  if (text === null) return <>–</>;
  return <bdi class="mono" title={visible(text)}>{visible(text.length > 19 ? `${text.slice(0, 19)}…` : text)}</bdi>;
}

export function Logins({ panel }: { panel: Panel }) {
  const store = useStore();
  const { report } = store;
  const [open, setOpen] = useState(false);
  const { logins: rows, totals, ofAddresses } = store.frame.value;
  const table = report.tables.get('logins');
  const groups = useMemo(() => groupLogins(report, rows), [report, rows]);
  if (!table?.rows) return null;
  const { count, listed, exact } = totals.logins;
  const hosts = table.codes('host_name').names.length > 2;
  const keys = table.codes('openssh_auth_key').names.length > 1;
  const time = (at: number): string => (Number.isFinite(at) ? report.zone.minute(at) : '–');
  const shown = groups.slice(0, open ? MANY : FEW);
  return (
    <Box panel={panel} count={listed < count ? `${number(count)} (${number(listed)} listed)` : `${exact ? '' : 'at least '}${number(count)}`}>
      {ofAddresses.logins.length ? <p class="note">All logins of the addresses in this view: a filter here is about something that logins don’t have.</p> : null}
      {groups.length ? (
        <div class={open ? 'scrolls' : 'scrolls-x'} tabIndex={0} role="group" aria-label="Table of logins">
          <table class="plain small logins">
            <caption class="unseen">Logins by user, address and way</caption>
            <thead>
              <tr>
                <th scope="col">user</th>
                <th scope="col">address</th>
                <th scope="col">method</th>
                {keys ? <th scope="col">key</th> : null}
                {hosts ? <th scope="col">server</th> : null}
                <th scope="col" class="number">logins</th>
                <th scope="col" class="number">failures before</th>
                <th scope="col" class="number">first</th>
                <th scope="col" class="number">last</th>
                <th scope="col">new place</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((group) => {
                const text = (column: string): string | null => table.text(column, group.row);
                const address = table.number('address', group.row);
                const user = text('user_name');
                return (
                  <tr key={group.row} class={group.newPlace ? 'new' : ''}>
                    <th scope="row">{user === null ? '?' : <Value dimension="user_name" value={user} />}</th>
                    <td>{address === null ? '–' : <AddressLink address={address} />}</td>
                    <td><Name text={text('openssh_auth_method') ?? '–'} /></td>
                    {keys ? <td><Key text={text('openssh_auth_key')} /></td> : null}
                    {hosts ? <td><Name text={text('host_name') ?? '–'} /></td> : null}
                    <td class="number">{number(group.logins)}</td>
                    <td class="number">{group.failures ? number(group.failures) : '–'}</td>
                    <td class="number time">{time(group.first)}</td>
                    <td class="number time">{time(group.last)}</td>
                    <td>{group.newPlace ?? '–'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : (
        <p class="empty">Nobody logged in in this view.</p>
      )}
      {groups.length > FEW ? <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Fewer' : `All ${number(groups.length)}`}</button> : null}
      {open && groups.length > MANY ? <p class="note">The first {MANY}; a filter or the brush shows the others.</p> : null}
    </Box>
  );
}

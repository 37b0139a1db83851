// What a reader takes to another program: the addresses of the view, and the command that asks for the same.

import { useRef, useState } from 'preact/hooks';
import { OTHER } from '../data/report';
import { asCsv, asList, asNftables, canAsk, command } from '../data/take-away';
import { useStore } from './context';
import { number, several } from './text';

/** Puts a text into the clipboard; tells whether that went well. A page of a file may have no right to. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function TakeAway() {
  const store = useStore();
  const { report } = store;
  const [taken, setTaken] = useState<{ words: string; text: string } | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const frame = store.frame.value;
  const view = store.view.value;
  const { addresses, ip, meta } = report;
  const { measure } = frame;
  const rows: number[] = [];
  for (let row = 0; row < addresses.rows; row++) if (frame.events[row] > 0 && frame.values[row] > 0) rows.push(row);
  const text = (row: number): string => ip.names[ip.codes[row]] ?? '';
  const take = (words: string, taken: string) => async (): Promise<void> => {
    const copied = await copy(taken);
    setTaken({ words: copied ? `Copied: ${words}.` : `Here it is, ready to be copied: ${words}.`, text: taken });
    if (!copied) requestAnimationFrame(() => area.current?.select());
  };
  const csv = (): string => {
    const columns = ['country_iso_code', 'traits_autonomous_system_number', 'traits_autonomous_system_organization', 'source_network'];
    const time = (column: string, row: number): string => {
      const at = addresses.number(column, row);
      return at === null ? '' : new Date(at).toISOString();
    };
    return asCsv(
      ['source_ip', measure.name, 'events', 'threat_score', 'first_seen', 'last_seen', ...columns],
      rows.map((row) => [
        text(row), String(frame.values[row]), String(frame.events[row]), String(addresses.number('threat_score', row) ?? 0), time('first_seen', row), time('last_seen', row),
        ...columns.map((column) => addresses.text(column, row) ?? ''),
      ]),
    );
  };
  // Who is known is in no list for blocking.
  const known = addresses.codes('known_scope');
  const successes = addresses.numbers('successes');
  const toBlock = rows.filter((row) => known.codes[row] === 0);
  const came = toBlock.filter((row) => successes[row] > 0).length;
  const knownWords = toBlock.length < rows.length ? `, without ${several(rows.length - toBlock.length, 'known one', 'known ones')}` : '';
  const what = several(rows.length, 'address', 'addresses');
  const cut = frame.totals.measured > rows.length ? ` (of ${number(frame.totals.measured)}; the others have no row in this file)` : '';
  const line = meta.arguments && canAsk(report, view, frame.span, OTHER) ? command(report, view, frame.span) : null;
  return (
    <details class="take-away">
      <summary>Take away</summary>
      <div class="take-away-body">
        <p>
          {what} of this view with {measure.more}{cut}:{' '}
          <button type="button" class="action" disabled={rows.length === 0} onClick={take(`${what} as a list`, asList(rows.map(text)))}>List</button>{' '}
          <button type="button" class="action" disabled={rows.length === 0} onClick={() => void take(`${what} as CSV`, csv())()}>CSV</button>{' '}
          {meta.anonymized ? null : <button type="button" class="action" disabled={toBlock.length === 0} onClick={take(`${several(toBlock.length, 'address', 'addresses')} as sets of nftables${knownWords}`, asNftables(toBlock.map(text)))}>nftables set</button>}
        </p>
        {came > 0 && !meta.anonymized ? <p class="note warn">{number(came)} of them logged in: look before you block.</p> : null}
        {line ? (
          <p>
            The same addresses, by the program: <button type="button" class="action" onClick={take('the command', `${line}\n`)}>Copy the command</button>
            <code class="command">{line}</code>
          </p>
        ) : meta.arguments ? <p class="note">No command gives this view: it asks for what this page alone tells, or for rare names that were put together in it.</p> : null}
        {taken ? (
          <>
            <p role="status">{taken.words}</p>
            <textarea ref={area} readOnly rows={5} aria-label="What was taken" value={taken.text} />
          </>
        ) : null}
      </div>
    </details>
  );
}

// What a person should act on.

import { useState } from 'preact/hooks';
import type { Panel } from '../data/report';
import { useStore } from './context';
import { AddressLink, Box } from './panels';
import { usePrinting } from './print';
import { number, Sentence, visible } from './text';

const FEW = 6;
/** Paper has no list to open: it gets this many. */
const PRINTED = 20;
const SEVERITIES: Readonly<Record<string, string>> = { critical: '●', warning: '▲', notice: '○' };

export function Findings({ panel }: { panel: Panel }) {
  const store = useStore();
  const [pressed, setOpen] = useState(false);
  const printing = usePrinting();
  const { findings: rows, totals, ofAddresses } = store.frame.value;
  const { count, listed, exact } = totals.findings;
  const shown = printing ? rows.subarray(0, PRINTED) : pressed ? rows : rows.subarray(0, FEW);
  return (
    <Box panel={panel} kind="findings-beside" count={count === 0 ? undefined : listed < count ? `${number(count)} (${number(listed)} listed)` : `${exact ? '' : 'at least '}${number(count)}`}>
      {ofAddresses.findings.length ? <p class="note">About the addresses in this view, whatever they did.</p> : null}
      {rows.length === 0 ? <p class="empty">Nothing to act on in this view.</p> : null}
      <div class="scrolls" tabIndex={0} role="group" aria-label={panel.title}>
        <ul class="findings">
          {[...shown].map((row) => <Finding key={row} row={row} withAddress />)}
        </ul>
      </div>
      {printing && rows.length > PRINTED ? <p class="note">The first {PRINTED} of {number(rows.length)} are printed, the gravest first.</p> : null}
      {rows.length > FEW ? <button type="button" class="quiet" aria-expanded={pressed} onClick={() => setOpen(!pressed)}>{pressed ? 'Fewer' : `All ${number(rows.length)}`}</button> : null}
    </Box>
  );
}

export function Finding({ row, withAddress }: { row: number; withAddress: boolean }) {
  const store = useStore();
  const table = store.report.tables.get('findings');
  if (!table) return null;
  const severity = table.text('severity', row) ?? 'notice';
  const address = table.number('address', row);
  const network = table.text('source_network', row);
  const at = table.number('timestamp', row);
  const isNetwork = network !== null && store.code('source_network', network) !== 0xffffffff;
  return (
    <li class={severity}>
      <span class="mark" title={severity}><span aria-hidden="true">{SEVERITIES[severity] ?? '○'}</span><span class="unseen">{severity}: </span></span>
      <span>
        {withAddress && address !== null ? <AddressLink address={address} /> : null}
        {withAddress && address === null && network !== null ? (
          isNetwork ? (
            <button type="button" class="value address" aria-pressed={store.has('source_network', network)} onClick={() => store.toggle('source_network', network)}><bdi>{visible(network)}</bdi></button>
          ) : (
            <bdi class="address">{visible(network)}</bdi>
          )
        ) : null}{' '}
        <Sentence text={table.text('statement', row) ?? ''} />
        <span class="soft"> <Sentence text={[table.text('evidence', row), at === null ? null : store.report.zone.minute(at)].filter(Boolean).join(' · ')} /></span>
      </span>
    </li>
  );
}

// How far the report can be trusted: what became of the lines, where details come from, what was cut.

import { useStore } from './context';
import { Name, number, percent, Sentence, several, visible } from './text';

export function Sources() {
  const { report } = useStore();
  const { meta } = report;
  const coverage = report.tables.get('coverage');
  const time = (at: number | null): string => (at === null ? '–' : report.zone.minute(at));
  return (
    <section class="sources" aria-labelledby="sources">
      <h2 id="sources">What this rests on</h2>
      <p>
        {several(meta.lines.lines, 'line', 'lines')} of {several(meta.lines.sources, 'source', 'sources')}: {number(meta.lines.events)} told an event, {several(meta.lines.understood, 'was understood and is', 'were understood and are')} not about an address, {number(meta.lines.unknown)} nobody understood.
      </p>
      {meta.assumed.length ? (
        <>
          <h3 id="assumed">Assumed of times</h3>
          <ul>{meta.assumed.map(({ text }) => <li><Ticked text={visible(text)} /></li>)}</ul>
        </>
      ) : null}
      {meta.notes.length ? (
        <>
          <h3>Put together or cut, so that this file stays small</h3>
          <ul>{meta.notes.map((note) => <li><Sentence text={note} /></li>)}</ul>
        </>
      ) : null}
      <h3>Details of addresses</h3>
      {meta.geo.length === 0 ? <p>No geo data was used.</p> : null}
      <ul>
        {meta.geo.map((geo) => (
          <li>
            <bdi>{visible(geo.name)}</bdi>
            {geo.built ? `, built ${visible(geo.built)}` : ''}
            {geo.attribution ? <>. <Attribution text={geo.attribution} /></> : null}
          </li>
        ))}
      </ul>
      <p class="soft">A place of an address is an estimate, often of a provider’s office; circles on the map stand for accuracy only where they are drawn so. An address is not a person.</p>
      {coverage?.rows ? (
        <details>
          <summary>{several(coverage.rows, 'source', 'sources')}</summary>
          <div class="scrolls-x" tabIndex={0} role="group" aria-label="Table of sources">
            <table class="plain small">
              <thead>
                <tr>{['source', 'format', 'lines', 'events', 'understood', 'unknown', 'from', 'to'].map((word, at) => <th scope="col" class={at > 1 ? 'number' : ''}>{word}</th>)}</tr>
              </thead>
              <tbody>
                {Array.from({ length: coverage.rows }, (_, row) => (
                  <tr>
                    <th scope="row"><Name text={coverage.text('log_file_path', row) ?? ''} /></th>
                    <td>{visible(coverage.text('event_dataset', row) ?? '–')}</td>
                    {['lines', 'events', 'understood', 'unknown'].map((column) => <td class="number">{number(coverage.number(column, row) ?? 0)}</td>)}
                    {['first', 'last'].map((column) => <td class="number time">{time(coverage.number(column, row))}</td>)}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      ) : null}
    </section>
  );
}

/** What stands between backticks is code. */
function Ticked({ text }: { text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 ? <code>{part}</code> : part))}</>;
}

/** What a licence wants to be shown, its addresses as links: nothing is fetched before a reader follows one. */
function Attribution({ text }: { text: string }) {
  return (
    <>
      {text.split(/(https:\/\/[^\s,;()]*[^\s,;().])/).map((part, at) => (at % 2 ? <a class="bare" href={part} rel="noreferrer noopener">{visible(part)}</a> : visible(part)))}
    </>
  );
}

/** One line under the title: period, coverage, geo data. */
export function Heading() {
  const { report } = useStore();
  const { meta, addresses } = report;
  const first = addresses.numbers('first_seen').reduce((least, at) => (at < least ? at : least), Infinity);
  const last = addresses.numbers('last_seen').reduce((most, at) => (at > most ? at : most), -Infinity);
  const read = meta.lines.events + meta.lines.understood;
  return (
    <p class="heading">
      {first === Infinity ? null : <span>{report.zone.minute(first)} – {report.zone.minute(last)} <span class="soft">{visible(report.zone.name)}</span></span>}
      {meta.assumed.some(({ kind }) => kind !== 'zone') ? (
        <a class="soft" href="#assumed" onClick={(event) => { event.preventDefault(); document.getElementById('assumed')?.scrollIntoView(); }}>{meta.assumed.some(({ kind }) => kind === 'years') ? 'years assumed' : 'zone assumed'}</a>
      ) : null}
      {meta.assumed.some(({ kind }) => kind === 'zone') ? <span class="soft">times without a zone taken as of {visible(report.zone.name)}</span> : null}
      <span>
        {percent(read, meta.lines.lines)} of {several(meta.lines.lines, 'line', 'lines')} understood
        {meta.lines.unknown ? <strong class="warn">, {number(meta.lines.unknown)} not</strong> : null}
      </span>
      {meta.geo.length ? <span>places from {meta.geo.map((geo) => visible(geo.name) + (geo.built ? ` of ${visible(geo.built)}` : '')).join(' and ')}</span> : <span>no geo data</span>}
      <span class="soft">made {report.zone.minute(Date.parse(meta.generated_at))}{meta.anonymized ? ', anonymous' : ''}</span>
    </p>
  );
}

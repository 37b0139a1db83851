// Text from logs. Whoever attacks chooses it: it is never markup, its signs that steer are made visible, and it stays in its
// own box of direction.

import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { spelled, STEERING, visible } from './words';

/** Longer names are cut, with a way to see all. */
export const LONG = 160;

function marked(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(STEERING)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    parts.push(<span class="sign">{spelled(match[0])}</span>);
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** A name of a log on one line, cut where it is long. */
export function Name({ text }: { text: string }) {
  const cut = text.length > LONG;
  return (
    <bdi class="log" title={visible(text.slice(0, 1000))}>
      {marked(cut ? text.slice(0, LONG) : text)}
      {cut ? '…' : null}
    </bdi>
  );
}

/** A button that shows the whole of a name that was cut. Stands beside the name, because the name may be a button. */
export function Whole({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  if (text.length <= LONG) return null;
  return (
    <>
      <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'less' : `all ${text.length.toLocaleString('en')} signs`}
      </button>
      {open ? <bdi class="log whole" tabIndex={0} role="group" aria-label="The whole name">{marked(text)}</bdi> : null}
    </>
  );
}

/** A sentence of rapsheet's own: what stands between backticks is a name. */
export function Sentence({ text }: { text: string }) {
  const parts = text.split('`');
  // An odd backtick is one of the name's own.
  const paired = parts.length % 2 === 1;
  return <bdi class="log wrap">{paired ? parts.map((part, at) => (at % 2 ? <code>{marked(part)}</code> : marked(part))) : marked(text)}</bdi>;
}

/** Text of a log that may run over lines. */
export function Log({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const long = text.length > 2000;
  return (
    <>
      <bdi class="log wrap">{marked(long && !open ? text.slice(0, 2000) : text)}</bdi>
      {long ? (
        <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'less' : `… all ${text.length.toLocaleString('en')} signs`}
        </button>
      ) : null}
    </>
  );
}

export { compact, duration, number, percent, several, visible } from './words';

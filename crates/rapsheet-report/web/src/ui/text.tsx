// Text from logs. Whoever attacks chooses it: it is never markup, its signs that steer are made visible, and it stays in its
// own box of direction.

import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';

// C0, C1, soft hyphen, Arabic letter mark, zero width, marks and overrides of direction, line separators, tags, lone halves.
const STEERING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;
/** Longer names are cut, with a way to see all. */
export const LONG = 160;

/** Words for a sign that steers: `␛` for escape, `‹202E›` for an override of direction. */
function spelled(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `‹${code.toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** Text with what steers spelled out. */
export function visible(text: string): string {
  return text.replace(STEERING, spelled);
}

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
      {open ? <bdi class="log whole">{marked(text)}</bdi> : null}
    </>
  );
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

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function number(value: number): string {
  return whole.format(value);
}

export function compact(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

export function percent(part: number, of: number): string {
  if (of === 0) return '–';
  const share = (100 * part) / of;
  if (share === 0 || share === 100) return `${share} %`;
  if (share < 0.1) return '< 0.1 %';
  return `${share < 10 || share > 99 ? share.toFixed(1) : share.toFixed(0)} %`;
}

/** `1 address`, `2 addresses`. */
export function several(count: number, one: string, more: string): string {
  return `${number(count)} ${count === 1 ? one : more}`;
}

/** `2 h 30 min` of seconds. */
export function duration(seconds: number): string {
  if (seconds < 0) return 'for good';
  const units: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [size, word] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${number(count)} ${word}`);
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

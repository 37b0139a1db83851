// The order of addresses: as text, and by any key.

import type { Report } from '../data/report';
import type { Frame } from '../state/view';

/** An address as text that sorts as its number does. */
export function sortable(address: string): string {
  if (/^\d+\.\d+\.\d+\.\d+/.test(address)) return `4${address.replace(/\d+/g, (part) => part.padStart(3, '0'))}`;
  const [head, tail] = address.split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const front = groups(head);
  const back = groups(tail);
  const whole = tail === undefined ? front : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return `6${whole.map((group) => group.padStart(4, '0')).join(':')}`;
}

/** Addresses that are shown, in order. Native sorting of numbers: key and row in one. */
export function ordered(report: Report, frame: Frame, keys: Float64Array, down: boolean, found: ((row: number) => boolean) | null): Uint32Array {
  const { rows } = report.addresses;
  const kept: number[] = [];
  for (let row = 0; row < rows; row++) if (frame.events[row] > 0 && (!found || found(row))) kept.push(row);
  const room = 2 ** Math.ceil(Math.log2(rows + 1));
  const packed = new Float64Array(kept.length);
  let least = Infinity;
  for (const row of kept) if (keys[row] < least) least = keys[row];
  // Times need 41 bits and rows 17: more than a number holds exactly, so times are told in seconds.
  const scale = least > 1e9 ? 1000 : 1;
  for (let at = 0; at < kept.length; at++) {
    const key = Math.floor((Number.isNaN(keys[kept[at]]) ? least : keys[kept[at]]) - least) / scale;
    packed[at] = (down ? -Math.floor(key) : Math.floor(key)) * room + kept[at];
  }
  packed.sort();
  return Uint32Array.from(packed, (value) => ((value % room) + room) % room);
}


// The order of addresses: as text, and by any key.

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

/** All rows in the order of their keys, equal ones in theirs. Native sorting of numbers: key and row in one. */
export function sorted(keys: Float64Array, rows: number, down: boolean): Uint32Array {
  const room = 2 ** Math.ceil(Math.log2(rows + 1));
  const packed = new Float64Array(rows);
  let least = Infinity;
  for (let row = 0; row < rows; row++) if (keys[row] < least) least = keys[row];
  // Times need 41 bits and rows 17: more than a number holds exactly, so times are told in seconds.
  const scale = least > 1e9 ? 1000 : 1;
  for (let row = 0; row < rows; row++) {
    const key = Math.floor(((Number.isNaN(keys[row]) ? least : keys[row]) - least) / scale);
    packed[row] = (down ? -key : key) * room + row;
  }
  packed.sort();
  return Uint32Array.from(packed, (value) => ((value % room) + room) % room);
}

/** The rows of an order that are shown. */
export function shown(order: Uint32Array, events: Float64Array, found: ((row: number) => boolean) | null): Uint32Array {
  const kept = new Uint32Array(order.length);
  let count = 0;
  for (const row of order) if (events[row] > 0 && (!found || found(row))) kept[count++] = row;
  return kept.subarray(0, count);
}

// Words for numbers and for signs that steer, without a page.

// C0, C1, soft hyphen, Arabic letter mark, zero width, marks and overrides of direction, line separators, tags, lone halves.
export const STEERING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;
/** Words for a sign that steers: `␛` for escape, `‹202E›` for an override of direction. */
export function spelled(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `‹${code.toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** Text with what steers spelled out. */
export function visible(text: string): string {
  return text.replace(STEERING, spelled);
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

/** `1.2 MB` of bytes, in thousands as routers and bills count. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let at = 0;
  let value = count;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
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

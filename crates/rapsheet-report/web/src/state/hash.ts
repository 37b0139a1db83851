// The view as a fragment of the address bar, so that it can be linked.
//
// `#from=2025-12-29T21&to=2025-12-30T03&country_iso_code=NL&!user_name=&sheet=203.0.113.66`: a key of a dimension keeps a value, may stand
// more than once, and `!` before it means "absent"; `not.` before both leaves out. `versus` and `versusto` are the period that the
// first is compared with. Links outlive versions: whatever is not known is told and changes nothing.

export interface View {
  /** Step numbers as the report counts them, the end left out. */
  from: number | null;
  to: number | null;
  /** What the brush's chart shows; null: the whole period. */
  nearFrom: number | null;
  nearTo: number | null;
  /** Wanted values of each dimension; null is "absent". */
  filters: Map<string, (string | null)[]>;
  /** Values that are left out. */
  without: Map<string, (string | null)[]>;
  /** The measure that a reader chose; empty: the first that has values. */
  measure: string;
  /** The period that the first is compared with. */
  vsFrom: number | null;
  vsTo: number | null;
  sheet: string | null;
  sort: string;
  search: string;
  page: number;
  stack: string;
  /** Keys of the address bar that this page doesn't know. */
  unknown: readonly string[];
}

/** Parts of the address bar that remember which keys were asked for. */
class AskedParts extends URLSearchParams {
  readonly asked = new Set<string>();

  override get(key: string): string | null {
    this.asked.add(key);
    return super.get(key);
  }
}

export const PLAIN: Readonly<Omit<View, 'filters' | 'without'>> = { from: null, to: null, nearFrom: null, nearTo: null, vsFrom: null, vsTo: null, measure: '', sheet: null, sort: '-score', search: '', page: 1, stack: 'service_name', unknown: [] };

export function plainView(): View {
  return { ...PLAIN, filters: new Map(), without: new Map() };
}

const HOUR = 3_600_000;

function stepText(step: 'hour' | 'day', number: number): string {
  const text = new Date(number * (step === 'hour' ? HOUR : 24 * HOUR)).toISOString();
  return step === 'hour' ? text.slice(0, 13) : text.slice(0, 10);
}

function stepNumber(step: 'hour' | 'day', text: string | null): number | null {
  const match = /^([+-]?\d{4,6}-\d\d-\d\d)(?:T(\d\d))?$/.exec(text ?? '');
  if (!match) return null;
  const at = Date.parse(`${match[1]}T${match[2] ?? '00'}:00:00Z`);
  return Number.isNaN(at) ? null : Math.floor(at / (step === 'hour' ? HOUR : 24 * HOUR));
}

export function writeHash(view: View, step: 'hour' | 'day'): string {
  const parts = new URLSearchParams();
  if (view.from !== null && view.to !== null) {
    parts.append('from', stepText(step, view.from));
    parts.append('to', stepText(step, view.to));
  }
  if (view.nearFrom !== null && view.nearTo !== null) {
    parts.append('near', stepText(step, view.nearFrom));
    parts.append('far', stepText(step, view.nearTo));
  }
  if (view.vsFrom !== null && view.vsTo !== null) {
    parts.append('versus', stepText(step, view.vsFrom));
    parts.append('versusto', stepText(step, view.vsTo));
  }
  const put = (wanted: View['filters'], before: string): void => {
    for (const [name, values] of wanted) {
      for (const value of values) parts.append(value === null ? `${before}!${name}` : before + name, value ?? '');
    }
  };
  put(view.filters, '');
  put(view.without, 'not.');
  if (view.measure !== PLAIN.measure) parts.append('measure', view.measure);
  if (view.sheet !== null) parts.append('sheet', view.sheet);
  if (view.sort !== PLAIN.sort) parts.append('sort', view.sort);
  if (view.search) parts.append('search', view.search);
  if (view.page > 1) parts.append('page', String(view.page));
  if (view.stack !== PLAIN.stack) parts.append('stack', view.stack);
  const text = parts.toString();
  return text ? `#${text}` : '';
}

export function readHash(hash: string, step: 'hour' | 'day', dimensions: ReadonlySet<string>): View {
  const parts = new AskedParts(hash.replace(/^#/, ''));
  const strange = new Set<string>();
  const view = plainView();
  const from = stepNumber(step, parts.get('from'));
  const to = stepNumber(step, parts.get('to'));
  if (from !== null && to !== null && from < to) {
    view.from = from;
    view.to = to;
  }
  const near = stepNumber(step, parts.get('near'));
  const far = stepNumber(step, parts.get('far'));
  if (near !== null && far !== null && near < far) {
    view.nearFrom = near;
    view.nearTo = far;
  }
  const vsFrom = stepNumber(step, parts.get('versus'));
  const vsTo = stepNumber(step, parts.get('versusto'));
  if (vsFrom !== null && vsTo !== null && vsFrom < vsTo) {
    view.vsFrom = vsFrom;
    view.vsTo = vsTo;
  }
  for (const [key, value] of parts) {
    const [, without, absent, name] = /^(not\.)?(!)?(.*)$/s.exec(key) ?? [];
    if (!dimensions.has(name)) {
      strange.add(key);
      continue;
    }
    const wanted = absent ? null : value;
    const map = without ? view.without : view.filters;
    const values = map.get(name) ?? [];
    if (!values.includes(wanted)) map.set(name, [...values, wanted]);
  }
  const measure = parts.get('measure') ?? '';
  if (/^[a-z_]+$/.test(measure)) view.measure = measure;
  view.sheet = parts.get('sheet');
  const sort = parts.get('sort') ?? '';
  if (/^-?[a-z_]+$/.test(sort)) view.sort = sort;
  view.search = parts.get('search') ?? '';
  const page = Number(parts.get('page'));
  if (Number.isInteger(page) && page > 1) view.page = page;
  const stack = parts.get('stack') ?? '';
  if (dimensions.has(stack)) view.stack = stack;
  view.unknown = [...strange].filter((key) => !parts.asked.has(key));
  return view;
}

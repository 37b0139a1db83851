// Unpacks the tables that the program put into the page: base64, gzip, Arrow.

import { tableFromIPC } from '@uwdata/flechette';
import type { Column as ArrowColumn, Table as ArrowTable } from '@uwdata/flechette';

/** A column of texts as numbers: `codes[row]` is a place in `names`; place 0 is "absent". */
export interface Coded {
  codes: Uint32Array;
  names: (string | null)[];
}

/** A table of the report. Columns are read when asked for. */
export class Table {
  readonly rows: number;
  private readonly coded = new Map<string, Coded>();
  private readonly counted = new Map<string, Float64Array>();

  constructor(private readonly table: ArrowTable) {
    this.rows = table.numRows;
  }

  has(name: string): boolean {
    return this.table.schema.fields.some((field) => field.name === name);
  }

  private column(name: string): ArrowColumn<unknown> | null {
    return this.has(name) ? (this.table.getChild(name) as ArrowColumn<unknown>) : null;
  }

  /** The column as codes. Numbers and truth values are spelled out; a column that is not there is all absent. */
  codes(name: string): Coded {
    let coded = this.coded.get(name);
    if (!coded) {
      coded = code(this.column(name), this.rows);
      this.coded.set(name, coded);
    }
    return coded;
  }

  /** A column of which no value comes twice: each row has its own code. */
  own(name: string): Coded {
    let coded = this.coded.get(name);
    if (!coded) {
      const column = this.column(name);
      const batches = (column?.data ?? []) as unknown as Batch[];
      if (batches.length !== 1 || batches[0].type.typeId !== TEXT || batches[0].nullCount > 0) return this.codes(name);
      const texts = textsOf(batches[0]);
      coded = { codes: Uint32Array.from({ length: this.rows }, (_, row) => row + 1), names: [null, ...Array.from({ length: this.rows }, (_, row) => texts(row))] };
      this.coded.set(name, coded);
    }
    return coded;
  }

  /** The column as numbers, `NaN` where absent. Times are milliseconds. */
  numbers(name: string): Float64Array {
    let numbers = this.counted.get(name);
    if (!numbers) {
      numbers = count(this.column(name), this.rows);
      this.counted.set(name, numbers);
    }
    return numbers;
  }

  /** A column of bytes without gaps, as it came; null where there is none. */
  bytes(name: string): Uint8Array | null {
    const column = this.column(name);
    if (column && this.rows === 0) return new Uint8Array(0);
    const batches = (column?.data ?? []) as unknown as Batch[];
    const values = batches.length === 1 ? batches[0].values : null;
    return values instanceof Uint8Array ? values.subarray(0, this.rows) : null;
  }

  text(name: string, row: number): string | null {
    const value = this.column(name)?.at(row);
    return value === null || value === undefined ? null : String(value);
  }

  number(name: string, row: number): number | null {
    const value = this.numbers(name)[row];
    return Number.isNaN(value) ? null : value;
  }
}

interface Batch {
  length: number;
  nullCount: number;
  values: ArrayLike<number>;
  /** Where each text begins, and the last one's end; only of texts. */
  offsets?: Int32Array;
  validity: Uint8Array | undefined;
  dictionary?: ArrowColumn<unknown>;
  type: { typeId: number };
  at(row: number): unknown;
}

const DICTIONARY = -1;
const INTEGER = 2;
const FLOAT = 3;
const TEXT = 5;

const utf8 = new TextDecoder();

/**
 * Texts of a column of plain texts. Fifty thousand addresses are decoded as one text and cut, which takes a tenth of the time
 * that one after the other does; where a letter has several bytes, places of bytes are no places of letters, and each is decoded.
 */
function textsOf(batch: Batch): (row: number) => string | null {
  const { offsets, validity } = batch;
  const bytes = batch.values;
  const absent = batch.nullCount > 0 && validity ? (row: number) => !(validity[row >> 3] & (1 << (row & 7))) : () => false;
  if (!offsets || !(bytes instanceof Uint8Array)) return (row) => batch.at(row) as string | null;
  const begin = offsets[0];
  const whole = utf8.decode(bytes.subarray(begin, offsets[batch.length]));
  if (whole.length !== offsets[batch.length] - begin) return (row) => batch.at(row) as string | null;
  return (row) => (absent(row) ? null : whole.slice(offsets[row] - begin, offsets[row + 1] - begin));
}

function code(column: ArrowColumn<unknown> | null, rows: number): Coded {
  const codes = new Uint32Array(rows);
  const names: (string | null)[] = [null];
  if (!column) return { codes, names };
  const batches = column.data as unknown as Batch[];
  const only = batches.length === 1 ? batches[0] : null;
  if (only?.type.typeId === DICTIONARY && only.dictionary) {
    // The library has decoded these texts once already.
    for (const name of only.dictionary.cache()) names.push(String(name));
    const keys = only.values;
    const validity = only.nullCount > 0 ? only.validity : undefined;
    for (let row = 0; row < rows; row++) {
      codes[row] = validity && !(validity[row >> 3] & (1 << (row & 7))) ? 0 : keys[row] + 1;
    }
    return { codes, names };
  }
  const places = new Map<string, number>();
  const texts = only?.type.typeId === TEXT ? textsOf(only) : (row: number) => column.at(row);
  for (let row = 0; row < rows; row++) {
    const value = texts(row);
    if (value === null || value === undefined) continue;
    const text = String(value);
    let place = places.get(text);
    if (place === undefined) {
      place = names.length;
      names.push(text);
      places.set(text, place);
    }
    codes[row] = place;
  }
  return { codes, names };
}

function count(column: ArrowColumn<unknown> | null, rows: number): Float64Array {
  const numbers = new Float64Array(rows);
  if (!column) return numbers.fill(NaN);
  const batches = column.data as unknown as Batch[];
  let at = 0;
  for (const batch of batches) {
    if (batch.type.typeId === INTEGER || batch.type.typeId === FLOAT) {
      const validity = batch.nullCount > 0 ? batch.validity : undefined;
      for (let row = 0; row < batch.length; row++, at++) {
        numbers[at] = validity && !(validity[row >> 3] & (1 << (row & 7))) ? NaN : batch.values[row];
      }
      continue;
    }
    for (let row = 0; row < batch.length; row++, at++) {
      const value = batch.at(row);
      numbers[at] = value === null || value === undefined ? NaN : Number(value);
    }
  }
  return numbers;
}

/** Reads an Arrow stream. */
export function readTable(bytes: Uint8Array): Table {
  return new Table(tableFromIPC(bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place++) bytes[place] = binary.charCodeAt(place);
  return bytes;
}

/** Unpacks base64 of gzip of an Arrow stream. */
export async function unpack(text: string): Promise<Table> {
  const stream = new Blob([fromBase64(text.trim())]).stream().pipeThrough(new DecompressionStream('gzip'));
  return readTable(new Uint8Array(await new Response(stream).arrayBuffer()));
}

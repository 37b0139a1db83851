// Tables as the program packs them.

import { gzipSync } from 'node:zlib';
import { dictionary, float64, tableFromArrays, tableToIPC, timestamp, TimeUnit, uint16, uint8, utf8 } from '@uwdata/flechette';
import { describe, expect, it } from 'vitest';
import { unpack } from '../src/data/unpack';
import type { Table } from '../src/data/unpack';

async function packed(): Promise<Table> {
  const table = tableFromArrays(
    {
      name: ['root', null, '', 'root', '</script>'],
      plain: ['a', null, 'b', 'a', 'c'],
      small: [1, 2, 255, 0, 7],
      holes: [1, null, 255, 0, 7],
      share: [0.5, null, 1, 2, 3],
      at: [1_767_031_320_000, null, 0, 1, 2],
      second: [1_767_031_320_000, null, 0, 1000, -2000],
    },
    { types: { name: dictionary(utf8(), uint16()), plain: utf8(), small: uint8(), holes: uint8(), share: float64(), at: timestamp(TimeUnit.MICROSECOND, 'UTC'), second: timestamp(TimeUnit.SECOND, 'UTC') } },
  );
  const bytes = tableToIPC(table, { format: 'stream' });
  return unpack(gzipSync(bytes as Uint8Array).toString('base64'));
}

describe('a table', () => {
  it('keeps texts as codes, absent ones at place 0', async () => {
    const { codes, names } = (await packed()).codes('name');
    expect([...codes].map((code) => names[code])).toEqual(['root', null, '', 'root', '</script>']);
    expect(codes[0]).toBe(codes[3]);
    expect(codes[1]).toBe(0);
  });

  it('codes texts that came without a dictionary, and numbers', async () => {
    const table = await packed();
    const plain = table.codes('plain');
    expect([...plain.codes]).toEqual([1, 0, 2, 1, 3]);
    expect(plain.names).toEqual([null, 'a', 'b', 'c']);
    expect(table.codes('small').names[table.codes('small').codes[2]]).toBe('255');
  });

  it('cuts plain texts rightly, where all are ASCII and where some are not', async () => {
    const names = Array.from({ length: 400 }, (_, at) => (at % 7 === 3 ? null : `2001:db8::${at.toString(16)}`));
    for (const more of ['', 'ü日😀']) {
      const texts = names.map((name, at) => (at === 200 ? `${name}${more}` : name));
      const bytes = tableToIPC(tableFromArrays({ ip: texts }, { types: { ip: utf8() } }), { format: 'stream' });
      const packed = gzipSync(bytes as Uint8Array).toString('base64');
      for (const { codes, names: known } of [(await unpack(packed)).codes('ip'), (await unpack(packed)).own('ip')]) {
        expect([...codes].map((code) => known[code])).toEqual(texts);
      }
    }
  });

  it('gives each row of a column without repeats a code of its own', async () => {
    const bytes = tableToIPC(tableFromArrays({ ip: ['b', 'a', 'ü'] }, { types: { ip: utf8() } }), { format: 'stream' });
    const { codes, names } = (await unpack(gzipSync(bytes as Uint8Array).toString('base64'))).own('ip');
    expect([[...codes], names]).toEqual([[1, 2, 3], [null, 'b', 'a', 'ü']]);
  });

  it('gives numbers, NaN where there is none, and times in milliseconds', async () => {
    const table = await packed();
    expect([...table.numbers('small')]).toEqual([1, 2, 255, 0, 7]);
    expect([...table.numbers('holes')]).toEqual([1, NaN, 255, 0, 7]);
    expect([...table.numbers('share')]).toEqual([0.5, NaN, 1, 2, 3]);
    expect(table.number('at', 0)).toBe(1_767_031_320_000);
    expect(table.number('at', 1)).toBeNull();
    expect([...table.numbers('second')]).toEqual([1_767_031_320_000, NaN, 0, 1000, -2000]);
    expect(table.text('name', 4)).toBe('</script>');
  });

  it('takes a column that is not there as absent', async () => {
    const table = await packed();
    expect([...table.codes('nothing').codes]).toEqual([0, 0, 0, 0, 0]);
    expect(table.numbers('nothing').every((value) => Number.isNaN(value))).toBe(true);
    expect(table.text('nothing', 0)).toBeNull();
  });
});

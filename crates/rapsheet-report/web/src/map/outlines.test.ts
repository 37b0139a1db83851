import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { describe, expect, it } from 'vitest';

import { lettersByNumber } from './iso';
import { slim } from './outlines.plugin';

const path = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
const world = slim(JSON.parse(readFileSync(path, 'utf8')) as Topology);
const { geometries } = world.objects.countries as GeometryCollection;

describe('the outlines', () => {
  it('cost the page less than 250 KiB', () => {
    expect(JSON.stringify(world).length).toBeLessThan(250 * 1024);
  });

  it('know the letters of every country that has a number', () => {
    const letters = lettersByNumber();
    const unknown = geometries.map(({ id }) => id).filter((id) => id !== undefined && id !== 'XK' && !letters.has(String(id)));
    expect(unknown).toEqual([]);
    expect(letters.size).toBe(249);
    expect(letters.get('528')).toBe('NL');
    expect(letters.get('516')).toBe('NA');
  });

  it('keep Kosovo, which has no number', () => {
    expect(geometries.filter(({ id }) => id === 'XK')).toHaveLength(1);
  });
});

describe('the middle of a country', () => {
  it('lies on its largest part', () => {
    const middle = (id: string) => (geometries.find((shape) => shape.id === id)?.properties as { middle: [number, number] }).middle;
    const [longitude, latitude] = middle('840');
    expect(longitude).toBeGreaterThan(-105);
    expect(longitude).toBeLessThan(-92);
    expect(latitude).toBeGreaterThan(35);
    expect(latitude).toBeLessThan(43);
    expect(middle('250')[1]).toBeGreaterThan(44);
  });
});

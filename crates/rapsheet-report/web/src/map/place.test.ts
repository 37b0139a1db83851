import { describe, expect, it } from 'vitest';

import { Kind, kindOf } from './place';

const land = () => true;
const sea = () => false;
const address = (latitude: number | null, longitude: number | null, radiusKm: number | null, country: string | null = 'NL') => ({
  latitude,
  longitude,
  radiusKm,
  country,
  label: '192.0.2.1',
});

describe('the kind of a place', () => {
  it.each([
    ['a point on land', address(52.4, 4.9, 10), land, Kind.Point],
    ['0, 0', address(0, 0, 10), land, Kind.Origin],
    ['a wide radius', address(52.1, 5.3, 200), land, Kind.Centre],
    ['a radius just below', address(52.1, 5.3, 199), land, Kind.Point],
    ['a known middle without a radius', address(37.751, -97.822, null, 'US'), land, Kind.Centre],
    ['the sea', address(30, -40, 20), sea, Kind.Sea],
    ['a country only', address(null, null, null), land, Kind.Country],
    ['half a place', address(52, null, 10), land, Kind.Country],
    ['a place beyond the poles', address(95, 0.5, 10), land, Kind.Country],
    ['nothing', address(null, null, null, null), land, Kind.Nowhere],
  ])('of %s', (_, at, near, kind) => {
    expect(kindOf(at, near)).toBe(kind);
  });
});

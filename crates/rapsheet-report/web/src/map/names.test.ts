import { describe, expect, it } from 'vitest';

import { kmAcross, scaleBar } from './names';
import { project } from './world';

/** A view with a place in its middle. */
const at = (longitude: number, latitude: number, scale: number) => {
  const [x, y] = project([longitude, latitude]);
  return { scale, x: 500 - x * scale, y: 210 - y * scale, width: 1000, height: 420 };
};

describe('the scale', () => {
  it('tells the distance across the middle', () => {
    // A degree of the equator is about 111 km; 1000 units are 360 degrees there, and Equal Earth is a little narrower.
    const view = at(0, 0, 10);
    const [left] = project([-1, 0]);
    const [right] = project([1, 0]);
    expect(kmAcross(view, (right - left) * 10)).toBeCloseTo(222.4, 0);
  });

  it('is a round number that has room', () => {
    for (const [latitude, scale] of [[0, 1], [47, 30], [60, 250], [-33, 5]]) {
      const bar = scaleBar(at(8, latitude, scale));
      expect(bar).not.toBeNull();
      expect(bar?.pixels).toBeLessThanOrEqual(120);
      expect(bar?.pixels).toBeGreaterThan(120 / 2.6);
      expect(String(bar?.km)).toMatch(/^(0\.)?[125]0*$/);
    }
  });
});

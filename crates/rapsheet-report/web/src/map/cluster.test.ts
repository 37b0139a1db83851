import { describe, expect, it } from 'vitest';

import { Clusters, type Points, type View } from './cluster';

const view: View = { scale: 1, x: 0, y: 0, width: 1000, height: 500 };

function points(places: [number, number, boolean?][]): Points {
  return {
    index: Int32Array.from(places, (_, at) => at),
    x: Float32Array.from(places, ([x]) => x),
    y: Float32Array.from(places, ([, y]) => y),
    doubtful: Uint8Array.from(places, ([, , doubtful]) => (doubtful ? 1 : 0)),
  };
}

describe('clusters', () => {
  it('keep every attempt and every address, whatever the zoom', () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const places = Array.from({ length: 3000 }, (): [number, number] => [random() * 1000, random() * 500]);
    const attempts = Float64Array.from(places, (_, at) => at % 5);
    const sum = attempts.reduce((all, one) => all + one, 0);
    for (const scale of [0.2, 0.5, 1]) {
      const { list } = new Clusters(points(places), attempts, { ...view, scale });
      expect(list.reduce((all, { attempts: one }) => all + one, 0)).toBe(sum);
      expect(list.reduce((all, { size }) => all + size, 0)).toBe(2400);
    }
  });

  it('join what is close and part it when zoomed in', () => {
    const attempts = Float64Array.of(1, 9);
    const places = points([
      [100, 100],
      [104, 100],
    ]);
    const [joined] = new Clusters(places, attempts, view).list;
    expect(joined).toMatchObject({ size: 2, attempts: 10, top: 1 });
    expect(new Clusters(places, attempts, { ...view, scale: 20, x: -1800, y: -1800 }).list).toHaveLength(2);
  });

  it('never join a doubtful mark with a good one', () => {
    const { list } = new Clusters(
      points([
        [100, 100],
        [100, 100, true],
      ]),
      Float64Array.of(3, 3),
      view,
    );
    expect(list.map(({ doubtful }) => doubtful).sort()).toEqual([false, true]);
  });

  it('name their members, the most active first, and leave out what filters hide', () => {
    const attempts = Float64Array.of(2, 0, 8, 4);
    const clusters = new Clusters(points([[100, 100], [100, 100], [101, 100], [102, 101]]), attempts, view);
    expect(clusters.list).toHaveLength(1);
    expect(clusters.members(clusters.list[0])).toEqual([2, 3, 0]);
    expect(clusters.spread(clusters.list[0])).toBe(2);
  });
});

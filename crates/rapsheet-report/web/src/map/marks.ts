/** How large marks are, and what stands on them. */

/** The radius of a mark of 1 to 9, 10 to 99, … attempts: each ten times as many is a step that can be seen. */
const RADII = [3.5, 6.5, 10, 14, 18.5, 23, 27] as const;

/** The decade of a number of attempts: 0 for 1 to 9. */
export function decade(attempts: number): number {
  return Math.min(RADII.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, attempts)) + 1e-9)));
}

/** The radius of a mark. It depends on the number alone, so that it means the same under every filter. */
export function radiusOf(attempts: number): number {
  return RADII[decade(attempts)];
}

/** The steps of the legend: the least number of each size up to the largest that is drawn. */
export function sizeSteps(most: number): number[] {
  return Array.from({ length: decade(most) + 1 }, (_, at) => 10 ** at);
}

/** A number of addresses in few signs. */
export const short = (size: number): string => (size < 1000 ? String(size) : size < 10_000 ? `${(size / 1000).toFixed(1)}k` : `${Math.round(size / 1000)}k`);

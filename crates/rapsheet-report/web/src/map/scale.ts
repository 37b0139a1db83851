/** The steps of shades and circles, and their words. */

const plain = new Intl.NumberFormat('en');

/** A whole number with its thousands apart. */
export const count = (value: number): string => plain.format(Math.round(value));

/** A number and its noun. */
export const counted = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;

/** How many shades there are above "none". */
export const SHADES = 6;

/** Returns the least number of attempts of each shade, from the lightest: equal steps of the logarithm. */
export function shadeSteps(most: number): number[] {
  const steps = [1];
  for (let shade = 1; shade < SHADES; shade++) {
    const step = Math.ceil(Math.max(most, 1) ** (shade / SHADES) - 1e-6);
    if (step > steps[steps.length - 1] && step <= most) steps.push(step);
  }
  return steps;
}

/** Returns the shade of a number, 0 for none. */
export function shadeOf(attempts: number, steps: readonly number[]): number {
  let shade = 0;
  while (shade < steps.length && attempts >= steps[shade]) shade += 1;
  return shade;
}

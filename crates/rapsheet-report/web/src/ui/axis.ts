// Round numbers along the axis of a chart.

/** Up to `wanted` round numbers above 0, the last at most `most`; whole ones. */
export function roundMarks(most: number, wanted: number): number[] {
  if (!(most > 0)) return [];
  const rough = most / Math.max(1, wanted);
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((digit) => digit * ten).find((size) => size >= rough * 0.8) ?? 10 * ten);
  const marks: number[] = [];
  for (let mark = step; mark <= most * 1.0001; mark += step) marks.push(Math.round(mark));
  return marks;
}

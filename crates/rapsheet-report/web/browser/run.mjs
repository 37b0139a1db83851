// Runs the browser tests and ends with `N passed, N failed`.

import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

import { argumentsOf } from './harness.mjs';

const { rapsheet, page } = argumentsOf();
process.env.RAPSHEET = rapsheet;
if (page) process.env.RAPSHEET_PAGE = page;

const here = new URL('.', import.meta.url);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.mjs'))
  .sort()
  .map((name) => fileURLToPath(new URL(name, here)));
let passed = 0;
let failed = 0;
// One after the other: the tests measure what a reader sees, not who gets the processor.
const tests = run({ files, concurrency: 1, timeout: 1_800_000 });
tests.on('test:pass', ({ details, skip }) => {
  if (details.type !== 'suite' && skip === undefined) passed += 1;
});
tests.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') failed += 1;
});
tests.on('end', () => {
  setImmediate(() => {
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  });
});
tests.compose(spec).pipe(process.stdout);

import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

const table = process.env['SLUICE_TEST_TIMES'];
if (table !== undefined) {
  const before = processorSeconds();
  afterAll(() => {
    const seconds = (processorSeconds() - before).toFixed(1);
    appendFileSync(table, `${seconds}\t${expect.getState().testPath}\n`);
  });
}

/** What this process and those that it has started, and that have ended, have used. */
function processorSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // utime, stime, cutime, cstime: the second field, a name in parentheses, may hold spaces.
  const ticks = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15);
  return ticks.reduce((sum, value) => sum + Number(value), 0) / TICKS;
}

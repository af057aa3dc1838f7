import { afterEach, expect, test } from 'vitest';
import { fitTable, formatTable } from '../../src/cli/output.ts';

const before = process.stdout.columns;
afterEach(() => {
  process.stdout.columns = before;
});

const header = ['PHASE', 'WORKFLOW', 'STEPS', 'CREATED', 'DURATION', 'ID'];
const row = [
  'Succeeded',
  'diagnosis',
  '4',
  '2026-11-20 12:00:00',
  '12.3 s',
  'diagnosis-20261120-120000-ab12',
];

test.for([
  [120, header],
  [89, ['PHASE', 'STEPS', 'CREATED', 'DURATION', 'ID']],
  [80, ['PHASE', 'STEPS', 'CREATED', 'DURATION', 'ID']],
  [60, ['PHASE', 'STEPS', 'DURATION', 'ID']],
] as const)('in %d columns a list of runs has the columns that fit', ([columns, expected]) => {
  process.stdout.columns = columns;
  const fitting = fitTable(header, [row], ['WORKFLOW', 'CREATED', 'STEPS']);
  expect(fitting.header).toEqual(expected);
  for (const line of formatTable(fitting.header, fitting.rows).split('\n'))
    expect(line.length).toBeLessThanOrEqual(columns);
});

test('what others have named cannot move the cursor, hide a line or set the title', () => {
  const styled = '\u001B[31mred\u001B[39m';
  const table = formatTable(
    ['A', 'B'],
    [
      ['x\u001B[2K\r\u009B1A', styled],
      ['\u001B]0;title\u0007', 'b'],
    ],
  );
  expect(table.split('\n').slice(1)).toEqual([`x [2K  1A   ${styled}`, ' ]0;title   b']);
});

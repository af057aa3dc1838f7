import { describe, expect, it } from 'vitest';
import { LogCursor } from '../../src/platforms/local/log-cursor.ts';

describe('the cursor of a log', () => {
  it('says how far each stream has been read, and is read back', () => {
    const cursor = LogCursor.parse();
    expect(cursor.pass('algo-1', 30)).toBe('algo-1:30');
    expect(cursor.pass('algo-2/first', 40)).toBe('algo-1:30 algo-2/first:40');
    const text = cursor.pass('algo-1', 60);
    expect(LogCursor.parse(text).positions).toEqual(
      new Map([
        ['algo-1', 60],
        ['algo-2/first', 40],
      ]),
    );
  });

  it.each([
    'x',
    'algo-1',
    'algo-1:',
    'algo-1:-1',
    'algo-1:1.5',
    'algo-1:01',
    'algo-1:1  b:2',
    ':1',
    'a:1 ',
    'a:1'.repeat(99999),
  ])('is refused where it is none (%#)', (text) => {
    expect(() => LogCursor.parse(text)).toThrow("cursor: expected one that a line of this job's log carries");
  });
});

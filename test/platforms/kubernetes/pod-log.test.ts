import { expect, test } from 'vitest';
import { readLines } from '../../../src/platforms/kubernetes/client/read-lines.ts';
import { LogCursor } from '../../../src/platforms/kubernetes/log-cursor.ts';
import { compareTimes } from '../../../src/platforms/kubernetes/pod-log.ts';

const isHost = (name: string) => /^algo-[12]$/.test(name);

test('a cursor says for each host how many lines of which time were read', () => {
  const cursor = LogCursor.parse(undefined, isHost);
  cursor.pass('algo-1', '2026-11-28T10:00:00.5Z');
  cursor.pass('algo-1', '2026-11-28T10:00:00.5Z');
  const text = cursor.pass('algo-2', '2026-11-28T10:00:01Z');
  expect(text).toBe('algo-1@2026-11-28T10:00:00.5Z+2 algo-2@2026-11-28T10:00:01Z+1');
  expect(LogCursor.parse(text, isHost).positions).toEqual(cursor.positions);
});

test.each([
  'of-another:log',
  'algo-3@2026-11-28T10:00:00Z+1',
  'ALGO-1@2026-11-28T10:00:00Z+1',
  'algo-1@yesterday+1',
  'algo-1@2026-11-28T10:00:00Z+0',
])('refuses %s as a cursor of two hosts', (text) => {
  expect(() => LogCursor.parse(text, isHost)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
});

test.each([
  ['2026-11-28T10:00:00Z', '2026-11-28T10:00:00.1Z', -1],
  ['2026-11-28T10:00:00.12Z', '2026-11-28T10:00:00.120000000Z', 0],
  ['2026-11-28T10:00:00.9Z', '2026-11-28T10:00:00.10Z', 1],
])('compares %s with %s', (a, b, order) => {
  expect(compareTimes(a, b)).toBe(order);
});

test('lines come whole from whatever pieces, the last one without an end too', async () => {
  const pieces = ['one\ntw', 'o\n', '\nthr', 'ee'].map((text) => Buffer.from(text));
  const lines = await Array.fromAsync(
    readLines(
      (async function* () {
        yield* pieces;
      })(),
    ),
  );
  expect(lines.map(String)).toEqual(['one', 'two', '', 'three']);
});

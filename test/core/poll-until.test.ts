import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from '../../src/core/on-abort.ts';
import { pollUntil } from '../../src/core/poll-until.ts';

const often = { everyMs: 1, limitMs: Number.POSITIVE_INFINITY };

test('asks until the answer is true', async () => {
  let asked = 0;
  expect(await pollUntil(async () => ++asked === 3, often)).toBe(true);
  expect(asked).toBe(3);
});

test('asks once at least, and says when the limit was over first', async () => {
  let asked = 0;
  expect(await pollUntil(() => ++asked < 0, { everyMs: 1, limitMs: 0 })).toBe(false);
  expect(asked).toBe(1);
});

test('a signal ends the wait, and a question that fails does', async () => {
  const stop = new AbortController();
  const waiting = pollUntil(() => (stop.abort(), false), { ...often, signal: stop.signal });
  await expect(waiting).rejects.toThrow('aborted');
  const failing = pollUntil(() => Promise.reject(new Error('no answer')), often);
  await expect(failing).rejects.toThrow('no answer');
});

test('a listener is called once, at once where the signal was aborted before, and never after it was disposed of', () => {
  const called: string[] = [];
  const stop = new AbortController();
  const first = onAbort(stop.signal, () => called.push('first'));
  const second = onAbort(stop.signal, () => called.push('second'));
  onAbort(undefined, () => called.push('none'))[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
  stop.abort();
  second[Symbol.dispose]();
  onAbort(stop.signal, () => called.push('late'));
  expect(called).toEqual(['second', 'late']);
});

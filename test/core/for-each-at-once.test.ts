import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { forEachAtOnce, mapAtOnce } from '../../src/core/for-each-at-once.ts';

test('no more than so many run at once, and results keep the order of their items', async () => {
  let running = 0;
  let most = 0;
  const results = await mapAtOnce([5, 4, 3, 2, 1], 2, async (turns) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    running--;
    return turns * 10;
  });
  expect({ results, most }).toEqual({ results: [50, 40, 30, 20, 10], most: 2 });
});

test('after a failure nothing more is begun, what runs is told, and the source is closed', async () => {
  const begun: number[] = [];
  let told = false;
  let closed = false;
  function* source() {
    try {
      for (let item = 0; ; item++) yield item;
    } finally {
      closed = true;
    }
  }
  const work = forEachAtOnce(source(), 2, undefined, async (item, signal) => {
    begun.push(item);
    if (item === 1) throw new Error('the first failure');
    while (!signal.aborted) await nextTurn();
    told = true;
    throw new Error('a later one');
  });
  await expect(work).rejects.toThrow('the first failure');
  expect({ begun, told, closed }).toEqual({ begun: [0, 1], told: true, closed: true });
});

test('items that wait for nothing leave others their turns', async () => {
  const stop = new AbortController();
  const endless = function* () {
    for (;;) yield 0;
  };
  const reason = new Error('a timer came in between');
  setTimeout(() => stop.abort(reason), 1);
  await expect(forEachAtOnce(endless(), 4, stop.signal, async () => undefined)).rejects.toBe(reason);
});

test('the reason of a stop is what is thrown', async () => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  const work = forEachAtOnce([1, 2, 3], 1, stop.signal, async () => stop.abort(reason));
  await expect(work).rejects.toBe(reason);
});

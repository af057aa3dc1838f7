import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTimer } from '../../src/core/long-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a timer of 28 days, the longest MaxRuntime, is not cut to what Node can hold', () => {
  const callback = vi.fn();
  const delayMs = 28 * 24 * 3600 * 1000;
  startTimer(delayMs, callback);
  vi.advanceTimersByTime(delayMs - 1);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(callback).toHaveBeenCalledOnce();
});

test('a timer can be ended after its first stretch', () => {
  const callback = vi.fn();
  const end = startTimer(2 ** 32, callback);
  vi.advanceTimersByTime(2 ** 31 + 5);
  end();
  vi.advanceTimersByTime(2 ** 33);
  expect(callback).not.toHaveBeenCalled();
});

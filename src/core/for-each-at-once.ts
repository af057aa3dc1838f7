import { takeTurns } from './take-turns.ts';

/**
 * Runs an action for each item, up to `limit` at once, taking items as they are needed. The first failure stops the
 * rest; it is thrown when all that ran have ended.
 */
export async function forEachAtOnce<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  signal: AbortSignal | undefined,
  action: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const ownTurn = takeTurns();
  let taking: Promise<unknown> = Promise.resolve();
  const take = (): Promise<IteratorResult<T>> => {
    const next = taking.then(ownTurn).then(() => iterator.next());
    taking = next.catch(() => undefined);
    return next;
  };
  const work = async () => {
    try {
      while (!stopped.aborted) {
        const { done, value } = await take();
        if (done) return;
        if (!stopped.aborted) await action(value, stopped);
      }
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  if (signal?.aborted || failures.length > 0) await iterator.return?.();
  signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

/** As {@link forEachAtOnce}, with what the action gives for each item, in their order. */
export async function mapAtOnce<T, Result>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results = Array<Result>(items.length);
  await forEachAtOnce(items.entries(), limit, undefined, async ([index, item]) => {
    results[index] = await action(item);
  });
  return results;
}

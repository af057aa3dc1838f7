/**
 * Waits for work, but no longer than so many milliseconds: then the work goes on by itself, and what it throws later is
 * nobody's.
 *
 * @throws what the work throws within that time
 */
export async function within(limitMs: number, work: Promise<void>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  work.catch(() => undefined);
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

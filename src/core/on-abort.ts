/**
 * Calls a listener once a signal is aborted, at once where it is already; not any more after it is disposed of. A signal
 * that outlives those who listen to it would hold all of them.
 *
 * @param signal undefined is one that is never aborted
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): Disposable {
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', listener) };
}

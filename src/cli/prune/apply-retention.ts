import type { RetentionSettings } from '../../core/config.ts';
import { errorMessage } from '../../core/errors.ts';
import { formatSize } from '../display/format-size.ts';
import type { PruneContext } from './candidate.ts';
import { prune } from './prune.ts';

/** How often a server removes what its configuration does not keep, milliseconds. */
const INTERVAL_MS = 3_600_000;

/**
 * Removes what the configuration does not keep. Never fails: what is in the way is said.
 *
 * @param say takes a line for people
 */
export async function applyRetention(
  context: PruneContext,
  retention: RetentionSettings | undefined,
  say: (line: string) => void,
): Promise<void> {
  const { olderThan: olderThanMs, maxSize: maxBytes, failedRuns } = retention ?? {};
  if (olderThanMs === undefined && maxBytes === undefined) return;
  const limits = { olderThanMs, maxBytes, failedRuns };
  try {
    const { items, freedBytes } = await prune(context, limits, { now: Date.now(), dryRun: false });
    if (items.length > 0) say(`Retention: removed ${items.length} old things, ${formatSize(freedBytes)}.`);
  } catch (error) {
    say(`Retention: nothing could be removed: ${errorMessage(error)}`);
  }
}

/** {@link applyRetention} now and every hour. @returns ends it, and waits for what is under way. */
export function keepRetention(
  context: PruneContext,
  retention: RetentionSettings | undefined,
  say: (line: string) => void,
): () => Promise<void> {
  let last = applyRetention(context, retention, say);
  const timer = setInterval(() => {
    last = last.then(() => applyRetention(context, retention, say));
  }, INTERVAL_MS).unref();
  return async () => {
    clearInterval(timer);
    await last;
  };
}

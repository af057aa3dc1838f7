import { errorMessage } from '../../core/errors.ts';
import {
  type Candidate,
  PRUNE_KINDS,
  type PruneContext,
  type PruneKind,
  type PruneLimits,
} from './candidate.ts';
import { choose } from './choose.ts';
import { listCandidates } from './list-candidates.ts';
import { measureTree } from './measure-tree.ts';

/** One thing that was removed, or would be. */
export interface PrunedItem {
  readonly kind: PruneKind;
  readonly name: string;
  readonly bytes: number;
  readonly lastUsedAt: Date;
  /** Why it could not be removed. */
  readonly problem?: string;
}

/** What was removed, or would be. */
export interface PruneResult {
  readonly items: readonly PrunedItem[];
  /** What is free now, or would be: bytes. */
  readonly freedBytes: number;
  /** What jobs and caches take afterwards, bytes. */
  readonly leftBytes: number;
}

/**
 * Removes what is not of use any more: never what runs, or what a run needs that stays. Objects in buckets stay,
 * but for bundles of code.
 *
 * @param now milliseconds since 1970
 */
export async function prune(
  context: PruneContext,
  limits: PruneLimits,
  { now, dryRun }: { readonly now: number; readonly dryRun: boolean },
): Promise<PruneResult> {
  const { paths } = context;
  const kinds: readonly PruneKind[] = limits.kinds ?? PRUNE_KINDS;
  const all = await listCandidates(context, limits.failedRuns ?? false);
  const totalBytes = (await measureTree(paths.jobs)) + (await measureTree(paths.cache));
  const whole = all.filter(({ kind }) => kind !== 'data' && kinds.includes(kind));
  // What goes with its job needs not go before it.
  const chosen = choose(whole, limits, now, totalBytes);
  const left = totalBytes - sum(chosen);
  const gone = new Set(chosen.flatMap(({ directories = [] }) => directories));
  const data = all.filter(
    ({ kind, directories = [] }) =>
      kind === 'data' && kinds.includes(kind) && !directories.some((each) => gone.has(each)),
  );
  chosen.push(...choose(data, limits, now, left));
  const items: PrunedItem[] = [];
  for (const candidate of chosen) items.push(await remove(candidate, dryRun));
  const freedBytes = sum(items.filter(({ problem }) => problem === undefined));
  return { items, freedBytes, leftBytes: Math.max(0, totalBytes - freedBytes) };
}

async function remove(candidate: Candidate, dryRun: boolean): Promise<PrunedItem> {
  const { kind, name, bytes, lastUsedAt } = candidate;
  const item = { kind, name, bytes, lastUsedAt: new Date(lastUsedAt) };
  if (dryRun) return item;
  try {
    return (await candidate.remove()) ? item : { ...item, problem: 'it is in use' };
  } catch (error) {
    return { ...item, problem: errorMessage(error) };
  }
}

function sum(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}

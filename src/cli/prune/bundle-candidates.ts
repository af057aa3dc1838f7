import { BUNDLES_PREFIX, digestOfKey, LAST_USED } from '../../bundles/index.ts';
import { defaultBucket } from '../../core/account.ts';
import { isEnded, type JobSummary } from '../../jobs/index.ts';
import type { ObjectStore, ObjectSummary } from '../../objects/index.ts';
import {
  getRunGraph,
  getWorkflowVersion,
  listResources,
  listWorkflowVersions,
  type RunRecord,
} from '../../state/index.ts';
import { ALL, type Candidate, type PruneContext } from './candidate.ts';

/** What was of use so lately stays, however little is to be kept: it may be for a run that is about to begin. */
const LATELY_MS = 2 * 3_600_000;

const DIGEST = /\bsha256[:/]([0-9a-f]{64})\b/g;

/**
 * The bundles of this home's own store that nothing needs: no run that could be resumed, no job under way, no
 * model, no registered workflow. In a
 * store that others may share they stay.
 */
export async function bundleCandidates(
  context: PruneContext,
  runs: readonly RunRecord[],
  jobs: readonly JobSummary[],
): Promise<Candidate[]> {
  const bucket = defaultBucket(context.account);
  const store = context.stores.store(bucket);
  if (!store.local || !(await store.bucketExists(bucket))) return [];
  const objects = await Array.fromAsync(store.list(bucket, { prefix: BUNDLES_PREFIX }));
  const bundles = Map.groupBy(objects, ({ key }) => digestOfKey(key) ?? '');
  bundles.delete('');
  if (bundles.size === 0) return [];
  const needed = await neededBundles(context, runs, jobs);
  return [...bundles]
    .filter(([digest]) => !needed.has(digest))
    .map(([digest, parts]) => candidate(store, bucket, digest, parts))
    .filter(({ lastUsedAt }) => Date.now() - lastUsedAt > LATELY_MS);
}

async function neededBundles(
  { state, jobs: services }: PruneContext,
  runs: readonly RunRecord[],
  jobs: readonly JobSummary[],
): Promise<Set<string>> {
  const needed = new Set<string>();
  const need = (text: string): void => {
    for (const [, digits] of text.matchAll(DIGEST)) needed.add(`sha256:${digits}`);
  };
  // Runs of one graph share it.
  const graphs = new Map(
    runs.filter(({ phase }) => phase !== 'Succeeded').map((run) => [run.graphHash, run.id]),
  );
  for (const id of graphs.values()) need(await getRunGraph(state, id));
  for (const job of jobs.filter(({ status }) => !isEnded(status)))
    need(JSON.stringify((await services[job.type].record(job.name)).request));
  for (const model of await listResources(state, 'model', { limit: ALL })) need(JSON.stringify(model));
  for (const { name, version } of await listWorkflowVersions(state, { limit: ALL }))
    need((await getWorkflowVersion(state, name, version)).graph);
  return needed;
}

function candidate(
  store: ObjectStore,
  bucket: string,
  digest: string,
  objects: readonly ObjectSummary[],
): Candidate {
  const lastUsedAt = Math.max(...objects.map(({ lastModified }) => lastModified.getTime()));
  return {
    kind: 'bundles',
    name: digest,
    lastUsedAt,
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
    remove: async () => {
      const lastUsed = objects.find(({ key }) => key.endsWith(`/${LAST_USED}`))?.key;
      const now = lastUsed && (await store.head(bucket, lastUsed).catch(() => undefined));
      // It has come into use meanwhile.
      if (now && now.lastModified.getTime() > lastUsedAt) return false;
      for (const { key } of objects) await store.delete(bucket, key);
      return true;
    },
  };
}

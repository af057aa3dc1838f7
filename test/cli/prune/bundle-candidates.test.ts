import { utimes } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { bundlePrefix } from '../../../src/bundles/bundle-places.ts';
import { Bundles } from '../../../src/bundles/index.ts';
import { bundleCandidates } from '../../../src/cli/prune/bundle-candidates.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import { homePaths } from '../../../src/core/home.ts';
import type { RunRecord } from '../../../src/state/index.ts';
import { createRun, listRuns, putWorkflowVersion, saveRun } from '../../../src/state/index.ts';
import { openJobs } from '../../harness/jobs.ts';

test('bundles go that are of no use any more: not those of runs that could be resumed, of models, of registered workflows, or of late', async () => {
  await using fixture = await openJobs();
  const { state, jobs, store, bucket } = fixture;
  const stores = { store: () => store, close: async () => undefined };
  const bundles = new Bundles({ stores, account: DEFAULT_ACCOUNT });
  const context = { paths: homePaths(fixture.home), state, jobs, stores, account: DEFAULT_ACCOUNT };
  const add = async (text: string, age: number): Promise<string> => {
    const { digest } = await bundles.add([{ path: 'a.py', source: Buffer.from(text), mode: 0o644 }]);
    const time = new Date(Date.now() - age * 3_600_000);
    for (const name of ['sourcedir.tar.gz', 'last-used'])
      await utimes((await store.local?.file(bucket, bundlePrefix(digest) + name)) as string, time, time);
    return digest;
  };
  const [failed, succeeded, modelled, registered, late, useless] = [
    await add('failed', 99),
    await add('succeeded', 99),
    await add('model', 99),
    await add('registered', 99),
    await add('late', 1),
    await add('useless', 99),
  ];
  for (const [phase, digest] of [
    ['Failed', failed],
    ['Succeeded', succeeded],
  ] as const) {
    const graph = JSON.stringify({ tasks: { t: { script: { bundle: { digest } } } } });
    const lease = await createRun(state, {
      id: phase,
      workflow: 'w',
      graphHash: phase,
      graph,
      nodeCount: 0,
      inputs: {},
      options: { failurePolicy: 'FAIL_IMMEDIATELY' },
      time: 1,
    });
    await saveRun(state, { run: phase, lease, nodes: [], end: { phase }, time: 2 });
  }
  await putWorkflowVersion(state, {
    name: 'w',
    version: '1',
    graphHash: 'registered',
    graph: JSON.stringify({ tasks: { t: { script: { bundle: { digest: registered } } } } }),
    createdAt: 1,
  });
  await jobs.models.put({
    ModelName: 'm',
    PrimaryContainer: {
      Environment: { SAGEMAKER_SUBMIT_DIRECTORY: `s3://${bucket}/${bundlePrefix(modelled)}sourcedir.tar.gz` },
    },
  });
  const runs: RunRecord[] = await listRuns(state, { limit: 100 });
  const found = await bundleCandidates(context, runs, []);
  expect(found.map(({ name }) => name).sort()).toEqual([succeeded, useless].sort());
  const [first, second] = found as [(typeof found)[0], (typeof found)[0]];
  expect(await first.remove()).toBe(true);
  await expect(bundles.find({ digest: first.name })).rejects.toMatchObject({ code: 'BundleNotFound' });
  // A run is about to begin with it since: of a graph, whose code nobody adds anew.
  expect((await bundles.find({ digest: second.name })).digest).toBe(second.name);
  expect(await second.remove()).toBe(false);
  expect((await bundles.find({ digest: second.name })).digest).toBe(second.name);
  expect((await bundles.find({ digest: late })).digest).toBe(late);
});
